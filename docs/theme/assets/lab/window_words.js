/** The Window lab in words: how many windows fit, what is never read, and the sum of the chosen output. */
import { factor, h, number } from "./dom.js";
import { range, span } from "./geometry.js";
import { sampleInput, sampleWeight, terms, total } from "./layer.js";
import { place } from "./window_model.js";
import { never } from "./window_planes.js";
import { say } from "./words.js";

/** @typedef {import("./window_model.js").Layer} Layer */

/** The shapes, the formula with its numbers, and what is left over. @param {Layer} layer */
export function summary(layer) {
  const parts = [h("p", { class: "cnn-result" }, h("b", { "data-shape": "" }, shapes(layer)))];
  layer.axes.forEach((w, axis) => {
    const name = layer.axes.length === 1 ? "" : `${say(axis ? "columns" : "rows")}${say("colon")}`;
    const n = layer.extents[axis];
    const [k, m] = [span(w), layer.made[axis]];
    const text = layer.back
      ? `(${n} − 1)·${w.stride} + ${k} − ${factor(w.lo)} − ${factor(w.hi)} = ${m}`
      : `⌊(${n} + ${factor(w.lo)} + ${factor(w.hi)} − ${k}) / ${w.stride}⌋ + 1 = ${m}`;
    parts.push(h("p", { class: "cnn-formula" }, `${name}${text}`));
  });
  parts.push(h("p", { class: "cnn-unread", "data-unread": JSON.stringify(never(layer)) }, lost(layer)));
  return h("div", { class: "cnn-summary" }, ...parts);
}

/** @param {Layer} layer */
function shapes(layer) {
  if (layer.axes.length === 1) return `${layer.extents[0]} → ${layer.made[0]}`;
  const [from, to] = [
    [...layer.extents, layer.call.channels],
    [...layer.made, layer.outputs[0]],
  ];
  return `${from.join("×")} → ${to.join("×")}`;
}

/** @param {Layer} layer */
function lost(layer) {
  const found = never(layer);
  const word = layer.back ? "neverWritten" : "neverRead";
  if (found.every((list) => !list.length)) return say(`${word}.none`);
  const list = (/** @type {number} */ axis) =>
    found[axis]
      .map((t) =>
        t < 0 || (t >= layer.extents[axis] && !layer.back) ? `${number(t)} ${say("isPadding")}` : number(t),
      )
      .join(say("comma"));
  if (found.length === 1) return say(word, { what: `${say("position")} ${list(0)}` });
  const names = ["rows", "columns"].map((name, axis) => found[axis].length && `${say(name)} ${list(axis)}`);
  return say(word, { what: names.filter(Boolean).join(say("semicolon")) });
}

/** The sum of the chosen output: every product, channel by channel. @param {Layer} layer @returns {Node[]} */
export function sum(layer) {
  const { o, at } = place(layer);
  const found = terms(at, layer.axes, layer.call);
  const { channels } = layer.call;
  const name = layer.axes.length === 1 ? `y[${at[0]}]` : `y[${[o, ...at].join(", ")}]`;
  const lines = range(channels).map((c) => {
    const products = found.map((term, i) => {
      const value = term.kind === "real" ? sampleInput(c, term.place) : 0;
      const text = `${i ? " + " : ""}${factor(value)}·${factor(sampleWeight(o, c, term.tap))}`;
      return h("span", { class: term.kind === "real" ? null : "cnn-pad" }, text);
    });
    const partial = found
      .filter((term) => term.kind === "real")
      .reduce((sum_, { place: t, tap }) => sum_ + sampleInput(c, t) * sampleWeight(o, c, tap), 0);
    const end = channels > 1 ? h("span", {}, ` = ${number(partial)}`) : null;
    return h(
      "div",
      { class: "cnn-terms" },
      channels > 1 && h("span", { class: "cnn-c" }, `c = ${c}${say("colon")}`),
      ...(products.length ? products : ["0"]),
      end,
    );
  });
  const value = total(o, at, layer.axes, layer.call);
  const head = h(
    "div",
    { class: "cnn-total" },
    h("b", { "data-sum": value }, `${name} = ${number(value)}`),
    ` ${say(layer.back ? "sum.back" : "sum", { count: found.length * channels })}`,
  );
  return [head, ...lines];
}
