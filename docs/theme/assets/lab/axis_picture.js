/**
 * One axis with its elements on top, and a row for each window: its reach, a dot for each tap, and a number.
 *
 * @typedef {object} Cell
 * @property {number} t its coordinate
 * @property {string} box the class of its frame
 * @property {string} words the class of its number
 * @property {string | number} value
 * @property {() => void} [pick]
 * @typedef {object} Row
 * @property {number} i
 * @property {string} name
 * @property {{t: number, dot: string, large?: boolean}[]} taps
 * @property {string} value
 * @property {boolean} on
 * @property {() => void} [pick]
 */
import { h, number, s } from "./dom.js";

const [CELL, GAP, ROW, LEFT] = [34, 4, 32, 46];

/**
 * @param {{name: string, told: string, cells: Cell[], rows: Row[], right?: number}} axis
 */
export function axisPicture({ name, told, cells, rows, right = 78 }) {
  const first = cells[0]?.t ?? 0;
  const left = (/** @type {number} */ t) => LEFT + (t - first) * (CELL + GAP);
  const width = LEFT + cells.length * (CELL + GAP) + right;
  const height = CELL + 30 + rows.length * ROW;
  const size = { viewBox: `0 -2 ${width} ${height}`, width, height, style: `min-width:${0.66 * width}px` };
  const picture = s(
    "svg",
    { role: "img", "aria-label": told, ...size },
    s("text", { class: "label", x: LEFT - 12, y: CELL / 2 + 5, "text-anchor": "end" }, name),
    ...cells.map((each) => cell(each, left(each.t))),
    ...rows.map((each, at) => row(each, CELL + 34 + at * ROW, left, width)),
  );
  return h("div", { class: "cnn-picture cnn-line" }, picture);
}

/** @param {Cell} cell @param {number} x */
function cell({ t, box, words, value, pick }, x) {
  return s(
    "g",
    { "data-at": t, class: pick ? "cnn-pick" : null, onclick: pick ?? (() => {}) },
    s("rect", { class: box, x: x + 1, y: 1, width: CELL - 2, height: CELL - 2, rx: 5 }),
    s("text", { class: words, x: x + CELL / 2, y: CELL / 2 + 5, "text-anchor": "middle" }, number(value)),
    s("text", { class: "label small", x: x + CELL / 2, y: CELL + 13, "text-anchor": "middle" }, number(t)),
  );
}

/** @param {Row} row @param {number} y @param {(t: number) => number} left @param {number} width */
function row({ i, name, taps, value, on, pick }, y, left, width) {
  const [first, last] = [left(taps[0].t), left(taps[taps.length - 1].t)];
  const dots = taps.map(({ t, dot, large }) =>
    s("circle", { class: dot, cx: left(t) + CELL / 2, cy: y, r: large ? 7 : 5.5 }),
  );
  return s(
    "g",
    {
      "data-row": i,
      class: `cnn-row${on ? " on" : ""}${pick ? " cnn-pick" : ""}`,
      onclick: pick ?? (() => {}),
    },
    s("rect", { class: "cnn-band", x: 0, y: y - ROW / 2, width, height: ROW, rx: 4 }),
    s("text", { class: "label", x: LEFT - 12, y: y + 5, "text-anchor": "end" }, name),
    s("rect", { class: "reach", x: first, y: y - 9, width: last - first + CELL, height: 18, rx: 9 }),
    ...dots,
    s("text", { class: `value${on ? " hit" : ""}`, x: width - 12, y: y + 5, "text-anchor": "end" }, value),
  );
}
