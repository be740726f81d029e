"use strict";
/* The arms as switches, with how far each is. */

class Arms {
  constructor(model, address, changed) {
    this.model = model;
    this.address = address;
    this.changed = changed;
    this.filter = element("input", { type: "search", id: "arm-filter", placeholder: "filter", "aria-label": "Filter the arms that are drawn", oninput: () => this.sift() });
    this.list = element("ul", { class: "arms", "aria-label": "Arms" });
    this.left = element("output", { class: "fine", role: "status" });
    const all = (on) => () => this.switchShown(on);
    this.box = element("fieldset", { id: "switches" }, element("legend", {}, "Arms"),
      this.filter,
      element("p", { class: "controls" },
        element("button", { type: "button", id: "all-arms", onclick: all(true) }, "All"),
        element("button", { type: "button", id: "no-arms", onclick: all(false) }, "None"),
        element("button", { type: "button", id: "best-arms", title: "Only the arms with the lowest losses", onclick: () => this.best() }, "Best 8")),
      this.left, this.list);
  }

  build() {
    this.rows = this.model.chart.arms.map((arm) => {
      const swatch = element("span", { class: "swatch", "aria-hidden": "true" });
      swatch.style.background = striped(visible(arm.colour), DASHES[arm.rule % DASHES.length]);
      const box = element("input", { type: "checkbox", "data-arm": arm.key, onchange: () => this.take() });
      const state = element("small", {});
      const row = element("li", {}, element("label", { title: arm.label }, box, swatch, element("span", { class: "label" }, arm.label, state)));
      return { arm, box, state, row, swatch };
    });
    this.list.replaceChildren(...this.rows.map(({ row }) => row));
    this.read();
    this.sift();
  }

  read() {
    for (const { arm, box } of this.rows) box.checked = this.address.shows(arm.key);
  }

  take() {
    const on = new Set(this.rows.filter(({ box }) => box.checked).map(({ arm }) => arm.key));
    this.address.show(this.model.chart.arms, on);
    this.changed();
  }

  sift() {
    const words = this.filter.value.toLowerCase().split(/\s+/);
    for (const { arm, row } of this.rows) row.hidden = !words.every((word) => arm.label.toLowerCase().includes(word));
    const isNone = this.rows.length > 0 && this.rows.every(({ row }) => row.hidden);
    this.left.textContent = isNone ? "No arm has all of these words." : "";
  }

  switchShown(on) {
    for (const { box, row } of this.rows) if (!row.hidden) box.checked = on;
    this.take();
  }

  best() {
    const ranked = this.rows.map((row) => [this.model.losses(row.arm, "val").mean ?? Infinity, row]).sort((a, b) => a[0] - b[0]);
    const kept = new Set(ranked.slice(0, 8).map(([, row]) => row));
    for (const row of this.rows) row.box.checked = kept.has(row);
    this.take();
  }

  update() {
    for (const { arm, state, swatch } of this.rows) {
      const runs = arm.runs.map((run) => this.model.runs[run]);
      const of = (status) => runs.filter((run) => run.status === status).length;
      const told = ["training", "quiet", "diverged", "failed", "damaged"].filter((status) => of(status) > 0).map((status) => `${of(status)} ${status}`);
      const { mean } = this.model.losses(arm, "val");
      const text = [`${of("done")}/${runs.length}`, ...told, ...(mean === null ? [] : [short(mean)])].join(" · ");
      if (state.textContent !== text) state.textContent = text;
      const colour = visible(arm.colour);
      if (swatch.dataset.colour !== colour) {
        [swatch.style.background, swatch.dataset.colour] = [striped(colour, DASHES[arm.rule % DASHES.length]), colour];
      }
    }
  }
}

/** A background with the dashes of a line. */
function striped(colour, dash) {
  if (dash.length === 0) return colour;
  let end = 0;
  const stops = dash.map((length, place) => `${place % 2 === 0 ? colour : "transparent"} ${end}px ${(end += length)}px`);
  return `repeating-linear-gradient(90deg, ${stops.join(", ")})`;
}
