/**
 * The sums of a layer, one output at a time, over the same windows forward and transposed.
 *
 * @typedef {import("./geometry.js").Window} Window
 * @typedef {import("./geometry.js").TapKind} TapKind
 * @typedef {{place: number[], tap: number[], kind: TapKind}} Term an element that is read, and the weight it meets
 */
import { ceilDiv, kind, modulo, range, span } from "./geometry.js";

/**
 * Every index of an array with these extents, the last one fastest.
 * @param {number[]} extents
 * @returns {number[][]}
 */
export const indices = (extents) =>
  extents.reduce(
    (/** @type {number[][]} */ found, n) => found.flatMap((at) => range(n).map((i) => [...at, i])),
    [[]],
  );

/**
 * What output i of a forward layer reads: the place s·i + d·j − lo for every j.
 * @param {number[]} i
 * @param {Window[]} axes
 * @param {number[]} extents of the input
 * @returns {Term[]}
 */
export function reads(i, axes, extents) {
  return indices(axes.map((w) => w.kernel)).map((tap) => {
    const place = axes.map((w, axis) => w.stride * i[axis] + w.dilation * tap[axis] - w.lo);
    const kinds = axes.map((w, axis) => kind(w, place[axis], extents[axis]));
    const worst = /** @type {const} */ (["overhang", "padding", "real"]).find((each) => kinds.includes(each));
    return { place, tap, kind: /** @type {TapKind} */ (worst) };
  });
}

/**
 * What output t of a transposed layer gathers: every input i and tap j with s·i + d·j − lo = t.
 * @param {number[]} t
 * @param {Window[]} axes
 * @param {number[]} extents of the input
 * @returns {Term[]}
 */
export function gathers(t, axes, extents) {
  const found = [];
  for (const tap of indices(axes.map((w) => w.kernel)).reverse()) {
    const from = axes.map((w, axis) => t[axis] + w.lo - w.dilation * tap[axis]);
    if (from.some((at, axis) => modulo(at, axes[axis].stride))) continue;
    const place = from.map((at, axis) => at / axes[axis].stride);
    if (place.every((at, axis) => at >= 0 && at < extents[axis])) {
      found.push({ place, tap, kind: /** @type {TapKind} */ ("real") });
    }
  }
  return found;
}

/**
 * @typedef {{extents: number[], channels: number, flip?: boolean, back?: boolean}} Call
 * back: transposed; flip: the kernel turned round on every axis
 */

/**
 * The elements that one output is a sum over, with the weight's tap as it stands in the kernel.
 * @param {number[]} at
 * @param {Window[]} axes
 * @param {Call} call
 * @returns {Term[]}
 */
export function terms(at, axes, { extents, flip, back }) {
  const found = back ? gathers(at, axes, extents) : reads(at, axes, extents);
  const turned = (/** @type {number[]} */ tap) => tap.map((j, axis) => axes[axis].kernel - 1 - j);
  return flip ? found.map((term) => ({ ...term, tap: turned(term.tap) })) : found;
}

/**
 * One output of the layer on the sample numbers.
 * @param {number} o
 * @param {number[]} at
 * @param {Window[]} axes
 * @param {Call} call
 */
export function total(o, at, axes, call) {
  const real = terms(at, axes, call).filter((term) => term.kind === "real");
  const one = (/** @type {number} */ c) =>
    real.reduce((sum, { place, tap }) => sum + sampleInput(c, place) * sampleWeight(o, c, tap), 0);
  return range(call.channels).reduce((sum, c) => sum + one(c), 0);
}

/**
 * The positions of the padded axis that none of m windows touches, as coordinates of the input.
 * @param {Window} w
 * @param {number} n
 * @param {number} m
 */
export function untouched(w, n, m) {
  const touched = new Set(
    range(m).flatMap((i) => range(w.kernel).map((j) => w.stride * i + w.dilation * j - w.lo)),
  );
  return range(n + w.lo + w.hi)
    .map((at) => at - w.lo)
    .filter((at) => !touched.has(at));
}

/**
 * The inputs that an output of one layer can depend on, as a first and a last coordinate; padding included.
 * @param {{kind: "window" | "transposed", w: Window}} layer
 * @param {[number, number]} outputs
 * @returns {[number, number]}
 */
export function traceBack({ kind: way, w }, [first, last]) {
  if (way === "window") return [w.stride * first - w.lo, w.stride * last - w.lo + span(w) - 1];
  return [ceilDiv(first + w.lo - span(w) + 1, w.stride), Math.floor((last + w.lo) / w.stride)];
}

/** A whole number from 0 to 5 that looks like chance: the input at channel c and place t. @param {number} c @param {number[]} t */
export const sampleInput = (c, [a, b = 0]) => ((73 * a + 31 * b + 17 * c + 11) ** 2 % 101) % 6;

/** A weight from −2 to 2: that of output channel o and input channel c at tap j. @param {number} o @param {number} c @param {number[]} j */
export const sampleWeight = (o, c, [a, b = 0]) =>
  (((37 * a + 53 * b + 29 * c + 71 * o + 6) ** 2 % 103) % 5) - 2;
