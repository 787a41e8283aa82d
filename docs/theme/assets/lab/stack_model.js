/**
 * A stack of layers, counted: the shape after each, and how each extent comes about.
 *
 * @typedef {import("./geometry.js").Window} Window
 * @typedef {import("./stack_text.js").Row} Row
 * @typedef {object} Axis how one extent came about, by the formula and by counting
 * @property {number} n
 * @property {number} m
 * @property {string} formula with its numbers
 * @property {number} byFormula
 * @property {number} counted
 * @property {string} shown what was counted
 * @typedef {object} Step
 * @property {Row} row
 * @property {number[]} from (C, ...n)
 * @property {number[]} to
 * @property {Axis[]} axes
 * @property {Window[]} windows of a convolution, pooling or transposed convolution
 * @property {number} parameters
 * @property {number} products multiply-adds for one sample
 */
import { Refusal, adaptiveWindow, ceilDiv, padded, range, span, starts } from "./geometry.js";
import { adaptiveExtents, outputExtents, transposedExtents, transposedWindows, windows } from "./shapes.js";
import { padding, perAxis } from "./stack_text.js";

const product = (/** @type {number[]} */ list) => list.reduce((a, b) => a * b, 1);

/**
 * One layer on an input of shape (C, ...n).
 * @param {Row} row
 * @param {number[]} from
 * @returns {Step}
 */
export function step(row, from) {
  const [channels, ...extents] = from;
  if (row.kind === "adaptive") return adaptive(row, from);
  const options = read(row, extents.length);
  const back = row.kind === "transposed";
  const axes = back ? transposedWindows(extents, options) : windows(extents, options);
  const ceil = row.ceil === "1";
  const extra = back ? numbers(row, "e", extents.length) : [];
  const made = back ? transposedExtents(extents, options, extra) : outputExtents(extents, axes, ceil);
  const out = row.kind === "pool" ? channels : numbers(row, "o", 1, 1)[0];
  const weights = row.kind === "pool" ? 0 : out * channels * product(options.kernel);
  const detail = axes.map((w, axis) =>
    back ? written(w, extents[axis], made[axis], extra[axis]) : counted(w, extents[axis], made[axis], ceil),
  );
  const products = weights * product(back ? extents : made);
  return {
    row,
    from,
    to: [out, ...made],
    axes: detail,
    windows: axes,
    parameters: weights && weights + out,
    products,
  };
}

/**
 * The numbers of an option, checked.
 * @param {Row} row
 * @param {string} name
 * @param {number} rank
 * @param {number} [least]
 */
function numbers(row, name, rank, least = 0) {
  const found = perAxis(row[name], rank);
  if (!found || Math.min(...found) < least) {
    throw new Refusal(
      "value",
      `${name} must be one int >= ${least}, or one per spatial axis (${rank}); got "${row[name]}" (SHAPE-1)`,
    );
  }
  return found;
}

/** @param {Row} row @param {number} rank @returns {import("./shapes.js").Options} */
function read(row, rank) {
  const kernel = numbers(row, "k", rank, 1);
  const pads = padding(row.p, rank);
  if (pads === undefined)
    throw new Refusal("value", `padding: 1 or 1,2 or 1:0 or same, got "${row.p}" (SHAPE-2)`);
  const stride = row.s.trim() === "" ? kernel : numbers(row, "s", rank, 1);
  return { kernel, stride, dilation: numbers(row, "d", rank, 1), padding: pads };
}

/** @param {number[]} list */
const some = (list) =>
  (list.length > 6 ? [...list.slice(0, 4), "…", list[list.length - 1]] : list).join(", ");

/** @param {number} pad */
const signed = (pad) => (pad < 0 ? `− ${-pad}` : `+ ${pad}`);

/** @param {number} pad */
const less = (pad) => (pad < 0 ? `+ ${-pad}` : `− ${pad}`);

/** Windows placed one after another, beside the formula. @param {Window} w @param {number} n @param {number} m @param {boolean} ceil @returns {Axis} */
function counted(w, n, m, ceil) {
  const places = starts(w, n, ceil);
  const room = padded(w, n) - span(w);
  const byFormula = ceil ? ceilDiv(room, w.stride) + 1 : Math.floor(room / w.stride) + 1;
  const [open, close] = ceil ? "⌈⌉" : "⌊⌋";
  const formula = `${open}(${n} ${signed(w.lo)} ${signed(w.hi)} − ${span(w)}) / ${w.stride}${close} + 1 = ${byFormula}`;
  return { n, m, formula, byFormula, counted: places.length, shown: some(places) };
}

/** Every place that an input writes to, beside the formula. @param {Window} w @param {number} n @param {number} m @param {number} extra @returns {Axis} */
function written(w, n, m, extra) {
  const places = range(n).flatMap((i) => range(w.kernel).map((j) => w.stride * i + w.dilation * j));
  const reach = Math.max(...places) + 1;
  const formula = `(${n} − 1)·${w.stride} + ${span(w)} ${less(w.lo)} ${less(w.hi)} + ${extra} = ${m}`;
  return { n, m, formula, byFormula: m, counted: reach - w.lo - w.hi + extra, shown: `0 … ${reach - 1}` };
}

/** @param {Row} row @param {number[]} from @returns {Step} */
function adaptive(row, from) {
  const [channels, ...extents] = from;
  const made = adaptiveExtents(extents, numbers(row, "to", extents.length));
  const axes = made.map((m, axis) => {
    const each = range(m).map((i) => adaptiveWindow(i, extents[axis], m));
    const cut = each.length > 5 ? [...each.slice(0, 3), each[each.length - 1]] : each;
    const shown = cut.map(([a, b], at) => `${each.length > 5 && at === 3 ? "… " : ""}[${a}, ${b})`).join(" ");
    return { n: extents[axis], m, formula: `${m}`, byFormula: m, counted: each.length, shown };
  });
  return { row, from, to: [channels, ...made], axes, windows: [], parameters: 0, products: 0 };
}
