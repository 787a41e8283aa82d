/** The Window lab: one layer in one or two dimensions, its windows, and one output's sum spelled out. */
import { h } from "./dom.js";
import { player } from "./player.js";
import { build } from "./shell.js";
import { code } from "./window_code.js";
import { line } from "./window_line.js";
import { LANGUAGES, chosen, model, move } from "./window_model.js";
import { kernels, planes } from "./window_planes.js";
import { sum, summary } from "./window_words.js";
import { say } from "./words.js";

/** @typedef {import("./state.js").Field} Field */
/** @typedef {import("./state.js").State} State */

const plane = (/** @type {State} */ state) => state.dims === 2;

/**
 * The six numbers of an axis, and its name in the address.
 * @param {string} suffix
 * @param {Record<string, number>} values
 * @returns {Record<string, Field>}
 */
function axis(suffix, values) {
  const shown = suffix ? plane : undefined;
  const free = (/** @type {State} */ state) => !state.causal;
  const group = suffix ? "axis.1" : "axis.0";
  return {
    [`n${suffix}`]: { value: values.n, min: 1, max: 12, label: "n", group, shown },
    [`k${suffix}`]: { value: values.k, min: 1, max: 5, label: "k", group, shown },
    [`s${suffix}`]: { value: values.s, min: 1, max: 4, label: "s", group, shown },
    [`d${suffix}`]: { value: 1, min: 1, max: 3, label: "d", group, shown },
    [`lo${suffix}`]: { value: 0, min: -2, max: 4, label: "lo", group, shown, enabled: free },
    [`hi${suffix}`]: { value: 0, min: -2, max: 4, label: "hi", group, shown, enabled: free },
  };
}

/** @type {Record<string, Field>} */
export const FIELDS = {
  dims: { value: 1, choices: [1, 2] },
  ...axis("", { n: 8, k: 3, s: 2 }),
  ...axis("2", { n: 6, k: 2, s: 2 }),
  c: { value: 1, min: 1, max: 3, group: "channels", shown: plane },
  o: { value: 1, min: 1, max: 3, group: "channels", shown: plane },
  flip: { value: false, group: "turns" },
  back: { value: false, group: "turns", enabled: (state) => !state.causal },
  causal: { value: false, group: "turns", enabled: (state) => !state.back },
  at: { value: 0, min: 0, hidden: true },
  code: { value: "numpy", choices: LANGUAGES, below: true },
};

const K9 = { dims: 2, n: 7, k: 3, s: 2, n2: 7, k2: 3, s2: 2, c: 3, o: 2 };

/** @type {Record<string, State>} */
const PRESETS = {
  "preset.k9": K9,
  "preset.k9pad": { ...K9, n: 5, n2: 5, lo: 1, hi: 1, lo2: 1, hi2: 1 },
  "preset.worked": { dims: 2, n: 3, k: 2, s: 1, n2: 4, k2: 2, s2: 1 },
  "preset.unread": { n: 9, k: 2, s: 3 },
  "preset.dilated": { n: 9, k: 3, s: 1, d: 2, lo: 2, hi: 2 },
  "preset.causal": { n: 8, k: 3, s: 1, causal: true },
  "preset.back": { n: 4, k: 3, s: 2, back: true },
};

/**
 * @param {State} state
 * @param {(change: State) => void} update
 */
function draw(state, update) {
  const layer = model(state);
  if (layer.refusal)
    return [h("output", { class: "cnn-said cnn-refused", "aria-live": "polite" }, layer.refusal)];
  const pick = (/** @type {number} */ at) => update({ at });
  return [
    summary(layer),
    ...(state.dims === 1 ? [line(layer, pick), kernels(layer)] : [planes(layer, pick)]),
    h("output", { class: "cnn-said", "aria-live": "polite" }, ...sum(layer)),
    h("p", { class: "cnn-hint" }, say("hint.keys")),
  ];
}

/** @param {State} state */
function foot(state) {
  const layer = model(state);
  const text = layer.refusal ? "" : code(layer, state.code);
  return [h("pre", { class: "cnn-code", tabindex: 0, "aria-label": say("code") }, h("code", {}, text))];
}

/** @param {string} key @param {State} state */
function keys(key, state) {
  const ways = {
    ArrowLeft: [0, 0, -1],
    ArrowRight: [0, 0, 1],
    ArrowUp: [0, -1, 0],
    ArrowDown: [0, 1, 0],
    PageUp: [-1, 0, 0],
    PageDown: [1, 0, 0],
  };
  const way = /** @type {Record<string, number[]>} */ (ways)[key];
  const layer = way && model(state);
  return layer && !layer.refusal ? { at: move(layer, way) } : undefined;
}

/**
 * @param {() => State} get
 * @param {(change: State) => void} update
 */
const tools = (get, update) =>
  player((by) => {
    const layer = model(get());
    const total = layer.outputs.reduce((a, b) => a * b, 1);
    if (!layer.refusal) update({ at: (chosen(layer) + by + total) % total });
  });

/** @param {HTMLElement} root */
export const start = (root) => build(root, { fields: FIELDS, presets: PRESETS, draw, foot, keys, tools });
