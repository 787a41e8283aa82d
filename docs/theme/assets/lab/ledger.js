/** The pooling ledger: which taps of each window are real, padding or overhang, and who counts in its divisor. */
import { axisPicture } from "./axis_picture.js";
import { h, number } from "./dom.js";
import { count, kind, range, taps, window } from "./geometry.js";
import { plane } from "./planes.js";
import { build } from "./shell.js";
import { say } from "./words.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./geometry.js").Window} Window */

const VALUES = [6, 3, 9, 4, 2, 8, 5, 1, 7, 10, 0, 12];

/** @type {Record<string, import("./state.js").Field>} */
const FIELDS = {
  n: { value: 6, min: 1, max: 12, group: "axis" },
  k: { value: 3, min: 1, max: 5, group: "axis" },
  s: { value: 3, min: 1, max: 5, group: "axis" },
  d: { value: 1, min: 1, max: 3, group: "axis" },
  lo: { value: 1, min: 0, max: 4, group: "axis" },
  hi: { value: 1, min: 0, max: 4, group: "axis" },
  ceil: { value: true, group: "turns" },
  include: { value: true, group: "turns" },
  at: { value: 0, min: 0, hidden: true },
};

const PRESETS = {
  "preset.ledger": {},
  "preset.overlap": { n: 7, s: 1, ceil: false },
  "preset.corner": { n: 4, k: 2, s: 2, lo: 1, hi: 1, ceil: false },
  "preset.hanging": { n: 6, k: 4, s: 3, lo: 0, hi: 0 },
};

/** @param {State} state */
function model(state) {
  const w = window(state.k, { stride: state.s, dilation: state.d, lo: state.lo, hi: state.hi });
  return { w, windows: range(count(w, state.n, state.ceil)).map((i) => entry(w, i, state.n)) };
}

/**
 * The ledger of one window.
 * @param {Window} w
 * @param {number} i
 * @param {number} n
 */
function entry(w, i, n) {
  const own = taps(w, i).map((t) => ({ t, kind: kind(w, t, n) }));
  const of = (/** @type {string} */ kind_) => own.filter((tap) => tap.kind === kind_).length;
  const values = own.filter((tap) => tap.kind === "real").map(({ t }) => VALUES[t]);
  const sum = values.reduce((a, b) => a + b, 0);
  const [real, padding, overhang] = [of("real"), of("padding"), of("overhang")];
  return { i, own, values, sum, real, padding, overhang, largest: real ? Math.max(...values) : undefined };
}

/** @typedef {ReturnType<typeof entry>} Entry */

/** @param {Entry} e @param {boolean} include */
const divisor = (e, include) => e.real + (include ? e.padding : 0);

/** A mean as a fraction with its value; nothing where nothing is counted. @param {Entry} e @param {boolean} include */
function mean(e, include) {
  const d = divisor(e, include);
  return d ? `${e.sum} / ${d} = ${Number((e.sum / d).toFixed(3))}` : "—";
}

/**
 * @param {State} state
 * @param {(change: State) => void} update
 */
function draw(state, update) {
  const { w, windows } = model(state);
  if (!windows.length)
    return [
      h(
        "output",
        { class: "cnn-said cnn-refused", "aria-live": "polite" },
        `${say("refused")} ${say("ledger.none")} (SHAPE-3)`,
      ),
    ];
  const at = Math.min(state.at, windows.length - 1);
  const last = Math.max(state.n + w.hi - 1, ...windows.flatMap(({ own }) => own.map(({ t }) => t)));
  const cells = range(last + 1 + w.lo).map((t) => cell(w, t - w.lo, state.n));
  const rows = windows.map((e) => ({
    i: e.i,
    name: `y[${e.i}]`,
    on: e.i === at,
    pick: () => update({ at: e.i }),
    taps: e.own.map((tap) => ({ t: tap.t, dot: tap.kind })),
    value: `÷ ${divisor(e, state.include)}`,
  }));
  return [
    axisPicture({
      name: "x",
      told: windows.map((e) => sentence(e, state.include)).join(" "),
      cells,
      rows,
      right: 60,
    }),
    h(
      "output",
      { class: "cnn-said", "aria-live": "polite", "data-at": at },
      sentence(windows[at], state.include),
    ),
    table(windows, at, state.include),
    square(windows, state.include),
  ];
}

/** @param {Window} w @param {number} t @param {number} n @returns {import("./axis_picture.js").Cell} */
function cell(w, t, n) {
  const what = kind(w, t, n);
  return {
    t,
    box: what,
    words: what === "real" ? "on-real" : "value",
    value: what === "real" ? VALUES[t] : "",
  };
}

/** @param {Entry} e @param {boolean} include */
function sentence(e, include) {
  const terms = e.values.join(" + ") || "0";
  const max = e.largest === undefined ? say("ledger.noMax") : e.largest;
  const key = divisor(e, include) ? (include ? "ledger.with" : "ledger.without") : "ledger.empty";
  return say(key, {
    i: e.i,
    terms,
    sum: e.sum,
    real: e.real,
    padding: e.padding,
    overhang: e.overhang,
    mean: mean(e, include),
    max,
  });
}

/** @param {Entry[]} windows @param {number} at @param {boolean} include */
function table(windows, at, include) {
  const heads = ["window", "real", "padding", "overhang", "max", "with", "without"];
  const used = include ? "with" : "without";
  const row = (/** @type {Entry} */ e) => {
    const cells = {
      window: e.i,
      real: e.real,
      padding: e.padding,
      overhang: e.overhang,
      max: e.largest ?? "—",
      with: mean(e, true),
      without: mean(e, false),
    };
    return h(
      "tr",
      { class: e.i === at ? "on" : null },
      ...Object.entries(cells).map(([name, value]) =>
        h("td", { "data-column": name, class: name === used ? "used" : null }, number(value)),
      ),
    );
  };
  const head = h(
    "tr",
    {},
    ...heads.map((name) =>
      h("th", { scope: "col", class: name === used ? "used" : null }, say(`ledger.${name}Head`)),
    ),
  );
  return h(
    "div",
    { class: "cnn-table" },
    h("table", {}, h("thead", {}, head), h("tbody", {}, ...windows.map(row))),
  );
}

/** The divisors of a plane with the same windows on both axes: a product on each side of the border. @param {Entry[]} windows @param {boolean} include */
function square(windows, include) {
  const each = windows.map((e) => divisor(e, include));
  const most = Math.max(...each) ** 2;
  const cell_ = (/** @type {[number, number]} */ [r, c]) => ({
    value: each[r] * each[c],
    kind: each[r] * each[c] === most ? "" : "padhit",
  });
  return h(
    "div",
    { class: "cnn-part", "data-square": "" },
    h("span", { class: "cnn-part-name" }, say("ledger.square")),
    plane({ rows: each.length, columns: each.length, cell: cell_, told: say("ledger.square") }),
  );
}

/** @param {string} key @param {State} state */
function keys(key, state) {
  const by = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[key];
  const last = model(state).windows.length - 1;
  return by === undefined || last < 0
    ? undefined
    : { at: Math.min(Math.max(Math.min(state.at, last) + by, 0), last) };
}

/** @param {HTMLElement} root */
export const start = (root) => build(root, { fields: FIELDS, presets: PRESETS, draw, keys });
