/**
 * A small layer on a small image: a kernel of 3 × 3, a stride, a pooling; and shifts of its input and its output.
 *
 * @typedef {number[][]} Plane
 * @typedef {{pad: "circular" | "zero", s: number, pool: "none" | "max" | "mean" | "global", kernel: string}} Layer
 */
import { count, modulo, padded, range, span, taps, window } from "./geometry.js";
import { traceBack } from "./layer.js";

const LETTER = [
  "............",
  "..#######...",
  "..#######...",
  "..##........",
  "..##........",
  "..#####.....",
  "..#####.....",
  "..##........",
  "..##........",
  "..##........",
  "............",
  "............",
];

/** @type {Record<string, Plane>} */
export const IMAGES = {
  letter: LETTER.map((row) => [...row].map((c) => (c === "#" ? 1 : 0))),
  dot: range(12).map((r) => range(12).map((c) => (r === 5 && c === 4 ? 1 : 0))),
  checks: range(12).map((r) => range(12).map((c) => ((r + c) % 2 ? -1 : 1))),
};

/** @type {Record<string, Plane>} */
export const KERNELS = {
  edge: [
    [-1, 0, 1],
    [-2, 0, 2],
    [-1, 0, 1],
  ],
  blur: [
    [1, 1, 1],
    [1, 1, 1],
    [1, 1, 1],
  ],
  corner: [
    [1, -1, 0],
    [-1, 1, 0],
    [0, 0, 0],
  ],
  same: [
    [0, 0, 0],
    [0, 1, 0],
    [0, 0, 0],
  ],
};

/** The windows of the layer, first to last: the convolution's, and the pooling's where it is local. @param {Layer} layer */
const stack = ({ s, pool }) => {
  const conv = window(3, { stride: s, lo: 1, hi: 1 });
  return pool === "max" || pool === "mean" ? [conv, window(2, { stride: 2 })] : [conv];
};

/** What a shift of the input must be a multiple of. @param {Layer} layer */
export const total = (layer) => stack(layer).reduce((all, w) => all * w.stride, 1);

/**
 * f(x).
 * @param {Plane} x
 * @param {Layer} layer
 */
export function apply(x, layer) {
  const [conv, pool] = stack(layer);
  const y = correlate(x, KERNELS[layer.kernel], conv, layer.pad === "circular");
  if (layer.pool === "global") return [[Math.max(...y.flat())]];
  return pool ? pooled(y, pool, layer.pool === "max") : y;
}

/** @param {Plane} x @param {Plane} k @param {import("./geometry.js").Window} w @param {boolean} circular @returns {Plane} */
function correlate(x, k, w, circular) {
  const n = x.length;
  const at = (/** @type {number} */ r, /** @type {number} */ c) =>
    circular ? x[modulo(r, n)][modulo(c, n)] : (x[r]?.[c] ?? 0);
  const m = range(count(w, n));
  const sum = (/** @type {number} */ i, /** @type {number} */ j) =>
    k.reduce(
      (all, row, u) =>
        all + row.reduce((part, weight, v) => part + weight * at(taps(w, i)[u], taps(w, j)[v]), 0),
      0,
    );
  return m.map((i) => m.map((j) => sum(i, j)));
}

/** @param {Plane} y @param {import("./geometry.js").Window} w @param {boolean} largest @returns {Plane} */
function pooled(y, w, largest) {
  const m = range(count(w, y.length));
  const cell = (/** @type {number} */ i, /** @type {number} */ j) =>
    taps(w, i).flatMap((r) => taps(w, j).map((c) => y[r][c]));
  const mean = (/** @type {number[]} */ list) => list.reduce((a, b) => a + b, 0) / list.length;
  return m.map((i) => m.map((j) => (largest ? Math.max(...cell(i, j)) : mean(cell(i, j)))));
}

/**
 * T_v x: round the torus, or among zeros.
 * @param {Plane} x
 * @param {number[]} v
 * @param {boolean} circular
 * @returns {Plane}
 */
export const shifted = (x, v, circular) =>
  x.map((row, r) =>
    row.map((_, c) => {
      const [a, b] = [r - v[0], c - v[1]];
      return circular ? x[modulo(a, x.length)][modulo(b, row.length)] : (x[a]?.[b] ?? 0);
    }),
  );

/**
 * The outputs on one axis whose windows, and the shifted ones, hold neither padding nor what entered.
 * @param {Layer} layer
 * @param {number} n
 * @param {number} m
 * @param {number} v a multiple of the total stride
 */
export function interior(layer, n, m, v) {
  return range(m).filter((i) => {
    const [first, last] = [...stack(layer)]
      .reverse()
      .reduce(
        (field, w) => traceBack({ kind: "window", w }, field),
        /** @type {[number, number]} */ ([i, i]),
      );
    const from = i - v / total(layer);
    return from >= 0 && from < m && Math.min(first, first - v) >= 0 && Math.max(last, last - v) < n;
  });
}

/** Whether each stride divides the extent that it steps over, so that the torus has no seam. @param {Layer} layer @param {number} n */
export function divides(layer, n) {
  let extent = n;
  return stack(layer).every((w) => {
    const whole = extent % w.stride === 0 && padded(w, extent) - span(w) >= 0;
    extent = count(w, extent);
    return whole;
  });
}
