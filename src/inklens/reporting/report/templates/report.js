"use strict";
// A cell of the confusion matrix opens its images. Text is set as text, never as HTML.
const gallery = JSON.parse(document.getElementById("gallery").textContent);
const dialog = document.getElementById("images");
const title = document.getElementById("images-title");
const note = document.getElementById("images-note");
const list = document.getElementById("images-list");

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function isolated(text) {
  return element("bdi", "", text);
}

function percent(share) {
  const rounded = (100 * share).toFixed(1);
  return (rounded === "100.0" ? ">99.9" : rounded) + "%"; // a network is never quite sure
}

function card([number, confidence, source], actual, predicted) {
  const right = actual === predicted;
  const figure = element("figure", right ? "example" : "example wrong");
  if (source) {
    const image = element("img", "pixels");
    image.src = source;
    image.alt = `Image ${number}, a ${actual}`;
    figure.append(image);
  }
  const mark = element("span", "mark", right ? "✓" : "✗");
  mark.setAttribute("aria-hidden", "true");
  figure.append(
    element("figcaption", "",
      element("span", "verdict", mark, element("span", "unseen", right ? "right: " : "wrong: "), isolated(predicted)),
      element("span", "detail", "actual ", isolated(actual)),
      element("span", "detail", `${percent(confidence)} sure`),
      element("span", "detail", `no. ${number}`)));
  return figure;
}

function named(button) {
  const [actual, predicted] = button.dataset.cell.split("-").map((index) => gallery.names[index]);
  return { actual, predicted, count: button.dataset.count || button.textContent.trim() };
}

function open(button) {
  const { actual, predicted, count } = named(button);
  const images = gallery.cells[button.dataset.cell] || [];
  title.replaceChildren(isolated(actual), actual === predicted ? ", rightly called so" : " taken for ");
  if (actual !== predicted) title.append(isolated(predicted));
  const first = actual === predicted ? "least" : "most";
  const total = Number(count.replaceAll(",", ""));
  const which = images.length < total
    ? `${images.length} of ${count} ${gallery.part} images, those it was ${first} sure of`
    : `${count} ${gallery.part} image${total === 1 ? "" : "s"}${total === 1 ? "" : `, the ${first} sure ones first`}`;
  note.textContent = which + (gallery.pictured ? "." : "; the images themselves were not at hand for this page.");
  list.replaceChildren(...images.map((image) => card(image, actual, predicted)));
  dialog.showModal();
  dialog.scrollTop = list.scrollTop = 0;
  title.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-cell]");
  if (button) open(button);
  else if (event.target === dialog) dialog.close();
});

document.getElementById("no-script")?.remove();

// One tab stop for the whole matrix; the arrow keys, Home and End move to the next cell that is not empty.
const cells = [...document.querySelectorAll(".matrix tbody tr")].map((row) =>
  [...row.querySelectorAll("td:not(.recall)")].map((cell) => cell.querySelector("button")));
const buttons = cells.flat().filter(Boolean);
for (const button of buttons) {
  const { actual, predicted, count } = named(button);
  button.tabIndex = -1;
  button.setAttribute("aria-label", `${count} of actual ${actual}, predicted ${predicted}`);
}
if (buttons.length) buttons[0].tabIndex = 0;

function nextCell(from, down, right) {
  let row = cells.findIndex((line) => line.includes(from));
  let column = cells[row].indexOf(from);
  do {
    row += down;
    column += right;
  } while (cells[row] && column >= 0 && column < cells[row].length && !cells[row][column]);
  return cells[row] && cells[row][column];
}

const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
document.addEventListener("keydown", (event) => {
  const from = event.target;
  if (!buttons.includes(from) || event.altKey || event.ctrlKey || event.metaKey) return;
  const line = cells.find((row) => row.includes(from)).filter(Boolean);
  const to = { Home: line[0], End: line[line.length - 1] }[event.key]
    || (steps[event.key] && nextCell(from, ...steps[event.key]));
  if (event.key in steps || to) event.preventDefault();
  if (to) to.focus();
});
document.addEventListener("focusin", (event) => {
  if (!buttons.includes(event.target)) return;
  for (const button of buttons) button.tabIndex = button === event.target ? 0 : -1;
});
