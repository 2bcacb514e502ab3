// Look inside: what every layer of the served network makes of the drawing, while one draws.
import { Latest, ask } from "./api.js";
import { element, fill, percent, unseen } from "./dom.js";
import { LayerSection } from "./layer_section.js";
import { bytesOf, mapCanvas, paintMap, short } from "./maps.js";
import { TEXT } from "./text.js";
import { UnitDialog } from "./unit_dialog.js";

const OCCLUSION_AFTER = 250; // ms without a stroke

export function insideView(session) {
  const words = TEXT.inside;
  const { pad } = session;
  const place = element("div", { class: "padplace" });
  const verdict = element("p", { class: "verdictline" });
  const framed = element("img", { class: "pixels", alt: words.framed, width: "280", height: "280", hidden: true });
  const heat = mapCanvas({ class: "pixels heat" });
  const both = element("div", { class: "overlay" }, framed, heat);
  const heatText = element("p", { class: "about" });
  const layers = element("ol", { class: "layers" });
  const problem = element("p", { class: "problem", role: "alert", hidden: true });
  const filters = new FilterSection();
  const softmax = new SoftmaxSection(session);
  const dialog = new UnitDialog(session, () => current);
  const sections = new Map();
  let current = null; // the drawing that the maps are of
  let visible = false;
  let timer = 0;

  const asked = new Latest(explain, show, failed);
  const occluded = new Latest(explainOcclusion, showOcclusion, failed);

  async function explain() {
    const blob = pad.empty ? null : pad.file().blob;
    if (!blob) return { empty: true };
    const query = { ...session.query, form: "bytes", occlusion: 0, maps: 64 };
    const answer = await ask("/v1/explain", { method: "POST", body: blob, query });
    return { ...answer, blob, layers: byNetwork(answer.layers) };
  }

  async function explainOcclusion(blob) {
    const query = { ...session.query, form: "bytes", maps: 0 };
    return ask("/v1/explain", { method: "POST", body: blob, query });
  }

  function show(found) {
    problem.hidden = true;
    both.hidden = Boolean(found.empty);
    heat.hidden = true;
    heatText.textContent = words.heatEmpty;
    if (found.empty) {
      current = null;
      verdict.textContent = words.empty;
      layers.hidden = sections.size === 0;
      for (const section of sections.values()) section.clear();
      softmax.show(null);
      return;
    }
    current = found;
    framed.hidden = false;
    framed.src = `data:image/png;base64,${found.framed}`;
    verdict.textContent = sentence(found);
    filters.show(found.filters);
    showLayers(found.layers);
    softmax.show(found);
    clearTimeout(timer);
    timer = setTimeout(() => current === found && occluded.call(found.blob, found), OCCLUSION_AFTER);
  }

  function showLayers(found) {
    layers.hidden = false;
    const names = found.map((layer) => layer.name);
    if ([...sections.keys()].join() !== names.join()) {
      sections.clear();
      found.forEach((layer, at) => sections.set(layer.name, new LayerSection(layer, at, found, openUnit, session.classes)));
      layers.replaceChildren(filters.element, ...[...sections.values()].map((section) => section.element), softmax.element);
    }
    for (const layer of found) sections.get(layer.name).show(layer);
  }

  function openUnit(layer, channel, at) {
    if (current) dialog.open(layer, channel, at);
  }

  function showOcclusion({ occlusion, framed: picture }) {
    if (!current || picture !== current.framed || !occlusion) return;
    const { height, width } = session.model.pixels;
    paintMap(heat, bytesOf(occlusion.map), width, height);
    heat.hidden = false;
    heatText.textContent = fill(words.heat, { label: occlusion.label, fall: percent(Math.max(0, occlusion.largest_fall)) });
  }

  function failed(error) {
    problem.hidden = false;
    problem.textContent = error.message;
  }

  function sentence({ status, label, probabilities }) {
    if (status === "ok") return fill(words.says, { label, percent: percent(probabilities[label]) });
    return status === "empty" ? words.empty : words.unknown;
  }

  session.addEventListener("answer", () => visible && asked.call());
  session.addEventListener("model", () => {
    sections.clear();
    layers.replaceChildren();
    if (visible) asked.call();
  });
  const aside = element("div", { class: "aside" }, place, verdict, problem,
    element("section", {}, element("h2", {}, words.heatTitle), both, heatText));
  const way = element("div", { class: "way" },
    element("p", { class: "lead" }, words.lead), legend(), layers);
  return {
    element: element("div", { class: "columns inside" }, aside, way, dialog.element),
    shown() {
      visible = true;
      place.append(pad.element);
      pad.element.classList.add("small");
      asked.call();
    },
    left() {
      visible = false;
      pad.element.classList.remove("small");
    },
  };
}

// The layers of a committee's networks one network after the other; each name begins with that of its network.
function byNetwork(layers) {
  const network = ({ name }) => (name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : "");
  const networks = [...new Set(layers.map(network))];
  return networks.flatMap((each) => layers.filter((layer) => network(layer) === each));
}

function legend() {
  return element("p", { class: "legend" },
    element("span", { class: "key above" }), TEXT.inside.above,
    element("span", { class: "key below" }), TEXT.inside.below);
}

// The kernels of the first convolution.
class FilterSection {
  constructor() {
    this.count = element("span", { class: "chip" });
    this.grid = element("div", { class: "maps filters" });
    this.element = element("li", { class: "layer" },
      element("div", { class: "head" }, element("h2", {}, TEXT.inside.filters), this.count),
      element("p", { class: "about" }, TEXT.inside.filtersWhy), this.grid);
  }

  show(filters) {
    this.element.hidden = !filters;
    const key = filters?.maps.join();
    if (!filters || key === this.key) return;
    this.key = key;
    const [height, width, channels, count] = filters.shape;
    this.count.textContent = fill(TEXT.inside.filterShape, { count, height, width, channels });
    this.grid.replaceChildren(...filters.maps.map((text) => {
      const canvas = mapCanvas();
      paintMap(canvas, bytesOf(text), width, height);
      return canvas;
    }));
  }
}

// From the last numbers to probabilities.
class SoftmaxSection {
  constructor(session) {
    this.session = session;
    this.sum = element("p", { class: "sum" });
    this.list = element("ul", { class: "bars" });
    this.element = element("li", { class: "layer" },
      element("div", { class: "head" }, element("h2", {}, TEXT.layers.softmax.name), unseen("")),
      element("p", { class: "about" }, TEXT.layers.softmax.does), this.sum, this.list);
  }

  show(found) {
    this.element.hidden = !found;
    if (!found) return;
    const names = Object.keys(found.probabilities);
    const logits = found.layers.at(-1);
    const fits = logits?.values?.length === names.length && !logits.name.includes("/");
    const ranked = [...names].sort((one, other) => found.probabilities[other] - found.probabilities[one]).slice(0, 12);
    const shown = names.length > 12 ? ranked : names;
    this.list.replaceChildren(...shown.map((name) => element("li", { class: name === ranked[0] && found.status === "ok" ? "best" : "" },
      element("span", { class: "name" }, name),
      element("span", { class: "track", "aria-hidden": "true" }, element("span", { class: "fill", style: { "--share": found.probabilities[name] } })),
      element("span", { class: "value" }, percent(found.probabilities[name])))));
    const first = ranked[0];
    const temperature = this.session.model.temperature;
    this.sum.hidden = !fits;
    if (fits) {
      const power = logits.values[names.indexOf(first)] / temperature;
      const total = logits.values.reduce((sum, value) => sum + Math.exp(value / temperature), 0);
      this.sum.textContent = fill(TEXT.layers.softmax.sum, {
        label: first, logit: short(logits.values[names.indexOf(first)]), temperature: short(temperature),
        power: short(Math.exp(power)), total: short(total), percent: percent(Math.exp(power) / total),
      });
    }
  }
}
