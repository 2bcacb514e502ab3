// A pad to draw on with mouse, pen, finger or keyboard, or to lay a picture on.
import { ICONS, button, element, fill, icon } from "./dom.js";
import { boxOf, groupsOf, isFar, paint } from "./strokes.js";
import { TEXT } from "./text.js";

const HEIGHT = 480; // of the pad in its own units; the width follows its shape
const STEP = 12; // of the keyboard's pen
const MARGIN = 0.3; // around what is drawn, as a share of its longer side
const LEAST = 120; // units that a picture of one drawing shows at least
const SENT = 128; // pixels of its longer side; the server frames no more than that in its event loop
const SENT_PAGE = 300; // pixels of the height of the whole pad
const MOST_POINTS = 20_000;

export class Pad {
  // onChange(final): something was drawn; final where the pen is up.
  constructor({ label, hint = "", onChange, small = false }) {
    Object.assign(this, { onChange, strokes: [], picture: null, past: [], future: [], revision: 0, dark: false });
    this.brush = 24;
    this.width = HEIGHT;
    this.pen = { x: HEIGHT / 2, y: HEIGHT / 2, down: false, keys: new Set() };
    this.build(label, hint, small);
    this.listen();
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.repaint());
  }

  build(label, hint, small) {
    const words = TEXT.pad;
    this.keys = element("p", { class: "unseen", id: `keys-${(Pad.count = (Pad.count || 0) + 1)}` }, words.keys);
    this.canvas = element("canvas", {
      class: "sheet", tabindex: "0", role: "application", "aria-label": label, "aria-describedby": this.keys.id,
    });
    this.cursor = element("div", { class: "pen", hidden: true });
    this.hint = element("p", { class: "hint", "aria-hidden": "true" }, hint);
    this.said = element("p", { class: "unseen", role: "status" });
    this.undoButton = tool(words.undo, ICONS.undo, () => this.undo());
    this.redoButton = tool(words.redo, ICONS.redo, () => this.redo());
    this.clearButton = tool(words.clear, ICONS.clear, () => this.clear(), true);
    this.range = element("input", { type: "range", min: "6", max: "60", value: String(this.brush), "aria-label": words.brush });
    this.dot = element("span", { class: "dot", "aria-hidden": "true" });
    this.range.addEventListener("input", () => this.setBrush(Number(this.range.value)));
    this.tools = element("div", { class: "tools", role: "group", "aria-label": words.tools },
      this.undoButton, this.redoButton, this.clearButton,
      element("label", { class: "brush" }, element("span", {}, words.brush), this.range, this.dot));
    this.element = element("div", { class: small ? "pad small" : "pad" },
      element("div", { class: "paper" }, this.canvas, this.hint, this.cursor), this.keys, this.said, this.tools);
    this.setBrush(this.brush);
    this.refresh();
  }

  get empty() {
    return !this.strokes.length && !this.picture;
  }

  get groups() {
    return groupsOf(this.strokes);
  }

  setBrush(width) {
    this.brush = width;
    this.dot.style.setProperty("--width", `${width / 2}px`);
  }

  // Light ink on a dark pad, for networks whose images are bright things on black.
  setDark(dark) {
    this.dark = dark;
    this.element.classList.toggle("dark", dark);
    this.repaint();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(end, (event) => this.end(event));
    }
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("keydown", (event) => this.keyDown(event));
    canvas.addEventListener("keyup", (event) => this.pen.keys.delete(event.key));
    canvas.addEventListener("focus", () => this.showPen());
    canvas.addEventListener("blur", () => this.raisePen());
  }

  resize() {
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth || !clientHeight) return;
    const width = HEIGHT * (clientWidth / clientHeight);
    if (Math.abs(width - this.width) > 1) this.refit(width);
    const density = Math.min(3, devicePixelRatio || 1);
    this.canvas.width = Math.round(clientWidth * density);
    this.canvas.height = Math.round(clientHeight * density);
    this.repaint();
  }

  // The drawing stays in the middle and inside when the pad takes another shape.
  refit(width) {
    const box = boxOf(this.strokes);
    const old = this.width;
    this.width = width;
    const wanted = box ? Math.max(box.right, old - box.left) * 2 - old : 0;
    const scale = Math.min(1, width / Math.max(1, wanted));
    const moved = ({ x, y, pressure }) => ({
      x: width / 2 + (x - old / 2) * scale, y: HEIGHT / 2 + (y - HEIGHT / 2) * scale, pressure,
    });
    const refitted = (strokes) => strokes.map((stroke) => ({ width: stroke.width * scale, points: stroke.points.map(moved) }));
    this.strokes = refitted(this.strokes);
    for (const step of [...this.past, ...this.future]) step.strokes = refitted(step.strokes);
    this.pen.x = moved({ ...this.pen, pressure: 0 }).x;
  }

  begin(event) {
    if (event.button > 0 || this.current || this.points() > MOST_POINTS) return;
    this.cursor.hidden = true;
    this.canvas.setPointerCapture(event.pointerId);
    this.remember();
    this.current = { pointer: event.pointerId, stroke: { width: this.brush, points: [this.pointOf(event)] } };
    this.strokes = [...this.strokes, this.current.stroke];
    this.changed(false);
  }

  move(event) {
    if (event.pointerId !== this.current?.pointer) return;
    const { points } = this.current.stroke;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) {
      const point = this.pointOf(each);
      if (isFar(points[points.length - 1], point, 1.5)) points.push(point);
    }
    this.changed(false);
  }

  end(event) {
    if (event.pointerId !== this.current?.pointer) return;
    this.current = null;
    this.changed(true);
  }

  pointOf(event) {
    const box = this.canvas.getBoundingClientRect();
    const scale = HEIGHT / box.height;
    const pressure = event.pointerType === "pen" && event.pressure > 0 ? event.pressure : 0.5;
    return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale, pressure };
  }

  points() {
    return this.strokes.reduce((sum, stroke) => sum + stroke.points.length, 0);
  }

  keyDown(event) {
    const { pen } = this;
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
      event.shiftKey ? this.redo() : this.undo();
    } else if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    } else if (event.key in steps) {
      pen.keys.add(event.key);
      const way = [...pen.keys].map((key) => steps[key]).filter(Boolean);
      const step = event.shiftKey ? 3 * STEP : STEP;
      pen.x = Math.min(this.width, Math.max(0, pen.x + step * sum(way, 0)));
      pen.y = Math.min(HEIGHT, Math.max(0, pen.y + step * sum(way, 1)));
      if (pen.down) {
        this.strokes[this.strokes.length - 1].points.push({ x: pen.x, y: pen.y, pressure: 0.5 });
        this.changed(false);
      }
      this.showPen();
    } else if (event.key === " " || event.key === "Enter") {
      if (!event.repeat) pen.down ? this.raisePen() : this.lowerPen();
    } else if (event.key === "Escape" && pen.down) {
      this.raisePen();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.clear();
    } else {
      return;
    }
    event.preventDefault();
  }

  lowerPen() {
    this.remember();
    this.pen.down = true;
    this.strokes = [...this.strokes, { width: this.brush, points: [{ x: this.pen.x, y: this.pen.y, pressure: 0.5 }] }];
    this.said.textContent = TEXT.pad.penDown;
    this.showPen();
    this.changed(false);
  }

  raisePen() {
    this.pen.keys.clear();
    if (this.pen.down) {
      this.pen.down = false;
      this.said.textContent = TEXT.pad.penUp;
      this.changed(true);
    }
    this.showPen();
  }

  showPen() {
    const scale = this.canvas.clientHeight / HEIGHT;
    this.cursor.hidden = !this.canvas.matches(":focus-visible");
    this.cursor.classList.toggle("down", this.pen.down);
    this.cursor.style.setProperty("left", `${this.pen.x * scale}px`);
    this.cursor.style.setProperty("top", `${this.pen.y * scale}px`);
  }

  remember() {
    this.past.push({ strokes: this.strokes, picture: this.picture });
    this.past.splice(0, this.past.length - 200);
    this.future = [];
  }

  undo() {
    this.step(this.past, this.future);
  }

  redo() {
    this.step(this.future, this.past);
  }

  step(from, to) {
    if (this.current || this.pen.down || !from.length) return;
    to.push({ strokes: this.strokes, picture: this.picture });
    Object.assign(this, from.pop());
    this.changed(true);
  }

  clear() {
    if (this.empty || this.current) return;
    this.pen.down = false;
    this.remember();
    this.strokes = [];
    this.picture = null;
    this.said.textContent = TEXT.pad.cleared;
    this.changed(true);
  }

  // Lays a picture on the pad in place of what was drawn. One that the browser cannot show is kept unseen.
  async lay(blob) {
    const bitmap = await createImageBitmap(blob).catch(() => null);
    this.remember();
    this.strokes = [];
    this.picture = { blob, bitmap, name: blob.name || "" };
    this.changed(true);
  }

  changed(final) {
    this.revision += 1;
    this.refresh();
    if (!this.waiting) {
      this.waiting = requestAnimationFrame(() => {
        this.waiting = 0;
        this.repaint();
      });
    }
    this.onChange(final);
  }

  refresh() {
    this.undoButton.disabled = !this.past.length;
    this.redoButton.disabled = !this.future.length;
    this.clearButton.disabled = this.empty;
    this.hint.hidden = !this.empty;
  }

  repaint() {
    const context = this.canvas.getContext("2d");
    const scale = this.canvas.height / HEIGHT;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, this.width, HEIGHT);
    const style = getComputedStyle(this.canvas);
    if (this.picture) this.paintPicture(context, style.color);
    paint(context, this.strokes, style.color);
  }

  paintPicture(context, colour) {
    const { bitmap, name } = this.picture;
    if (!bitmap) {
      context.fillStyle = colour;
      context.font = "20px system-ui, sans-serif";
      context.textAlign = "center";
      context.fillText(fill(TEXT.pad.unseenPicture, { name }), this.width / 2, HEIGHT / 2);
      return;
    }
    const scale = Math.min((this.width - 24) / bitmap.width, (HEIGHT - 24) / bitmap.height);
    const [width, height] = [bitmap.width * scale, bitmap.height * scale];
    context.imageSmoothingEnabled = scale < 3;
    context.drawImage(bitmap, (this.width - width) / 2, (HEIGHT - height) / 2, width, height);
  }

  // The whole pad as a PNG file, dark on white; or only what is drawn, with some paper around it.
  file({ whole = false } = {}) {
    if (this.picture && !this.strokes.length) return { blob: this.picture.blob, left: 0, top: 0, scale: 1 };
    const all = { left: 0, top: 0, right: this.width, bottom: HEIGHT };
    const box = whole || this.picture ? all : withMargin(boxOf(this.strokes) ?? all);
    const [width, height] = [box.right - box.left, box.bottom - box.top];
    const scale = box === all ? Math.min(1, SENT_PAGE / HEIGHT) : Math.min(1, SENT / Math.max(width, height));
    const canvas = whole ? document.createElement("canvas") : (this.sent ??= document.createElement("canvas"));
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.fillStyle = this.dark ? "#000" : "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.setTransform(scale, 0, 0, scale, -box.left * scale, -box.top * scale);
    const colour = this.dark ? "#fff" : "#000";
    if (this.picture) this.paintPicture(context, colour);
    paint(context, this.strokes, colour);
    return { blob: pngOf(canvas), left: box.left, top: box.top, scale, canvas };
  }
}

// At once, where toBlob waits for an idle moment.
function pngOf(canvas) {
  const bytes = atob(canvas.toDataURL("image/png").split(",")[1]);
  return new Blob([Uint8Array.from(bytes, (letter) => letter.charCodeAt(0))], { type: "image/png" });
}

function withMargin({ left, top, right, bottom }) {
  const side = Math.max(LEAST, Math.max(right - left, bottom - top) * (1 + 2 * MARGIN));
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  return { left: x - side / 2, top: y - side / 2, right: x + side / 2, bottom: y + side / 2 };
}

function sum(way, axis) {
  return way.reduce((total, step) => total + step[axis], 0);
}

function tool(label, path, listener, worded = false) {
  return worded
    ? element("button", { type: "button", class: "tool", on: { click: listener } }, icon(path), element("span", {}, label))
    : button(icon(path), listener, { class: "tool", "aria-label": label, title: label });
}
