/** The shape calculator: a stack of layers, the shape after each, and the count beside the formula. */
import { h, number } from "./dom.js";
import { Refusal } from "./geometry.js";
import { carry, publish, read, write } from "./state.js";
import { editor } from "./stack_editor.js";
import { field } from "./stack_field.js";
import { step } from "./stack_model.js";
import { format, parse, perAxis } from "./stack_text.js";
import { say } from "./words.js";

/** @typedef {import("./stack_model.js").Step} Step */

const FIELDS = { x: { value: "3,7,7" }, stack: { value: "conv o2 k3 s2" } };

const PRESETS = {
  "preset.k9": ["3,7,7", "conv o2 k3 s2"],
  "preset.vgg": ["3,224,224", "conv o64 p1.conv o64 p1.pool k2.conv o128 p1.conv o128 p1.pool k2"],
  "preset.resnet": ["3,224,224", "conv o64 k7 s2 p3.pool k3 s2 p1.adaptive"],
  "preset.unet": ["1,64,48", "conv o8 psame.pool k2.conv o16 psame.transposed o8 k2 s2.conv o1 k1"],
  "preset.wave": ["1,1000", "conv k2 p1:0.conv k2 d2 p2:0.conv k2 d4 p4:0.conv k2 d8 p8:0"],
  "preset.ceil": ["1,5", "pool k2 s3 p1 ceil"],
};

/** @param {HTMLElement} root */
export function start(root) {
  const state = read(FIELDS, location.search);
  const rows = parse(state.stack);
  const results = h("div", { class: "cnn-stage" });
  const edit = editor(state.x, rows, (x, changed) => {
    publish(write(FIELDS, { x, stack: format(changed) }));
    show(results, edit, x, changed);
  });
  const presets = Object.entries(PRESETS).map(([key, [x, stack]]) =>
    h(
      "button",
      { type: "button", class: "cnn-button", "data-preset": key, onclick: () => edit.set(x, parse(stack)) },
      say(key),
    ),
  );
  root.replaceChildren(h("div", { class: "cnn-presets" }, ...presets), edit.element, results);
  show(results, edit, state.x, rows);
  carry(write(FIELDS, state));
  root.dataset.ready = "";
}

/**
 * Everything that is computed: the shape behind each layer, and the whole below.
 * @param {HTMLElement} results
 * @param {import("./stack_editor.js").Editor} edit
 * @param {string} x
 * @param {import("./stack_text.js").Row[]} rows
 */
function show(results, edit, x, rows) {
  let shape = x
    .trim()
    .split(/[\s,×x]+/)
    .map(Number);
  /** @type {Step[]} */
  const steps = [];
  edit.clear();
  try {
    if (shape.length < 2 || shape.length > 4 || !perAxis(x, shape.length) || Math.min(...shape) < 1) {
      throw new Refusal("shape", say("stack.badInput"));
    }
    for (const row of rows) {
      const made = step(row, shape);
      steps.push(made);
      shape = made.to;
      edit.told(steps.length - 1, layer(made), false);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    edit.told(steps.length, [`${say("refused")} ${error.message}`], true);
    results.replaceChildren();
    return;
  }
  results.replaceChildren(...(steps.length ? whole(steps) : []));
}

/** One layer: its shapes, and each axis by formula and by counting. @param {Step} made */
function layer(made) {
  const each = made.axes.map((axis) => line(made, axis));
  const alike = each.length > 1 && each.every(({ text }) => text === each[0].text);
  const names = alike
    ? [say("stack.each")]
    : each.map((_, at) => (each.length > 1 ? say("stack.axis", { at }) : ""));
  const lines = names.map((name, at) =>
    h("p", { class: "cnn-formula", "data-agree": each[at].agree ? "yes" : "no" }, `${name} ${each[at].text}`),
  );
  const shape = h("b", { "data-to": "" }, made.to.join("×"));
  return [h("p", { class: "cnn-result" }, `${made.from.join("×")} → `, shape), ...lines];
}

/** @param {Step} made @param {import("./stack_model.js").Axis} axis */
function line(made, axis) {
  const agree = axis.byFormula === axis.counted;
  const what = say(`counted.${made.row.kind}`, { count: axis.counted, shown: axis.shown });
  const formula = made.row.kind === "adaptive" ? "" : `${axis.formula}${say("semicolon")}`;
  return { agree, text: `${formula}${what} ${agree ? "✓" : say("counted.differs", { m: axis.m })}` };
}

/** The whole stack: shape, receptive field, parameters, products. @param {Step[]} steps */
function whole(steps) {
  const last = steps[steps.length - 1];
  const fields = last.axes.map((_, axis) => field(steps, axis));
  const sum = (/** @type {"parameters" | "products"} */ name) =>
    steps.reduce((all, made) => all + made[name], 0);
  const jumps = fields
    .map(({ jumps: all }) => (all.length > 1 ? `${Math.min(...all)}–${Math.max(...all)}` : (all[0] ?? "—")))
    .join("×");
  const formula = fields.every((each) => each.formula);
  const agree = fields.every(
    ({ formula: given, size, jumps: all }) => given?.[0] === size && all.every((jump) => jump === given[1]),
  );
  const by = formula
    ? say(agree ? "field.agree" : "field.differ", {
        r: fields.map((f) => f.formula?.[0]).join("×"),
        j: fields.map((f) => f.formula?.[1]).join("×"),
      })
    : say("field.traced");
  const rows = [
    ["stack.shape", `${steps[0].from.join("×")} → ${last.to.join("×")}`, ""],
    ["stack.field", fields.map(({ size }) => size).join("×"), by],
    ["stack.jump", jumps, ""],
    ["stack.first", fields.map(({ first }) => `${number(first[0])} … ${number(first[1])}`).join(" × "), ""],
    ["stack.parameters", sum("parameters").toLocaleString("en"), ""],
    ["stack.products", sum("products").toLocaleString("en"), ""],
  ];
  const list = rows.flatMap(([key, value, note]) => [
    h("dt", {}, say(key)),
    h("dd", {}, h("b", { "data-whole": key }, value), note && ` ${note}`),
  ]);
  return [h("output", { class: "cnn-whole", "aria-live": "polite" }, h("dl", {}, ...list))];
}
