"use strict";
/* The mean loss where two numbers vary, as a table of coloured cells: it can be read without colours. */

/** From low to high, as the static figures have it. */
const RAMP = ["#440154", "#414487", "#2a788e", "#22a884", "#6ec446", "#d6be14"];

function ramp(share) {
  const place = Math.min(Math.max(share, 0), 1) * (RAMP.length - 1);
  const lower = Math.min(Math.floor(place), RAMP.length - 2);
  const [a, b] = [parts(RAMP[lower]), parts(RAMP[lower + 1])];
  return "#" + a.map((one, at) => Math.round(one + (b[at] - one) * (place - lower)).toString(16).padStart(2, "0")).join("");
}

class Heat {
  constructor(model, address) {
    this.model = model;
    this.address = address;
    this.title = "Where two numbers vary";
    this.controls = element("div", { class: "controls" });
    this.table = element("table", { class: "heat", "aria-label": this.title });
    this.alternative = element("figcaption", { class: "fine" });
    this.figure = element("figure", { id: "heat", class: "drawn", "aria-label": this.title }, element("h3", {}, this.title),
      this.controls, element("div", { class: "wide", tabindex: "0", role: "group", "aria-label": "Table of losses" }, this.table), this.alternative,
      saveButtons(this, () => `${model.chart.name}-${this.axes.join("-")}`));
  }

  /** Pairs of axes over which some rule was tried at two values of each. */
  pairs() {
    const { axes, arms } = this.model.chart;
    const found = [];
    for (const up of axes) {
      for (const across of axes) {
        if (axes.indexOf(up) <= axes.indexOf(across)) continue;
        const groups = this.groups(across, up);
        if (groups.length > 0) found.push([across, up]);
      }
    }
    return arms.length > 0 ? found : [];
  }

  /** Arms that differ in two axes alone. */
  groups(across, up) {
    const several = (some, axis) => new Set(some.map((arm) => arm.at[axis])).size > 1;
    const groups = this.model.alike([across, up], this.model.chart.arms).map(({ label, arms }) => [label, arms]);
    return groups.filter(([, some]) => several(some, across) && several(some, up));
  }

  get axes() {
    const pairs = this.pairs();
    const chosen = pairs.find((pair) => pair.join() === this.address.get("across"));
    return chosen ?? pairs[0];
  }

  get loss() {
    const chosen = this.address.get("loss");
    if (LOSSES[chosen]) return chosen;
    return this.model.reported;
  }

  buildControls(change) {
    const pairs = this.pairs();
    if (pairs.length === 0) return;
    const groups = this.groups(...this.axes);
    const name = ([across, up]) => `${titleOf(across)} and ${titleOf(up)}`;
    this.controls.replaceChildren(
      choice("Over", pairs.map((pair) => [pair.join(), name(pair)]), this.axes.join(), (across) => change({ across, map: "" })),
      choice("Rule", groups.map(([key]) => [key, key]), this.group[0], (map) => change({ map })),
    );
  }

  get group() {
    const groups = this.groups(...this.axes);
    return groups.find(([key]) => key === this.address.get("map")) ?? groups[0];
  }

  collect() {
    const [across, up] = this.axes;
    const [, arms] = this.group;
    const rising = (axis) => [...new Set(arms.map((arm) => arm.at[axis]))].sort((a, b) => a - b);
    const [columns, rows] = [rising(across), rising(up).reverse()];
    const cell = (x, y) => {
      const arm = arms.find((one) => one.at[across] === x && one.at[up] === y);
      return arm ? { arm, x, y, ...this.model.losses(arm, this.loss) } : { x, y, mean: null, n: 0, all: [] };
    };
    const cells = rows.map((y) => columns.map((x) => cell(x, y)));
    const means = cells.flat().filter((one) => one.mean !== null).map((one) => one.mean).sort((a, b) => a - b);
    // Colours are for what lies near the best: a loss far above is as bright as any.
    const [low, middle] = [means[0], means[means.length >> 1]];
    const high = Math.min(means.at(-1), middle + 2 * (middle - low) || means.at(-1));
    return { columns, rows, cells, low, high: high > low ? high : means.at(-1) };
  }

  paint(one, low, high) {
    const colour = ramp((one.mean - low) / (high - low || 1));
    return { colour, ink: contrast(colour, "#000000") > contrast(colour, "#ffffff") ? "#000000" : "#ffffff" };
  }

  draw() {
    const pairs = this.model.chart ? this.pairs() : [];
    this.figure.hidden = pairs.length === 0;
    if (this.figure.hidden) return;
    const [across, up] = this.axes;
    const { columns, rows, cells, low, high } = this.collect();
    const head = element("tr", {}, element("th", { scope: "col" }, `${titleOf(up)} ↓  ${titleOf(across)} →`),
      ...columns.map((value) => element("th", { scope: "col" }, short(value, 3))));
    const body = rows.map((value, row) => element("tr", {}, element("th", { scope: "row" }, short(value, 3)), ...cells[row].map((one) => {
      const done = one.arm ? `${one.n}/${one.arm.runs.length}` : "";
      const whole = one.arm && one.n === one.arm.runs.length;
      const made = element("td", { title: one.arm ? `${one.arm.label}: ${LOSSES[this.loss]} ${short(one.mean, 6)}, ${done} runs have ended` : "not tried" },
        one.mean === null ? (one.arm ? "…" : "") : short(one.mean), whole || !one.arm ? "" : element("small", {}, ` ${done}`));
      if (one.mean !== null) {
        const { colour, ink } = this.paint(one, low, high);
        [made.style.background, made.style.color] = [colour, ink];
        if (one.mean === low) made.className = "best";
      }
      return made;
    })));
    this.table.replaceChildren(element("thead", {}, head), element("tbody", {}, ...body));
    const best = cells.flat().find((one) => one.mean !== null && one.mean === low);
    const text = `mean ${LOSSES[this.loss]} over ${titleOf(across)} and ${titleOf(up)}: ${this.group[0]}; dark is low. A share such as 1/3 says how many runs have ended.`
      + this.model.seedsDiffer
      + (best ? ` Framed: the lowest, ${short(low, 5)} at ${titleOf(across)} = ${short(best.x)}, ${titleOf(up)} = ${short(best.y)}.` : " No run has ended yet.");
    this.alternative.textContent = text[0].toUpperCase() + text.slice(1);
  }

  scene() {
    const [across, up] = this.axes;
    const { columns, rows, cells, low, high } = this.collect();
    const [wide, tall] = [1 / columns.length, 1 / rows.length];
    return {
      title: `${this.model.chart.name}: ${LOSSES[this.loss]} over ${titleOf(across)} and ${titleOf(up)}`,
      note: `${this.group[0]}; mean over seeds; framed: the lowest`,
      x: { label: titleOf(across), ticks: columns.map((value, at) => [(at + 0.5) * wide, short(value, 3)]) },
      y: { label: titleOf(up), ticks: rows.map((value, at) => [1 - (at + 0.5) * tall, short(value, 3)]) },
      cells: cells.flatMap((row, y) => row.map((one, x) => ({ one, x, y }))).filter(({ one }) => one.mean !== null).map(({ one, x, y }) => ({
        box: [x * wide, 1 - (y + 1) * tall, wide, tall], label: short(one.mean), best: one.mean === low, ...this.paint(one, low, high),
      })).sort((a, b) => a.best - b.best),
    };
  }

  rows() {
    const [across, up] = this.axes;
    const { cells } = this.collect();
    const rows = [["arm", titleOf(across), titleOf(up), LOSSES[this.loss], "runs that have ended"]];
    for (const one of cells.flat()) if (one.arm) rows.push([one.arm.label, one.x, one.y, one.mean, one.n]);
    return rows;
  }
}
