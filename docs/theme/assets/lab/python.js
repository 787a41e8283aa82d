/**
 * Run the real specification: Python itself in the page, with the package's own modules, where the site was built with
 * Pyodide; otherwise the lines that run the same code in a terminal.
 */
import { compare } from "./python_compare.js";
import { h } from "./dom.js";
import { carry, publish, read, write } from "./state.js";
import { say } from "./words.js";

/** @type {Record<string, string>} */
const EXAMPLES = {
  k9: `from cnnspec.shapes import conv_shape

# 7 × 7 × 3, two 3 × 3 × 3 kernels, stride 2
print(conv_shape((1, 3, 7, 7), (2, 3, 3, 3), stride=2))`,
  windows: `from cnnspec.geometry import Window, count_windows_literally

w = Window(3, stride=2, lo=1, hi=1)
for i in range(w.count(6)):
    print(i, [(t, w.kind(t, 6)) for t in w.taps(i)])
print(w.count(6) == count_windows_literally(6, w))`,
  field: `from cnnspec.geometry import Window, receptive_field

print(receptive_field([Window(7, stride=2), Window(3, stride=2), Window(3)]))`,
  refusal: `from cnnspec.shapes import conv_shape

conv_shape((1, 3, 2, 7), (2, 3, 3, 3))`,
};

const FIELDS = { example: { value: "k9", choices: Object.keys(EXAMPLES) }, code: { value: "" } };

/** @typedef {{FS: any, runPython: (code: string) => any, setStdout: (to: object) => void, setStderr: (to: object) => void}} Python */

/** Python, loaded once, with the package in it. @type {Promise<Python> | undefined} */
let loading;

/** @returns {Promise<Python>} */
async function load() {
  const at = new URL("../pyodide/", import.meta.url);
  const { loadPyodide } = await import(new URL("pyodide.mjs", at).href);
  const python = await loadPyodide({ indexURL: at.href });
  const sources = JSON.parse(document.querySelector(".cnn-sources")?.textContent ?? "{}");
  python.FS.mkdirTree("/spec/cnnspec");
  for (const [path, text] of Object.entries(sources)) python.FS.writeFile(`/spec/${path}`, text);
  python.runPython("import sys; sys.path.insert(0, '/spec')");
  return python;
}

/**
 * Run code; what it prints, and the last lines of what it raises.
 * @param {Python} python
 * @param {string} code
 */
function run(python, code) {
  /** @type {string[]} */
  const lines = [];
  python.setStdout({ batched: (/** @type {string} */ line) => lines.push(line) });
  try {
    python.runPython(code);
  } catch (error) {
    lines.push(/** @type {Error} */ (error).message.trim().split("\n").slice(-1)[0]);
  }
  return lines.join("\n");
}

/** @param {HTMLElement} root */
export function start(root) {
  const state = read(FIELDS, location.search);
  const code = h("textarea", {
    class: "cnn-editor",
    rows: 8,
    spellcheck: "false",
    autocapitalize: "off",
    "aria-label": say("python.code"),
    oninput: () => keep(),
  });
  const printed = h("output", { class: "cnn-said cnn-printed", "aria-live": "polite" });
  const keep = () => {
    const own = code.value === EXAMPLES[state.example] ? "" : code.value;
    publish(write(FIELDS, { ...state, code: own }));
  };
  const examples = Object.entries(EXAMPLES).map(([name, text]) =>
    h(
      "button",
      {
        type: "button",
        class: "cnn-button",
        "data-preset": name,
        onclick: () => {
          state.example = name;
          code.value = text;
          keep();
        },
      },
      say(`python.${name}`),
    ),
  );
  code.value = state.code || EXAMPLES[state.example];
  carry(write(FIELDS, state));
  const buttons = "bundled" in root.dataset ? runButtons(code, printed) : [];
  printed.textContent = say(buttons.length ? "python.first" : "python.local");
  root.replaceChildren(
    h("div", { class: "cnn-presets" }, ...examples),
    code,
    buttons.length ? h("div", { class: "cnn-player" }, ...buttons) : "",
    printed,
    buttons.length ? "" : h("pre", { class: "cnn-code" }, h("code", {}, "pip install .\npython layer.py")),
  );
  root.dataset.ready = "";
}

/** @param {HTMLTextAreaElement} code @param {HTMLElement} printed */
function runButtons(code, printed) {
  /** @param {(python: Python) => string} work */
  const when = (work) => async () => {
    if (!loading) printed.textContent = say("python.loading");
    loading ??= load();
    const python = await loading;
    printed.textContent = work(python);
    printed.dataset.done = String(Number(printed.dataset.done ?? 0) + 1);
  };
  return [
    h(
      "button",
      {
        type: "button",
        class: "cnn-button",
        "data-do": "run",
        onclick: when((python) => run(python, code.value) || say("python.nothing")),
      },
      say("python.run"),
    ),
    h(
      "button",
      {
        type: "button",
        class: "cnn-button",
        "data-do": "compare",
        onclick: when((python) => say("python.compared", compare(python))),
      },
      say("python.compare"),
    ),
  ];
}
