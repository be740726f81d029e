"use strict";
/* The loss at the end against a number in which arms differ, such as λ: a line a rule, a dot a run. */

class Dots extends Plot {
  constructor(model, address) {
    super("Loss against λ", "against");
    this.model = model;
    this.address = address;
    this.controls = element("div", { class: "controls" });
    this.figure.append(this.controls, this.box, this.values, this.alternative,
      saveButtons(this, () => `${model.chart.name}-against-${this.axis}`));
    this.hint = "Point at a dot for its values, or focus the figure and use the arrow keys. A ring is a run that still trains.";
    this.dots = [];
  }

  get axis() {
    const { axes } = this.model.chart;
    return axes.includes(this.address.get("against")) ? this.address.get("against") : axes[0];
  }

  get loss() {
    const chosen = this.address.get("loss");
    if (LOSSES[chosen]) return chosen;
    return this.model.reported;
  }

  buildControls(change) {
    const { axes } = this.model.chart;
    this.controls.replaceChildren(
      choice("Against", axes.map((axis) => [axis, titleOf(axis)]), this.axis, (against) => change({ against })),
      choice("Loss", Object.entries(LOSSES), this.loss, (loss) => change({ loss })),
    );
  }

  /** Where a value lies on the axis: by its logarithm, with 0 one step to the left of the smallest. */
  scaleX() {
    const values = this.model.valuesOf(this.axis);
    const positive = values.filter((value) => value > 0);
    const isLog = positive.length > 1 && positive.at(-1) / positive[0] >= 8 && positive.length >= values.length - 1;
    if (!isLog) return { values, place: (value) => value };
    const logs = positive.map(Math.log10);
    const gap = Math.max(0.3, (logs.at(-1) - logs[0]) / Math.max(3, logs.length - 1));
    return { values, place: (value) => (value > 0 ? Math.log10(value) : logs[0] - gap) };
  }

  /** Lines of arms that differ in nothing but the axis, and the runs of all. */
  collect() {
    const { model, address, axis, loss } = this;
    const { place, values } = this.scaleX();
    const shown = model.chart.arms.filter((arm) => address.shows(arm.key));
    const point = (arm) => ({ arm, x: place(arm.at[axis]), ...model.losses(arm, loss) });
    const rules = model.alike([axis], shown).map(({ label, arms }) => ({ label, points: arms.map(point) }));
    this.without = shown.filter((arm) => arm.at[axis] === undefined).length;
    this.x = { place, values };
    this.rules = rules.filter((rule) => rule.points.some((point) => point.all.length > 0));
    this.rules.forEach((rule, at) => {
      rule.points.sort((a, b) => a.x - b.x);
      const last = rule.points.at(-1).arm;
      const few = this.rules.length === 1;
      rule.colour = visible(few ? "#0072b2" : last.colour);
      rule.print = visible(few ? "#0072b2" : last.colour, false);
      rule.dash = DASHES[last.rule % DASHES.length];
      rule.at = at;
    });
    this.dots = this.rules.flatMap((rule) => rule.points.flatMap((point) =>
      point.all.map((one) => ({ ...one, rule, arm: point.arm, x: point.x, y: one.value }))));
    this.dots.sort((a, b) => a.x - b.x || a.y - b.y);
  }

  draw() {
    if (!this.axis) {
      this.figure.hidden = true;
      return;
    }
    this.figure.hidden = false;
    const chosen = this.at && this.dots[this.at.dot];
    this.title = `Loss against ${titleOf(this.axis)}`;
    this.figure.querySelector("h3").textContent = this.title;
    this.figure.setAttribute("aria-label", this.title);
    this.collect();
    const xs = [...new Set(this.model.chart.arms.map((arm) => arm.at[this.axis]).filter((value) => value !== undefined))]
      .map(this.x.place).sort((a, b) => a - b);
    const columns = this.rules.map((rule) => {
      const known = new Map(rule.points.map((point) => [point.x, point.mean]));
      return xs.map((x) => (known.has(x) ? known.get(x) : undefined));
    });
    const pad = (xs.at(-1) - xs[0] || 1) * 0.05;
    this.xRange = [xs[0] - pad, xs.at(-1) + pad];
    this.yRange = this.range();
    const shape = JSON.stringify([this.axis, this.loss, xs, this.rules.map((rule) => [rule.label, rule.colour])]);
    if (shape === this.shape && this.plot) {
      this.plot.batch(() => {
        this.plot.setData([xs, ...columns], false);
        this.plot.setScale("x", { min: this.xRange[0], max: this.xRange[1] });
        this.plot.setScale("y", { min: this.yRange[0], max: this.yRange[1] });
      });
    } else {
      this.build([xs, ...columns]);
    }
    this.shape = shape;
    this.describe();
    // The dot of the same run of the same arm stays chosen, wherever it lies now.
    const place = chosen ? this.dots.findIndex((dot) => dot.run === chosen.run && dot.arm.key === chosen.arm.key) : -1;
    this.choose(place < 0 ? null : { dot: place });
  }

  /** Losses that lie far above the others do not rule the axis. */
  range() {
    const values = this.dots.map((dot) => dot.y).sort((a, b) => a - b);
    if (values.length === 0) return [0, 1];
    const low = values[0];
    const middle = values[values.length >> 1];
    const high = Math.min(values.at(-1), Math.max(middle + 3 * (middle - low), low + 0.05 * Math.abs(low)));
    const pad = (high - low || Math.abs(high) || 1) * 0.08;
    return [low - pad, high + pad];
  }

  /** The values of the axis that have room, with their labels. */
  xTicks(width) {
    const { values, place } = this.x;
    const [low, high] = this.xRange;
    const room = 46 / Math.max(1, width) * (high - low);
    const found = [];
    for (const value of values) {
      const at = place(value);
      if (found.length === 0 || at - found.at(-1)[0] >= room) found.push([at, short(value, 3)]);
    }
    return found;
  }

  build(data) {
    const series = this.rules.map((rule) => ({ stroke: rule.colour, width: 1.8, dash: rule.dash, points: { show: false } }));
    const unit = "nats per token";
    this.make({
      scales: {
        x: { time: false, auto: false, range: () => this.xRange },
        y: { auto: false, range: () => this.yRange },
      },
      series: [{}, ...series],
      axes: axesOf(
        { label: titleOf(this.axis), more: { splits: () => this.xTicks(this.width - 80).map(([at]) => at), values: (_, all) => {
          const known = new Map(this.xTicks(this.width - 80));
          return all.map((at) => known.get(at) ?? "");
        } } },
        { label: `${LOSSES[this.loss]} (${unit})`, more: { values: (_, all) => all.map((value) => (value === null ? "" : short(value))) } },
      ),
      hooks: { draw: [() => this.drawDots()] },
    }, data);
  }

  drawDots() {
    const plot = this.plot;
    if (!plot) return;
    const context = plot.ctx;
    const { left, top, width, height } = plot.bbox;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    const size = 3.2 * devicePixelRatio;
    context.lineWidth = 1.4 * devicePixelRatio;
    context.setLineDash([]);
    for (const dot of this.dots) {
      context.beginPath();
      context.arc(plot.valToPos(dot.x, "x", true), plot.valToPos(dot.y, "y", true), size, 0, 2 * Math.PI);
      context.strokeStyle = context.fillStyle = dot.rule.colour;
      if (dot.isEnd) context.fill();
      context.stroke();
    }
    context.restore();
  }

  nearestTo(left, top) {
    let found = null;
    let least = 40 ** 2;
    this.dots.forEach((dot, place) => {
      const away = (this.plot.valToPos(dot.x, "x") - left) ** 2 + (this.plot.valToPos(dot.y, "y") - top) ** 2;
      if (away < least) [least, found] = [away, place];
    });
    return found === null ? null : { dot: found };
  }

  step(from, across, up) {
    if (this.dots.length === 0) return null;
    const place = from ? from.dot + (across || up) : 0;
    return { dot: Math.min(Math.max(Number.isFinite(place) ? place : place < 0 ? 0 : this.dots.length - 1, 0), this.dots.length - 1) };
  }

  mark() {
    if (!this.plot) return;
    const context = this.over();
    const dot = this.at && this.dots[this.at.dot];
    if (dot) this.dot(context, this.plot.valToPos(dot.x, "x"), this.plot.valToPos(dot.y, "y"), dot.rule.colour);
  }

  tell({ dot: place }) {
    const dot = this.dots[place];
    const { mean, n } = this.model.losses(dot.arm, this.loss);
    const of = mean === null ? "" : `; mean of ${count(n, "seed")} ${short(mean, 6)}`;
    const run = this.model.runs[dot.run];
    return `${dot.arm.label}, seed ${this.model.chart.seeds[dot.run]}: ${LOSSES[this.loss]} ${short(dot.y, 6)}${dot.isEnd ? "" : ` at step ${run.step} of ${run.steps} (${run.status})`}${of}`;
  }

  describe() {
    const open = this.dots.filter((dot) => !dot.isEnd).length;
    const means = this.rules.flatMap((rule) => rule.points).filter((point) => point.mean !== null);
    const best = means.reduce((least, point) => (least && least.mean <= point.mean ? least : point), null);
    const lowest = best ? ` The lowest mean is that of ${best.arm.label}: ${short(best.mean, 5)} (${count(best.n, "seed")}).` : "";
    const runs = new Set(this.dots.map((dot) => dot.run)).size;
    const gone = new Set(this.model.chart.arms.filter((arm) => this.address.shows(arm.key)).flatMap((arm) => arm.runs)
      .filter((run) => ["diverged", "failed"].includes(this.model.runs[run].status))).size;
    const missing = (gone ? ` ${count(gone, "run")} diverged or failed and ${gone === 1 ? "has" : "have"} no dot.` : "")
      + (this.without ? ` ${count(this.without, "arm")} without a value of ${titleOf(this.axis)}: not drawn.` : "");
    const beyond = this.dots.filter((dot) => dot.y > this.yRange[1]).length;
    const text = `${LOSSES[this.loss]} of ${count(runs, "run")} against ${titleOf(this.axis)}; lines join the means of runs that have ended.`
      + `${open ? ` ${count(open, "ring")}: the last value of a run that has not ended.` : ""}${beyond ? ` ${count(beyond, "run")} above the axis.` : ""}${missing}${this.model.seedsDiffer || lowest}`;
    this.alternative.textContent = text[0].toUpperCase() + text.slice(1);
    this.box.setAttribute("aria-label", this.alternative.textContent);
  }

  scene() {
    const share = ([low, high]) => (value) => (value - low) / (high - low);
    const [x, y] = [share(this.xRange), share(this.yRange)];
    return {
      title: `${this.model.chart.name}: ${LOSSES[this.loss]} against ${titleOf(this.axis)}`,
      note: "a dot a run, a ring a run that still trains; lines join means over seeds",
      x: { label: titleOf(this.axis), ticks: this.xTicks(SIZE.width - SIZE.left - SIZE.right).map(([at, label]) => [x(at), label]) },
      y: { label: `${LOSSES[this.loss]} (nats per token)`, ticks: ticks(...this.yRange).map((tick) => [y(tick), short(tick)]) },
      lines: this.rules.map((rule) => ({ colour: rule.print, dash: rule.dash, width: 1.8, points: rule.points.filter((point) => point.mean !== null).map((point) => [x(point.x), y(point.mean)]) })),
      dots: this.dots.map((dot) => ({ at: [x(dot.x), y(dot.y)], colour: dot.rule.print, open: !dot.isEnd, size: 3.2 })),
      names: this.rules.map((rule) => ({ label: rule.label, colour: rule.print, dash: rule.dash })),
    };
  }

  rows() {
    const { chart, runs } = this.model;
    const rows = [["arm", titleOf(this.axis), "run", "seed", "status", "step", LOSSES[this.loss]]];
    for (const { arm, run, y } of this.dots) rows.push([arm.label, arm.at[this.axis], chart.ids[run], chart.seeds[run], runs[run].status, runs[run].step, y]);
    return rows;
  }
}
