// Teach: classes and examples of one's own, a training with curves that move, and what it changed.
import { ask } from "./api.js";
import { button, element, fill } from "./dom.js";
import { Pad } from "./pad.js";
import { pictureSources } from "./picture_sources.js";
import { server } from "./session.js";
import { TEXT } from "./text.js";
import { TrainingPanel } from "./training_panel.js";

const SHOWN = 60;

export function teachView(session) {
  if (!server.teaches) return null;
  const words = TEXT.teach;
  const said = element("p", { class: "about", role: "status" });
  const list = element("ul", { class: "classlist" });
  const examples = element("ul", { class: "examples" });
  const examplesTitle = element("h2", {});
  const name = element("input", { type: "text", id: "class-name", maxlength: "40", required: true, autocomplete: "off" });
  const form = element("form", { class: "row" }, element("label", { for: "class-name" }, words.newClass), name, element("button", {}, words.add));
  const pad = new Pad({ label: words.pad, hint: words.hint, onChange: () => (keep.disabled = pad.empty), small: true });
  const keep = button("", () => keepDrawing(), { class: "main", disabled: true });
  const sources = pictureSources(document, (blob) => keepFiles([blob]), (message) => (said.textContent = message));
  const training = new TrainingPanel(session, () => state, load);
  let state = { classes: [], training: null };
  let current = null;
  let chosenName = null;

  async function load() {
    try {
      state = await ask("/v1/teach", { query: session.query });
      // A class of the model gets an id of its own with its first example.
      const kept = state.classes.find((each) => each.id === current) ?? state.classes.find((each) => each.name === chosenName);
      current = (kept ?? state.classes.find((each) => each.own) ?? state.classes[0])?.id ?? null;
      showClasses();
      training.show(state);
      await showExamples();
    } catch (error) {
      said.textContent = error.message;
    }
  }

  function showClasses() {
    list.replaceChildren(...state.classes.map((each) => element("li", {},
      button(element("span", { class: "runname" }, each.name), () => choose(each.id), { class: "plain", "aria-pressed": String(each.id === current) }),
      element("span", { class: "chip" }, String(each.examples)),
      each.own ? button("×", () => remove(each), { class: "plain", "aria-label": fill(words.removeClass, { name: each.name }) }) : null)));
    const chosen = state.classes.find((each) => each.id === current);
    chosenName = chosen?.name ?? null;
    keep.textContent = chosen ? fill(words.keep, { name: chosen.name }) : words.noClass;
    keep.disabled = !chosen || pad.empty;
    examplesTitle.textContent = chosen ? fill(words.examples, { name: chosen.name, count: chosen.examples }) : "";
  }

  function choose(id) {
    current = id;
    showClasses();
    showExamples();
  }

  async function showExamples() {
    if (!current) {
      examples.replaceChildren();
      return;
    }
    const wanted = current;
    const found = await ask("/v1/teach/examples", { query: { class: current, limit: SHOWN } });
    if (wanted !== current) return;
    examples.replaceChildren(...found.examples.map(exampleOf));
  }

  function exampleOf(example) {
    const right = example.status === "ok" && example.answer === example.label;
    const answer = example.status === "ok" ? fill(words.answer, { answer: example.answer }) : TEXT.answer[example.status] ?? example.status;
    return element("li", { class: right ? "right" : "wrong" },
      element("img", { class: "pixels", src: `/v1/teach/examples/${example.id}/image`, alt: fill(words.exampleOf, { label: example.label }), loading: "lazy", width: "56", height: "56" }),
      element("span", { class: "about" }, answer),
      button("×", () => forget(example), { class: "plain", "aria-label": fill(words.removeExample, { label: example.label }) }));
  }

  async function change(work) {
    try {
      await work();
      said.textContent = "";
      await load();
    } catch (error) {
      said.textContent = error.message;
    }
  }

  const remove = (each) => {
    if (each.examples && !window.confirm(fill(words.sure, { name: each.name, count: each.examples }))) return;
    change(() => ask(`/v1/teach/classes/${each.id}`, { method: "DELETE" }));
  };
  const forget = (example) => change(() => ask(`/v1/teach/examples/${example.id}`, { method: "DELETE" }));

  async function keepDrawing() {
    if (pad.empty) return;
    await keepFiles([pad.file().blob], "draw", () => pad.clear());
    pad.canvas.focus({ preventScroll: true });
  }

  function keepFiles(files, source = "file", then = () => {}) {
    if (!current) return undefined;
    return change(async () => {
      const body = new FormData();
      for (const file of files) body.append("images", file, file.name || "image.png");
      body.append("class", current);
      body.append("source", source);
      const { errors = [] } = await ask("/v1/teach/examples", { method: "POST", body, query: session.query });
      then();
      if (errors.length) throw new Error(errors.map((each) => each.detail).join(" "));
    });
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    change(async () => {
      const made = await ask("/v1/teach/classes", { method: "POST", json: { name: name.value.trim() } });
      current = made.id;
      name.value = "";
    });
  });
  pad.canvas.addEventListener("keydown", (event) => {
    if (event.key === "s" && !pad.empty) keepDrawing();
  });
  session.addEventListener("model", () => shown && load());
  let shown = false;

  const first = element("section", { class: "card" }, element("h2", {}, words.classes), element("p", { class: "about" }, words.classesWhy), list, form, said);
  const second = element("section", { class: "card teachpad" }, element("h2", {}, words.draw), pad.element, keep, sources.element);
  const third = element("section", { class: "card teachexamples" }, examplesTitle, examples);
  return {
    element: element("div", { class: "teachgrid" }, first, second, third, training.element),
    shown() {
      shown = true;
      sources.listen(true);
      load();
    },
    left() {
      shown = false;
      sources.listen(false);
    },
  };
}
