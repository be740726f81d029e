"use strict";
/* A view is its address: everything that a reader chose stands behind the #, so that another reader sees the same. */

const CHOICES = {
  sweep: "", measure: "val_loss", train: "", runs: "", x: "", y: "", start: "", smooth: "0", zoom: "", off: "", on: "",
  against: "", loss: "", across: "", up: "", map: "",
};

class Address {
  constructor() {
    this.read();
    this.changed = () => {};
    /** What is told with every choice. */
    this.also = {};
    addEventListener("hashchange", () => {
      const before = JSON.stringify(this.chosen);
      this.read();
      if (JSON.stringify(this.chosen) !== before) this.changed();
    });
  }

  read() {
    // The name of a section is no view.
    const isSection = location.hash.length > 1 && !location.hash.includes("=");
    if (isSection && this.chosen) return;
    const given = new URLSearchParams(location.hash.slice(1));
    this.chosen = {};
    for (const [key, usual] of Object.entries(CHOICES)) this.chosen[key] = given.get(key) ?? usual;
    if (!MEASURES[this.chosen.measure]) this.chosen.measure = CHOICES.measure;
  }

  get(key) {
    return this.chosen[key];
  }

  set(changes) {
    Object.assign(this.chosen, this.also, changes);
    const said = Object.entries(this.chosen).filter(([key, value]) => value !== CHOICES[key]);
    const text = said.map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll("%2C", ",")}`).join("&");
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  }

  get smoothing() {
    const amount = Number(this.chosen.smooth);
    return amount > 0 && amount < 1 ? amount : 0;
  }

  get zoom() {
    const ends = this.chosen.zoom.split(",").map(Number);
    return ends.length === 2 && ends.every(Number.isFinite) && ends[0] < ends[1] ? ends : null;
  }

  /** Whether an arm is switched on. */
  shows(key) {
    const list = (name) => new Set(this.chosen[name].split(","));
    if (this.chosen.on) return list("on").has(key);
    return !list("off").has(key);
  }

  /** Switches arms; the shorter list stands in the address. */
  show(arms, keys) {
    const off = arms.filter((arm) => !keys.has(arm.key));
    const on = arms.filter((arm) => keys.has(arm.key));
    const text = (some) => some.map((arm) => arm.key).join(",");
    const byOn = off.length > on.length;
    this.set({ on: byOn ? text(on) || "none" : "", off: byOn ? "" : text(off) });
  }
}
