// Runs: what each training measured, its report, and two of them compared.
import { ask } from "./api.js";
import { curves } from "./curves.js";
import { button, element, fill, percent } from "./dom.js";
import { TEXT } from "./text.js";

export function runsView(session) {
  const words = TEXT.runs;
  const list = element("ul", { class: "runlist" });
  const said = element("p", { class: "about", role: "status" });
  const detail = element("div", { class: "rundetail", "aria-live": "polite" });
  let chosen = [];

  async function load() {
    try {
      const { folder, runs } = await ask("/v1/runs");
      said.textContent = runs.length ? fill(words.found, { count: runs.length, folder }) : words.none;
      list.replaceChildren(...runs.map(row));
      const names = runs.map((run) => run.name);
      chosen = chosen.filter((name) => names.includes(name));
      if (!chosen.length && runs.length) chosen = [(runs.find((run) => run.served_as) ?? runs[0]).name];
      await showChosen();
    } catch (error) {
      said.textContent = error.message;
    }
  }

  function row(run) {
    const facts = [run.data, run.preset, run.started && new Date(run.started).toLocaleDateString()].filter(Boolean).join(" · ");
    const accuracy = run.accuracy === null || run.accuracy === undefined ? words.states[run.state] ?? run.state : percent(run.accuracy, 2);
    const open = button(element("span", { class: "runname" }, run.name), () => choose(run.name), { class: "plain", "aria-pressed": "false" });
    open.append(element("span", { class: "runaccuracy" }, accuracy), element("span", { class: "about" }, facts));
    if (run.served_as) open.append(element("span", { class: "chip served" }, words.served));
    return element("li", { "data-run": run.name }, open);
  }

  // One is shown, two are compared. A third takes the place of the first.
  function choose(name) {
    if (!chosen.includes(name)) chosen = [...chosen, name].slice(-2);
    else if (chosen.length > 1) chosen = chosen.filter((each) => each !== name);
    showChosen();
  }

  async function showChosen() {
    for (const item of list.children) {
      item.firstChild.setAttribute("aria-pressed", String(chosen.includes(item.dataset.run)));
    }
    const wanted = chosen.join();
    try {
      const runs = await Promise.all(chosen.map((name) => ask(`/v1/runs/${encodeURIComponent(name)}`)));
      const parts = [element("div", { class: "runcards" }, ...runs.map(card))];
      if (runs.length === 2) parts.push(await comparison(...runs));
      if (wanted === chosen.join()) detail.replaceChildren(...parts);
    } catch (error) {
      detail.replaceChildren(element("p", { class: "problem" }, error.message));
    }
  }

  function card(run) {
    const figures = [
      [words.accuracy, run.accuracy && percent(run.accuracy, 2), run.interval && fill(words.interval, { low: percent(run.interval[0], 2), high: percent(run.interval[1], 2) })],
      [words.images, run.images?.toLocaleString("en"), words.parts[run.part]],
      [words.time, run.seconds && duration(run.seconds), run.epochs && fill(words.epochs, { count: run.epochs })],
      [words.size, run.bytes && `${(run.bytes / 1e6).toFixed(2)} MB`, run.parameters && fill(words.parameters, { count: run.parameters.toLocaleString("en") })],
    ];
    const about = [run.data, run.preset, run.network].filter(Boolean).join(" · ");
    return element("article", { class: "card run" },
      element("div", { class: "head" }, element("h2", {}, run.name), element("span", { class: "about" }, about)),
      element("dl", { class: "figures" }, ...figures.filter(([, value]) => value).map(([name, value, more]) =>
        element("div", {}, element("dt", {}, name), element("dd", {}, element("strong", {}, value), element("small", {}, more || ""))))),
      run.history.length > 1 ? curves(run.history) : null,
      run.report ? element("a", { class: "button", href: `/v1/runs/${encodeURIComponent(run.name)}/report`, target: "_blank", rel: "noopener" }, words.report) : null);
  }

  async function comparison(one, other) {
    const found = await ask(`/v1/runs/${encodeURIComponent(one.name)}/against/${encodeURIComponent(other.name)}`);
    if (!found.images) return element("section", { class: "card compared" }, element("h2", {}, words.compared), element("p", { class: "about" }, found.reason));
    const share = (count) => ({ "--share": count / found.images });
    const rows = [
      [words.bothRight, found.both_right], [fill(words.only, { name: one.name }), found.only_one],
      [fill(words.only, { name: other.name }), found.only_other], [words.bothWrong, found.both_wrong],
    ];
    return element("section", { class: "card compared" },
      element("h2", {}, words.compared),
      element("ul", { class: "bars" }, ...rows.map(([name, count]) => element("li", {}, element("span", { class: "name" }, name),
        element("span", { class: "track", "aria-hidden": "true" }, element("span", { class: "fill", style: share(count) })),
        element("span", { class: "value" }, count.toLocaleString("en"))))),
      element("p", {}, verdict(one, other, found)));
  }

  function verdict(one, other, { only_one: first, only_other: second, p }) {
    if (first === second) return words.same;
    const better = first > second ? one.name : other.name;
    if (p === null) return fill(words.betterNoTest, { better });
    const chance = p < 0.001 ? "< 0.001" : `= ${p.toFixed(3)}`;
    return fill(p < 0.05 ? words.better : words.noDifference, { better, p: chance });
  }

  return {
    element: element("div", { class: "columns runs" },
      element("div", {}, said, list, element("p", { class: "about hintline" }, words.hint)), detail),
    shown: load,
  };
}

export function duration(seconds) {
  const words = TEXT.duration;
  if (seconds < 90) return fill(words.seconds, { count: seconds < 10 ? seconds.toFixed(1) : Math.round(seconds) });
  if (seconds < 5400) return fill(words.minutes, { count: Math.round(seconds / 60) });
  return fill(words.hours, { count: (seconds / 3600).toFixed(1) });
}
