// "Wrong?": one click on the right class keeps the image with it.
import { ask } from "./api.js";
import { button, element, fill } from "./dom.js";
import { server } from "./session.js";
import { TEXT } from "./text.js";

const MOST_BUTTONS = 12;

export function correctionRow(session, file, source = "draw") {
  const said = element("span", { class: "about", role: "status" });
  const choices = element("span", { class: "choices" });
  const made = element("div", { class: "correction", role: "group", "aria-label": TEXT.correction.label, hidden: true },
    element("span", { class: "about" }, TEXT.correction.question), choices, said);

  async function keep(label) {
    const form = new FormData();
    form.append("images", file().blob, "image.png");
    form.append("label", label);
    form.append("source", source);
    try {
      await ask("/v1/teach/examples", { method: "POST", body: form, query: session.query });
      said.textContent = fill(TEXT.correction.kept, { label });
      session.dispatchEvent(new Event("examples"));
    } catch (error) {
      said.textContent = error.message;
    }
  }

  function offer() {
    const names = session.classes;
    choices.replaceChildren();
    if (names.length <= MOST_BUTTONS) {
      choices.append(...names.map((name) => button(name, () => keep(name), { "aria-label": fill(TEXT.correction.itIs, { label: name }) })));
      return;
    }
    const select = element("select", { "aria-label": TEXT.correction.label },
      element("option", { value: "" }, TEXT.correction.choose), ...names.map((name) => element("option", { value: name }, name)));
    select.addEventListener("change", () => select.value && keep(select.value));
    choices.append(select);
  }

  session.addEventListener("model", offer);
  if (session.model) offer();
  return {
    element: made,
    show(answer) {
      made.hidden = !server.teaches || !answer || answer.status === "empty";
      said.textContent = "";
    },
  };
}
