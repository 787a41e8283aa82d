/** The filter of the board: libraries, states, and a word; what is hidden is said in numbers. */
import { h } from "./dom.js";
import { carry, publish, read, write } from "./state.js";
import { say } from "./words.js";

/** @typedef {{libs: string, state: string, find: string}} Choice */

const FIELDS = { libs: { value: "" }, state: { value: "" }, find: { value: "" } };

/** @param {string} text */
const list = (text) => text.split(",").filter(Boolean);

/** @param {string} selector @returns {HTMLElement[]} */
const every = (selector) =>
  [...document.querySelectorAll(selector)].map((element) => /** @type {HTMLElement} */ (element));

/** Put the filter under the legend, and filter as the address says. */
export function start() {
  const choice = /** @type {Choice} */ (read(FIELDS, location.search));
  const said = h("output", { class: "cnn-hint", "aria-live": "polite" });
  const changed = () => {
    publish(write(FIELDS, choice));
    said.textContent = apply(choice);
  };
  const names = new Map(
    every(".cnn-board thead th[data-library]").map((th) => [th.dataset.library ?? "", th.textContent ?? ""]),
  );
  const states = new Map(
    every(".cnn-legend [data-state]").map((span) => [span.dataset.state ?? "", span.textContent ?? ""]),
  );
  const find = h("input", {
    type: "search",
    name: "find",
    value: choice.find,
    autocomplete: "off",
    placeholder: "conv, EQUI-1",
    oninput: () => ((choice.find = find.value), changed()),
  });
  const element = h(
    "form",
    {
      class: "cnn-lab cnn-filter",
      role: "search",
      "aria-label": say("board.filter"),
      onsubmit: (/** @type {Event} */ event) => event.preventDefault(),
    },
    chips("libs", names, choice, changed),
    chips("state", states, choice, changed),
    h("label", { class: "cnn-text" }, h("span", {}, say("board.find")), find),
    said,
  );
  document.querySelector(".cnn-legend")?.after(element);
  carry(write(FIELDS, choice));
  said.textContent = apply(choice);
  element.dataset.ready = "";
}

/**
 * A row of switches of which none pressed means all.
 * @param {"libs" | "state"} name
 * @param {Map<string, string>} options
 * @param {Choice} choice
 * @param {() => void} changed
 */
function chips(name, options, choice, changed) {
  const buttons = [...options].map(([value, text]) => {
    const box = h("input", {
      type: "checkbox",
      name,
      value,
      checked: list(choice[name]).includes(value),
      onchange: () => {
        choice[name] = buttons
          .map(({ input }) => input)
          .filter((input) => input.checked)
          .map((input) => input.value)
          .join(",");
        changed();
      },
    });
    return { input: box, label: h("label", {}, box, h("span", {}, text)) };
  });
  return h(
    "fieldset",
    { class: "cnn-chips" },
    h("legend", {}, say(`board.${name}`)),
    ...buttons.map(({ label }) => label),
  );
}

/**
 * Hide the columns and rows that are not asked for; a chapter without rows goes with its heading.
 * @param {Choice} choice
 * @returns {string} how many rows are left
 */
function apply(choice) {
  const [libs, states, word] = [list(choice.libs), list(choice.state), choice.find.trim().toLowerCase()];
  const wanted = (/** @type {HTMLElement} */ cell) =>
    !libs.length || libs.includes(cell.dataset.library ?? "");
  for (const cell of every(".cnn-board [data-library]")) cell.hidden = !wanted(cell);
  const rows = every(".cnn-board tbody tr");
  for (const row of rows) {
    const cells = [...row.querySelectorAll("td")].filter(wanted);
    const told =
      `${row.dataset.operation ?? row.dataset.law} ${row.querySelector("th")?.textContent}`.toLowerCase();
    row.hidden = !(
      told.includes(word) &&
      (!states.length || cells.some((cell) => states.includes(cell.dataset.state ?? "")))
    );
  }
  for (const box of every(".cnn-board-box")) {
    const empty = [...box.querySelectorAll("tbody tr")].every(
      (row) => /** @type {HTMLElement} */ (row).hidden,
    );
    box.hidden = empty;
    const heading = /** @type {HTMLElement | null} */ (box.previousElementSibling);
    if (heading?.matches("h3")) heading.hidden = empty;
  }
  const shown = rows.filter((row) => !row.hidden).length;
  return say("board.shown", { shown, all: rows.length });
}
