"use strict";
/* Asks the server for what has changed, again and again, and shows it. */
{
  const EVERY = 1000;
  const HIDDEN = 5000;
  const by = (id) => document.getElementById(id);
  const address = new Address();
  let [sweeps, current, model, figures] = [[], null, null, null];
  let [version, known, fresh, toldOf] = ["", new Set(), new Set(), null];
  let [timer, asking, again] = [null, false, false];
  const rates = [];

  const get = async (path) => {
    const answer = await fetch(path, { cache: "no-store" });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const write = (node, text) => {
    if (node.textContent !== text) node.textContent = text;
  };
  const isOpen = (sweep) => sweep.ended < sweep.runs;

  /** The sweep of the address, or the one that still trains, or the last; runs of no sweep where there is none. */
  function wanted() {
    const judged = sweeps.filter((one) => one.is_judged);
    const first = (of) => of.find(isOpen) ?? of.at(-1);
    return sweeps.find((one) => one.id === address.get("sweep")) ?? first(judged) ?? first(sweeps) ?? null;
  }

  async function list() {
    sweeps = await get("/sweeps");
    const select = by("sweep");
    const options = sweeps.map((one) => [one.id, `${one.folder ? `${one.folder}/` : ""}${one.name} (${one.trouble ? "cannot be read" : `${one.ended}/${one.runs}`})`]);
    const shown = [...select.options].map((one) => [one.value, one.textContent]);
    if (JSON.stringify(options) !== JSON.stringify(shown)) {
      select.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
    }
    const next = wanted();
    if (next && next.id !== current) open(next.id);
    if (current) select.value = current;
    if (!next) write(by("counts"), "No sweep is here yet. It appears when one begins to train.");
  }

  function open(id) {
    [current, model, version, known, fresh, toldOf] = [id, new Model(), "", new Set(), new Set(), null];
    rates.length = 0;
    address.also = { sweep: id };
    const wants = (measures) => {
      const more = measures.filter((one) => !known.has(one) && !fresh.has(one));
      more.forEach((one) => fresh.add(one));
      if (more.length > 0 && version) ask();
    };
    wants.isAsked = true;
    figures = new Figures(by("explore-figures"), model, address, wants);
    const rebuild = address.changed;
    address.changed = () => (wanted()?.id === current ? rebuild() : ask());
    figures.needed().concat("val_loss").forEach((one) => fresh.add(one));
    by("told").replaceChildren();
    write(by("news"), "");
  }

  async function change() {
    const id = current;
    const [own, shown, whole] = [[...known], [...fresh], model];
    const asked = performance.now();
    const update = await get(`/sweep/${id}?since=${version}&m=${own.join(",")}&n=${shown.join(",")}`);
    if (id !== current) return;
    version = update.version;
    shown.forEach((one) => (fresh.delete(one), known.add(one)));
    const isSame = !update.anew && update.runs.at.length === 0 && Object.values(update.measures).every((one) => one.at.length === 0);
    by("trouble").hidden = !update.trouble;
    write(by("trouble"), update.trouble ?? "");
    progress(update.expected);
    if (isSame) return;
    whole.apply(update);
    figures.asked = asked;
    progress(update.expected);
    if (update.anew || shown.length > 0) figures.rebuild();
    else figures.redraw();
    document.body.dataset.version = version;
    if (update.anew) {
      toldOf = null;
      const { name, question } = model.chart;
      write(by("question"), question ?? name);
      document.title = `${name}: wane view`;
    }
    runs();
    news();
  }

  const left = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`);

  /** What is done and what is left. */
  function progress(expected) {
    if (!model.chart) return;
    const counts = model.counts();
    const all = model.runs.length;
    const bar = by("progress");
    bar.max = Math.max(1, counts.steps);
    bar.value = counts.step;
    const told = ["training", "waiting", "quiet", "diverged", "failed", "damaged"].filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${status}`);
    rates.push([performance.now(), counts.step]);
    while (rates.length > 2 && rates.at(-1)[0] - rates[0][0] > 60_000) rates.shift();
    const [[from, first], [to, last]] = [rates[0], rates.at(-1)];
    const rate = to - from > 5000 ? (last - first) / (to - from) * 1000 : 0;
    const time = rate > 0 && counts.step < counts.steps ? `; about ${left((counts.steps - counts.step) / rate)} left at this rate` : "";
    const more = expected && expected > all ? `; the search asks for about ${expected} runs in all` : "";
    const share = counts.steps > 0 ? Math.floor((100 * counts.step) / counts.steps) : 0;
    write(by("counts"), `${counts.done} of ${count(all, "run")} done${told.length ? `, ${told.join(", ")}` : ""}; ${share}% of the steps${time}${more}.`);
  }

  /** What changes every second is not read out: how many runs have ended is, when another has. */
  function news() {
    const ended = isOver();
    if (ended > 0) write(by("news"), `${ended} of ${count(model.runs.length, "run")} ${ended === 1 ? "has" : "have"} ended.`);
  }

  const isOver = () => model.runs.filter((run) => ENDED.includes(run.status)).length;

  async function verdicts() {
    const ended = `${current} ${isOver()} ${model.runs.length}`;
    if (ended === toldOf) return;
    const id = current;
    const told = await get(`/verdicts/${id}`);
    if (id !== current) return;
    toldOf = told.is_fresh ? ended : null;
    const list = (items, id = null) => element("ul", { id }, ...items.map((item) => element("li", {}, item)));
    const parts = [];
    const isSoFar = told.ended < told.runs;
    if (told.verdicts.length === 0) {
      const why = told.runs === 0 ? "These runs belong to no sweep that is known here: nothing is told of them."
        : told.short.length === 0 ? "No verdict yet: no run has reached its end."
        : "No verdict: a comparison needs three seeds of both of its arms, each of which has reached its end.";
      parts.push(element("p", { id: "no-verdict" }, why));
    }
    if (told.short.length > 0) {
      const so = isSoFar ? `So far, of ${told.ended} of ${count(told.runs, "run")} that have ended; what is told may change with each that ends${told.epsilon === null ? "; how small a difference matters here is known at the end" : ""}:` : `Of ${count(told.runs, "run")}:`;
      parts.push(element("p", { class: "fine" }, so), ...told.short.map((one) => element("p", {}, one)));
    }
    if (told.verdicts.length > 0) parts.push(list(told.verdicts, "sentences"), element("p", { class: "fine" }, told.fine_print));
    if (told.warnings.length > 0) parts.push(element("h3", {}, "Before you believe it"), list(told.warnings));
    const text = parts.map((part) => part.outerHTML).join("");
    // What a reader has selected stays, where nothing is new.
    if (text !== by("told").innerHTML) by("told").replaceChildren(...parts);
  }

  function runs() {
    if (!by("runs-shown").open || !model.chart) return;
    const { ids, seeds, arms } = model.chart;
    const rows = model.runs.map((run, place) => {
      const arm = (model.armOf.get(place) ?? []).map((one) => arms[one].label).join("; ");
      const cells = [ids[place], arm, seeds[place], `${run.status}${run.detail ? ` ${run.detail}` : ""}`, `${run.step} / ${run.steps}`, short(run.val)];
      return element("tr", { "data-status": run.status }, ...cells.map((cell) => element("td", {}, String(cell))));
    });
    by("runs").tBodies[0].replaceChildren(...rows);
  }

  let looks = 0;
  async function ask() {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    clearTimeout(timer);
    try {
      if (looks++ % 3 === 0 || wanted()?.id !== current) await list();
      if (current) {
        await change();
        await verdicts();
      }
      document.body.classList.remove("lost");
    } catch (error) {
      const is_gone = error instanceof TypeError;
      by("trouble").hidden = false;
      write(by("trouble"), is_gone ? "`wane view` has ended or cannot be reached: what is shown is what it said last." : `The answer cannot be used: ${error.message}`);
      document.body.classList.add("lost");
    }
    asking = false;
    timer = setTimeout(ask, again ? 0 : document.hidden ? HIDDEN : EVERY);
    again = false;
  }

  by("sweep").addEventListener("change", (event) => {
    address.set({ sweep: event.target.value, off: "", on: "", zoom: "", against: "", across: "", map: "" });
    ask();
  });
  by("copy").addEventListener("click", async (event) => {
    address.set({});
    await navigator.clipboard.writeText(location.href);
    write(event.target, "Copied");
    setTimeout(() => write(event.target, "Copy the address of this view"), 2000);
  });
  if (!navigator.clipboard) by("copy").hidden = true;
  by("runs-shown").addEventListener("toggle", runs);
  document.addEventListener("visibilitychange", () => document.hidden || ask());
  ask();
}
