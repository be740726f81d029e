"use strict";
/* Tables that are sorted by their headers and filtered by words; a page that opens what is closed where it is printed. */
{
  /** A cell that has nothing to say. */
  const isEmpty = (text) => text === "" || text === "\u2013";
  /** Text with one sign for minus, however it is written. */
  const plain = (text) => text.trim().replaceAll("\u2212", "-");
  const NUMBER = /^(?:[<=] ?)?([+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?:%|\s.*)?$/i;

  /** The rows by a column: its numbers where it has nothing else; what is empty last, whichever way. */
  function sorted(rows, column, rising) {
    const cells = rows.map((row) => [plain(row.cells[column].textContent), row]);
    const full = cells.filter(([text]) => !isEmpty(text));
    const isNumeric = full.every(([text]) => NUMBER.test(text));
    const number = (text) => Number(NUMBER.exec(text)[1]);
    const order = ([a], [b]) => (isNumeric ? number(a) - number(b) : a.localeCompare(b));
    full.sort((a, b) => (rising ? order(a, b) : order(b, a)));
    return [...full, ...cells.filter(([text]) => isEmpty(text))].map(([, row]) => row);
  }

  for (const table of document.querySelectorAll("table[id]")) {
    const body = table.tBodies[0];
    const headers = [...table.tHead.rows[0].cells];
    headers.forEach((header, column) => {
      header.querySelector("button").addEventListener("click", () => {
        const rising = header.getAttribute("aria-sort") !== "ascending";
        headers.forEach((other) => other.setAttribute("aria-sort", "none"));
        header.setAttribute("aria-sort", rising ? "ascending" : "descending");
        body.append(...sorted([...body.rows], column, rising));
      });
    });
  }

  for (const input of document.querySelectorAll("input[data-table]")) {
    const body = document.getElementById(input.dataset.table).tBodies[0];
    const left = document.getElementById(`${input.dataset.table}-left`);
    input.addEventListener("input", () => {
      const words = plain(input.value.toLowerCase()).split(/\s+/);
      for (const row of body.rows) {
        const text = [...row.cells].map((cell) => plain(cell.textContent.toLowerCase())).join(" ");
        row.hidden = !words.every((word) => text.includes(word));
      }
      const shown = [...body.rows].filter((row) => !row.hidden).length;
      const told = shown > 0 ? `${shown} of ${body.rows.length} rows` : "No row has all of these words; the page may write them otherwise elsewhere.";
      left.textContent = input.value.trim() === "" ? "" : told;
    });
  }

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });
}
