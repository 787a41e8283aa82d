/** The Window lab in one dimension: the long axis on top, and a row for each window with its taps. */
import { axisPicture } from "./axis_picture.js";
import { number } from "./dom.js";
import { kind, range, taps } from "./geometry.js";
import { sampleInput, terms, total } from "./layer.js";
import { drawnAxis, flat, long, place, short } from "./window_model.js";
import { never } from "./window_planes.js";
import { say } from "./words.js";

/** @typedef {import("./window_model.js").Layer} Layer */
/** @typedef {(at: number) => void} Pick */

/**
 * @param {Layer} layer
 * @param {Pick} pick
 */
export function line(layer, pick) {
  const [w] = layer.axes;
  const [n] = long(layer);
  const cells = drawnAxis(w, n).map((t) => (layer.back ? output(layer, t, pick) : input(layer, t)));
  const rows = range(short(layer)[0]).map((i) => row(layer, i, pick));
  return axisPicture({ name: layer.back ? "y" : "x", told: told(layer), cells, rows });
}

/** An element of the input of a forward layer. @param {Layer} layer @param {number} t @returns {import("./axis_picture.js").Cell} */
function input(layer, t) {
  const [w] = layer.axes;
  const [n] = layer.extents;
  const what = t >= 0 && t < n ? kind(w, t, n) : "padding";
  const lost = what !== "overhang" && never(layer)[0].includes(t) ? " unread" : "";
  const words = what === "real" && !lost ? "on-real" : `value${lost}`;
  return { t, box: what + lost, words, value: t >= 0 && t < n ? sampleInput(0, [t]) : 0 };
}

/** An element of the output of a transposed layer; what its pads crop is dashed. @param {Layer} layer @param {number} t @param {Pick} pick @returns {import("./axis_picture.js").Cell} */
function output(layer, t, pick) {
  if (t < 0 || t >= layer.made[0]) return { t, box: "padding", words: "value", value: "" };
  const mark = place(layer).at[0] === t ? " out" : never(layer)[0].includes(t) ? " unread" : "";
  const value = total(0, [t], layer.axes, layer.call);
  return { t, box: `cell${mark}`, words: `value${mark}`, value, pick: () => pick(flat(layer, 0, [t])) };
}

/** One window: an output of a forward layer, an input of a transposed one. @param {Layer} layer @param {number} i @param {Pick} pick @returns {import("./axis_picture.js").Row} */
function row(layer, i, pick) {
  const [w] = layer.axes;
  const [n] = long(layer);
  const [at] = place(layer).at;
  const plain = (/** @type {number} */ t) =>
    layer.back && kind(w, t, n) !== "real" ? "overhang" : kind(w, t, n);
  if (!layer.back) {
    const own = taps(w, i).map((t) => ({ t, dot: plain(t) }));
    const value = `= ${number(total(0, [i], layer.axes, layer.call))}`;
    return { i, name: `y[${i}]`, taps: own, value, on: i === at, pick: () => pick(flat(layer, 0, [i])) };
  }
  const on = terms([at], layer.axes, layer.call).some((term) => term.place[0] === i);
  const own = taps(w, i).map((t) =>
    on && t === at ? { t, dot: "dot on", large: true } : { t, dot: plain(t) },
  );
  return { i, name: `x[${i}]`, taps: own, value: `= ${number(sampleInput(0, [i]))}`, on };
}

/** The picture in words. @param {Layer} layer */
function told(layer) {
  const [w] = layer.axes;
  const each = range(short(layer)[0]).map(
    (i) => `${layer.back ? "x" : "y"}[${i}]: ${taps(w, i).map(number).join(" ")}`,
  );
  return `${say(layer.back ? "told.back" : "told.line", { n: long(layer)[0] })} ${each.join("; ")}`;
}
