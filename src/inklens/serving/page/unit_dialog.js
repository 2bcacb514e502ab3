// A map enlarged, and the arithmetic behind one of its numbers.
import { Latest, ask } from "./api.js";
import { arithmetic } from "./arithmetic.js";
import { ICONS, button, element, fill, icon } from "./dom.js";
import { bytesOf, paintMap, short } from "./maps.js";
import { TEXT } from "./text.js";

const SIDE = 336; // pixels of the enlarged map, at most

export class UnitDialog {
  // current(): the answer of /v1/explain, with the blob that was asked about.
  constructor(session, current) {
    Object.assign(this, { session, current });
    const words = TEXT.unit;
    this.title = element("h2", { id: "unit-title" });
    this.does = element("p", { class: "about" });
    this.canvas = element("canvas", { class: "pixels large", tabindex: "0", role: "application", "aria-label": words.map, "aria-describedby": "unit-keys" });
    this.mark = element("span", { class: "mark cell", "aria-hidden": "true" });
    this.place = element("div", { class: "zoom" }, this.canvas, this.mark);
    this.image = element("img", { class: "pixels large", alt: words.image });
    this.box = element("span", { class: "mark seen", "aria-hidden": "true" });
    this.seen = element("p", { class: "about" });
    this.value = element("p", { class: "value", role: "status" });
    this.sum = element("div", { class: "arithmetic" });
    this.before = button("‹", () => this.turn(-1), { "aria-label": words.before });
    this.after = button("›", () => this.turn(1), { "aria-label": words.after });
    this.number = element("span", { class: "chip" });
    const close = button(icon(ICONS.close), () => this.element.close(), { class: "close", "aria-label": TEXT.close });
    this.mapFigure = element("figure", {}, element("figcaption", {}, this.before, this.number, this.after), this.place,
      element("p", { class: "about", id: "unit-keys" }, words.keys));
    this.element = element("dialog", { class: "unitdialog", "aria-labelledby": "unit-title" },
      element("div", { class: "bar" }, element("div", {}, this.title, this.does), close),
      element("div", { class: "two" }, this.mapFigure,
        element("figure", {}, element("figcaption", {}, words.image), element("div", { class: "zoom" }, this.image, this.box), this.seen)),
      this.value, this.sum);
    this.canvas.addEventListener("pointerdown", (event) => this.point(event));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.asked = new Latest((query) => this.question(query), (unit) => this.show(unit), (error) => this.failed(error));
  }

  open(layer, channel, at) {
    this.layer = layer;
    this.channel = channel;
    this.flat = layer.shape.length === 1;
    this.blob = this.current().blob;
    this.image.src = `data:image/png;base64,${this.current().framed}`;
    const words = TEXT.layers[layer.kind] ?? TEXT.layers.other;
    this.title.textContent = fill(TEXT.unit.title, { kind: words.name, name: layer.name });
    this.mapFigure.hidden = this.flat;
    this.at = at ?? (this.flat ? [0, 0] : this.brightest());
    this.paint();
    this.element.showModal();
    (this.flat ? this.element.querySelector(".close") : this.canvas).focus();
    this.ask();
  }

  // Where the map is furthest from zero: where there is something to see.
  brightest() {
    const bytes = bytesOf(this.layer.maps[this.channel]);
    let best = 0;
    bytes.forEach((value, index) => {
      if (Math.abs(value - 128) > Math.abs(bytes[best] - 128)) best = index;
    });
    const width = this.layer.shape[1];
    return [Math.floor(best / width), best % width];
  }

  turn(by) {
    const count = this.layer.maps.length;
    this.channel = (this.channel + by + count) % count;
    this.paint();
    this.ask();
  }

  paint() {
    const [height, width] = this.layer.shape;
    const count = this.layer.shape.at(-1);
    this.number.textContent = fill(TEXT.unit.number, { number: this.channel + 1, count });
    if (this.flat) return;
    paintMap(this.canvas, bytesOf(this.layer.maps[this.channel]), width, height);
    this.place.style.setProperty("--ratio", `${width} / ${height}`);
    this.place.style.setProperty("--most", `${SIDE}px`);
    markOf(this.mark, [this.at[0], this.at[1], this.at[0] + 1, this.at[1] + 1], height, width);
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const [height, width] = this.layer.shape;
    const row = Math.floor(((event.clientY - box.top) / box.height) * height);
    const column = Math.floor(((event.clientX - box.left) / box.width) * width);
    this.go([row, column]);
  }

  key(event) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (event.key in steps) this.go([this.at[0] + steps[event.key][0], this.at[1] + steps[event.key][1]]);
    else if (event.key === "PageUp") this.turn(-1);
    else if (event.key === "PageDown") this.turn(1);
    else return;
    event.preventDefault();
  }

  go([row, column]) {
    const [height, width] = this.layer.shape;
    this.at = [Math.min(height - 1, Math.max(0, row)), Math.min(width - 1, Math.max(0, column))];
    this.paint();
    this.ask();
  }

  ask() {
    const [row, column] = this.at;
    this.asked.call({ ...this.session.query, layer: this.layer.name, row, column, channel: this.channel });
  }

  question(query) {
    return ask("/v1/explain/unit", { method: "POST", body: this.blob, query });
  }

  show(unit) {
    const { height, width } = this.session.model.pixels;
    const [top, left, bottom, right] = unit.seen;
    markOf(this.box, unit.seen, height, width);
    const all = bottom - top === height && right - left === width;
    this.seen.textContent = all ? TEXT.unit.seenAll : fill(TEXT.unit.seen, { height: bottom - top, width: right - left });
    this.value.textContent = this.flat
      ? fill(TEXT.unit.unitValue, { number: this.channel + 1, value: short(unit.value) })
      : fill(TEXT.unit.value, { row: this.at[0] + 1, column: this.at[1] + 1, value: short(unit.value) });
    this.does.textContent = TEXT.unit.how[unit.kind] ?? "";
    this.sum.replaceChildren(...arithmetic(unit));
  }

  failed(error) {
    this.sum.replaceChildren(element("p", { class: "problem", role: "alert" }, error.message));
  }
}

function markOf(mark, [top, left, bottom, right], height, width) {
  const share = (value, size) => `${(100 * value) / size}%`;
  mark.style.setProperty("top", share(top, height));
  mark.style.setProperty("left", share(left, width));
  mark.style.setProperty("height", share(bottom - top, height));
  mark.style.setProperty("width", share(right - left, width));
}
