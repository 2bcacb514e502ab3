// Draw: the pad, the answer while one draws, and what the network sees.
import { AnswerPanel } from "./answer.js";
import { Latest, ask } from "./api.js";
import { correctionRow } from "./correction.js";
import { element, fill } from "./dom.js";
import { Pad } from "./pad.js";
import { pictureSources } from "./picture_sources.js";
import { TEXT } from "./text.js";

export function drawView(session) {
  const answer = new AnswerPanel();
  const framed = element("img", { class: "pixels framed", alt: "", width: "140", height: "140", hidden: true });
  const blank = element("div", { class: "framed blank" });
  const seenText = element("p", { class: "about" });
  const seen = element("div", { class: "seen" }, element("div", {}, framed, blank), element("div", {}, element("h2", {}, TEXT.draw.seen), seenText));
  const pad = new Pad({ label: TEXT.draw.pad, hint: TEXT.draw.hint, onChange: (final) => changed(final) });
  const correction = correctionRow(session, () => pad.file());
  const sources = pictureSources(document, (blob) => pad.lay(blob), (message) => answer.showProblem(message));
  const place = element("div", { class: "padplace" }, pad.element);
  const asked = new Latest((final, revision) => question(session, pad, revision), shown, (error) => answer.showProblem(error.message));

  function changed(final) {
    answer.element.dataset.settled = "no";
    if (pad.empty) {
      answer.showNothing();
      finish({ revision: pad.revision });
    }
    asked.call(final, pad.revision);
  }

  function shown(found, final) {
    if (!found || found.revision < (finish.last ?? 0)) return;
    if (found.number) answer.showNumber(found.number, found.crop, final);
    else answer.showOne(found.one, final);
    finish(found);
  }

  function finish(found) {
    finish.last = found.revision;
    const picture = found.one?.framed;
    framed.hidden = !picture;
    blank.hidden = !framed.hidden;
    if (picture) framed.src = `data:image/png;base64,${picture}`;
    seen.hidden = Boolean(found.number);
    correction.show(found.one ?? null);
    answer.element.dataset.settled = found.revision === pad.revision ? "yes" : "no"; // whether all that is drawn is answered
    session.tell(found);
  }

  function modelChanged() {
    answer.setClasses(session.classes);
    const { height, width } = session.model.pixels;
    seenText.textContent = fill(session.framesInk ? TEXT.draw.seenInk : TEXT.draw.seenOther, { width, height });
    pad.hint.textContent = session.reads ? TEXT.draw.hint : TEXT.draw.hintOther;
    pad.setDark(!session.framesInk && session.model.kind === "things");
    changed(true);
  }

  session.pad = pad;
  session.addEventListener("model", modelChanged);
  modelChanged();
  const right = element("div", { class: "right", role: "region", "aria-label": TEXT.answer.title }, answer.element, correction.element, seen);
  return {
    element: element("div", { class: "columns drawing" }, place, right, sources.element),
    shown() {
      place.append(pad.element);
      sources.listen(true);
    },
    left: () => sources.listen(false),
  };
}

// One image is asked about as it is; what stands side by side is read as a number.
async function question(session, pad, revision) {
  if (pad.empty) return null;
  if (session.reads && pad.groups.length > 1) {
    const found = await readWhole(session, pad);
    if (found) return { ...found, revision };
  }
  const query = { ...session.query, top: session.classes.length, framed: 1 };
  const { predictions } = await ask("/v1/predict", { method: "POST", body: pad.file().blob, query });
  if (session.reads && pad.picture?.bitmap && predictions[0].status === "unknown") {
    const found = await readWhole(session, pad);
    if (found) return { ...found, revision };
  }
  return { one: predictions[0], revision };
}

async function readWhole(session, pad) {
  const { blob, canvas } = pad.file({ whole: true });
  const { numbers } = await ask("/v1/read", { method: "POST", body: blob, query: session.query });
  if (numbers.reduce((sum, number) => sum + number.digits.length, 0) < 2) return null;
  const picture = canvas ?? pad.picture.bitmap;
  return { number: numbers, crop: (box) => cropOf(picture, box) };
}

// The part of a picture inside the corners of a box, as a canvas; what is beside it is not shown.
export function cropOf(picture, corners, margin = 0.12) {
  const [xs, ys] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [inner, high] = [Math.max(...xs) - left, Math.max(...ys) - top];
  const around = margin * Math.max(inner, high);
  const [width, height] = [inner + 2 * around, high + 2 * around];
  const canvas = element("canvas", { class: "crop", width: "84", height: "84", "aria-hidden": "true" });
  const scale = 84 / Math.max(width, height);
  const [across, down] = [(84 - width * scale) / 2, (84 - height * scale) / 2];
  canvas.getContext("2d").drawImage(picture, left - around, top - around, width, height, across, down, width * scale, height * scale);
  return canvas;
}
