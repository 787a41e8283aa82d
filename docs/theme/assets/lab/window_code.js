/** The shown layer as code for NumPy, PyTorch, JAX and ONNX, with its numbers: what stands here runs as it is. */
import { range, span } from "./geometry.js";
import { sampleInput, sampleWeight } from "./layer.js";

/** @typedef {import("./window_model.js").Layer} Layer */

/** @param {Layer} layer @param {string} language */
export const code = (layer, language) => WRITERS[language](parts(layer));

/**
 * The pieces that all four need.
 * @param {Layer} layer
 */
function parts(layer) {
  const { axes, call, outputs, back } = layer;
  const kernel = axes.map((w) => w.kernel);
  const x = array([call.channels, ...call.extents], ([c, ...t]) => sampleInput(c, t));
  const w = back
    ? array([call.channels, outputs[0], ...kernel], ([c, o, ...j]) => sampleWeight(o, c, j))
    : array([outputs[0], call.channels, ...kernel], ([o, c, ...j]) => sampleWeight(o, c, j));
  const lay = (/** @type {string} */ text) => (text.length < 60 ? text : `\n${text}\n`);
  const pads = axes.map((each) => [each.lo, each.hi]);
  const plain = pads.every(([lo, hi]) => lo === hi && lo >= 0);
  const reach = axes.map(span);
  const rank = axes.length;
  return {
    axes,
    call,
    outputs,
    back,
    kernel,
    x,
    w,
    lay,
    pads,
    plain,
    reach,
    rank,
    names: ["i", "j"].slice(0, rank),
  };
}

/** @typedef {ReturnType<typeof parts>} Parts */

/**
 * An array as Python writes it, one row of the last axis on each line.
 * @param {number[]} extents
 * @param {(at: number[]) => number} value
 */
function array(extents, value) {
  /** @param {number[]} at @returns {string} */
  const part = (at) => {
    const depth = at.length;
    if (depth === extents.length) return String(value(at));
    const inner = range(extents[depth]).map((i) => part([...at, i]));
    return depth === extents.length - 1
      ? `[${inner.join(", ")}]`
      : `[${inner.join(`,\n${" ".repeat(depth + 1)}`)}]`;
  };
  return part([]);
}

/** @param {(number | string)[]} items */
const tuple = (items) => (items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`);

/** @param {Parts} p @param {keyof import("./geometry.js").Window} name */
const option = (p, name) => tuple(p.axes.map((w) => w[name]));

/** @param {number[][]} pads */
const pairs = (pads) => pads.map(([lo, hi]) => `(${lo}, ${hi})`).join(", ");

/** @param {Parts} p @param {string} all */
const flipped = (p, all) => (p.call.flip ? `w = w[:, :${", ::-1".repeat(p.rank)}]  # ${all}\n` : "");

const TURN = "a true convolution turns the kernel round on every axis";

/** @param {Parts} p */
function numpy(p) {
  const head = `import numpy as np\n\nx = np.array(${p.lay(p.x)})\nw = np.array(${p.lay(p.w)})\n${flipped(p, TURN)}`;
  const at = (/** @type {string} */ i, /** @type {number} */ axis) => {
    const { stride: s, dilation: d } = p.axes[axis];
    const first = s === 1 ? i : `${s} * ${i}`;
    return `${first} : ${first} + ${p.reach[axis]}${d === 1 ? "" : ` : ${d}`}`;
  };
  const window = p.names.map(at).join(", ");
  return head + (p.back ? numpyBack(p, window) : numpyForward(p, window));
}

/** @param {Parts} p @param {string} window */
function numpyForward(p, window) {
  const grown = p.pads.map((pair) => pair.map((each) => Math.max(each, 0)));
  const cut = p.pads.map(([lo, hi]) => (lo < 0 || hi < 0 ? `${lo < 0 ? -lo : ""}:${hi < 0 ? hi : ""}` : ":"));
  const pad = grown.flat().some(Boolean) ? `x = np.pad(x, ((0, 0), ${pairs(grown)}))\n` : "";
  const crop = cut.some((each) => each !== ":") ? `x = x[:, ${cut.join(", ")}]\n` : "";
  const loop = `for o, ${p.names.join(", ")} in np.ndindex(y.shape):\n    y[o, ${p.names.join(", ")}] = (w[o] * x[:, ${window}]).sum()`;
  return `${pad}${crop}y = np.zeros(${tuple(p.outputs)}, int)\n${loop}\nprint(y)\n`;
}

/** @param {Parts} p @param {string} window */
function numpyBack(p, window) {
  const full = p.axes.map((w, axis) => (p.call.extents[axis] - 1) * w.stride + p.reach[axis]);
  const loop = `for ${p.names.join(", ")}${p.rank === 1 ? "," : ""} in np.ndindex(x.shape[1:]):\n    z[:, ${window}] += np.tensordot(x[:, ${p.names.join(", ")}], w, 1)`;
  const grown = p.pads.map((pair) => pair.map((each) => Math.max(-each, 0)));
  const pad = grown.flat().some(Boolean) ? `z = np.pad(z, ((0, 0), ${pairs(grown)}))\n` : "";
  const cut = p.axes.map((w, axis) => `${Math.max(w.lo, 0)}:${Math.max(w.lo, 0) + p.outputs[axis + 1]}`);
  return `z = np.zeros(${tuple([p.outputs[0], ...full])}, int)\n${loop}\n${pad}y = z[:, ${cut.join(", ")}]\nprint(y)\n`;
}

/** @param {Parts} p */
function torch(p) {
  const turn = p.call.flip
    ? `w = w.flip(${range(p.rank)
        .map((axis) => axis + 2)
        .join(", ")})  # ${TURN}\n`
    : "";
  const head = `import torch\nimport torch.nn.functional as F\n\nx = torch.tensor([\n${p.x}\n], dtype=torch.float64)\nw = torch.tensor(\n${p.w},\n dtype=torch.float64)\n${turn}`;
  const options = `stride=${option(p, "stride")}${p.plain ? `, padding=${option(p, "lo")}` : ""}, dilation=${option(p, "dilation")}`;
  const sign = p.back ? -1 : 1;
  const last = [...p.pads]
    .reverse()
    .flat()
    .map((each) => each * sign || 0); // the last axis comes first
  const pad = p.plain ? "" : `, (${last.join(", ")}))  # negative pads crop`;
  if (p.back) {
    const call = `F.conv_transpose${p.rank}d(x, w, ${options})`;
    return `${head}y = ${p.plain ? call : `F.pad(${call}${pad}`}\nprint(y)\n`;
  }
  return `${head}${p.plain ? "" : `x = F.pad(x${pad}\n`}y = F.conv${p.rank}d(x, w, ${options})\nprint(y)\n`;
}

/** @param {Parts} p */
function jax(p) {
  const head = `import jax.numpy as jnp\nfrom jax import lax\n\nx = jnp.array([\n${p.x}\n], dtype=float)\nw = jnp.array(\n${p.w},\n dtype=float)\n${flipped(p, TURN)}`;
  if (!p.back) {
    return `${head}y = lax.conv_general_dilated(\n    x, w, window_strides=${option(p, "stride")}, padding=[${pairs(p.pads)}], rhs_dilation=${option(p, "dilation")}\n)\nprint(y)\n`;
  }
  const pads = p.pads.map(([lo, hi], axis) => [p.reach[axis] - 1 - lo, p.reach[axis] - 1 - hi]);
  const adjoint = `w = w.swapaxes(0, 1)[:, :${", ::-1".repeat(p.rank)}]  # the adjoint reads the kernel backwards\n`;
  return `${head}${adjoint}y = lax.conv_general_dilated(\n    x, w, window_strides=${tuple(p.axes.map(() => 1))}, padding=[${pairs(pads)}],\n    lhs_dilation=${option(p, "stride")}, rhs_dilation=${option(p, "dilation")},\n)\nprint(y)\n`;
}

/** @param {Parts} p */
function onnx(p) {
  const cropped = p.pads.flat().some((each) => each < 0);
  const list = (/** @type {number[][]} */ pads) =>
    `[${[...pads.map(([lo]) => lo), ...pads.map(([, hi]) => hi)].join(", ")}]`;
  const options = `strides=[${p.axes.map((w) => w.stride).join(", ")}], dilations=[${p.axes.map((w) => w.dilation).join(", ")}]`;
  const name = p.back ? "ConvTranspose" : "Conv";
  const [from, to] = cropped ? (p.back ? ["x", "z"] : ["padded", "y"]) : ["x", "y"];
  const main = `helper.make_node("${name}", ["${from}", "w"], ["${to}"], ${options}, pads=${
    cropped
      ? `[${Array(2 * p.rank)
          .fill(0)
          .join(", ")}]`
      : list(p.pads)
  })`;
  const pad = `helper.make_node("Pad", ["${p.back ? "z" : "x"}", "pads"], ["${p.back ? "y" : "padded"}"])`;
  const nodes = !cropped ? [main] : p.back ? [main, pad] : [pad, main];
  const outer = [[0, 0], [0, 0], ...p.pads.map((pair) => pair.map((each) => (p.back ? -each || 0 : each)))];
  const held = cropped
    ? [`pads = np.array(${list(outer)})`, ', numpy_helper.from_array(pads, "pads")']
    : ["", ""];
  const dims = Array(p.rank + 2)
    .fill("None")
    .join(", ");
  return [
    "import numpy as np",
    "import onnxruntime",
    "from onnx import TensorProto, helper, numpy_helper",
    "",
    `x = np.array([\n${p.x}\n], np.float32)`,
    `w = np.array(\n${p.w},\n np.float32)`,
    p.call.flip ? `w = w[:, :${", ::-1".repeat(p.rank)}].copy()  # ${TURN}` : null,
    held[0] || null,
    `nodes = [\n    ${nodes.join(",\n    ")},\n]`,
    `value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [${dims}])`,
    `held = [numpy_helper.from_array(w, "w")${held[1]}]`,
    'graph = helper.make_graph(nodes, "layer", [value("x")], [value("y")], held)',
    'model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)',
    "session = onnxruntime.InferenceSession(model.SerializeToString())",
    '(y,) = session.run(None, {"x": x})',
    "print(y)",
    "",
  ]
    .filter((text) => text !== null)
    .join("\n");
}

/** @type {Record<string, (p: Parts) => string>} */
const WRITERS = { numpy, torch, jax, onnx };
