/**
 * The rows of the calculator: each layer with its kind, its options and buttons.  A row stays while its options are
 * typed, so that the cursor keeps its place; it is made anew when the stack itself changes.
 *
 * @typedef {import("./stack_text.js").Row} Row
 * @typedef {object} Editor
 * @property {HTMLElement} element
 * @property {(at: number, lines: (Node | string)[], refused: boolean) => void} told what a layer's row says
 * @property {() => void} clear
 * @property {(x: string, rows: Row[]) => void} set
 */
import { h } from "./dom.js";
import { KINDS, row as fresh } from "./stack_text.js";
import { say } from "./words.js";

/**
 * @param {string} x
 * @param {Row[]} rows
 * @param {(x: string, rows: Row[]) => void} changed
 * @returns {Editor}
 */
export function editor(x, rows, changed) {
  const list = h("ol", { class: "cnn-stack" });
  const input = text("x", say("stack.input"), x, (value) => {
    x = value;
    changed(x, rows);
  });
  const outside = h("output", { class: "cnn-told", "aria-live": "polite" });
  /** @type {HTMLElement[]} */
  let told = [];

  const rebuild = () => {
    told = rows.map(() => h("output", { class: "cnn-told", "aria-live": "polite" }));
    list.replaceChildren(
      ...rows.map((row, at) => h("li", { class: "cnn-card" }, options(row, at), told[at])),
    );
  };
  /** @param {Row[]} next */
  const restructure = (next) => {
    rows = next;
    rebuild();
    changed(x, rows);
  };

  /** @param {Row} row @param {number} at */
  function options(row, at) {
    const kind = h(
      "select",
      {
        name: "kind",
        "aria-label": say("stack.kind"),
        onchange: () => restructure(rows.with(at, fresh(kind.value, row))),
      },
      ...KINDS.map((each) => h("option", { value: each, selected: each === row.kind }, say(`kind.${each}`))),
    );
    const fields = Object.keys(row)
      .filter((name) => name !== "kind")
      .map((name) => option(row, name, () => changed(x, rows)));
    const remove = h(
      "button",
      {
        type: "button",
        class: "cnn-button cnn-remove",
        "aria-label": say("stack.remove"),
        title: say("stack.remove"),
        onclick: () => restructure(rows.toSpliced(at, 1)),
      },
      "×",
    );
    return h("div", { class: "cnn-options" }, kind, ...fields, remove);
  }

  const add = KINDS.map((kind) =>
    h(
      "button",
      {
        type: "button",
        class: "cnn-button",
        "data-add": kind,
        onclick: () => restructure([...rows, fresh(kind)]),
      },
      `+ ${say(`kind.${kind}`)}`,
    ),
  );
  rebuild();
  const element = h(
    "form",
    { class: "cnn-calculator", onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
    h("div", { class: "cnn-options" }, input),
    outside,
    list,
    h("div", { class: "cnn-presets" }, ...add),
  );
  return {
    element,
    told(at, lines, refused) {
      const place = told[at] ?? outside;
      place.classList.toggle("cnn-refused", refused);
      place.replaceChildren(...lines);
    },
    clear() {
      for (const place of [outside, ...told]) place.replaceChildren();
    },
    set(given, next) {
      x = given;
      input.querySelector("input").value = given;
      restructure(next);
    },
  };
}

/** @param {Row} row @param {string} name @param {() => void} changed */
function option(row, name, changed) {
  if (name !== "ceil")
    return text(name, say(`option.${name}`), row[name], (value) => ((row[name] = value), changed()));
  const box = h("input", {
    type: "checkbox",
    name,
    checked: row.ceil === "1",
    onchange: () => ((row.ceil = box.checked ? "1" : ""), changed()),
  });
  return h("label", { class: "cnn-toggle cnn-control" }, box, h("span", {}, "ceil_mode"));
}

/** @param {string} name @param {string} label @param {string} value @param {(value: string) => void} typed */
function text(name, label, value, typed) {
  const input = h("input", {
    type: "text",
    name,
    value,
    autocomplete: "off",
    spellcheck: "false",
    size: name === "x" ? 12 : 3,
    oninput: () => typed(input.value),
  });
  return h("label", { class: "cnn-text" }, h("span", {}, label), input);
}
