/** The equivariance bench: shift then layer, beside layer then shift, and their difference. */
import { IMAGES, KERNELS, apply, divides, interior, shifted, total } from "./bench_layer.js";
import { h, number } from "./dom.js";
import { pixels } from "./pixels.js";
import { build } from "./shell.js";
import { row } from "./planes.js";
import { say } from "./words.js";

/** @typedef {import("./state.js").State} State */

const MOST = 6;

/** @type {Record<string, import("./state.js").Field>} */
const FIELDS = {
  image: { value: "letter", choices: Object.keys(IMAGES) },
  kernel: { value: "edge", choices: Object.keys(KERNELS), label: "filter" },
  pad: { value: "circular", choices: ["circular", "zero"] },
  pool: { value: "none", choices: ["none", "max", "mean", "global"] },
  s: { value: 1, min: 1, max: 5, group: "moved" },
  dy: { value: 2, min: -MOST, max: MOST, group: "moved" },
  dx: { value: 3, min: -MOST, max: MOST, group: "moved" },
};

const PRESETS = {
  "preset.torus": {},
  "preset.border": { pad: "zero", dy: -3, dx: 4 },
  "preset.stride": { s: 2, dy: 2, dx: 3 },
  "preset.even": { s: 2, dy: 2, dx: 4 },
  "preset.alias": { image: "checks", kernel: "same", s: 2, dy: 0, dx: 1 },
  "preset.invariant": { pool: "global" },
};

/** @param {State} state */
function compare(state) {
  const layer = /** @type {import("./bench_layer.js").Layer} */ (state);
  const [x, circular, step] = [IMAGES[state.image], state.pad === "circular", total(layer)];
  const global = state.pool === "global";
  const v = [state.dy, state.dx];
  const moved = shifted(x, v, circular);
  const [first, plain] = [apply(moved, layer), apply(x, layer)];
  const whole = v.every((each) => each % step === 0);
  const last = global
    ? plain
    : shifted(
        plain,
        v.map((each) => Math.floor(each / step)),
        circular,
      );
  const gap = first.map((line, r) => line.map((value, c) => value - last[r][c]));
  const frame =
    !circular && !global && whole
      ? /** @type {[number[], number[]]} */ (v.map((each) => interior(layer, x.length, plain.length, each)))
      : undefined;
  return { layer, x, moved, first, plain, last, gap, whole, step, global, circular, frame };
}

/** @param {State} state */
function draw(state) {
  const all = compare(state);
  const most = Math.max(...[...all.first, ...all.last].flat().map(Math.abs), 1e-9);
  const strong = { most };
  const v = `(${number(state.dy)}, ${number(state.dx)})`;
  return [
    h(
      "div",
      { class: "cnn-layer" },
      row(
        say("bench.row1"),
        pixels(all.moved, { id: "moved", name: say("bench.moved", { v }), drag: true }),
        pixels(all.first, { id: "first", name: say("bench.first"), ...strong }),
      ),
      row(
        say("bench.row2"),
        pixels(all.plain, { id: "plain", name: say("bench.f"), ...strong }),
        ...(all.global ? [] : [pixels(all.last, { id: "last", name: say("bench.last"), ...strong })]),
      ),
      row(
        say("bench.row3"),
        pixels(all.gap, { id: "gap", name: say("bench.gap"), ...strong, frame: all.frame }),
      ),
    ),
    h("output", { class: "cnn-said", "aria-live": "polite" }, ...told(all)),
    h("p", { class: "cnn-hint" }, say("bench.hint")),
  ];
}

/** What was found, and what is promised. @param {ReturnType<typeof compare>} all */
function told({ gap, layer, x, whole, step, global, circular, frame }) {
  const flat = gap.flat().map(Math.abs);
  const differ = flat.filter((each) => each > 1e-9).length;
  const found = say(differ ? "bench.differ" : "bench.equal", {
    differ,
    all: flat.length,
    most: Number(Math.max(...flat).toFixed(3)),
  });
  const promise = global
    ? circular && whole && divides(layer, x.length)
      ? "promise.global"
      : "promise.globalNot"
    : !whole
      ? "promise.between"
      : circular
        ? divides(layer, x.length)
          ? "promise.torus"
          : "promise.seam"
        : "promise.interior";
  const inside = frame ? frame[0].length * frame[1].length : 0;
  const words = say(promise, { s: step, inside, n: x.length });
  return [
    h("div", { class: "cnn-total" }, h("b", { "data-differ": differ }, found)),
    h("div", { "data-promise": promise }, words),
  ];
}

/** @param {string} key @param {State} state */
function keys(key, state) {
  const ways = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const way = /** @type {Record<string, number[]>} */ (ways)[key];
  return way && { dy: clamp(state.dy + way[0]), dx: clamp(state.dx + way[1]) };
}

const clamp = (/** @type {number} */ v) => Math.min(Math.max(v, -MOST), MOST) || 0;

/**
 * Dragging the moved image, with a mouse or a finger.
 * @param {HTMLElement} stage
 * @param {() => State} get
 * @param {(change: State) => void} update
 */
function start_(stage, get, update) {
  /** @type {{x: number, y: number, dy: number, dx: number, size: number} | undefined} */
  let held;
  stage.addEventListener("pointerdown", (event) => {
    const figure = /** @type {Element} */ (event.target).closest(".cnn-drag");
    if (!figure) return;
    const { dy, dx } = get();
    const size = figure.querySelector("svg")?.getBoundingClientRect().width ?? 1;
    held = { x: event.clientX, y: event.clientY, dy, dx, size: size / 12 };
    stage.setPointerCapture(event.pointerId);
    event.preventDefault();
    stage.focus({ preventScroll: true });
  });
  stage.addEventListener("pointermove", (event) => {
    if (!held) return;
    const dy = clamp(held.dy + Math.round((event.clientY - held.y) / held.size));
    const dx = clamp(held.dx + Math.round((event.clientX - held.x) / held.size));
    const now = get();
    if (dy !== now.dy || dx !== now.dx) update({ dy, dx });
  });
  for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, () => (held = undefined));
}

/** @param {HTMLElement} root */
export const start = (root) => build(root, { fields: FIELDS, presets: PRESETS, draw, keys, start: start_ });
