/** The Window lab in one dimension: the long axis on top, and a row for each window with its taps. */
import { h, number, s } from "./dom.js";
import { kind, range, taps } from "./geometry.js";
import { sampleInput, terms, total } from "./layer.js";
import { drawnAxis, flat, long, place, short } from "./window_model.js";
import { never as lost } from "./window_planes.js";
import { say } from "./words.js";

/** @typedef {import("./window_model.js").Layer} Layer */

const [CELL, GAP, ROW, LEFT, RIGHT] = [34, 4, 32, 46, 78];

/**
 * @param {Layer} layer
 * @param {(at: number) => void} pick
 */
export function line(layer, pick) {
  const [w] = layer.axes;
  const [n] = long(layer);
  const places = drawnAxis(w, n);
  const left = (/** @type {number} */ t) => LEFT + (t - places[0]) * (CELL + GAP);
  const rows = range(short(layer)[0]);
  const width = LEFT + places.length * (CELL + GAP) + RIGHT;
  const height = CELL + 30 + rows.length * ROW;
  const picture = s(
    "svg",
    {
      role: "img",
      viewBox: `0 -2 ${width} ${height}`,
      width,
      height,
      style: `min-width:${0.66 * width}px`,
      "aria-label": told(layer),
    },
    s(
      "text",
      { class: "label", x: LEFT - 12, y: CELL / 2 + 5, "text-anchor": "end" },
      layer.back ? "y" : "x",
    ),
    ...places.map((t) => cell(layer, t, left(t), pick)),
    ...rows.map((i) => row(layer, i, left, width, pick)),
  );
  return h("div", { class: "cnn-picture cnn-line" }, picture);
}

/** @param {Layer} layer @param {number} t @param {number} x @param {(at: number) => void} pick */
function cell(layer, t, x, pick) {
  const [w] = layer.axes;
  const [n] = long(layer);
  const real = t >= 0 && t < n;
  const what = real && !layer.back ? kind(w, t, n) : real ? "real" : "padding";
  const never = lost(layer)[0].includes(t);
  const { at } = place(layer);
  const value = !real
    ? layer.back
      ? ""
      : 0
    : layer.back
      ? total(0, [t], layer.axes, layer.call)
      : sampleInput(0, [t]);
  const box = what === "real" ? (layer.back ? "cell" : "real") : what === "padding" ? "padding" : "overhang";
  const mark =
    layer.back && real
      ? at[0] === t
        ? " out"
        : never
          ? " unread"
          : ""
      : never && what === "real"
        ? " unread"
        : "";
  const words = what === "real" && !layer.back && !never ? "on-real" : `value${mark}`;
  const node = s(
    "g",
    { "data-at": t, class: layer.back && real ? "cnn-pick" : null },
    s("rect", { class: box + mark, x: x + 1, y: 1, width: CELL - 2, height: CELL - 2, rx: 5 }),
    s("text", { class: words, x: x + CELL / 2, y: CELL / 2 + 5, "text-anchor": "middle" }, number(value)),
    s("text", { class: "label small", x: x + CELL / 2, y: CELL + 13, "text-anchor": "middle" }, number(t)),
  );
  if (layer.back && real) node.addEventListener("click", () => pick(flat(layer, 0, [t])));
  return node;
}

/** One window: the reach, a dot for each tap, and the number that belongs to it. @param {Layer} layer @param {number} i @param {(t: number) => number} left @param {number} width @param {(at: number) => void} pick */
function row(layer, i, left, width, pick) {
  const [w] = layer.axes;
  const [n] = long(layer);
  const y = CELL + 34 + i * ROW;
  const { at } = place(layer);
  const used = layer.back ? terms(at, layer.axes, layer.call).map((term) => term.place[0]) : [at[0]];
  const on = used.includes(i);
  const own = taps(w, i);
  const [first, last] = [left(own[0]), left(own[own.length - 1])];
  const dots = own.map((t) => {
    const hot = layer.back && on && t === at[0];
    return s("circle", {
      class: hot ? "dot on" : layer.back && kind(w, t, n) !== "real" ? "overhang" : kind(w, t, n),
      cx: left(t) + CELL / 2,
      cy: y,
      r: hot ? 7 : 5.5,
    });
  });
  const value = layer.back ? sampleInput(0, [i]) : total(0, [i], layer.axes, layer.call);
  const node = s(
    "g",
    { "data-row": i, class: `cnn-row${on ? " on" : ""}${layer.back ? "" : " cnn-pick"}` },
    s("rect", { class: "cnn-band", x: 0, y: y - ROW / 2, width, height: ROW, rx: 4 }),
    s(
      "text",
      { class: "label", x: LEFT - 12, y: y + 5, "text-anchor": "end" },
      `${layer.back ? "x" : "y"}[${i}]`,
    ),
    s("rect", { class: "reach", x: first, y: y - 9, width: last - first + CELL, height: 18, rx: 9 }),
    ...dots,
    s(
      "text",
      { class: `value${on ? " hit" : ""}`, x: width - 12, y: y + 5, "text-anchor": "end" },
      `= ${number(value)}`,
    ),
  );
  if (!layer.back) node.addEventListener("click", () => pick(flat(layer, 0, [i])));
  return node;
}

/** The picture in words. @param {Layer} layer */
function told(layer) {
  const [w] = layer.axes;
  const each = range(short(layer)[0]).map(
    (i) => `${layer.back ? "x" : "y"}[${i}]: ${taps(w, i).map(number).join(" ")}`,
  );
  return `${say(layer.back ? "told.back" : "told.line", { n: long(layer)[0] })} ${each.join("; ")}`;
}
