/** The matrix view: a layer as a sparse matrix, and its transpose at a click. */
import { h, number, s } from "./dom.js";
import { Refusal, range, window } from "./geometry.js";
import { indices, reads, sampleInput } from "./layer.js";
import { plane, row } from "./planes.js";
import { outputExtents } from "./shapes.js";
import { build } from "./shell.js";
import { say } from "./words.js";

/** @typedef {import("./state.js").State} State */

const CELL = 20;

/** @type {Record<string, import("./state.js").Field>} */
const FIELDS = {
  dims: { value: 1, choices: [1, 2] },
  n: { value: 8, min: 1, max: 10, group: "axis", label: "matrix.n" },
  n2: { value: 5, min: 1, max: 6, group: "axis", label: "matrix.n2", shown: (state) => state.dims === 2 },
  k: { value: 3, min: 1, max: 4, group: "axis" },
  k2: { value: 2, min: 1, max: 3, group: "axis", label: "matrix.k2", shown: (state) => state.dims === 2 },
  s: { value: 1, min: 1, max: 3, group: "axis" },
  d: { value: 1, min: 1, max: 3, group: "axis" },
  lo: { value: 0, min: 0, max: 2, group: "axis" },
  hi: { value: 0, min: 0, max: 2, group: "axis" },
  back: { value: false, group: "turns", label: "matrix.back" },
  at: { value: 0, min: 0, hidden: true },
};

const PRESETS = {
  "preset.toeplitz": {},
  "preset.blocks": { dims: 2, n: 4, k: 2, k2: 3 },
  "preset.strided": { n: 9, s: 2 },
  "preset.padded": { lo: 1, hi: 1 },
  "preset.adjoint": { n: 9, s: 2, back: true },
};

/**
 * The matrix: the number of the weight, from 1, at each output's row and input's column; 0 elsewhere.
 * @param {State} state
 */
function model(state) {
  const extents = state.dims === 1 ? [state.n] : [Math.min(state.n, 6), state.n2];
  const kernel = state.dims === 1 ? [state.k] : [state.k, state.k2];
  const axes = kernel.map((k) =>
    window(k, { stride: state.s, dilation: state.d, lo: state.lo, hi: state.hi }),
  );
  const made = outputExtents(extents, axes);
  const flat = (/** @type {number[]} */ at, /** @type {number[]} */ size) =>
    at.reduce((all, i, axis) => all * size[axis] + i, 0);
  const [outputs, inputs] = [indices(made), indices(extents)];
  const entries = outputs.map(() => inputs.map(() => 0));
  outputs.forEach((i, at) => {
    for (const term of reads(i, axes, extents)) {
      if (term.kind === "real") entries[at][flat(term.place, extents)] = flat(term.tap, kernel) + 1;
    }
  });
  const shown = state.back ? entries[0].map((_, c) => entries.map((line) => line[c])) : entries;
  const [to, from] = state.back ? [extents, made] : [made, extents];
  return { shown, to, from, weights: kernel.reduce((a, b) => a * b, 1), kernel };
}

/**
 * @param {State} state
 * @param {(change: State) => void} update
 */
function draw(state, update) {
  try {
    return drawn(state, model(state), update);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [
      h(
        "output",
        { class: "cnn-said cnn-refused", "aria-live": "polite" },
        `${say("refused")} ${error.message}`,
      ),
    ];
  }
}

/**
 * @param {State} state
 * @param {ReturnType<typeof model>} layer
 * @param {(change: State) => void} update
 */
function drawn(state, { shown, to, from, weights, kernel }, update) {
  const at = Math.min(state.at, shown.length - 1);
  const x = indices(from).map((place) => sampleInput(0, place));
  const y = shown.map((line) => line.reduce((sum, weight, c) => sum + weight * x[c], 0));
  const full = shown.flat().filter(Boolean).length;
  const all = shown.length * shown[0].length;
  const products = shown[at].flatMap((weight, c) => (weight ? [`${weight}·${x[c]}`] : []));
  const [a, b] = state.back ? ["z", "g"] : ["y", "x"];
  return [
    h(
      "p",
      { class: "cnn-result" },
      h("b", { "data-shape": "" }, `${shown.length} × ${shown[0].length}`),
      h(
        "span",
        { class: "cnn-hint" },
        ` ${say("matrix.counts", { full, share: Math.round((100 * full) / all), weights, dense: all })}`,
      ),
    ),
    picture(shown, at, (r) => update({ at: r })),
    h(
      "output",
      { class: "cnn-said", "aria-live": "polite" },
      h("b", { "data-sum": y[at] }, `${a}[${indices(to)[at].join(", ")}] = ${number(y[at])}`),
      ` = ${products.join(" + ") || "0"}`,
    ),
    h(
      "div",
      { class: "cnn-layer" },
      row(
        say("matrix.weights"),
        vector(
          range(weights).map((i) => i + 1),
          kernel,
          "w",
          [],
        ),
      ),
      row(
        say("input"),
        vector(
          x,
          from,
          b,
          shown[at].flatMap((weight, c) => (weight ? [c] : [])),
        ),
      ),
      row(
        say("output"),
        vector(y, to, a, [at], (r) => update({ at: r })),
      ),
    ),
    h("p", { class: "cnn-hint" }, say("matrix.hint")),
  ];
}

/** @param {number[][]} entries @param {number} at @param {(row: number) => void} pick */
function picture(entries, at, pick) {
  const [width, height] = [entries[0].length * CELL, entries.length * CELL];
  const cells = entries.flatMap((line, r) =>
    line.flatMap((weight, c) => (weight ? [cell(weight, r, c)] : [])),
  );
  const rows = entries.map((_, r) =>
    s("rect", {
      class: "cnn-band cnn-pick",
      "data-row": r,
      x: 0,
      y: r * CELL,
      width,
      height: CELL,
      onclick: () => pick(r),
    }),
  );
  const svg = s(
    "svg",
    {
      role: "img",
      "aria-label": say("matrix.told", { rows: entries.length, columns: entries[0].length }),
      viewBox: `-2 -2 ${width + 4} ${height + 4}`,
      width: width + 4,
      height: height + 4,
      style: `min-width:${Math.min(width, Math.max(300, 0.62 * width))}px`,
      "data-entries": JSON.stringify(entries),
    },
    s("rect", { class: "frame", x: 0, y: 0, width, height }),
    ...cells,
    s("rect", { class: "cnn-interior", x: 0, y: at * CELL, width, height: CELL }),
    ...rows,
  );
  return h("div", { class: "cnn-picture cnn-matrix" }, svg);
}

/** @param {number} weight @param {number} r @param {number} c */
const cell = (weight, r, c) =>
  s(
    "g",
    {},
    s("rect", {
      class: `shade s${(weight - 1) % 9}`,
      x: c * CELL + 1,
      y: r * CELL + 1,
      width: CELL - 2,
      height: CELL - 2,
      rx: 2,
    }),
    s(
      "text",
      { class: "value small", x: (c + 0.5) * CELL, y: (r + 0.5) * CELL + 4, "text-anchor": "middle" },
      weight,
    ),
  );

/** A vector, laid out as the plane that it is. @param {number[]} values @param {number[]} extents @param {string} name @param {number[]} hit @param {(at: number) => void} [pick] */
function vector(values, extents, name, hit, pick) {
  const [rows, columns] = extents.length === 1 ? [1, extents[0]] : extents;
  const flat = (/** @type {[number, number]} */ [r, c]) => r * columns + c;
  return plane({
    rows,
    columns,
    name,
    size: 28,
    pick: pick && ((at) => pick(flat(at))),
    cell: (at) => ({ value: values[flat(at)], kind: hit.includes(flat(at)) ? (pick ? "out" : "hit") : "" }),
  });
}

/** @param {string} key @param {State} state */
function keys(key, state) {
  const by = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[key];
  return by === undefined ? undefined : { at: Math.max(state.at + by, 0) };
}

/** The chosen row stays inside the matrix. @param {State} _ @param {State} state */
function settle(_, state) {
  try {
    return { at: Math.min(state.at, model(state).shown.length - 1) };
  } catch {
    return {};
  }
}

/** @param {HTMLElement} root */
export const start = (root) => build(root, { fields: FIELDS, presets: PRESETS, draw, keys, settle });
