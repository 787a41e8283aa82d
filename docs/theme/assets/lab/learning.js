/** Two networks that learn, one correlating and one convolving, in exact fractions: the numbers of the course. */
import { add, fraction, multiply, subtract } from "./fraction.js";
import { range } from "./geometry.js";

/** @typedef {import("./fraction.js").Fraction} Fraction */
/** @typedef {{w: Fraction[], y: Fraction[], loss: Fraction}} Moment */

const [X, TARGET, RATE] = [
  [1, 2, 0, -1, 3].map((v) => fraction(v)),
  [4, 1, -2, 5].map((v) => fraction(v)),
  fraction(1, 16),
];
export const START = [1, 3];

/** @param {Fraction[]} list */
const total = (list) => list.reduce(add, fraction(0));

/** The outputs, by the weights; a convolution reads them backwards. @param {Fraction[]} w @param {boolean} convolve */
const outputs = (w, convolve) =>
  range(X.length - w.length + 1).map((t) =>
    total(w.map((_, v) => multiply(X[t + v], convolve ? w[w.length - 1 - v] : w[v]))),
  );

/**
 * Steps of gradient descent on a squared error: kernel, outputs and loss before each step.
 * @param {number[]} start
 * @param {boolean} convolve
 * @param {number} steps
 * @returns {Moment[]}
 */
export function train(start, convolve, steps) {
  let w = start.map((v) => fraction(v));
  return range(steps).map(() => {
    const y = outputs(w, convolve);
    const error = y.map((value, t) => subtract(value, TARGET[t]));
    const moment = { w, y, loss: total(error.map((e) => multiply(e, e))) };
    w = w.map((weight, u) => {
      const unit = w.map((_, v) => fraction(v === u ? 1 : 0)); // y is linear in w: its answer to one weight is the slope
      const slope = outputs(unit, convolve);
      return subtract(weight, multiply(RATE, total(error.map((e, t) => multiply(e, slope[t])))));
    });
    return moment;
  });
}
