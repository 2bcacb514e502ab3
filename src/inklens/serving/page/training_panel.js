// A training: its options, curves while it goes on, time left, a stop button, and then and now side by side.
import { ask } from "./api.js";
import { curves } from "./curves.js";
import { button, element, fill, percent } from "./dom.js";
import { duration } from "./runs_view.js";
import { TEXT } from "./text.js";

const ENDED = ["done", "stopped", "failed"];

export class TrainingPanel {
  constructor(session, state, reload) {
    Object.assign(this, { session, state, reload, training: null, events: null });
    const words = TEXT.training;
    this.start = button(words.start, () => this.begin(), { class: "main" });
    this.stop = button(words.stop, () => this.post("stop"));
    this.own = element("select", { id: "which-classes" }, element("option", { value: "all" }, words.all), element("option", { value: "own" }, words.own));
    this.seconds = element("select", { id: "how-long" }, ...[30, 60, 300].map((seconds) => element("option", { value: String(seconds), selected: seconds === 60 }, duration(seconds))));
    this.options = element("div", { class: "row" },
      element("label", { for: "which-classes" }, words.which), this.own, element("label", { for: "how-long" }, words.long), this.seconds);
    this.missing = element("p", { class: "note", hidden: true });
    this.progress = element("progress", { max: "1", "aria-label": words.progress, hidden: true });
    this.says = element("p", { role: "status" });
    this.chart = element("div", {});
    this.result = element("div", { class: "result" });
    this.element = element("section", { class: "card trainpanel" }, element("h2", {}, words.title), element("p", { class: "about" }, words.why),
      this.options, element("div", { class: "row" }, this.start, this.stop), this.missing, this.progress, this.says, this.chart, this.result);
  }

  show(state) {
    this.missing.hidden = state.installed;
    this.missing.textContent = state.installed ? "" : fill(TEXT.training.missing, { pip: state.pip });
    this.training = state.training;
    this.paint();
    if (this.training && !ENDED.includes(this.training.state)) this.follow();
  }

  async begin() {
    const own = this.own.value === "own";
    const json = { with: own ? null : this.session.model.data.name ?? null, classes: this.own.value, seconds: Number(this.seconds.value) };
    try {
      this.training = await ask("/v1/teach/trainings", { method: "POST", json, query: this.session.query });
      this.paint();
      this.follow();
    } catch (error) {
      this.says.textContent = error.message;
    }
  }

  async post(action) {
    try {
      const answer = await ask(`/v1/teach/trainings/${this.training.id}/${action}`, { method: "POST" });
      if (action === "use") {
        await this.session.choose(answer.model);
        await this.reload();
        this.says.textContent = fill(TEXT.training.used, { name: answer.model });
      }
    } catch (error) {
      this.says.textContent = error.message;
    }
  }

  // What the server tells while it goes on; the browser asks again by itself where the line breaks.
  follow() {
    this.events?.close();
    const events = new EventSource(`/v1/teach/trainings/${this.training.id}/events`);
    this.events = events;
    events.addEventListener("state", (event) => {
      this.training = JSON.parse(event.data);
      if (ENDED.includes(this.training.state)) {
        events.close();
        this.reload();
      }
      this.paint();
    });
    events.addEventListener("progress", (event) => {
      this.training.progress = JSON.parse(event.data);
      this.paint();
    });
    events.addEventListener("epoch", (event) => {
      const epoch = JSON.parse(event.data);
      this.training.epochs = [...this.training.epochs.filter((each) => each.epoch !== epoch.epoch), epoch];
      this.paint();
    });
  }

  paint() {
    const { training } = this;
    const { installed, examples } = this.state();
    const running = Boolean(training) && !ENDED.includes(training.state);
    this.start.disabled = running || !installed || !examples;
    this.stop.hidden = !running;
    this.options.hidden = running;
    this.progress.hidden = !running;
    if (!training) {
      this.says.textContent = examples ? "" : TEXT.training.nothing;
      return;
    }
    const { progress } = training;
    if (running && progress?.steps) this.progress.value = (progress.epoch - 1 + progress.step / progress.steps) / progress.epochs;
    this.says.textContent = sentence(training);
    this.chart.replaceChildren(...(training.epochs.length ? [curves(training.epochs)] : []));
    this.result.replaceChildren(...(training.result ? this.outcome(training) : []));
  }

  outcome({ result, used }) {
    const words = TEXT.training;
    const share = (side) => (side ? fill(words.right, { right: side.right, count: result.held_out }) : words.never);
    const use = used
      ? button(words.back, () => this.back())
      : button(words.use, () => this.post("use"), { class: "main" });
    return [
      element("dl", { class: "figures" },
        figure(words.before, share(result.before)), figure(words.after, share(result.after)),
        ...(result.test ? [figure(words.test, fill(words.testWas, { before: percent(result.test.before, 2), after: percent(result.test.after, 2) }))] : [])),
      element("div", { class: "row" }, use, element("span", { class: "about" }, words.leave)),
      element("div", { class: "twomatrices" },
        ...[[words.before, result.confusion.before, "before"], [words.after, result.confusion.after, "after"]]
          .filter(([, matrix]) => matrix).map(([title, matrix, side]) => matrixOf(title, matrix, side, result))),
      element("div", { class: "cell", "aria-live": "polite" }),
    ];
  }

  async back() {
    try {
      const { model } = await ask("/v1/teach/original", { method: "POST" });
      await this.session.choose(model);
      this.reload();
    } catch (error) {
      this.says.textContent = error.message;
    }
  }
}

function sentence({ state, detail, progress }) {
  const words = TEXT.training.states;
  if (state === "running" && progress) {
    return fill(words.progress, { epoch: progress.epoch, epochs: progress.epochs, left: duration(progress.seconds_left ?? 0) });
  }
  return state === "failed" ? fill(words.failed, { detail }) : words[state] ?? state;
}

function figure(name, value) {
  return element("div", {}, element("dt", {}, name), element("dd", {}, element("strong", {}, value)));
}

// The confusion matrix; a cell opens its images, then and now.
function matrixOf(title, matrix, side, result) {
  const { class_names: names, images } = result;
  const most = Math.max(1, ...matrix.flat());
  const head = element("tr", {}, element("td", {}), ...names.map((name) => element("th", { scope: "col" }, name)));
  const rows = matrix.map((row, actual) => element("tr", {}, element("th", { scope: "row" }, names[actual]),
    ...row.map((count, predicted) => {
      if (!count) return element("td", {});
      const label = fill(TEXT.training.cell, { count, actual: names[actual], predicted: names[predicted] });
      const open = button(String(count), (event) => showCell(event.currentTarget, label), { class: actual === predicted ? "right" : "wrong", "aria-label": label });
      open.style.setProperty("--part", `${20 + Math.round((70 * count) / most)}%`);
      const showCell = (from, text) => {
        const inside = images.filter((image) => image.actual === names[actual] && image[side]?.label === names[predicted]);
        from.closest(".result").querySelector(".cell").replaceChildren(element("h3", {}, text), element("ul", { class: "examples" }, ...inside.map(pairOf)));
      };
      return element("td", {}, open);
    })));
  return element("figure", {}, element("figcaption", {}, title),
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, element("table", { class: "matrix" }, element("thead", {}, head), element("tbody", {}, ...rows))));
}

function pairOf(image) {
  const said = (answer) => (answer ? (answer.status === "ok" ? answer.label : TEXT.answer.unread) : TEXT.training.never);
  return element("li", {},
    element("img", { class: "pixels", src: `/v1/teach/examples/${image.id}/image`, alt: image.actual, width: "56", height: "56", loading: "lazy" }),
    element("span", { class: "about" }, fill(TEXT.training.pair, { before: said(image.before), after: said(image.after) })));
}
