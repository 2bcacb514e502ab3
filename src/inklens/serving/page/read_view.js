// Read: the numbers on a photo, with boxes over it, crops, confidence, steps; wrong ones corrected by a click.
import { ask } from "./api.js";
import { cropOf } from "./draw_view.js";
import { ICONS, button, element, fill, icon, percent, svg } from "./dom.js";
import { pictureSources } from "./picture_sources.js";
import { server } from "./session.js";
import { TEXT } from "./text.js";

export function readView(session) {
  const words = TEXT.read;
  const said = element("p", { class: "about", role: "status" });
  const expect = element("input", { type: "number", min: "1", max: "100", inputmode: "numeric", placeholder: words.any });
  const sources = pictureSources(document, (blob) => read(blob), (message) => (said.textContent = message));
  const options = element("label", { class: "option" }, element("span", {}, words.expect), expect);
  const photo = element("div", { class: "photo", hidden: true });
  const welcome = element("div", { class: "welcome" }, icon(ICONS.file), element("h2", {}, words.welcome), element("p", { class: "about" }, words.welcomeWhy));
  const result = element("div", { class: "card result", hidden: true });
  const steps = element("section", { class: "steps", hidden: true });
  let found = null;
  let blob = null;

  async function read(file) {
    blob = file;
    said.textContent = words.reading;
    const query = { ...session.query, stages: 1, expect: expect.value || undefined };
    try {
      const [answer, bitmap] = await Promise.all([
        ask("/v1/read", { method: "POST", body: file, query }), createImageBitmap(file).catch(() => null)]);
      found = { ...answer, bitmap, corrected: new Map() };
      show();
    } catch (error) {
      said.textContent = error.message;
    }
  }

  function show() {
    const { numbers, reason } = found;
    said.textContent = numbers.length ? fill(words.found, { count: numbers.length }) : reason;
    welcome.hidden = true;
    photo.hidden = !found.bitmap;
    if (found.bitmap) photo.replaceChildren(...overlay());
    result.hidden = !numbers.length;
    result.replaceChildren(head(), ...lines());
    steps.hidden = false;
    steps.replaceChildren(element("h2", {}, words.steps), element("ol", {}, ...found.stages.map(step)));
  }

  // The photo, and over it a box for each number.
  function overlay() {
    const { bitmap, width, height, numbers } = found;
    const scale = Math.min(1, 1400 / Math.max(bitmap.width, bitmap.height));
    const canvas = element("canvas", {
      width: String(Math.round(bitmap.width * scale)), height: String(Math.round(bitmap.height * scale)),
      role: "img", "aria-label": fill(words.photo, { count: numbers.length }),
    });
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const boxes = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "boxes", "aria-hidden": "true" });
    const size = Math.max(12, Math.min(width, height) / 28);
    for (const number of numbers.filter((each) => each.digits.length)) {
      const points = number.box.map((corner) => corner.join(",")).join(" ");
      const label = svg("text", { x: number.box[0][0], y: Math.max(size, number.box[0][1] - size / 4), "font-size": size }, textOf(number));
      boxes.append(svg("g", { class: number.status }, svg("polygon", { points }), label));
    }
    return [canvas, boxes];
  }

  function head() {
    const text = element("p", { class: "text" }, allText());
    const copied = element("span", { class: "about", role: "status" });
    const copy = async (content) => {
      try {
        await navigator.clipboard.writeText(content);
        copied.textContent = words.copied;
      } catch {
        copied.textContent = words.notCopied;
      }
    };
    return element("div", { class: "resulthead" }, text, element("div", { class: "row" },
      copyButton(words.copyText, () => copy(allText())), copyButton(words.copyCsv, () => copy(csv())), copied));
  }

  function lines() {
    return found.numbers.filter((number) => number.digits.length).map((number) => element("div", { class: `number ${number.status}` },
      element("div", { class: "numberhead" }, element("h3", {}, textOf(number)), element("span", { class: "about" }, fill(words.sure, { percent: percent(number.confidence, 0) }))),
      element("ul", { class: "digits" }, ...number.digits.map((digit) => element("li", { class: digit.status === "ok" ? "" : "unknown" }, digitButton(digit))))));
  }

  function digitButton(digit) {
    const label = labelOf(digit);
    const confidence = found.corrected.has(digit) ? words.byYou : percent(digit.probability, 0);
    return button(element("span", { class: "digitbutton" }, crop(digit), element("strong", {}, label), element("small", {}, confidence)),
      (event) => choose(digit, event.currentTarget), { class: "plain", "aria-label": fill(words.correct, { label, confidence }) });
  }

  function crop(digit) {
    if (!found.bitmap) return null;
    const scale = found.bitmap.width / found.width;
    return cropOf(found.bitmap, digit.box.map(([x, y]) => [x * scale, y * scale]));
  }

  // One click more says what it is; the digit and the text change at once.
  function choose(digit, from) {
    const dialog = element("dialog", { class: "choose", "aria-label": TEXT.correction.label }, crop(digit), element("p", {}, words.whatIsIt),
      element("div", { class: "choices" }, ...session.classes.map((name) => button(name, () => {
        dialog.close();
        correct(digit, name);
      }))), button(TEXT.close, () => dialog.close()));
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (from.isConnected) from.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
  }

  async function correct(digit, label) {
    found.corrected.set(digit, label);
    result.replaceChildren(head(), ...lines());
    if (found.bitmap) photo.replaceChildren(...overlay());
    said.textContent = fill(words.corrected, { label });
    if (!server.teaches || !found.bitmap) return;
    const form = new FormData();
    form.append("images", await blobOf(crop(digit)), "digit.png");
    form.append("label", label);
    form.append("source", "read");
    try {
      await ask("/v1/teach/examples", { method: "POST", body: form, query: session.query });
      said.textContent = fill(TEXT.correction.kept, { label });
      session.dispatchEvent(new Event("examples"));
    } catch (error) {
      said.textContent = error.message;
    }
  }

  function labelOf(digit) {
    return found.corrected.get(digit) ?? (digit.status === "ok" ? digit.label : TEXT.answer.unread);
  }

  function textOf(number) {
    return number.digits.map(labelOf).join("");
  }

  function allText() {
    const rows = new Map();
    for (const number of found.numbers) rows.set(number.line, [...(rows.get(number.line) ?? []), textOf(number) || "."]);
    return [...rows.values()].map((row) => row.join(" ")).join("\n");
  }

  function csv() {
    const rows = found.numbers.map((number) => [number.line + 1, textOf(number), number.confidence, ...number.box[0], ...number.box[2]].join(","));
    return ["line,number,confidence,left,top,right,bottom", ...rows].join("\n");
  }

  function step({ name, picture }) {
    const label = words.stages[name.replace(/^\d+-/, "")] ?? name;
    const image = element("img", { src: `data:image/webp;base64,${picture}`, alt: "", loading: "lazy" });
    return element("li", {}, button(element("span", {}, image, element("span", {}, label)), () => enlarge(label, picture), { class: "plain step" }));
  }

  expect.addEventListener("change", () => blob && read(blob));
  session.addEventListener("model", () => blob && read(blob));
  const copyButton = (label, listener) => element("button", { type: "button", class: "tool", on: { click: listener } }, icon(ICONS.copy), element("span", {}, label));
  const left = element("div", { class: "readplace" }, welcome, photo, element("div", { class: "row controls" }, sources.element, options), said);
  return {
    element: element("div", { class: "columns reading" }, left, result, steps),
    shown: () => sources.listen(true),
    left: () => sources.listen(false),
  };
}

function enlarge(label, picture) {
  const close = button(icon(ICONS.close), () => dialog.close(), { class: "close", "aria-label": TEXT.close });
  const dialog = element("dialog", { class: "large", "aria-label": label },
    element("div", { class: "bar" }, element("h2", {}, label), close),
    element("img", { src: `data:image/webp;base64,${picture}`, alt: label }));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function blobOf(canvas) {
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
