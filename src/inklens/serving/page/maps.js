// Feature maps as pictures: bytes of -largest to largest as 1 to 255, 128 being zero.
import { element } from "./dom.js";

export function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

// Blue above zero, vermilion below, nothing at zero: alpha says how much.
const RAMP = [[79, 168, 221], [240, 144, 74]];
const RAMP_LIGHT = [[0, 114, 178], [213, 94, 0]];
const dark = matchMedia("(prefers-color-scheme: dark)");

export function paintMap(canvas, bytes, width, height) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const ramp = dark.matches ? RAMP : RAMP_LIGHT;
  for (let i = 0; i < bytes.length; i += 1) {
    const signed = bytes[i] - 128;
    const colour = ramp[signed < 0 ? 1 : 0];
    image.data[4 * i] = colour[0];
    image.data[4 * i + 1] = colour[1];
    image.data[4 * i + 2] = colour[2];
    image.data[4 * i + 3] = 255 * Math.sqrt(Math.abs(signed) / 127);
  }
  context.putImageData(image, 0, 0);
}

export function mapCanvas(options = {}) {
  return element("canvas", { class: "pixels map", width: "1", height: "1", "aria-hidden": "true", ...options });
}

// A number with few digits: 0.0123, -4.5, 1,230.
export function short(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  if (size < 0.001) return value.toExponential(1).replace("-", "−");
  return String(Number(value.toPrecision(3))).replace("-", "−");
}
