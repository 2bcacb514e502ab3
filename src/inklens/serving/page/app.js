// The page: its header, its views, and the first question to the server.
import { ask } from "./api.js";
import { element, fill } from "./dom.js";
import { drawView } from "./draw_view.js";
import { insideView } from "./inside_view.js";
import { readView } from "./read_view.js";
import { runsView } from "./runs_view.js";
import { Session, server } from "./session.js";
import { teachView } from "./teach_view.js";
import { TEXT } from "./text.js";

const VIEWS = { draw: drawView, inside: insideView, read: readView, teach: teachView, runs: runsView };
const session = new Session();

const views = new Map();
const nav = element("nav", { "aria-label": TEXT.nav.label });
const main = element("main", { id: "main", tabindex: "-1" });
const models = element("div", { class: "models" });

function build() {
  document.title = TEXT.title;
  const mark = element("span", { class: "mark", "aria-hidden": "true" });
  const skip = element("a", { class: "skip", href: "#main", on: { click: skipped } }, TEXT.nav.skip);
  const home = element("a", { class: "home", href: "#draw" }, mark, TEXT.title);
  const footer = element("footer", {},
    element("p", {}, TEXT.footer.local),
    element("p", {}, element("a", { href: "/docs" }, TEXT.footer.docs)));
  document.body.replaceChildren(skip, element("header", { class: "top" }, home, nav, models), main, footer);
}

function skipped(event) {
  event.preventDefault();
  main.focus();
}

async function start() {
  build();
  if (server.wantsToken) await tokenGiven();
  try {
    await session.choose(new URLSearchParams(location.search).get("model") ?? undefined);
  } catch (error) {
    main.replaceChildren(element("p", { class: "problem", role: "alert" }, error.message));
    return;
  }
  for (const [name, make] of Object.entries(VIEWS)) {
    const view = make(session);
    if (!view) continue;
    const section = element("section", { class: `view ${name}`, "aria-labelledby": `title-${name}`, hidden: true },
      element("h1", { class: "unseen", id: `title-${name}`, tabindex: "-1" }, TEXT.nav[name]), view.element);
    views.set(name, { ...view, section, link: element("a", { href: `#${name}` }, TEXT.nav[name]) });
  }
  nav.append(...[...views.values()].map((view) => view.link));
  main.replaceChildren(...[...views.values()].map((view) => view.section));
  session.addEventListener("model", showModels);
  showModels();
  window.addEventListener("hashchange", () => show(true));
  show(false);
}

function show(focus) {
  const wanted = location.hash.slice(1);
  const name = views.has(wanted) ? wanted : "draw";
  for (const [each, view] of views) {
    const shown = each === name;
    if (view.section.hidden && shown) view.shown?.();
    if (!view.section.hidden && !shown) view.left?.();
    view.section.hidden = !shown;
    shown ? view.link.setAttribute("aria-current", "page") : view.link.removeAttribute("aria-current");
  }
  document.title = `${TEXT.nav[name]} · ${TEXT.title}`;
  if (focus) {
    document.getElementById(`title-${name}`).focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

function showModels() {
  const { model } = session;
  if (model.models.length < 2) {
    models.replaceChildren(element("span", { class: "model", title: model.fingerprint }, model.name));
    return;
  }
  const options = model.models.map((name) => element("option", { value: name, selected: name === model.name }, name));
  const select = element("select", { "aria-label": TEXT.nav.model }, ...options);
  select.addEventListener("change", () => session.choose(select.value).catch((error) => alertOf(error.message)));
  models.replaceChildren(select);
}

function alertOf(message) {
  models.append(element("span", { class: "problem", role: "alert" }, message));
}

// A server with a token is asked for it once; a cookie keeps it.
function tokenGiven() {
  return new Promise((done) => {
    const input = element("input", { type: "password", name: "token", autocomplete: "off", required: true, id: "token" });
    const said = element("p", { class: "problem", role: "alert" });
    const form = element("form", { class: "card token" },
      element("h1", {}, TEXT.token.title), element("p", {}, TEXT.token.why),
      element("label", { for: "token" }, TEXT.token.label), input,
      element("button", { class: "main" }, TEXT.token.use), said);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        await ask("/v1/session", { method: "POST", json: { token: input.value } });
        form.remove();
        done();
      } catch (error) {
        said.textContent = error.status === 401 ? TEXT.token.wrong : fill(TEXT.errors.failed, { detail: error.message });
      }
    });
    main.replaceChildren(form);
    input.focus();
  });
}

start();
