/**
 * Output shapes in n dimensions, as in cnnspec/shapes.py.  A shape is (C, ...n): the batch is left to the reader.
 *
 * @typedef {import("./geometry.js").Window} Window
 * @typedef {"valid" | "same" | "same_upper" | "same_lower" | "causal"} PadWord
 * @typedef {number | PadWord | [number, number][]} Padding one int for all sides, a word, or (lo, hi) for each axis
 * @typedef {{kernel: number[], stride: number[], dilation: number[], padding: Padding}} Options
 */
import { Refusal, causalPads, count, padded, samePads, span, transposedExtent, window } from "./geometry.js";

/**
 * One window per axis.
 * @param {number[]} extents
 * @param {Options} options
 * @returns {Window[]}
 */
export function windows(extents, { kernel, stride, dilation, padding }) {
  return extents.map((n, axis) => {
    const made = window(kernel[axis], { stride: stride[axis], dilation: dilation[axis] });
    const [lo, hi] = pads(n, axis, made, padding);
    return { ...made, lo, hi };
  });
}

/**
 * @param {number} n
 * @param {number} axis
 * @param {Window} w
 * @param {Padding} padding
 * @returns {[number, number]}
 */
function pads(n, axis, w, padding) {
  if (padding === "valid") return [0, 0];
  if (padding === "causal") return causalPads(w.kernel, w.dilation);
  if (padding === "same_lower") return samePads(n, w, false);
  if (padding === "same" || padding === "same_upper") return samePads(n, w);
  return typeof padding === "number" ? [padding, padding] : padding[axis];
}

/**
 * The number of windows on every axis.
 * @param {number[]} extents
 * @param {Window[]} axes
 * @param {boolean} [ceilMode]
 */
export function outputExtents(extents, axes, ceilMode = false) {
  const counts = axes.map((w, axis) => count(w, extents[axis], ceilMode));
  const axis = counts.indexOf(0);
  if (axis >= 0) {
    const [w, n] = [axes[axis], extents[axis]];
    const reach = `the kernel reaches over ${span(w)} elements and the padded input has ${padded(w, n)}`;
    throw new Refusal("shape", `no window fits on spatial axis ${axis}: ${reach} (SHAPE-3)`);
  }
  return counts;
}

/** @param {number[]} extents @param {Options} options */
export const convExtents = (extents, options) => outputExtents(extents, windows(extents, options));

/** @param {number[]} extents @param {Options} options @param {boolean} ceilMode */
export const poolExtents = (extents, options, ceilMode) =>
  outputExtents(extents, windows(extents, options), ceilMode);

/**
 * The windows of a transposed convolution; a word means what it means in TensorFlow.
 * @param {number[]} extents
 * @param {Options} options
 * @returns {Window[]}
 */
export function transposedWindows(extents, options) {
  if (typeof options.padding !== "string") return windows(extents, options);
  if (options.padding === "causal") {
    throw new Refusal("value", "padding 'causal' is not defined for a transposed convolution (TRANS-1)");
  }
  const produced = extents.map((n, axis) => n * options.stride[axis]);
  return windows(produced, options).map((w) => ({ ...w, hi: w.hi - Math.max(w.stride - span(w), 0) }));
}

/**
 * @param {number[]} extents
 * @param {Options} options
 * @param {number[]} outputPadding
 */
export function transposedExtents(extents, options, outputPadding) {
  const axes = transposedWindows(extents, options);
  axes.forEach((w, axis) => {
    const limit = Math.max(w.stride, w.dilation);
    if (outputPadding[axis] < 0 || outputPadding[axis] >= limit) {
      const rule = `output_padding must be >= 0 and < max(stride, dilation) = ${limit}`;
      throw new Refusal("value", `${rule} on spatial axis ${axis}, got ${outputPadding[axis]} (TRANS-2)`);
    }
  });
  const made = axes.map((w, axis) => transposedExtent(w, extents[axis], outputPadding[axis]));
  if (Math.min(...made) < 1) {
    throw new Refusal("shape", `the pads crop everything: output extents (${made.join(", ")}) (SHAPE-3)`);
  }
  return made;
}

/** @param {number[]} extents @param {number[]} outputSize */
export function adaptiveExtents(extents, outputSize) {
  if (Math.min(...outputSize) < 1) {
    throw new Refusal(
      "value",
      `output_size must be >= 1 on every axis, got (${outputSize.join(", ")}) (SHAPE-1)`,
    );
  }
  if (extents.includes(0))
    throw new Refusal("shape", "adaptive pooling needs an extent >= 1 on every axis (SHAPE-3)");
  return outputSize;
}
