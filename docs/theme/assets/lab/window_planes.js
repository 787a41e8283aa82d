/** The Window lab in two dimensions: planes of the input, of the chosen kernel, and of the output. */
import { h } from "./dom.js";
import { kind, range } from "./geometry.js";
import { sampleInput, sampleWeight, terms, total, untouched } from "./layer.js";
import { plane, row } from "./planes.js";
import { drawnAxis, flat, long, place, short } from "./window_model.js";
import { say } from "./words.js";

/** @typedef {import("./window_model.js").Layer} Layer */

/**
 * @param {Layer} layer
 * @param {(at: number) => void} pick
 */
export function planes(layer, pick) {
  const { channels } = layer.call;
  return h(
    "div",
    { class: "cnn-layer" },
    row(say("input"), ...range(channels).map((c) => input(layer, c))),
    kernels(layer),
    row(say("output"), ...range(layer.outputs[0]).map((each) => output(layer, each, pick))),
  );
}

/** The planes of the chosen output's kernel. @param {Layer} layer */
export const kernels = (layer) =>
  row(
    say(layer.call.flip ? "kernelTurned" : "kernel"),
    ...range(layer.call.channels).map((c) => kernel(layer, place(layer).o, c)),
  );

/** The chosen output's terms by the place they read. @param {Layer} layer */
const readPlaces = (layer) =>
  new Map(terms(place(layer).at, layer.axes, layer.call).map((term) => [String(term.place), term.kind]));

/** The rows and columns that no window touches. @param {Layer} layer */
export const never = (layer) =>
  layer.axes.map((w, axis) => {
    const n = long(layer)[axis];
    const found = untouched(w, n, short(layer)[axis]);
    return layer.back ? found.filter((t) => t >= 0 && t < n) : found; // what a transposed layer crops is no output
  });

/** @param {Layer} layer @param {number} c */
function input(layer, c) {
  const read = readPlaces(layer);
  const lost = never(layer);
  const cell = (/** @type {[number, number]} */ at) => {
    const kinds = layer.back ? ["real"] : at.map((t, axis) => kind(layer.axes[axis], t, layer.extents[axis]));
    const real = kinds.every((each) => each === "real");
    const cropped = kinds.includes("overhang");
    const value = real || inside(at, layer.extents) ? sampleInput(c, at) : 0;
    if (cropped) return { value: inside(at, layer.extents) ? value : "", kind: "faint" };
    if (read.has(String(at))) return { value, kind: real ? "hit" : "padhit" };
    const unread = !layer.back && at.some((t, axis) => lost[axis].includes(t));
    return { value, kind: unread ? "unread" : real ? "" : "pad" };
  };
  const [rows, columns] = layer.back
    ? layer.extents.map(range)
    : layer.axes.map((w, axis) => drawnAxis(w, layer.extents[axis]));
  return plane({
    rows: rows.length,
    columns: columns.length,
    from: [rows[0], columns[0]],
    cell,
    name: `x[${c}]`,
  });
}

/** @param {number[]} at @param {number[]} extents */
const inside = (at, extents) => at.every((t, axis) => t >= 0 && t < extents[axis]);

/** The kernel as it lies on the window: turned round where that is asked for. @param {Layer} layer @param {number} o @param {number} c */
function kernel(layer, o, c) {
  const extents = layer.axes.map((w) => w.kernel);
  const line = extents.length === 1;
  const turned = (/** @type {number[]} */ at) =>
    layer.call.flip ? at.map((j, axis) => extents[axis] - 1 - j) : at;
  const used = new Set(terms(place(layer).at, layer.axes, layer.call).map(({ tap }) => String(tap)));
  const cell = (/** @type {[number, number]} */ at) => {
    const tap = turned(line ? [at[1]] : at);
    return { value: sampleWeight(o, c, tap), kind: used.has(String(tap)) ? "hit" : "faint" };
  };
  const [rows, columns] = line ? [1, extents[0]] : extents;
  return plane({ rows, columns, cell, name: line ? "w" : layer.back ? `w[${c}, ${o}]` : `w[${o}, ${c}]` });
}

/** @param {Layer} layer @param {number} o @param {(at: number) => void} pick */
function output(layer, o, pick) {
  const picked = place(layer);
  const lost = layer.back ? never(layer) : [[], []];
  const cell = (/** @type {[number, number]} */ at) => ({
    value: total(o, at, layer.axes, layer.call),
    kind:
      o === picked.o && String(at) === String(picked.at)
        ? "out"
        : at.some((t, axis) => lost[axis].includes(t))
          ? "unread"
          : "",
  });
  const [rows, columns] = layer.made;
  return plane({ rows, columns, cell, name: `y[${o}]`, pick: (at) => pick(flat(layer, o, at)), size: 34 });
}
