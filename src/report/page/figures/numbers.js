"use strict";
/* Numbers and colours, as every figure writes them. */

/** A number in few characters: as many digits as tell it from its neighbours. */
function short(value, digits = 4) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return "not finite";
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-4 || size >= 1e6)
    ? Number(value.toPrecision(digits)).toExponential().replace("e+", "e")
    : String(Number(value.toPrecision(digits + (size >= 1000 ? 2 : 0))));
  return text.replace("-", "−");
}

/** A number as it was logged. */
const exact = (value) => (Number.isFinite(value) ? String(value) : "");

const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

/** Paper is never dark. */
const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches && !document.documentElement.classList.contains("paper");

const parts = (colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
/** Relative luminance, as WCAG has it. */
const luminance = (colour) => {
  const [red, green, blue] = parts(colour).map((one) => one / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
/** From 1, for a colour on itself, to 21. */
const contrast = (a, b) => {
  const [dark, light] = [luminance(a), luminance(b)].sort((one, other) => one - other);
  return (light + 0.05) / (dark + 0.05);
};
/** The least contrast with the page at which a line is seen. */
const SEEN = 3;
const PAGES = { light: "#ffffff", dark: "#16181b" };
const towards = (colour, other, share) =>
  "#" + parts(colour).map((one) => Math.round(one + (other - one) * share).toString(16).padStart(2, "0")).join("");

/** A colour of the palette so that it stands out from the page; what is as dark as text is as light as text on a dark one. */
function visible(colour, dark = isDark()) {
  const all = parts(colour);
  if (dark && Math.max(...all) - Math.min(...all) < 16) return towards(colour, 255, 1 - 1.2 * Math.max(...all) / 255);
  const page = dark ? PAGES.dark : PAGES.light;
  for (let share = 0; share < 1; share += 0.02) {
    const found = towards(colour, dark ? 255 : 0, share);
    if (contrast(found, page) >= SEEN) return found;
  }
  return dark ? PAGES.light : "#000000";
}

/** Ticks of an axis from low to high, at 1, 2 or 5 times powers of ten. */
function ticks(low, high, most = 7) {
  if (!(high > low)) return [low];
  const raw = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= raw);
  const found = [];
  for (let at = Math.ceil(low / step); at * step <= high + step * 1e-9; at++) {
    found.push(Number((at * step).toPrecision(12)));
  }
  return found;
}

/** Ticks of a logarithmic axis. */
function logTicks(low, high) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    const all = Math.log10(high / low) < 2.5 ? [1, 2, 5] : [1];
    for (const one of all) {
      const tick = Number((one * 10 ** power).toPrecision(6));
      if (tick >= low * 0.999999 && tick <= high * 1.000001) found.push(tick);
    }
  }
  return found.length > 1 ? found : ticks(low, high, 5);
}

/** An element with attributes and children; text stays text. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}
