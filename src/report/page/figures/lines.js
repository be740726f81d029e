"use strict";
/* Curves over steps: a line an arm, or one a run. */

/** The start of training, as a share of the steps: where losses fall steeply, they do not rule the axis. */
const SETTLED = 0.1;
/** Lines that rise so many times as far above the lowest value as half of them do not rule the axis. */
const FAR = 10;
/** Arms whose range over seeds is shaded, at most. */
const MOST_BANDS = 12;

class Lines extends Plot {
  constructor(model, address) {
    super("Curves", "curves");
    this.model = model;
    this.address = address;
    this.controls = element("div", { class: "controls" });
    this.figure.append(this.controls, this.box, this.values, this.alternative,
      saveButtons(this, () => `${model.chart.name}-${address.get("measure")}`));
    this.lines = [];
  }

  get measure() {
    const chosen = this.address.get("measure");
    return this.model.has(chosen) ? chosen : "val_loss";
  }

  /** The measures that are drawn: train loss may stand beside val loss. */
  get measures() {
    const beside = this.measure === "val_loss" && this.address.get("train") === "1" && this.model.has("train_loss");
    return beside ? ["val_loss", "train_loss"] : [this.measure];
  }

  buildControls(measures, change) {
    const { address } = this;
    const set = (key) => (on) => change({ [key]: on ? "1" : "" });
    const smooth = element("input", { type: "range", min: "0", max: "0.95", step: "0.05", value: address.get("smooth"), id: "smooth",
      oninput: (event) => change({ smooth: event.target.value }) });
    this.controls.replaceChildren(
      choice("Measure", measures.map((one) => [one, MEASURES[one]]), address.get("measure"), (measure) => change({ measure, zoom: "" })),
      toggle("train loss beside it", address.get("train") === "1", set("train"), { id: "beside", disabled: address.get("measure") !== "val_loss" }),
      toggle("every run", address.get("runs") === "1", set("runs"), { id: "every-run" }),
      toggle("log steps", address.get("x") === "log", (on) => change({ x: on ? "log" : "", zoom: "" }), { id: "log-x" }),
      toggle("log values", address.get("y") === "log", (on) => change({ y: on ? "log" : "" }), { id: "log-y" }),
      toggle("steep start too", address.get("start") === "1", set("start"), { id: "start" }),
      element("label", {}, "Smooth ", smooth),
      element("button", { type: "button", id: "whole", onclick: () => change({ zoom: "" }) }, "Whole range"),
    );
    this.change = change;
  }

  /** The lines that are switched on. */
  collect() {
    const { model, address } = this;
    const smoothing = address.smoothing;
    const lines = [];
    const dark = isDark();
    model.chart.arms.forEach((arm, place) => {
      if (!address.shows(arm.key)) return;
      const colour = visible(arm.colour, dark);
      const common = { arm, place, colour, width: arm.is_baseline ? 2.4 : 1.6 };
      this.measures.forEach((measure, second) => {
        const dash = second === 1 ? [3, 3] : DASHES[arm.rule % DASHES.length];
        const beside = second === 1 ? " train" : "";
        const add = (series, more) => {
          if (series.steps.length === 0) return;
          lines.push({ ...common, measure, dash, beside, ...series, raw: series.mean, mean: smoothed(series.mean, smoothing), ...more });
        };
        if (address.get("runs") === "1") {
          for (const run of arm.runs) {
            const curve = model.curve(run, measure);
            add({ steps: curve.steps, mean: curve.values, low: null, high: null, n: 1 }, { run, width: 1.2 });
          }
        } else {
          add(model.arm(place, measure), {});
        }
      });
    });
    return lines;
  }

  /** The steps that the x axis spans. */
  span() {
    const last = this.lines.reduce((most, line) => Math.max(most, line.steps.at(-1)), 0);
    const first = this.address.get("x") === "log" ? Math.max(1, this.lines.reduce((least, line) => Math.min(least, line.steps[0] || line.steps[1] || 1), Infinity)) : 0;
    return this.address.zoom ?? [Math.min(first, last), Math.max(last, first + 1)];
  }

  /** Lines of runs that diverged or failed rule no axis, unless there are no others. */
  ruling() {
    const alive = this.lines.filter((line) => this.isAlive(line));
    return alive.length > 0 ? alive : this.lines;
  }

  isAlive(line) {
    return this.model.isAlive(line.run === undefined ? line.arm : { runs: [line.run] });
  }

  /** The lowest and the highest value of a line between two steps. */
  ends(line, [from, to]) {
    const log = this.address.get("y") === "log";
    let [low, high] = [Infinity, -Infinity];
    for (let at = 0; at < line.steps.length; at++) {
      const [step, value] = [line.steps[at], line.mean[at]];
      if (step >= from && step <= to && value !== null && (!log || value > 0)) {
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    return [low, high];
  }

  /** The steps whose values rule the axis of values. */
  get settled() {
    const [from, to] = this.spanned;
    const isWhole = this.address.get("start") === "1" || this.address.get("x") === "log" || this.address.zoom;
    return [isWhole ? from : from + SETTLED * (to - from), to];
  }

  range() {
    const log = this.address.get("y") === "log";
    const of = (span) => bounds(this.ruling().map((line) => this.ends(line, span)), log);
    let [low, high] = of(this.settled);
    if (!(low < high)) [low, high] = of(this.spanned);
    if (!(low <= high)) return log ? [0.1, 1] : [0, 1];
    if (log) return [low / 1.05, high * 1.05];
    const pad = (high - low || Math.abs(high) || 1) * 0.06;
    return [low - pad, high + pad];
  }

  /** Lines that leave the axis of values where it shows what has settled. */
  beyond(lines) {
    const [low, high] = this.yRange;
    return lines.filter((line) => {
      const [least, most] = this.ends(line, this.settled);
      return least < low || most > high;
    }).length;
  }

  /** Values that have no place on a logarithmic axis. */
  unplaced() {
    if (this.address.get("y") !== "log") return 0;
    const [from, to] = this.spanned;
    const isUnplaced = (line) => (value, at) => value !== null && value <= 0 && line.steps[at] >= from && line.steps[at] <= to;
    return this.lines.reduce((sum, line) => sum + line.mean.filter(isUnplaced(line)).length, 0);
  }

  /** The lines on common steps: all log at the same ones, or each takes its own out of those of all. */
  aligned() {
    const longest = this.lines.reduce((most, { steps }) => (steps.length > most.length ? steps : most), []);
    const isStart = ({ steps: { length, [length - 1]: last, [length >> 1]: middle } }) =>
      last === longest[length - 1] && middle === longest[length >> 1];
    if (this.lines.every(isStart)) return { steps: longest, columns: this.lines.map((line) => line.mean) };
    const steps = [...new Set(this.lines.flatMap((line) => line.steps))].sort((a, b) => a - b);
    const columns = this.lines.map((line) => {
      let at = 0;
      return steps.map((step) => {
        while (at < line.steps.length && line.steps[at] < step) at++;
        return line.steps[at] === step ? line.mean[at] : undefined;
      });
    });
    return { steps, columns };
  }

  /** What is drawn: where there are more points than a screen can show, the lowest and the highest of every piece. */
  data() {
    const [from, to] = this.spanned;
    const { steps, columns } = this.aligned();
    const isLog = this.address.get("y") === "log";
    const clean = (value) => (isLog && value <= 0 ? null : value);
    const first = steps.findIndex((step) => step >= from);
    const begin = Math.max(0, first - 1);
    const end = Math.min(steps.length, steps.findLastIndex((step) => step <= to) + 2);
    const most = Math.min(2 * this.width, Math.max(80, Math.floor(MOST_POINTS / Math.max(1, this.lines.length))));
    const every = Math.max(2, 2 * Math.ceil((end - begin) / most));
    if (every === 2) return [steps.slice(begin, end), ...columns.map((values) => {
      const out = [];
      for (let at = begin; at < end; at++) out.push(clean(values[at]));
      return out;
    })];
    const places = [];
    for (let at = begin; at < end; at += every) places.push([at, Math.min(end, at + every)]);
    const xs = places.flatMap(([at, stop]) => [steps[at], steps[(at + stop) >> 1]]);
    const thin = (values) => {
      const out = [];
      for (const [at, stop] of places) {
        let [low, high] = [at, at];
        for (let one = at + 1; one < stop; one++) {
          const value = values[one];
          if (value === null || value === undefined) continue;
          if (!(values[low] <= value)) low = one;
          if (!(values[high] >= value)) high = one;
        }
        out.push(clean(values[Math.min(low, high)]), clean(values[Math.max(low, high)]));
      }
      return out;
    };
    return [xs, ...columns.map(thin)];
  }

  draw() {
    this.lines = this.collect();
    this.spanned = this.span();
    const shape = JSON.stringify([this.lines.map((line) => [line.arm.key, line.run, line.measure, line.colour]), this.measures, this.address.get("x"), this.address.get("y")]);
    const data = this.data();
    this.yRange = this.range();
    if (shape !== this.shape || !this.plot) this.build(data);
    else {
      this.plot.batch(() => {
        this.plot.setData(data, false);
        this.plot.setScale("x", { min: this.spanned[0], max: this.spanned[1] });
        this.plot.setScale("y", { min: this.yRange[0], max: this.yRange[1] });
      });
    }
    this.shape = shape;
    this.describe();
    this.choose(this.at && this.lines[this.at.line] ? this.at : null);
  }

  build(data) {
    const log = (axis) => this.address.get(axis) === "log";
    const measure = this.measures.length > 1 ? "loss" : MEASURES[this.measure];
    const unit = UNITS[this.measure] ? ` (${UNITS[this.measure]})` : "";
    const series = this.lines.map((line) => ({
      stroke: line.colour, width: line.width, dash: line.dash, points: { show: line.steps.length < 2 }, spanGaps: false, scale: "y",
    }));
    this.make({
      zooms: true,
      scales: {
        x: { time: false, distr: log("x") ? 3 : 1, auto: false, range: () => this.spanned },
        y: { distr: log("y") ? 3 : 1, auto: false, range: () => this.yRange },
      },
      series: [{}, ...series],
      axes: axesOf(
        { label: "step", more: { values: (_, all) => all.map((value) => (value === null ? "" : short(value, 6))) } },
        { label: `${measure}${unit}`, more: { values: (_, all) => all.map((value) => (value === null ? "" : short(value))) } },
      ),
      hooks: {
        drawClear: [() => this.drawBands()],
        setSelect: [(plot) => this.zoom(plot)],
      },
    }, data);
    this.plot.over.addEventListener("dblclick", () => this.change({ zoom: "" }));
  }

  zoom(plot) {
    const { left, width } = plot.select;
    if (width < 5) return;
    const ends = [left, left + width].map((at) => Math.round(plot.posToVal(at, "x")));
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (ends[1] > ends[0]) this.change({ zoom: ends.join(",") });
  }

  /** The range over seeds, shaded, where few arms are shown. */
  bands() {
    const with_range = this.lines.filter((line) => line.low && !line.beside);
    return with_range.length <= MOST_BANDS && this.address.smoothing === 0 ? with_range : [];
  }

  drawBands() {
    const plot = this.plot;
    if (!plot) return;
    const context = plot.ctx;
    const { left, top, width, height } = plot.bbox;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.globalAlpha = 0.15;
    const isOn = (step) => step >= this.spanned[0] && step <= this.spanned[1];
    for (const line of this.bands()) {
      const inside = line.steps.map((step, at) => at).filter((at) => isOn(line.steps[at]) && line.low[at] !== null);
      context.beginPath();
      const go = (at, value) => context.lineTo(plot.valToPos(line.steps[at], "x", true), plot.valToPos(value, "y", true));
      inside.forEach((at) => go(at, line.high[at]));
      inside.reverse().forEach((at) => go(at, line.low[at]));
      context.fillStyle = line.colour;
      context.fill();
    }
    context.restore();
  }

  /** The line and the logged step that are nearest to a place in the plot. */
  nearestTo(left, top) {
    const step = this.plot.posToVal(left, "x");
    let found = null;
    let least = Infinity;
    this.lines.forEach((line, place) => {
      if (step > line.steps.at(-1) * 1.05 + 1) return;
      const at = nearest(line.steps, step);
      const value = line.mean[at];
      if (value === null) return;
      const away = Math.abs(this.plot.valToPos(value, "y") - top);
      if (away < least) [least, found] = [away, { line: place, at }];
    });
    return found;
  }

  step(from, across, up) {
    if (this.lines.length === 0) return null;
    const last = (line) => line.steps.length - 1;
    if (!from) return { line: 0, at: last(this.lines[0]) };
    const line = this.lines[from.line];
    if (across !== 0) {
      const inside = (at) => Math.min(Math.max(at, 0), last(line));
      return { line: from.line, at: inside(across === Infinity ? last(line) : across === -Infinity ? 0 : from.at + across) };
    }
    const step = line.steps[from.at];
    const value = (one) => one.mean[nearest(one.steps, step)] ?? Infinity;
    const order = this.lines.map((one, place) => [value(one), place]).sort((a, b) => a[0] - b[0]);
    const place = order.findIndex(([, one]) => one === from.line) + up;
    const next = order[Math.min(Math.max(place, 0), order.length - 1)][1];
    return { line: next, at: nearest(this.lines[next].steps, step) };
  }

  mark() {
    if (!this.plot) return;
    const context = this.over();
    if (!this.at) return;
    const line = this.lines[this.at.line];
    const place = (at) => [this.plot.valToPos(line.steps[at], "x"), this.plot.valToPos(line.mean[at], "y")];
    context.beginPath();
    line.steps.forEach((_, at) => {
      if (line.mean[at] !== null) context.lineTo(...place(at));
    });
    context.lineJoin = "round";
    for (const [colour, width] of [[styleOf("--paper"), 7], [line.colour, 3]]) {
      [context.strokeStyle, context.lineWidth] = [colour, width];
      context.stroke();
    }
    this.dot(context, ...place(this.at.at), line.colour);
  }

  tell({ line: place, at }) {
    const { model } = this;
    const line = this.lines[place];
    const value = short(line.raw[at], 6);
    const smooth = this.address.smoothing > 0 ? `, smoothed ${short(line.mean[at], 6)}` : "";
    const range = line.low ? ` (${count(line.n, "seed")}: ${short(line.low[at], 6)} to ${short(line.high[at], 6)})` : "";
    const run = line.run === undefined ? "" : `, seed ${model.chart.seeds[line.run]}`;
    const status = line.run === undefined ? "" : `, ${model.runs[line.run].status}`;
    return `${line.arm.label}${run}: ${MEASURES[line.measure]} ${value}${range}${smooth} at step ${line.steps[at]}${status}`;
  }

  describe() {
    const own = this.lines.filter((line) => line.measure === this.measure && line.mean.length > 0);
    const end = (line) => line.mean.at(-1) ?? Infinity;
    const isLoss = this.measure.endsWith("loss");
    const lowest = own.filter((line) => this.isAlive(line)).reduce((best, line) => (best && end(best) <= end(line) ? best : line), null);
    const what = this.address.get("runs") === "1" ? "run" : "arm";
    const kinds = this.address.get("runs") === "1" ? "" : this.kinds(own);
    const outside = this.beyond(own);
    const beyond = outside > 0 ? ` ${count(outside, what)} ${outside === 1 ? "leaves" : "leave"} the axis.` : "";
    const unplaced = this.unplaced();
    const missing = unplaced > 0 ? ` ${count(unplaced, "value")} at or below 0 ${unplaced === 1 ? "is" : "are"} not drawn: the axis is logarithmic.` : "";
    const best = lowest && isLoss ? ` The lowest at its end is ${lowest.arm.label}: ${short(end(lowest), 5)} at step ${lowest.steps.at(-1)}.` : "";
    const thinned = this.model.thinned > 1 ? ` Every ${this.model.thinned}th logged point of each curve is kept here; curves.csv has all.` : "";
    const text = `${MEASURES[this.measure]} over steps of ${count(own.length, what)}${kinds}${this.bands().length ? "; shaded: their range" : ""}.${beyond}${missing}${this.model.seedsDiffer || best}${thinned}`;
    this.alternative.textContent = text[0].toUpperCase() + text.slice(1);
    this.box.setAttribute("aria-label", this.alternative.textContent);
  }

  /** Which seeds the means are over. */
  kinds(lines) {
    const of = (standing) => lines.filter((line) => this.model.standing(line.arm) === standing).length;
    const [done, training, lost] = ["done", "training", "lost"].map(of);
    const parts = [];
    if (done > 0) parts.push("over the seeds that reached their end");
    if (training > 0) parts.push(done > 0 ? `of ${count(training, "arm")} where none has, over those that train` : "over the seeds that train");
    if (lost > 0) parts.push(`of ${count(lost, "arm")} over runs that diverged or failed, as far as all of them go`);
    return parts.length > 0 ? `, mean ${parts.join("; ")}` : "";
  }

  scene() {
    const [from, to] = this.spanned;
    const [low, high] = this.yRange;
    const share = (log, a, b) => (value) => (log ? Math.log(value / a) / Math.log(b / a) : (value - a) / (b - a));
    const [xLog, yLog] = ["x", "y"].map((axis) => this.address.get(axis) === "log");
    const [x, y] = [share(xLog, from, to), share(yLog, low, high)];
    const of = (log, a, b, share) => (log ? logTicks(a, b) : ticks(a, b)).map((tick) => [share(tick), short(tick)]);
    const point = (step, value) => (value === null || value === undefined || (yLog && value <= 0) || (xLog && step <= 0) ? null : [x(step), y(value)]);
    const [xs, ...columns] = this.data();
    const lines = this.lines.map((line, place) => ({
      colour: visible(line.arm.colour, false), dash: line.dash, width: line.width,
      points: xs.map((step, at) => [step, columns[place][at]]).filter(([, value]) => value !== undefined).map(([step, value]) => point(step, value)),
    }));
    const bands = this.bands().map((line) => {
      const inside = line.steps.map((step, at) => at).filter((at) => line.low[at] !== null && point(line.steps[at], line.low[at]));
      const edge = (values) => inside.map((at) => point(line.steps[at], values[at]));
      return { colour: visible(line.arm.colour, false), points: [...edge(line.high), ...edge(line.low).reverse()] };
    });
    const named = new Map(this.lines.filter((line) => !line.beside).map((line) => [line.arm.key, line]));
    const smooth = this.address.smoothing > 0 ? `; smoothed by ${this.address.smoothing}` : "";
    return {
      title: `${this.model.chart.name}: ${MEASURES[this.measure]} over steps`,
      note: `${this.address.get("runs") === "1" ? "every run" : "mean over seeds"}${bands.length ? ", shaded: their range" : ""}${this.measures.length > 1 ? "; dotted: train loss" : ""}${smooth}`,
      x: { label: "step", ticks: of(xLog, from, to, x) },
      y: { label: `${MEASURES[this.measure]}${UNITS[this.measure] ? ` (${UNITS[this.measure]})` : ""}`, ticks: of(yLog, low, high, y) },
      lines, bands,
      names: [...named.values()].map((line) => ({ label: line.arm.label, colour: visible(line.arm.colour, false), dash: line.dash })),
    };
  }

  rows() {
    const [from, to] = this.spanned;
    const rows = [["arm", "run", "seed", "measure", "step", "value", "lowest", "highest", "seeds", "smoothed"]];
    for (const line of this.lines) {
      const run = line.run === undefined ? ["", ""] : [this.model.chart.ids[line.run], this.model.chart.seeds[line.run]];
      line.steps.forEach((step, at) => {
        if (step < from || step > to) return;
        const smooth = this.address.smoothing > 0 ? line.mean[at] : "";
        rows.push([line.arm.label, ...run, line.measure, step, line.raw[at], line.low?.[at] ?? "", line.high?.[at] ?? "", line.n, smooth]);
      });
    }
    return rows;
  }
}

/** The range of lines by their lowest and highest values, without what rises far above the others. */
function bounds(ends, log) {
  const known = ends.filter(([low, high]) => low <= high);
  const low = known.reduce((least, [own]) => Math.min(least, own), Infinity);
  const highs = known.map(([, high]) => high).sort((a, b) => a - b);
  const middle = highs[(highs.length - 1) >> 1];
  const most = log ? Infinity : Math.max(middle + FAR * (middle - low), low + 0.05 * Math.abs(low));
  return [low, highs.findLast((high) => high <= most) ?? -Infinity];
}
