// Accuracy over the epochs, in training and validation.
import { element, percent, svg } from "./dom.js";
import { TEXT } from "./text.js";

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [360, 150, 44, 22];

// history: [{epoch, accuracy, val_accuracy}], of which the second may be missing.
export function curves(history) {
  const words = TEXT.curves;
  const lines = [["training", "accuracy"], ["validation", "val_accuracy"]]
    .map(([name, key]) => ({ name, points: history.filter((row) => Number.isFinite(row[key])).map((row) => [row.epoch, row[key]]) }))
    .filter((line) => line.points.length);
  const values = lines.flatMap((line) => line.points.map((point) => point[1]));
  const low = Math.max(0, Math.min(...values) - 0.02);
  const high = Math.min(1, Math.max(...values) + 0.005);
  const last = Math.max(...history.map((row) => row.epoch), 2);
  const x = (epoch) => LEFT + ((epoch - 1) / (last - 1)) * (WIDTH - LEFT - 8);
  const y = (value) => 6 + ((high - value) / (high - low || 1)) * (HEIGHT - BOTTOM - 12);
  const grid = [low, (low + high) / 2, high].map((value) => svg("g", {},
    svg("path", { d: `M${LEFT} ${y(value)}H${WIDTH}` }), svg("text", { x: LEFT - 6, y: y(value) + 4, class: "y" }, percent(value, high - low < 0.05 ? 1 : 0).replace(">", ""))));
  const ticks = [1, last].map((epoch) => svg("text", { x: x(epoch), y: HEIGHT - 4, class: "x" }, String(epoch)));
  const paths = lines.map(({ name, points }) => points.length > 1
    ? svg("path", { class: name, d: `M${points.map(([epoch, value]) => `${x(epoch).toFixed(1)} ${y(value).toFixed(1)}`).join("L")}` })
    : svg("circle", { class: name, cx: x(points[0][0]), cy: y(points[0][1]), r: 3 }));
  const label = lines.map(({ name, points }) => `${words[name]}: ${percent(points.at(-1)[1])}`).join(", ");
  return element("figure", { class: "curves" },
    element("figcaption", {}, words.title, ...lines.map(({ name }) => element("span", { class: `legendkey ${name}` }, words[name]))),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label }, svg("g", { class: "grid" }, ...grid, ...ticks), ...paths));
}
