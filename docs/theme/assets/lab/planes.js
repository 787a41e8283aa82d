/**
 * A plane of numbers as a small figure, in the colours of the site's other pictures.
 *
 * @typedef {object} Plane
 * @property {number} rows
 * @property {number} columns
 * @property {[number, number]} [from] the coordinate of the first cell
 * @property {(at: [number, number]) => {value: string | number, kind?: string}} cell
 * @property {string} [name] stands above
 * @property {string} [told] the text equivalent
 * @property {(at: [number, number]) => void} [pick] a cell is clicked
 * @property {number} [size] of a cell
 */
import { h, number, s } from "./dom.js";
import { range } from "./geometry.js";

const PLAIN = new Set(["", "unread", "faint"]);

/** The size of a cell that nobody needs to hit: small on a phone, where several planes stand side by side. */
const SIZE = matchMedia("(max-width: 30em)").matches ? 23 : 30;

/** @param {Plane} plane */
export function plane({ rows, columns, from = [0, 0], cell, name, told, pick, size = SIZE }) {
  const cells = range(rows).flatMap((r) =>
    range(columns).map((c) => ({ r, c, ...cell([from[0] + r, from[1] + c]) })),
  );
  const widest = Math.max(1, ...cells.map(({ value }) => String(value).length));
  const wide = Math.max(size, widest * 8 + (size < 30 ? 5 : 10));
  const drawn = cells.map(({ r, c, value, kind = "" }) => ({
    on: PLAIN.has(kind) ? 0 : 1,
    node: s(
      "g",
      { "data-at": `${from[0] + r},${from[1] + c}`, class: pick ? "cnn-pick" : null },
      s("rect", {
        class: `cell ${kind}`,
        x: c * wide + 1,
        y: r * size + 1,
        width: wide - 2,
        height: size - 2,
        rx: 3,
      }),
      s(
        "text",
        { class: `value ${kind}`, x: (c + 0.5) * wide, y: (r + 0.5) * size + 4.5, "text-anchor": "middle" },
        number(value),
      ),
    ),
  }));
  drawn.sort((a, b) => a.on - b.on); // frames that stand out are drawn over their neighbours
  const [width, height] = [columns * wide + 4, rows * size + 4];
  const picture = s(
    "svg",
    { role: "img", viewBox: `-2 -2 ${width} ${height}`, width, height, "aria-label": told ?? name },
    ...drawn.map(({ node }) => node),
  );
  if (pick) picture.addEventListener("click", (/** @type {MouseEvent} */ event) => picked(event, pick));
  return h("figure", { class: "cnn-picture cnn-plane" }, name && h("figcaption", {}, name), picture);
}

/**
 * @param {MouseEvent} event
 * @param {(at: [number, number]) => void} pick
 */
function picked(event, pick) {
  const group = /** @type {Element} */ (event.target).closest("[data-at]");
  const at = group?.getAttribute("data-at")?.split(",").map(Number);
  if (at) pick(/** @type {[number, number]} */ (at));
}

/** Figures in a row that breaks where there is no room, with a name. @param {string} name @param {...(Node | string)} parts */
export const row = (name, ...parts) =>
  h(
    "div",
    { class: "cnn-part" },
    h("span", { class: "cnn-part-name" }, name),
    h("div", { class: "cnn-planes" }, ...parts),
  );
