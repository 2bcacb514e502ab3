// What all views share: the models that are served, the one that is asked, and the pad.
import { ask } from "./api.js";

export const server = {
  teaches: document.documentElement.dataset.teach === "on",
  wantsToken: document.documentElement.dataset.token === "wanted",
};

export class Session extends EventTarget {
  constructor() {
    super();
    this.model = null;
  }

  // Asks which model answers; "model" tells everybody.
  async choose(name) {
    this.model = await ask("/v1/model", { query: { model: name } });
    this.dispatchEvent(new Event("model"));
  }

  get query() {
    return { model: this.model.name };
  }

  get classes() {
    return this.model.classes;
  }

  // Numbers are read where every class is one character of writing.
  get reads() {
    return this.model.kind === "writing" && this.classes.every((name) => [...name].length === 1);
  }

  get framesInk() {
    return this.model.pixels.framing === "ink";
  }

  // What was seen is given to all views.
  tell(answer) {
    this.answer = answer;
    this.dispatchEvent(new Event("answer"));
  }
}
