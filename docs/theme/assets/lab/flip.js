/** The flip pair: correlation beside convolution with a kernel that is turned, and both of them learning. */
import { h, number } from "./dom.js";
import { equal, exact, rounded } from "./fraction.js";
import { range } from "./geometry.js";
import { START, train } from "./learning.js";
import { plane, row } from "./planes.js";
import { build } from "./shell.js";
import { say } from "./words.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {number[][]} Plane */

const SIZE = 3;
const STEPS = 6;
const INPUTS = {
  impulse: [
    [0, 0, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ],
  numbers: [
    [2, 0, 1, 3],
    [1, 4, 0, 1],
    [0, 2, 1, 0],
    [3, 1, 0, 2],
  ],
};

/** What may be done to the kernel of the convolution. @type {Record<string, (k: Plane) => Plane>} */
const TURNS = {
  none: (k) => k,
  half: (k) => k.map((line) => line.toReversed()).toReversed(),
  rows: (k) => k.toReversed(),
  columns: (k) => k.map((line) => line.toReversed()),
  transpose: (k) => k.map((line, r) => line.map((_, c) => k[c][r])),
};

/** @type {Record<string, import("./state.js").Field>} */
const FIELDS = {
  x: { value: "numbers", choices: Object.keys(INPUTS), label: "flip.x" },
  turn: { value: "none", choices: Object.keys(TURNS) },
  kernel: { value: "1,2,0,3,0,0,-1,0,0", hidden: true },
  steps: { value: 0, min: 0, max: STEPS, below: true },
  start: { value: "turned", choices: ["turned", "alike"], below: true },
};

const PRESETS = {
  "preset.layers": {},
  "preset.half": { turn: "half" },
  "preset.hides": { kernel: "1,2,1,2,4,2,1,2,1" },
  "preset.impulse": { x: "impulse" },
};

/** @param {State} state @returns {Plane} */
function kernel(state) {
  const given = String(state.kernel).split(",").map(Number);
  const numbers =
    given.length === SIZE ** 2 && given.every(Number.isInteger) ? given : [1, 2, 0, 3, 0, 0, -1, 0, 0];
  return range(SIZE).map((r) => numbers.slice(SIZE * r, SIZE * r + SIZE));
}

/**
 * Every place where kernel and input meet: windows forward, or copies laid down.
 * @param {Plane} x
 * @param {Plane} k
 * @param {boolean} convolve
 */
function full(x, k, convolve) {
  const m = range(x.length + SIZE - 1);
  const sum = (/** @type {number} */ r, /** @type {number} */ c) => {
    let total = 0;
    k.forEach((line, u) =>
      line.forEach((weight, v) => {
        const [a, b] = convolve ? [r - u, c - v] : [r + u - SIZE + 1, c + v - SIZE + 1];
        total += weight * (x[a]?.[b] ?? 0);
      }),
    );
    return total;
  };
  return m.map((r) => m.map((c) => sum(r, c)));
}

/**
 * @param {State} state
 * @param {(change: State) => void} update
 */
function draw(state, update) {
  const [x, k] = [INPUTS[/** @type {"numbers"} */ (state.x)], kernel(state)];
  const turned = TURNS[state.turn](k);
  const [first, last] = [full(x, k, false), full(x, turned, true)];
  const differ = first.flat().filter((value, at) => value !== last.flat()[at]).length;
  const symmetric = String(TURNS.half(k)) === String(k);
  const key = differ ? "flip.differ" : symmetric && state.turn !== "half" ? "flip.symmetric" : "flip.equal";
  return [
    h(
      "div",
      { class: "cnn-layer" },
      row(say("flip.given"), shown(x, "x", "x"), buttons(k, update)),
      row(say("flip.corr"), shown(k, "k", say("flip.asIs")), shown(first, "corr", "x ⋆ k", last)),
      row(
        say("flip.conv"),
        shown(turned, "turned", say(`turn.${state.turn}`)),
        shown(last, "conv", "x ∗ k′", first),
      ),
    ),
    h(
      "output",
      { class: "cnn-said", "aria-live": "polite" },
      h("b", { "data-differ": differ }, say(key, { differ, all: first.flat().length })),
    ),
  ];
}

/** @param {Plane} values @param {string} id @param {string} name @param {Plane} [beside] marks where it differs */
function shown(values, id, name, beside) {
  const figure = plane({
    rows: values.length,
    columns: values[0].length,
    name,
    size: 26,
    cell: ([r, c]) => ({ value: values[r][c], kind: beside && beside[r][c] !== values[r][c] ? "wrong" : "" }),
  });
  figure.dataset.plane = id;
  return figure;
}

/** The kernel as buttons: a press makes a weight one larger, up to 3, and then −2. @param {Plane} k @param {(change: State) => void} update */
function buttons(k, update) {
  const flat = k.flat();
  const next = (/** @type {number} */ at) =>
    flat.map((value, i) => (i === at ? (value >= 3 ? -2 : value + 1) : value)).join(",");
  const all = flat.map((value, at) =>
    h(
      "button",
      {
        type: "button",
        class: "cnn-weight",
        "data-key": `k${at}`,
        "aria-label": `k[${Math.floor(at / SIZE)}, ${at % SIZE}] = ${number(value)}`,
        onclick: () => update({ kernel: next(at) }),
      },
      number(value),
    ),
  );
  return h(
    "figure",
    { class: "cnn-plane" },
    h("figcaption", {}, say("flip.press")),
    h("div", { class: "cnn-weights" }, ...all),
  );
}

/** Both learn: kernels, outputs and loss before each step. @param {State} state */
function foot(state) {
  const runs = [
    train(START, false, state.steps + 1),
    train(state.start === "turned" ? START.toReversed() : START, true, state.steps + 1),
  ];
  const rows = runs[0].map((corr, t) => {
    const conv = runs[1][t];
    const alike =
      corr.y.every((value, i) => equal(value, conv.y[i])) &&
      corr.w.every((weight, i) => equal(weight, conv.w[corr.w.length - 1 - i]));
    const list = (/** @type {import("./fraction.js").Fraction[]} */ values) =>
      values.map((v) => number(rounded(v))).join("  ");
    const cells = [
      t,
      list(corr.w),
      list(conv.w),
      list(corr.y),
      list(conv.y),
      number(rounded(corr.loss)),
      number(rounded(conv.loss)),
      alike ? "✓" : "✗",
    ];
    const data = {
      "data-w": [...corr.w, ...conv.w].map(exact).join(" "),
      "data-alike": alike ? "yes" : "no",
    };
    return h("tr", data, ...cells.map((cell) => h("td", {}, String(cell))));
  });
  const heads = ["step", "w", "v", "y", "z", "loss", "loss2", "alike"].map((name) =>
    h("th", { scope: "col" }, say(`learn.${name}`)),
  );
  return [
    h(
      "div",
      { class: "cnn-table" },
      h("table", {}, h("thead", {}, h("tr", {}, ...heads)), h("tbody", { "aria-live": "polite" }, ...rows)),
    ),
  ];
}

/** @param {HTMLElement} root */
export const start = (root) => build(root, { fields: FIELDS, presets: PRESETS, draw, foot });
