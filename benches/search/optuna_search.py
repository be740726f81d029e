"""Runs that Optuna's samplers need until the best trial costs no more than ε with a chance of 95%.

The curves, the noise and the worlds are those of truths.rs. `python optuna_search.py tpe 100` or
`gp 40`: a sampler and a number of worlds. Prints rows of the table that `cargo bench --bench search` prints.
"""

import math
import sys
import warnings

import optuna

EPSILON, SDS, REACH, MOST_RUNS, OF_SEED = 0.02, [0.01, 0.02, 0.05], 64.0, 150, 0.03
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


def path(world, sampler, seeds, runs):
    """After so many runs, what the best trial costs."""
    study = optuna.create_study(sampler=sampler)
    best, found = (math.inf, math.inf), []
    for trial in range(runs // seeds):
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


def main(name, worlds):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    make = {"tpe": optuna.samplers.TPESampler, "gp": optuna.samplers.GPSampler}[name]
    if name == "gp":
        import torch

        torch.set_num_threads(1)
    most = MOST_RUNS if name == "tpe" else 60
    for truth, of in TRUTHS.items():
        for sd in SDS:
            for seeds in (1, 2, 5):
                runs = most if name == "tpe" else min(most, 30 * seeds)
                worlds_ = [World(of, sd, number) for number in range(worlds)]
                paths = [path(w, make(seed=w.number), seeds, runs) for w in worlds_]
                needed = None
                for count in range(runs, 0, -1):
                    if chance(paths, count) < 0.95:
                        break
                    needed = count
                label = f'"Optuna {name.upper()}, {seeds} seeds"'
                at_end = chance(paths, runs)
                print(f"{label},{truth},{sd},{needed or f'>{runs}'},{at_end:.3f},{runs}", flush=True)


main(sys.argv[1], int(sys.argv[2]))
