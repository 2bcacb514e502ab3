// Makes elements. Text is set as text, never as HTML.

export function element(name, options = {}, ...children) {
  const made = document.createElement(name);
  set(made, options);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// "class", "on" (listeners), "style" (custom properties) and attributes; true is an attribute without a value.
export function set(made, { class: names, on = {}, style = {}, ...attributes }) {
  if (names) made.className = names;
  for (const [event, listener] of Object.entries(on)) made.addEventListener(event, listener);
  for (const [property, value] of Object.entries(style)) made.style.setProperty(property, value);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) made.removeAttribute(attribute);
    else made.setAttribute(attribute, value === true ? "" : value);
  }
  return made;
}

export function button(label, listener, options = {}) {
  return element("button", { type: "button", on: { click: listener }, ...options }, label);
}

// "{count} images" with {count: 3}.
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

export function icon(path) {
  const made = svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" });
  made.append(svg("path", { d: path }));
  return made;
}

export const ICONS = {
  undo: "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "m15 14 5-5-5-5M20 9H10a6 6 0 0 0 0 12h3",
  clear: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  file: "M12 16V4M7 9l5-5 5 5M4 16v4h16v-4",
  camera: "M4 8h4l2-3h4l2 3h4v12H4zM12 17a4 4 0 1 0 0-8 4 4 0 0 0 0 8",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  close: "M6 6l12 12M18 6 6 18",
};

// Text for screen readers only.
export function unseen(text, options = {}) {
  return element("span", { ...options, class: "unseen" }, text);
}

// A network is never quite sure.
export function percent(share, digits = 1) {
  const rounded = (100 * share).toFixed(digits);
  return Number(rounded) === 100 ? `>${(100 - 0.1 ** digits).toFixed(digits)}%` : `${rounded}%`;
}
