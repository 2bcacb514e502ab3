// The numbers of one convolution, pooling, activation, sum or dense unit, as tables.
import { button, element, fill } from "./dom.js";
import { short } from "./maps.js";
import { TEXT } from "./text.js";

const MOST_CHANNELS = 4;
const MOST_TERMS = 12;

export function arithmetic(unit) {
  if (!unit.patch) return [element("p", { class: "about" }, TEXT.unit.tooMany)];
  const make = { convolution, dense, pooling, "global pooling": globalPooling, activation, sum: summed }[unit.kind];
  return make ? make(unit) : [];
}

// Channel by channel: what the window reads, the kernel, and the sum of their products.
function convolution({ patch, kernel, patch_shape: [channels, height, width], bias, value }) {
  const size = height * width;
  const largest = [Math.max(...patch.map(Math.abs)), Math.max(...kernel.map(Math.abs))];
  const parts = Array.from({ length: channels }, (_, channel) => {
    const read = patch.slice(channel * size, (channel + 1) * size);
    const weights = kernel.slice(channel * size, (channel + 1) * size);
    return { channel, read, weights, sum: read.reduce((total, number, at) => total + number * weights[at], 0) };
  }).sort((one, other) => Math.abs(other.sum) - Math.abs(one.sum));
  const rows = (from, to) => parts.slice(from, to).map(({ channel, read, weights, sum }) =>
    element("div", { class: "product" },
      element("h3", {}, channels === 1 ? TEXT.unit.image : fill(TEXT.unit.channel, { number: channel + 1 })),
      table(read, width, largest[0], TEXT.unit.patch), sign("×"),
      table(weights, width, largest[1], TEXT.unit.kernel), sign("="),
      element("strong", {}, short(sum))));
  const list = element("div", { class: "products" }, ...rows(0, MOST_CHANNELS));
  const rest = parts.slice(MOST_CHANNELS);
  const shown = [list];
  if (rest.length) {
    const more = button(fill(TEXT.unit.more, { count: rest.length, sum: short(total(rest)) }), () => {
      list.append(...rows(MOST_CHANNELS, parts.length));
      more.remove();
    });
    shown.push(more);
  }
  const every = parts.map((part) => part.sum);
  return [...shown, equation(channels > 1 ? [[TEXT.unit.allChannels, total(parts)], [TEXT.unit.bias, bias]] : [[TEXT.unit.products, every[0]], [TEXT.unit.bias, bias]], value)];
}

function dense({ patch, kernel, bias, value }) {
  const terms = patch.map((number, at) => ({ at, number, weight: kernel[at], sum: number * kernel[at] }))
    .sort((one, other) => Math.abs(other.sum) - Math.abs(one.sum));
  const rest = terms.slice(MOST_TERMS);
  const body = terms.slice(0, MOST_TERMS).map(({ at, number, weight, sum }) => element("tr", {},
    element("th", { scope: "row" }, fill(TEXT.unit.input, { number: at + 1 })),
    ...[number, weight, sum].map((each) => element("td", {}, short(each)))));
  if (rest.length) {
    body.push(element("tr", {}, element("th", { scope: "row" }, fill(TEXT.unit.others, { count: rest.length })),
      element("td", {}), element("td", {}), element("td", {}, short(total(rest)))));
  }
  const head = element("tr", {}, ...[TEXT.unit.inputs, TEXT.unit.reads, TEXT.unit.weight, TEXT.unit.product]
    .map((text) => element("th", { scope: "col" }, text)));
  return [
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": TEXT.unit.inputs },
      element("table", { class: "numbers" }, element("thead", {}, head), element("tbody", {}, ...body))),
    equation([[TEXT.unit.products, total(terms)], [TEXT.unit.bias, bias]], value),
  ];
}

function pooling({ patch, patch_shape: [, , width], value }) {
  const largest = Math.max(...patch.map((number) => Math.abs(number ?? 0)));
  const best = patch.indexOf(Math.max(...patch.filter((number) => number !== null)));
  return [element("div", { class: "product" }, table(patch, width, largest, TEXT.unit.patch, best), sign("→"), element("strong", {}, short(value)))];
}

function globalPooling({ patch, patch_shape: [, , width], value, operator }) {
  const largest = Math.max(...patch.map((number) => Math.abs(number ?? 0)));
  const word = operator === "ReduceMean" ? TEXT.unit.mean : TEXT.unit.largest;
  return [element("div", { class: "product" }, table(patch, width, largest, TEXT.unit.patch), sign("→"),
    element("span", {}, word), element("strong", {}, short(value)))];
}

function activation({ patch: [number], slope, value }) {
  const rule = slope ? fill(TEXT.unit.leaky, { slope: short(slope) }) : TEXT.unit.relu;
  return [element("p", {}, rule),
    element("div", { class: "product" }, element("strong", {}, short(number)), sign("→"), element("strong", {}, short(value)))];
}

function summed({ patch, value }) {
  return [equation(patch.map((number, at) => [fill(TEXT.unit.summand, { number: at + 1 }), number]), value)];
}

function equation(terms, value) {
  const parts = terms.flatMap(([name, number], at) => [
    ...(at ? [sign("+")] : []), element("span", { class: "term" }, element("strong", {}, short(number)), element("small", {}, name))]);
  return element("p", { class: "equation" }, ...parts, sign("="),
    element("span", { class: "term total" }, element("strong", {}, short(value)), element("small", {}, TEXT.unit.result)));
}

function table(numbers, width, largest, label, marked = -1) {
  const rows = [];
  for (let start = 0; start < numbers.length; start += width) {
    rows.push(element("tr", {}, ...numbers.slice(start, start + width).map((number, at) => {
      const cell = element("td", { class: start + at === marked ? "marked" : "" }, number === null ? "–" : short(number));
      cell.style.setProperty("--part", `${Math.round(60 * Math.sqrt(Math.abs(number ?? 0) / (largest || 1)))}%`);
      if (number < 0) cell.classList.add("negative");
      return cell;
    })));
  }
  return element("table", { class: "patch", "aria-label": label }, element("tbody", {}, ...rows));
}

function sign(text) {
  return element("span", { class: "sign" }, text);
}

function total(parts) {
  return parts.reduce((sum, part) => sum + part.sum, 0);
}
