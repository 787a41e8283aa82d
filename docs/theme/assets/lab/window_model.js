/**
 * What the Window lab shows, computed from its state.
 *
 * @typedef {import("./geometry.js").Window} Window
 * @typedef {import("./state.js").State} State
 * @typedef {object} Layer
 * @property {Window[]} axes
 * @property {number[]} extents of the input
 * @property {number[]} made the spatial extents of the output
 * @property {number[]} outputs (O, ...made)
 * @property {import("./layer.js").Call} call
 * @property {boolean} back
 * @property {State} state
 * @property {string} [refusal]
 */
import { Refusal, causalPads, range, window } from "./geometry.js";
import { indices } from "./layer.js";
import { outputExtents, transposedExtents } from "./shapes.js";
import { say } from "./words.js";

export const LANGUAGES = ["numpy", "torch", "jax", "onnx"];

/**
 * @param {State} state
 * @returns {Layer}
 */
export function model(state) {
  const suffixes = state.dims === 1 ? [""] : ["", "2"];
  const extents = suffixes.map((end) => state[`n${end}`]);
  const axes = suffixes.map((end) => {
    const [k, d] = [state[`k${end}`], state[`d${end}`]];
    const [lo, hi] = state.causal ? causalPads(k, d) : [state[`lo${end}`], state[`hi${end}`]];
    return window(k, { stride: state[`s${end}`], dilation: d, lo, hi });
  });
  const [channels, kernels] = state.dims === 1 ? [1, 1] : [state.c, state.o];
  const call = { extents, channels, flip: state.flip, back: state.back };
  const layer = { axes, extents, made: [0], outputs: [0], call, back: state.back, state };
  try {
    const made = state.back ? backwards(extents, axes) : outputExtents(extents, axes);
    return { ...layer, made, outputs: [kernels, ...made] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ...layer, refusal: `${say("refused")} ${error.message}` };
  }
}

/** @param {number[]} extents @param {Window[]} axes */
function backwards(extents, axes) {
  const one = (/** @type {keyof Window} */ name) => axes.map((w) => w[name]);
  const padding = axes.map((w) => /** @type {[number, number]} */ ([w.lo, w.hi]));
  const options = { kernel: one("kernel"), stride: one("stride"), dilation: one("dilation"), padding };
  return transposedExtents(
    extents,
    options,
    axes.map(() => 0),
  );
}

/** The flat index of the chosen output, inside what there is. @param {Layer} layer */
export const chosen = (layer) => Math.min(layer.state.at, layer.outputs.reduce((a, b) => a * b, 1) - 1);

/** The chosen output: its channel and its place. @param {Layer} layer @returns {{o: number, at: number[]}} */
export function place(layer) {
  const [o, ...at] = indices(layer.outputs)[chosen(layer)];
  return { o, at };
}

/** The flat index of an output. @param {Layer} layer @param {number} o @param {number[]} at */
export const flat = (layer, o, at) =>
  [o, ...at].reduce((found, i, axis) => found * layer.outputs[axis] + i, 0);

/**
 * The flat index after a move by channel, row and column; it stops at the border.
 * @param {Layer} layer
 * @param {number[]} way
 */
export function move(layer, way) {
  const { o, at } = place(layer);
  const by = at.length === 1 ? [way[0], way[1] + way[2]] : way;
  const next = [o, ...at].map((i, axis) => Math.min(Math.max(i + by[axis], 0), layer.outputs[axis] - 1));
  return flat(layer, next[0], next.slice(1));
}

/** The extents of the long side, where the windows lie: the input, or the output of a transposed layer. @param {Layer} layer */
export const long = (layer) => (layer.back ? layer.made : layer.extents);

/** The extents of the short side: one element for each window. @param {Layer} layer */
export const short = (layer) => (layer.back ? layer.extents : layer.made);

/** The coordinates that are drawn of one long axis: what is there, padding, and what is cropped. @param {Window} w @param {number} n */
export const drawnAxis = (w, n) => {
  const first = Math.min(-w.lo, 0);
  return range(Math.max(n + w.hi, n) - first).map((at) => at + first);
};
