/**
 * One control for each field: a slider, a switch, or a row of choices.
 *
 * @typedef {import("./state.js").Field} Field
 * @typedef {{element: HTMLElement, show: (value: any) => void}} Control
 */
import { h, number } from "./dom.js";
import { say } from "./words.js";

/**
 * @param {string} name
 * @param {Field} field
 * @param {(value: any) => void} changed
 * @returns {Control}
 */
export function control(name, field, changed) {
  if (field.choices) return choices(name, field, changed);
  return typeof field.value === "boolean" ? toggle(name, field, changed) : slider(name, field, changed);
}

/**
 * @param {string} name
 * @param {Field} field
 * @param {(value: number) => void} changed
 * @returns {Control}
 */
function slider(name, field, changed) {
  const input = h("input", {
    type: "range",
    name,
    min: field.min,
    max: field.max,
    step: 1,
    oninput: () => changed(Number(input.value)),
  });
  const shown = h("span", { class: "cnn-value", "aria-hidden": "true" });
  const element = h(
    "label",
    { class: "cnn-control cnn-slider" },
    h("span", {}, say(field.label ?? name)),
    shown,
    input,
  );
  return {
    element,
    show(value) {
      input.value = String(value);
      shown.textContent = number(value);
    },
  };
}

/**
 * @param {string} name
 * @param {Field} field
 * @param {(value: boolean) => void} changed
 * @returns {Control}
 */
function toggle(name, field, changed) {
  const input = h("input", {
    type: "checkbox",
    role: "switch",
    name,
    onchange: () => changed(input.checked),
  });
  const element = h(
    "label",
    { class: "cnn-control cnn-toggle" },
    input,
    h("span", {}, say(field.label ?? name)),
  );
  return { element, show: (value) => void (input.checked = value) };
}

/**
 * @param {string} name
 * @param {Field} field
 * @param {(value: number | string) => void} changed
 * @returns {Control}
 */
function choices(name, field, changed) {
  const label = field.label ?? name;
  const inputs = (field.choices ?? []).map((choice) =>
    h("input", { type: "radio", name, value: choice, onchange: () => changed(choice) }),
  );
  const options = inputs.map((input, at) =>
    h("label", {}, input, h("span", {}, say(`${label}.${field.choices?.[at]}`))),
  );
  const row = h("span", { class: "cnn-choices" }, ...options);
  const element = h(
    "div",
    { class: "cnn-control", role: "radiogroup", "aria-label": say(label) },
    h("span", { class: "cnn-name" }, say(label)),
    row,
  );
  return {
    element,
    show: (value) => inputs.forEach((input) => void (input.checked = input.value === String(value))),
  };
}
