"use strict";
/* The interactive figures of an experiment, put together: switches beside curves, losses and a heat map. */

class Figures {
  /** `wants` is asked for measures that are not known yet. */
  constructor(root, model, address, wants = () => {}) {
    Object.assign(this, { root, model, address, wants });
    this.lines = new Lines(model, address);
    this.dots = new Dots(model, address);
    this.heat = new Heat(model, address);
    this.arms = new Arms(model, address, () => this.redraw());
    root.replaceChildren(element("div", { class: "explore" },
      element("aside", {}, this.arms.box),
      element("div", { class: "drawings" }, this.lines.figure, this.dots.figure, this.heat.figure)));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.rebuild());
    address.changed = () => this.rebuild();
    addEventListener("beforeprint", () => this.onPaper(true));
    addEventListener("afterprint", () => this.onPaper(false));
  }

  /** Canvases are drawn anew for paper: of its width, in its colours. */
  onPaper(on) {
    document.documentElement.classList.toggle("paper", on);
    if (!this.model.chart || !this.lines.figure.isConnected) return;
    for (const drawing of [this.lines, this.dots]) {
      drawing.shape = null;
      drawing.draw();
    }
    this.heat.draw();
    this.arms.update();
  }

  /** Measures that can be chosen: those that are known, or can be asked for. */
  measures() {
    const all = Object.keys(MEASURES);
    return this.wants.isAsked ? all : all.filter((measure) => this.model.has(measure));
  }

  /** What the view needs. */
  needed() {
    const chosen = sourcesOf(this.address.get("measure"));
    return this.address.get("train") === "1" && this.address.get("measure") === "val_loss" ? [...chosen, "train_loss"] : chosen;
  }

  change(changes) {
    this.address.set(changes);
    this.wants(this.needed());
    this.redraw();
    const only = Object.keys(changes);
    // A slider that is being moved must stay.
    if (!only.every((key) => key === "smooth")) this.controls();
  }

  /** The controls with what is chosen; the one that has the focus keeps it. */
  controls() {
    const focus = document.activeElement;
    const place = (box) => [...box.querySelectorAll("input, select, button")].indexOf(focus);
    const boxes = [this.lines.controls, this.dots.controls, this.heat.controls];
    const places = boxes.map(place);
    const change = (changes) => this.change(changes);
    this.lines.buildControls(this.measures(), change);
    if (this.dots.axis) this.dots.buildControls(change);
    this.heat.buildControls(change);
    boxes.forEach((box, at) => {
      if (places[at] >= 0) box.querySelectorAll("input, select, button")[places[at]]?.focus();
    });
  }

  /** Arms or colours are others. */
  rebuild() {
    if (!this.model.chart) return;
    this.lines.shape = this.dots.shape = null;
    this.arms.build();
    this.controls();
    this.wants(this.needed());
    this.redraw();
  }

  redraw() {
    if (this.queued || !this.model.chart) return;
    this.queued = requestAnimationFrame(() => {
      this.queued = null;
      const start = performance.now();
      this.lines.draw();
      this.dots.draw();
      this.heat.draw();
      this.arms.update();
      this.note(start);
    });
  }

  /** Leaves for who measures it how long drawing took, and the answer before it, in milliseconds. */
  note(start) {
    const now = performance.now();
    const { dataset } = this.root;
    dataset.drawn = (now - start).toFixed(1);
    dataset.first ??= now.toFixed(1);
    if (this.asked) dataset.shown = (now - this.asked).toFixed(1);
    this.asked = null;
  }
}
