/**
 * The shell that every lab shares: controls made from a table of fields, a stage that is drawn anew on every change.
 *
 * @typedef {import("./state.js").Field} Field
 * @typedef {import("./state.js").State} State
 * @typedef {object} Lab
 * @property {Record<string, Field>} fields
 * @property {(state: State, update: (change: State) => void) => (Node | string)[]} draw
 * @property {(state: State) => (Node | string)[]} [foot] what stands under the controls below
 * @property {Record<string, State>} [presets] by a key of the table of words
 * @property {(key: string, state: State) => State | undefined} [keys] what an arrow key on the stage changes
 * @property {(change: State, state: State) => State} [settle] what else a change changes
 * @property {(get: () => State, update: (change: State) => void) => HTMLElement} [tools] buttons that outlive a drawing
 * @property {(stage: HTMLElement, get: () => State, update: (change: State) => void) => void} [start]
 */
import { h } from "./dom.js";
import { control } from "./controls.js";
import { carry, publish, read, write } from "./state.js";
import { say } from "./words.js";

/**
 * Build a lab in an element of the page.
 * @param {HTMLElement} root
 * @param {Lab} lab
 */
export function build(root, lab) {
  let state = read(lab.fields, location.search);
  const stage = h("div", {
    class: "cnn-stage",
    tabindex: lab.keys ? 0 : null,
    role: "group",
    "aria-label": say("stage"),
  });
  const foot = h("div", { class: "cnn-foot" });
  const controls = Object.entries(lab.fields)
    .filter(([, field]) => !field.hidden)
    .map(([name, field]) => ({ name, field, ...control(name, field, (value) => update({ [name]: value })) }));

  const [above, below] = [false, true].map((low) =>
    grouped(controls.filter((each) => !!each.field.below === low)),
  );
  const groups = [...above, ...below];

  const refresh = () => {
    for (const { name, field, element, show } of controls) {
      show(state[name]);
      element.hidden = field.shown ? !field.shown(state) : false;
      element.toggleAttribute("data-off", field.enabled ? !field.enabled(state) : false);
      for (const input of element.querySelectorAll("input, select")) {
        /** @type {HTMLInputElement} */ (input).disabled = field.enabled ? !field.enabled(state) : false;
      }
    }
    for (const group of groups) group.hidden = !group.querySelector(".cnn-control:not([hidden])");
    const held = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.key;
    stage.replaceChildren(...lab.draw(state, update));
    if (held) /** @type {HTMLElement | null} */ (stage.querySelector(`[data-key="${held}"]`))?.focus();
    foot.replaceChildren(...(lab.foot?.(state) ?? []));
  };
  /** @param {State} change */
  const update = (change) => {
    state = { ...state, ...change, ...lab.settle?.(change, { ...state, ...change }) };
    publish(write(lab.fields, state));
    refresh();
  };

  if (lab.keys)
    stage.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) =>
      onKey(event, lab, state, update),
    );
  root.replaceChildren(
    presetRow(lab, update),
    h(
      "form",
      { class: "cnn-controls", onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
      ...above,
    ),
    lab.tools?.(() => state, update) ?? "",
    stage,
    h("form", { class: "cnn-controls cnn-below" }, ...below),
    foot,
  );
  lab.start?.(stage, () => state, update);
  refresh();
  carry(write(lab.fields, state));
  root.dataset.ready = "";
}

/**
 * @param {KeyboardEvent} event
 * @param {Lab} lab
 * @param {State} state
 * @param {(change: State) => void} update
 */
function onKey(event, lab, state, update) {
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
  const change = lab.keys?.(event.key, state);
  if (!change) return;
  event.preventDefault();
  update(change);
}

/**
 * Buttons that bring a whole view.
 * @param {Lab} lab
 * @param {(change: State) => void} update
 */
function presetRow(lab, update) {
  const defaults = Object.fromEntries(Object.entries(lab.fields).map(([name, field]) => [name, field.value]));
  const buttons = Object.entries(lab.presets ?? {}).map(([key, state]) =>
    h(
      "button",
      {
        type: "button",
        class: "cnn-button",
        "data-preset": key,
        onclick: () => update({ ...defaults, ...state }),
      },
      say(key),
    ),
  );
  return h("div", { class: "cnn-presets" }, ...buttons);
}

/**
 * Controls of one group stand in one fieldset with its name.
 * @param {{field: Field, element: HTMLElement}[]} controls
 * @returns {HTMLElement[]}
 */
function grouped(controls) {
  const groups = [...new Set(controls.map((each) => each.field.group ?? ""))];
  return groups.map((group) => {
    const own = controls.filter((each) => (each.field.group ?? "") === group).map((each) => each.element);
    return h("fieldset", { class: "cnn-group" }, group && h("legend", {}, say(group)), ...own);
  });
}
