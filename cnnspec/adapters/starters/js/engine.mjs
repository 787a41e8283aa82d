// Three operations of convolutional networks, to be checked by cnnspec: put your own in their place.
import { createInterface } from "node:readline";

const FLOATS = { float32: Float32Array, float64: Float64Array };
const dtypes = Object.keys(FLOATS);
const windowed = { options: ["stride", "padding"], padding: "asymmetric", dtypes };
// What is claimed is checked, and nothing else: no dilation and no groups here.
const claims = { operations: { conv2d: { ...windowed, bias: "optional" }, max_pool2d: windowed, relu: { dtypes } } };

const require = (holds, rule) => { if (!holds) throw new RangeError(rule); };
const index = ({ shape }, a, b, c, d) => ((a * shape[1] + b) * shape[2] + c) * shape[3] + d;

function tap(x, n, c, row, column, outside) {
  const inside = row >= 0 && row < x.shape[2] && column >= 0 && column < x.shape[3];
  return inside ? x.values[index(x, n, c, row, column)] : outside;
}

// The result whose element (n, o, i, j) is element(n, o, top, left), where the window i, j begins at row top of x.
function slide(x, channels, kernel, { stride, padding }, element) {
  require(x.shape.length === 4, "x must have 4 axes");
  require(kernel.length === 2 && stride.length === 2 && padding.length === 2, "there are 2 spatial axes");
  const shape = [x.shape[0], channels];
  for (const a of [0, 1]) {
    const room = x.shape[2 + a] + padding[a][0] + padding[a][1] - kernel[a];
    require([kernel[a], stride[a]].every((n) => Number.isInteger(n) && n >= 1), "steps must be whole and >= 1");
    require(room >= 0, "no window fits");
    shape.push(Math.floor(room / stride[a]) + 1);
  }
  const values = new x.values.constructor(shape.reduce((product, extent) => product * extent));
  for (let n = 0, at = 0; n < shape[0]; n++) for (let o = 0; o < shape[1]; o++)
    for (let i = 0; i < shape[2]; i++) for (let j = 0; j < shape[3]; j++)
      values[at++] = element(n, o, stride[0] * i - padding[0][0], stride[1] * j - padding[1][0]);
  return { shape, values };
}

const operations = {
  conv2d({ x, w, b }, attrs) {
    require(w.shape.length === 4 && x.shape[1] === w.shape[1], "the shapes of x and w do not fit");
    require(!b || (b.shape.length === 1 && b.shape[0] === w.shape[0]), "b must have a number for each output channel");
    const [outputs, channels, rows, columns] = w.shape;
    return slide(x, outputs, [rows, columns], attrs, (n, o, top, left) => {
      let sum = b ? b.values[o] : 0;
      for (let c = 0; c < channels; c++) for (let u = 0; u < rows; u++) for (let v = 0; v < columns; v++)
        sum += tap(x, n, c, top + u, left + v, 0) * w.values[index(w, o, c, u, v)];
      return sum;
    });
  },
  max_pool2d({ x }, attrs) {
    const [rows, columns] = attrs.kernel_size;
    return slide(x, x.shape[1], attrs.kernel_size, attrs, (n, c, top, left) => {
      let most = -Infinity; // padding never wins, and Math.max keeps NaN
      for (let u = 0; u < rows; u++) for (let v = 0; v < columns; v++)
        most = Math.max(most, tap(x, n, c, top + u, left + v, -Infinity));
      return most;
    });
  },
  relu: ({ x }) => ({ shape: x.shape, values: x.values.map((value) => (value < 0 ? 0 : value)) }),
};

const read = ({ dtype, shape, data }) =>
  ({ shape, values: new FLOATS[dtype](new Uint8Array(Buffer.from(data, "base64")).buffer) });

function run({ id, op, attrs, inputs }) {
  const dtype = inputs.x?.dtype;
  if (!(op in operations && dtype in FLOATS)) return { id, unsupported: { reason: `no ${op} of ${dtype}` } };
  try {
    const tensors = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, read(tensor)]));
    const { shape, values } = operations[op](tensors, attrs);
    return { id, ok: { y: { dtype, shape, data: Buffer.from(values.buffer).toString("base64") } } };
  } catch (error) {
    return { id, [error instanceof RangeError ? "rejected" : "error"]: { message: error.message } };
  }
}
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.cmd === "stop") break;
  const hello = { name: "engine", version: "1", language: "JavaScript", claims };
  console.log(JSON.stringify(request.cmd === "run" ? run(request) : hello));
}
