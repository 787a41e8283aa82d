/**
 * One axis: windows, extents, pads and index maps, as in cnnspec/geometry.py, whose answers the tests hold this to.
 *
 * Window i reads the taps t = s·i + d·j − lo for j = 0 … k−1.  Negative pads crop.
 *
 * @typedef {{kernel: number, stride: number, dilation: number, lo: number, hi: number}} Window
 * @typedef {"real" | "padding" | "overhang"} TapKind
 */

/** An argument that means nothing; `category` is "shape" or "value", as in cnnspec/errors.py. */
export class Refusal extends Error {
  /**
   * @param {"shape" | "value"} category
   * @param {string} message
   */
  constructor(category, message) {
    super(message);
    this.category = category;
  }
}

/**
 * @param {number} kernel
 * @param {Partial<Window>} [options]
 * @returns {Window}
 */
export function window(kernel, options = {}) {
  const made = { kernel, stride: 1, dilation: 1, lo: 0, hi: 0, ...options };
  for (const name of /** @type {const} */ (["kernel", "stride", "dilation"])) {
    if (!(made[name] >= 1)) throw new Refusal("value", `${name} must be >= 1, got ${made[name]} (SHAPE-1)`);
  }
  return made;
}

/** ⌈a / b⌉ for b > 0. @param {number} a @param {number} b */
export const ceilDiv = (a, b) => Math.ceil(a / b) + 0; // + 0 makes −0 the 0 that it is

/** a mod b, never below 0. @param {number} a @param {number} b */
export const modulo = (a, b) => ((a % b) + b) % b;

/** 0, 1, … count − 1. @param {number} count @returns {number[]} */
export const range = (count) => Array.from({ length: Math.max(count, 0) }, (_, i) => i);

/** The reach of the dilated kernel, k' = (k−1)d + 1. @param {Window} w */
export const span = (w) => (w.kernel - 1) * w.dilation + 1;

/** The padded extent N = n + lo + hi, never below 0. @param {Window} w @param {number} n */
export const padded = (w, n) => Math.max(n + w.lo + w.hi, 0);

/**
 * The number of windows on an axis of n elements; 0 where none fits.
 * @param {Window} w
 * @param {number} n
 * @param {boolean} [ceilMode] the last window may overhang, if it starts inside the input or the low padding
 */
export function count(w, n, ceilMode = false) {
  const room = padded(w, n) - span(w);
  if (!ceilMode) return room >= 0 ? Math.floor(room / w.stride) + 1 : 0;
  const started = Math.min(room + w.stride, n + w.lo + Math.min(w.hi, 0));
  return Math.max(ceilDiv(started, w.stride), 0);
}

/**
 * Where the windows start in the padded input, found by placing one after another: what `count` must equal.
 * @param {Window} w
 * @param {number} n
 * @param {boolean} [ceilMode]
 * @returns {number[]}
 */
export function starts(w, n, ceilMode = false) {
  const end = padded(w, n);
  const fits = ceilMode
    ? (/** @type {number} */ at) => at < end - span(w) + w.stride && at < n + w.lo + Math.min(w.hi, 0)
    : (/** @type {number} */ at) => at + span(w) <= end;
  const found = [];
  for (let at = 0; fits(at); at += w.stride) found.push(at);
  return found;
}

/** The input coordinates that window i reads. @param {Window} w @param {number} i */
export const taps = (w, i) => range(w.kernel).map((j) => w.stride * i + w.dilation * j - w.lo);

/**
 * Whether a tap is an element, padding, or overhang beyond the padding or on what is cropped.
 * @param {Window} w
 * @param {number} tap
 * @param {number} n
 * @returns {TapKind}
 */
export function kind(w, tap, n) {
  if (Math.max(0, -w.lo) <= tap && tap < n + Math.min(w.hi, 0)) return "real";
  return -w.lo <= tap && tap < n + w.hi ? "padding" : "overhang";
}

/** The padded elements that the floor rule leaves over at the end. @param {Window} w @param {number} n */
export const remainder = (w, n) => modulo(padded(w, n) - span(w), w.stride);

/**
 * The extent of the transposed window, (n−1)s + k' − lo − hi + output padding.
 * @param {Window} w
 * @param {number} n
 * @param {number} [outputPadding]
 */
export const transposedExtent = (w, n, outputPadding = 0) =>
  (n - 1) * w.stride + span(w) - w.lo - w.hi + outputPadding;

/** The first and the last-plus-one extent that give m windows. @param {Window} w @param {number} m */
export function inputsFor(w, m) {
  const first = (m - 1) * w.stride + span(w) - w.lo - w.hi;
  return [Math.max(first, 0), Math.max(first + w.stride, 0)];
}

/**
 * The pads that give ⌈n/s⌉ windows; the odd one goes to the high side if `upper`.
 * @param {number} n
 * @param {Pick<Window, "kernel" | "stride" | "dilation">} w
 * @param {boolean} [upper]
 * @returns {[number, number]}
 */
export function samePads(n, w, upper = true) {
  const total = Math.max((ceilDiv(n, w.stride) - 1) * w.stride + (w.kernel - 1) * w.dilation + 1 - n, 0);
  const small = Math.floor(total / 2);
  return upper ? [small, total - small] : [total - small, small];
}

/** The pads under which no output reads ahead. @param {number} kernel @param {number} dilation */
export const causalPads = (kernel, dilation) =>
  /** @type {[number, number]} */ ([dilation * (kernel - 1), 0]);

/** The first and the last-plus-one element of adaptive window i of m. @param {number} i @param {number} n @param {number} m */
export const adaptiveWindow = (i, n, m) => [Math.floor((i * n) / m), ceilDiv((i + 1) * n, m)];

/** The receptive field and the jump of a stack. @param {Window[]} stack */
export function receptiveField(stack) {
  let [field, jump] = [1, 1];
  for (const w of stack) {
    field += (span(w) - 1) * jump;
    jump *= w.stride;
  }
  return [field, jump];
}
