"use strict";
/* What is known of an experiment: its arms, its runs, and their curves as far as they were logged. */

const MEASURES = {
  val_loss: "val loss",
  train_loss: "train loss",
  gap: "gap (val − train)",
  batch_loss: "batch loss",
  grad_norm: "gradient norm",
  weight_norm: "weight norm",
  lr: "learning rate",
};
const UNITS = { val_loss: "nats per token", train_loss: "nats per token", gap: "nats per token", batch_loss: "nats per token" };
/** What a run is told by at its end. */
const LOSSES = {
  test: "test loss",
  val: "val loss",
  best: "lowest val loss",
  train: "train loss",
  gap: "gap (val − train)",
};
const ENDED = ["done", "diverged", "failed"];
const NO_CURVE = { steps: [], values: [] };

/** The measures whose values a measure is made of. */
const sourcesOf = (measure) => (measure === "gap" ? ["val_loss", "train_loss"] : [measure]);
const titleOf = (axis) => (axis === "weight_decay" ? "λ" : axis.replaceAll("_", " "));

class Model {
  constructor() {
    this.chart = null;
    this.runs = [];
    this.curves = {};
    this.series = new Map();
    this.thinned = 1;
  }

  /** Takes what has changed; tells whether the arms are others. */
  apply(update) {
    if (update.anew) {
      this.chart = update.chart;
      this.runs = update.chart.ids.map(() => ({ status: "waiting", step: 0, steps: 0 }));
      this.curves = {};
      this.armOf = new Map();
      update.chart.arms.forEach((arm, place) => arm.runs.forEach((run) => {
        this.armOf.set(run, [...(this.armOf.get(run) ?? []), place]);
      }));
      this.series.clear();
    }
    this.expected = update.expected;
    // Runs that log at the same steps share the list of them.
    const made = new Map();
    const longer = (steps, from, grid) => {
      const own = made.get(steps) ?? new Map();
      made.set(steps, own);
      const key = `${from} ${grid}`;
      if (!own.has(key)) own.set(key, steps.slice(0, from).concat(update.grids[grid]));
      return own.get(key);
    };
    const { at, ...columns } = update.runs;
    at.forEach((place, row) => {
      const run = {};
      for (const [name, column] of Object.entries(columns)) run[name] = column[row];
      this.runs[place] = run;
      this.forget(place);
    });
    for (const [measure, own] of Object.entries(update.measures)) {
      const curves = (this.curves[measure] ??= this.runs.map(() => NO_CURVE));
      own.at.forEach((place, row) => {
        const [known, from, grid] = [curves[place], own.from[row], own.grid[row]];
        const values = own.values[row];
        curves[place] = from === 0
          ? { steps: update.grids[grid], values }
          : { steps: longer(known.steps, from, grid), values: known.values.slice(0, from).concat(values) };
        this.forget(place);
      });
    }
    return update.anew;
  }

  forget(run) {
    for (const arm of this.armOf.get(run) ?? []) {
      for (const measure of Object.keys(MEASURES)) this.series.delete(`${arm} ${measure}`);
    }
  }

  has(measure) {
    return sourcesOf(measure).every((source) => this.curves[source]);
  }

  /** Steps and values of a run. */
  curve(run, measure) {
    if (measure !== "gap") return this.curves[measure]?.[run] ?? NO_CURVE;
    const [val, train] = sourcesOf(measure).map((source) => this.curve(run, source));
    const known = new Map(train.steps.map((step, place) => [step, train.values[place]]));
    const steps = val.steps.filter((step) => known.has(step));
    const values = [];
    val.steps.forEach((step, place) => {
      if (known.has(step)) values.push(val.values[place] === null || known.get(step) === null ? null : val.values[place] - known.get(step));
    });
    return { steps, values };
  }

  /** The runs of an arm that are averaged: those that reached their end, or all that train where none has. */
  averaged(arm) {
    const begun = arm.runs.filter((run) => this.runs[run].status !== "waiting");
    const done = begun.filter((run) => this.runs[run].status === "done");
    if (done.length > 0) return done;
    const training = begun.filter((run) => !ENDED.includes(this.runs[run].status));
    return training.length > 0 ? training : begun;
  }

  /** What the runs that are averaged have come to: `done`, `training`, or `lost` where all that began diverged or failed. */
  standing(arm) {
    const statuses = this.averaged(arm).map((run) => this.runs[run].status);
    if (statuses.includes("done")) return "done";
    return statuses.every((status) => ENDED.includes(status)) ? "lost" : "training";
  }

  /** Mean and range over the seeds of an arm, at the steps that all of them have. */
  arm(place, measure) {
    const key = `${place} ${measure}`;
    let series = this.series.get(key);
    if (!series) {
      const runs = this.averaged(this.chart.arms[place]);
      const curves = runs.map((run) => this.curve(run, measure)).filter((curve) => curve.steps.length > 0);
      series = average(curves);
      this.series.set(key, series);
    }
    return series;
  }

  /** The loss that is shown where none is chosen: test losses are measured at the end alone. */
  get reported() {
    const hasAll = this.runs.every((run) => ENDED.includes(run.status));
    return hasAll && this.runs.some((run) => Number.isFinite(run.test)) ? "test" : "val";
  }

  /** A loss of a run, and whether it is that of its end. */
  loss(place, name) {
    const run = this.runs[place];
    const value = name === "gap" ? (run.val == null || run.train == null ? null : run.val - run.train) : run[name];
    return { value: value ?? null, isEnd: run.status === "done" };
  }

  /** Mean loss of an arm over the runs that reached their end, with each of them and what trains. */
  losses(arm, name) {
    const hasLoss = (one) => Number.isFinite(one.value) && !["diverged", "failed"].includes(this.runs[one.run].status);
    const all = arm.runs.map((run) => ({ run, ...this.loss(run, name) })).filter(hasLoss);
    const ended = all.filter((one) => one.isEnd).map((one) => one.value);
    const mean = ended.length > 0 ? ended.reduce((sum, one) => sum + one, 0) / ended.length : null;
    const isWhole = ended.length === arm.runs.length;
    return { mean, n: ended.length, all, isWhole, low: Math.min(...ended), high: Math.max(...ended) };
  }

  /** Of a search, why the lowest of its means is not the best of its arms; empty otherwise. */
  get seedsDiffer() {
    return this.chart.is_search ? " The search trained good values on more seeds than others, and fresh seeds judge what it found: means over other seeds do not compare." : "";
  }

  /** Whether any run of an arm reached its end or is on its way. */
  isAlive(arm) {
    return arm.runs.some((run) => !["diverged", "failed", "waiting"].includes(this.runs[run].status));
  }

  /** Arms that differ in nothing but these numbers, with a name for each such group. */
  alike(axes, arms) {
    const groups = new Map();
    for (const arm of arms) {
      if (axes.some((axis) => arm.at[axis] === undefined)) continue;
      const others = this.chart.axes.filter((one) => !axes.includes(one) && arm.at[one] !== undefined);
      const label = [arm.decay, ...others.map((one) => `${titleOf(one)} = ${short(arm.at[one])}`)].join(", ");
      // A rule is all but λ.
      const key = axes.join() === "weight_decay" ? `${arm.rule} ${label}` : label;
      const group = groups.get(key) ?? { label, arms: [] };
      group.arms.push(arm);
      groups.set(key, group);
    }
    // Two arms at one place differ in something that is no number: they stand in no line together.
    const place = (arm) => axes.map((axis) => arm.at[axis]).join();
    const apart = ({ label, arms }) => (new Set(arms.map(place)).size === arms.length ? [{ label, arms }] : arms.map((arm) => ({ label: arm.label, arms: [arm] })));
    const found = [...groups.values()].flatMap(apart);
    const isOne = (label) => found.filter((group) => group.label === label).length === 1;
    return found.map((group) => (isOne(group.label) ? group : { ...group, label: this.chart.rules[group.arms[0].rule] }));
  }

  counts() {
    const counts = { done: 0, training: 0, quiet: 0, waiting: 0, diverged: 0, failed: 0, damaged: 0, step: 0, steps: 0 };
    for (const run of this.runs) {
      counts[run.status]++;
      counts.steps += run.steps;
      counts.step += run.status === "diverged" ? run.steps : Math.min(run.step, run.steps);
    }
    return counts;
  }

  /** Values of an axis among arms, rising. */
  valuesOf(axis) {
    const values = this.chart.arms.map((arm) => arm.at[axis]).filter((value) => value !== undefined);
    return [...new Set(values)].sort((a, b) => a - b);
  }
}

function average(curves) {
  if (curves.length === 0) return { steps: [], mean: [], low: null, high: null, n: 0 };
  if (curves.length === 1) return { steps: curves[0].steps, mean: curves[0].values, low: null, high: null, n: 1 };
  const shortest = curves.reduce((a, b) => (b.steps.length < a.steps.length ? b : a));
  let steps = shortest.steps;
  let place = (curve, at) => at;
  const last = steps.length - 1;
  if (!curves.every((curve) => curve.steps === steps || (curve.steps[last] === steps[last] && curve.steps[last >> 1] === steps[last >> 1]))) {
    const places = new Map(curves.map((curve) => [curve, new Map(curve.steps.map((step, at) => [step, at]))]));
    steps = steps.filter((step) => curves.every((curve) => places.get(curve).has(step)));
    place = (curve, at) => places.get(curve).get(steps[at]);
  }
  const [mean, low, high] = [new Array(steps.length), new Array(steps.length), new Array(steps.length)];
  for (let at = 0; at < steps.length; at++) {
    let [sum, least, most] = [0, Infinity, -Infinity];
    for (const curve of curves) {
      const value = curve.values[place(curve, at)];
      sum += value === null ? NaN : value;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    mean[at] = Number.isNaN(sum) ? null : sum / curves.length;
    [low[at], high[at]] = mean[at] === null ? [null, null] : [least, most];
  }
  return { steps, mean, low, high, n: curves.length };
}

/** The place of the step in a rising list that is nearest. */
function nearest(steps, step) {
  let [low, high] = [0, steps.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (steps[middle] < step) low = middle;
    else high = middle;
  }
  return step - steps[low] <= steps[high] - step ? low : high;
}

/** An exponential moving average that does not lag behind its start. */
function smoothed(values, amount) {
  if (amount === 0) return values;
  let [sum, weight] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    sum = amount * sum + (1 - amount) * value;
    weight = amount * weight + (1 - amount);
    return sum / weight;
  });
}
