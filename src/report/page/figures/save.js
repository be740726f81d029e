"use strict";
/* What a figure shows as a file: SVG from a scene, PNG from the SVG, CSV from rows. */

const PAPER = { ink: "#282828", faint: "#cdcdcd", paper: "#ffffff" };
const SIZE = { width: 960, height: 560, left: 76, right: 20, top: 56, bottom: 56 };
/** Lines that a legend names; what is more is counted. */
const MOST_NAMES = 14;

const escaped = (text) => String(text).replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);

/** A scene as SVG: title and note, ticks as [share of the axis, text], lines, dots and cells in shares of the plot. */
function svgOf(scene) {
  const { width, left, right, top, bottom } = SIZE;
  const names = scene.names ?? [];
  const shown = names.slice(0, MOST_NAMES);
  const columns = shown.some(({ label }) => label.length > 36) ? 2 : 3;
  const room = Math.floor((width - left) / columns);
  const legend = names.length > 0 ? 18 * Math.ceil((shown.length + (names.length > shown.length ? 1 : 0)) / columns) + 8 : 0;
  const height = SIZE.height + legend;
  const plot = { x: left, y: top, width: width - left - right, height: SIZE.height - top - bottom };
  const x = (share) => (plot.x + share * plot.width).toFixed(1);
  const y = (share) => (plot.y + (1 - share) * plot.height).toFixed(1);
  const text = (at, down, words, more = "") => `<text x="${at}" y="${down}" ${more}>${escaped(words)}</text>`;
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="${PAPER.ink}">`,
    `<title>${escaped(scene.title)}</title><rect width="100%" height="100%" fill="${PAPER.paper}"/>`,
    `<clipPath id="plot"><rect x="${plot.x}" y="${plot.y}" width="${plot.width}" height="${plot.height}"/></clipPath>`,
    text(left, 24, scene.title, 'font-size="17" font-weight="600"'),
    text(left, 42, scene.note, 'fill="#555"'),
  ];
  for (const [at, label] of scene.x.ticks) {
    out.push(`<path d="M${x(at)} ${y(0)}V${y(1)}" stroke="${PAPER.faint}" stroke-width="0.6"/>`);
    out.push(text(x(at), Number(y(0)) + 18, label, 'text-anchor="middle"'));
  }
  for (const [at, label] of scene.y.ticks) {
    out.push(`<path d="M${x(0)} ${y(at)}H${x(1)}" stroke="${PAPER.faint}" stroke-width="0.6"/>`);
    out.push(text(left - 8, Number(y(at)) + 4, label, 'text-anchor="end"'));
  }
  out.push(text(plot.x + plot.width / 2, SIZE.height - 14, scene.x.label, 'text-anchor="middle"'));
  const middle = plot.y + plot.height / 2;
  out.push(text(18, middle, scene.y.label, `text-anchor="middle" transform="rotate(-90 18 ${middle})"`));
  out.push('<g clip-path="url(#plot)" fill="none" stroke-linejoin="round">');
  for (const { points, colour } of scene.bands ?? []) {
    out.push(`<path d="M${points.map(([a, b]) => `${x(a)} ${y(b)}`).join("L")}Z" fill="${colour}" fill-opacity="0.14"/>`);
  }
  for (const { points, colour, dash, width: stroke } of scene.lines ?? []) {
    let path = "";
    let broken = true;
    for (const point of points) {
      if (point) path += `${broken ? "M" : "L"}${x(point[0])} ${y(point[1])}`;
      broken = !point;
    }
    const dashes = dash?.length ? ` stroke-dasharray="${dash.join(" ")}"` : "";
    out.push(`<path d="${path}" stroke="${colour}" stroke-width="${stroke}"${dashes}/>`);
  }
  for (const { at, colour, open, size } of scene.dots ?? []) {
    const fill = open ? 'fill="none"' : `fill="${colour}"`;
    out.push(`<circle cx="${x(at[0])}" cy="${y(at[1])}" r="${size}" ${fill} stroke="${colour}" stroke-width="1.4"/>`);
  }
  for (const { box, colour, ink, label, best } of scene.cells ?? []) {
    const [a, b, wide, high] = [Number(x(box[0])), Number(y(box[1] + box[3])), box[2] * plot.width, box[3] * plot.height];
    const stroke = best ? `stroke="#e69f00" stroke-width="4"` : `stroke="${PAPER.paper}"`;
    out.push(`<rect x="${a.toFixed(1)}" y="${b.toFixed(1)}" width="${wide.toFixed(1)}" height="${high.toFixed(1)}" fill="${colour}" ${stroke}/>`);
    out.push(text((a + wide / 2).toFixed(1), (b + high / 2 + 4).toFixed(1), label, `text-anchor="middle" fill="${ink}" stroke="none"`));
  }
  out.push("</g>");
  shown.forEach(({ label, colour, dash }, place) => {
    const at = left + (place % columns) * room;
    const down = SIZE.height + 8 + 18 * Math.floor(place / columns);
    const dashes = dash?.length ? ` stroke-dasharray="${dash.join(" ")}"` : "";
    out.push(`<path d="M${at} ${down - 4}h22" stroke="${colour}" stroke-width="2.4"${dashes}/>`);
    out.push(text(at + 28, down, label.length > 60 ? `${label.slice(0, 59)}…` : label, 'font-size="12"'));
  });
  if (names.length > shown.length) {
    const place = shown.length;
    out.push(text(left + (place % columns) * room, SIZE.height + 8 + 18 * Math.floor(place / columns), `and ${names.length - place} more`, 'font-size="12"'));
  }
  return `${out.join("\n")}\n</svg>\n`;
}

function download(name, kind, contents) {
  const url = URL.createObjectURL(new Blob([contents], { type: kind }));
  const link = element("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const saveSvg = (name, scene) => download(`${name}.svg`, "image/svg+xml", svgOf(scene));

/** Twice as large as it is shown, for print. */
function savePng(name, scene) {
  const svg = svgOf(scene);
  const image = new Image();
  image.addEventListener("load", () => {
    const canvas = element("canvas", { width: 2 * image.width, height: 2 * image.height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => download(`${name}.png`, "image/png", blob), "image/png");
  });
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}

function saveCsv(name, rows) {
  const cell = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  download(`${name}.csv`, "text/csv", rows.map((row) => row.map(cell).join(",")).join("\n") + "\n");
}

/** The three buttons below a figure. */
function saveButtons(figure, name) {
  const button = (kind, save) =>
    element("button", { type: "button", "data-save": kind.toLowerCase(), "aria-label": `Download ${figure.title} as ${kind}`, onclick: save }, kind);
  return element("p", { class: "save" }, "Download ",
    button("PNG", () => savePng(name(), figure.scene())), " ",
    button("SVG", () => saveSvg(name(), figure.scene())), " ",
    button("CSV", () => saveCsv(name(), figure.rows())));
}
