"use strict";
/* What figures on axes share: the frame of uPlot, a pointer that tells values, the keyboard. */

/** Points that all lines together are drawn by, at most: beyond them, each line has fewer. */
const MOST_POINTS = 80_000;
const HEIGHT = 380;
const DASHES = [[], [9, 4], [2, 3], [9, 3, 2, 3], [5, 5], [14, 4]];

const styleOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The axes of a plot in the colours of the page. */
function axesOf(x, y) {
  const [ink, line] = [styleOf("--ink"), styleOf("--grid")];
  const common = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: "12px system-ui, sans-serif", labelFont: "13px system-ui, sans-serif" };
  return [
    { ...common, label: x.label, labelSize: 24, size: 32, space: 64, ...x.more },
    { ...common, label: y.label, labelSize: 24, size: 58, space: 30, ...y.more },
  ];
}

/** A figure: heading, controls, plot, values under the pointer, what it shows in words, downloads. */
class Plot {
  constructor(title, id) {
    this.title = title;
    this.box = element("div", { class: "plot", id: `${id}-plot`, tabindex: "0", role: "group", "aria-roledescription": "chart" });
    this.values = element("output", { class: "values", "aria-live": "polite" });
    this.alternative = element("figcaption", { class: "fine" });
    this.overlay = element("canvas", { class: "overlay", "aria-hidden": "true" });
    this.figure = element("figure", { id, class: "drawn", "aria-label": title }, element("h3", {}, title));
    this.at = null;
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("blur", () => this.leave());
    // Not at once: a new size within the notice of one is an error.
    this.seen = new ResizeObserver(() => requestAnimationFrame(() => this.resize()));
    this.seen.observe(this.box);
  }

  /** The width that there is, in whole pixels. */
  get width() {
    return Math.max(240, Math.floor(this.box.clientWidth));
  }

  get height() {
    return this.width < 500 ? 300 : HEIGHT;
  }

  resize() {
    if (!this.plot || this.plot.width === this.width) return;
    this.plot.setSize({ width: this.width, height: this.height });
  }

  make(options, data) {
    this.plot?.destroy();
    this.box.replaceChildren();
    this.plot = new uPlot({
      width: this.width, height: this.height, legend: { show: false }, pxAlign: false, ...options,
      cursor: { points: { show: false }, y: false, drag: { x: Boolean(options.zooms), y: false, setScale: false }, ...options.cursor },
    }, data, this.box);
    this.plot.over.append(this.overlay);
    this.plot.over.addEventListener("pointermove", (event) => this.point(event));
    this.plot.over.addEventListener("pointerdown", (event) => this.point(event));
    this.plot.over.addEventListener("pointerleave", () => this.leave());
  }

  point(event) {
    const box = this.plot.over.getBoundingClientRect();
    this.choose(this.nearestTo(event.clientX - box.left, event.clientY - box.top));
  }

  key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], Home: [-Infinity, 0], End: [Infinity, 0] };
    if (event.key === "Escape") this.leave();
    const move = moves[event.key];
    if (!move || !this.plot) return;
    event.preventDefault();
    this.choose(this.step(this.at, ...move));
  }

  choose(at) {
    this.at = at;
    this.box.classList.toggle("pointing", Boolean(at));
    this.mark();
    // What is the same as before is not read out again.
    const told = at ? this.tell(at) : this.hint;
    if (this.values.textContent !== told) this.values.textContent = told;
  }

  leave() {
    this.choose(null);
  }

  hint = "Point at a line for its values, or focus the figure and use the arrow keys.";

  /** A context that draws over the plot, emptied; shares of the plot's pixels. */
  over() {
    const { width, height } = this.plot.over.getBoundingClientRect();
    const scale = devicePixelRatio;
    this.overlay.width = Math.round(width * scale);
    this.overlay.height = Math.round(height * scale);
    this.overlay.style.width = `${width}px`;
    this.overlay.style.height = `${height}px`;
    const context = this.overlay.getContext("2d");
    context.scale(scale, scale);
    return context;
  }

  dot(context, x, y, colour) {
    context.beginPath();
    context.arc(x, y, 4.5, 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.strokeStyle = styleOf("--paper");
    context.lineWidth = 1.5;
    context.fill();
    context.stroke();
  }
}

/** A labelled choice among [value, title]. */
function choice(label, values, chosen, change) {
  const options = values.map(([value, title]) => element("option", { value, selected: value === chosen }, title));
  return element("label", {}, `${label} `, element("select", { onchange: (event) => change(event.target.value) }, ...options));
}

/** A labelled switch. */
function toggle(label, on, change, more = {}) {
  const box = element("input", { type: "checkbox", onchange: (event) => change(event.target.checked), ...more });
  box.checked = on;
  return element("label", {}, box, ` ${label}`);
}
