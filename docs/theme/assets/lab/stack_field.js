/** What an output of a whole stack sees: the formula, and the inputs found by going back layer by layer. */
import { adaptiveWindow, range, receptiveField } from "./geometry.js";
import { traceBack } from "./layer.js";

/** @typedef {import("./stack_model.js").Step} Step */

/** So many outputs are traced; neighbours behave alike soon. */
const MOST = 512;

/**
 * The inputs that output i of the stack can depend on, on one axis: first and last coordinate, padding included.
 * @param {Step[]} steps
 * @param {number} axis
 * @param {number} i
 */
function seen(steps, axis, i) {
  /** @type {[number, number]} */
  let field = [i, i];
  for (const step of [...steps].reverse()) {
    if (step.row.kind === "adaptive") {
      const { n, m } = step.axes[axis];
      field = [adaptiveWindow(field[0], n, m)[0], adaptiveWindow(field[1], n, m)[1] - 1];
    } else {
      const kind = step.row.kind === "transposed" ? "transposed" : "window";
      field = traceBack({ kind, w: step.windows[axis] }, field);
    }
  }
  return field;
}

/**
 * The largest field on one axis and the steps between neighbouring fields, traced; and both by the formula where all
 * layers are convolutions and poolings.
 * @param {Step[]} steps
 * @param {number} axis
 */
export function field(steps, axis) {
  const fields = range(Math.min(steps[steps.length - 1].axes[axis].m, MOST)).map((i) => seen(steps, axis, i));
  const sizes = fields.map(([first, last]) => last - first + 1);
  const jumps = [...new Set(fields.slice(1).map(([first], i) => first - fields[i][0]))];
  const plain = steps.every(({ row }) => row.kind === "conv" || row.kind === "pool");
  const formula = plain ? receptiveField(steps.map((step) => step.windows[axis])) : undefined;
  return { size: Math.max(...sizes), jumps, formula, first: fields[0] };
}
