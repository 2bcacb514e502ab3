// The network's answer: the class in large letters, a bar for each class, the digits of a number.
import { element, fill, percent, unseen } from "./dom.js";
import { TEXT } from "./text.js";

const MOST_BARS = 12;

export class AnswerPanel {
  constructor() {
    this.label = element("p", { class: "label", "aria-hidden": "true" });
    this.says = element("p", { class: "says" });
    this.why = element("p", { class: "why" });
    this.live = unseen("", { role: "status" });
    this.bars = element("ul", { class: "bars", "aria-label": TEXT.answer.bars });
    this.digits = element("ul", { class: "digits", "aria-label": TEXT.answer.digits, hidden: true });
    this.element = element("div", { class: "answer" },
      element("div", { class: "verdict" }, this.label, element("div", {}, this.says, this.why)),
      this.live, this.bars, this.digits);
    this.rows = new Map();
  }

  setClasses(names) {
    this.names = names;
    this.sorted = names.length > MOST_BARS;
    this.rows.clear();
    this.bars.replaceChildren();
    this.showBars(names.slice(0, MOST_BARS).map((label) => ({ label, probability: 0 })), false);
  }

  showNothing() {
    this.show("empty", TEXT.answer.none, TEXT.answer.empty, TEXT.answer.emptyWhy);
    this.showBars(this.names.slice(0, MOST_BARS).map((label) => ({ label, probability: 0 })), false);
  }

  // One image, as /v1/predict says it.
  showOne({ status, label, top, probability }, final) {
    const sure = fill(TEXT.answer.sure, { percent: percent(probability) });
    if (status === "ok") this.show("ok", label, sure, "");
    else if (status === "empty") this.show("empty", TEXT.answer.none, TEXT.answer.empty, TEXT.answer.noInk);
    else this.show("unknown", TEXT.answer.unread, TEXT.answer.unknown, fill(TEXT.answer.closest, { label: top[0].label, percent: percent(probability) }));
    this.showBars(status === "empty" ? top.map((entry) => ({ ...entry, probability: 0 })) : top, status === "ok");
    if (final) this.say(status === "ok" ? `${label}, ${sure}` : this.says.textContent);
  }

  // Several digits, as /v1/read says them; `crop` draws one into a canvas.
  showNumber(numbers, crop, final) {
    const text = numbers.map((number) => number.text).join(" ");
    const confidence = numbers.reduce((product, number) => product * number.confidence, 1);
    const sure = numbers.every((number) => number.status === "ok");
    const digits = numbers.flatMap((number) => number.digits);
    const of = fill(TEXT.answer.number, { count: digits.length });
    this.show(sure ? "ok" : "unknown", text, sure ? fill(TEXT.answer.allRight, { percent: percent(confidence) }) : TEXT.answer.someUnknown, of);
    this.label.classList.toggle("long", [...text].length > 2);
    this.bars.hidden = true;
    this.digits.hidden = false;
    this.digits.replaceChildren(...digits.map((digit) => {
      const known = digit.status === "ok";
      return element("li", { class: known ? "" : "unknown" }, crop(digit.box),
        element("strong", {}, known ? digit.label : TEXT.answer.unread),
        element("span", {}, percent(digit.probability, 0)));
    }));
    if (final) this.say(`${text}, ${this.says.textContent}`);
  }

  showProblem(message) {
    this.show("problem", TEXT.answer.none, TEXT.answer.problem, message);
    this.say(message);
  }

  show(kind, label, says, why) {
    this.element.dataset.status = kind;
    this.label.textContent = label;
    this.label.classList.toggle("long", [...label].length > 2);
    this.says.textContent = says;
    this.why.textContent = why;
    this.bars.hidden = false;
    this.digits.hidden = true;
  }

  say(text) {
    if (this.live.textContent !== text) this.live.textContent = text;
  }

  // In the order of the classes, so that a bar keeps its place; the most probable ones where there are many.
  showBars(top, answered) {
    const best = top.reduce((one, other) => (other.probability > one.probability ? other : one), top[0]);
    const shown = this.sorted ? top.slice(0, MOST_BARS) : [...top].sort((one, other) => this.names.indexOf(one.label) - this.names.indexOf(other.label));
    if (this.bars.children.length !== shown.length) {
      this.bars.replaceChildren(...shown.map(() => {
        const parts = { name: element("span", { class: "name" }), fill: element("span", { class: "fill" }), value: element("span", { class: "value" }) };
        const row = element("li", {}, parts.name, element("span", { class: "track", "aria-hidden": "true" }, parts.fill), parts.value);
        this.rows.set(row, parts);
        return row;
      }));
    }
    [...this.bars.children].forEach((row, place) => {
      const { name, fill: bar, value } = this.rows.get(row);
      const { label, probability } = shown[place];
      name.textContent = label;
      value.textContent = percent(probability);
      bar.style.setProperty("--share", probability);
      row.className = answered && label === best.label ? "best" : probability < 0.0005 ? "small" : "";
    });
  }
}
