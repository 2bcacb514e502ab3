// One layer: what it does in a sentence, its shape, how far it sees, and its maps.
import { button, element, fill, unseen } from "./dom.js";
import { bytesOf, mapCanvas, paintMap, short } from "./maps.js";
import { TEXT } from "./text.js";

export class LayerSection {
  // onOpen(layer, channel, place): somebody wants to see a map large, or one number.
  constructor(layer, at, all, onOpen, classes) {
    this.names = at === all.length - 1 && layer.shape[0] === classes.length ? classes : null;
    this.onOpen = onOpen;
    this.maps = [];
    const words = TEXT.layers[layer.kind] ?? TEXT.layers.other;
    this.words = words;
    this.grid = element("div", { class: layer.shape.length === 1 ? "values" : "maps" });
    this.element = element("li", { class: "layer" },
      element("div", { class: "head" }, element("h2", {}, words.name), element("span", { class: "chip name" }, layer.name), ...chips(layer)),
      element("p", { class: "about" }, fill(words.does, valuesOf(layer, all[at - 1]))), this.grid);
    const side = Math.max(...layer.shape.slice(0, 2));
    this.grid.style.setProperty("--side", `${layer.shape.length === 1 ? 0 : Math.max(2.25, Math.min(4.75, side / 5))}rem`);
  }

  show(layer) {
    this.layer = layer;
    layer.shape.length === 1 ? this.showValues(layer) : this.showMaps(layer);
  }

  clear() {
    this.grid.replaceChildren();
    this.maps = [];
  }

  showMaps({ maps, shape: [height, width, channels], name }) {
    if (this.maps.length !== maps.length) {
      this.maps = maps.map((_, channel) => {
        const canvas = mapCanvas();
        const open = button(canvas, () => this.onOpen(this.layer, channel), {
          class: "mapbutton", "aria-label": fill(TEXT.inside.openMap, { number: channel + 1, name }),
        });
        return { canvas, open };
      });
      const rest = channels - maps.length;
      this.grid.replaceChildren(...this.maps.map((map) => map.open),
        ...(rest > 0 ? [element("p", { class: "about" }, fill(TEXT.inside.more, { count: rest }))] : []));
    }
    maps.forEach((text, channel) => paintMap(this.maps[channel].canvas, bytesOf(text), width, height));
  }

  showValues({ values, name }) {
    const largest = Math.max(...values.map(Math.abs), 1e-9);
    if (this.maps.length !== values.length) {
      this.maps = values.map((_, unit) => {
        const said = unseen("");
        const open = button(said, () => this.onOpen(this.layer, unit), { class: "unit" });
        if (this.names) open.append(element("span", { class: "unitname", "aria-hidden": "true" }, this.names[unit]));
        return { open, said };
      });
      this.grid.replaceChildren(...this.maps.map((map) => map.open));
    }
    values.forEach((value, unit) => {
      const { open, said } = this.maps[unit];
      said.textContent = fill(TEXT.inside.openUnit, { number: unit + 1, name, value: short(value) });
      open.title = short(value);
      open.style.setProperty("--share", Math.sqrt(Math.abs(value) / largest));
      open.classList.toggle("negative", value < 0);
    });
  }
}

function chips(layer) {
  const { shape, receptive_field: field } = layer;
  const size = shape.length === 1
    ? fill(TEXT.inside.units, { count: shape[0] })
    : fill(TEXT.inside.shape, { height: shape[0], width: shape[1], channels: shape[2] });
  const sees = field ? fill(TEXT.inside.sees, field) : TEXT.inside.seesAll;
  return [element("span", { class: "chip" }, size), element("span", { class: "chip" }, sees)];
}

function valuesOf(layer, before) {
  const [height, width] = layer.kernel;
  const inputs = before ? before.shape[before.shape.length - 1] : "";
  return { height, width, inputs, outputs: layer.shape[layer.shape.length - 1] };
}
