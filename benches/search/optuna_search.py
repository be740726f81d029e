"""Runs that Optuna's samplers need until the best trial costs no more than ε with a chance of 95%.

The curves, the noise and the worlds are those of truths.rs. `python optuna_search.py gp 30 quadratic,cliff 0.02,0.05`
takes a sampler (`tpe` or `gp`), a number of worlds, curves and noise; without these, all. A trial is the mean over 1,
2 or 5 seeds, the same for every trial. Prints rows of the table that `cargo bench --bench search` prints.
"""

import math
import sys
import warnings

import optuna

EPSILON, REACH, OF_SEED = 0.02, 64.0, 0.03
SDS = [0.01, 0.02, 0.05]
# Seeds of a trial, and the trials that are made.
TRIALS = {"tpe": {1: 60, 2: 40, 5: 20}, "gp": {1: 40, 2: 30, 5: 20}}
MASK = (1 << 64) - 1


def mix(value):
    value = (value + 0x9E3779B97F4A7C15) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def bits(world, seed, run):
    state = 0x9E3779B97F4A7C15
    for key in (world, seed, run):
        state = mix(state ^ mix(key))
    return state


def unit(value):
    return (value >> 11) * 2.0**-53


def normal(value):
    return math.sqrt(-2.0 * math.log(1.0 - unit(value))) * math.cos(math.tau * unit(mix(value)))


def quadratic(u):
    return 0.052 * u * u if u > 0 else 0.2 * (1 - math.exp(-0.26 * u * u))


def skewed(u):
    slow = 0.08 * (math.exp(0.8 * u) - 0.8 * u - 1)
    return slow if u > 0 else 0.15 * (1 - math.exp(-slow / 0.15))


def two_basins(u):
    return min(0.052 * u * u, 0.06 + 0.052 * (u + math.log(64)) ** 2)


def cliff(u):
    return math.inf if u > math.log(3) else quadratic(u)


def cliff_at_best(u):
    return math.inf if u > 0.05 else quadratic(u)


TRUTHS = {
    "quadratic": quadratic,
    "skewed": skewed,
    "two basins": two_basins,
    "cliff": cliff,
    "cliff at the best": cliff_at_best,
}


class World:
    def __init__(self, truth, sd, number):
        self.truth, self.sd, self.number = truth, sd, number
        self.optimum = 0.1 * 16 ** (2 * unit(bits(number, 0, 0)) - 1)

    def regret(self, value):
        return self.truth(math.log(value / self.optimum))

    def loss(self, value, seed, run):
        of_seed = OF_SEED * normal(bits(self.number, 1 + seed, 0))
        own = self.sd * normal(bits(self.number, 1 + seed, 1 + run))
        return 1.5 + self.regret(value) + of_seed + own


def path(world, sampler, seeds, trials):
    """After so many runs, what the best trial costs."""
    study = optuna.create_study(sampler=sampler)
    best, found = (math.inf, math.inf), []
    for trial in range(trials):
        asked = study.ask()
        value = asked.suggest_float("value", 0.1 / REACH, 0.1 * REACH, log=True)
        loss = sum(world.loss(value, seed, 10**6 + trial) for seed in range(seeds)) / seeds
        # A run that diverged tells a sampler most as a large finite loss.
        study.tell(asked, min(loss, 5.0))
        best = min(best, (loss, world.regret(value)))
        found.append(((trial + 1) * seeds, best[1]))
    return found


def chance(paths, runs):
    good = 0
    for one in paths:
        now = [regret for after, regret in one if after <= runs]
        good += bool(now) and now[-1] <= EPSILON
    return good / len(paths)


def needed(paths, runs):
    """The fewest runs from which on the chance is 95%."""
    fewest = None
    for count in range(runs, 0, -1):
        if chance(paths, count) < 0.95:
            break
        fewest = count
    return fewest or f">{runs}"


def main(name, worlds, truths, sds):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    make = {"tpe": optuna.samplers.TPESampler, "gp": optuna.samplers.GPSampler}[name]
    if name == "gp":
        import torch

        torch.set_num_threads(1)
    for truth in truths:
        for sd in sds:
            for seeds, trials in TRIALS[name].items():
                all_worlds = [World(TRUTHS[truth], sd, number) for number in range(worlds)]
                paths = [path(one, make(seed=one.number), seeds, trials) for one in all_worlds]
                runs = seeds * trials
                label = f'"Optuna {name.upper()}, {seeds} seeds",{truth},{sd}'
                print(f"{label},{needed(paths, runs)},{chance(paths, runs):.3f},{runs}", flush=True)


if __name__ == "__main__":
    given = sys.argv[3:]
    truths = given[0].split(",") if given else list(TRUTHS)
    sds = [float(sd) for sd in given[1].split(",")] if len(given) > 1 else SDS
    main(sys.argv[1], int(sys.argv[2]), truths, sds)
