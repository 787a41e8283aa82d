// What plugs the library of this folder into cnnspec: run it with `cnnspec check "exec:node engine.mjs"`.
import { createInterface } from "node:readline";
import { avg_pool2d, conv1d } from "./layers.mjs";

const FLOATS = { float32: Float32Array, float64: Float64Array };
const dtypes = Object.keys(FLOATS);
const HELLO = {
  name: "layers.mjs",
  version: "1",
  language: "JavaScript",
  claims: {
    operations: {
      conv1d: { options: ["stride", "padding", "dilation", "groups"], padding: "asymmetric", bias: "optional", dtypes },
      avg_pool2d: { options: ["stride", "padding", "count_include_pad"], padding: "asymmetric", dtypes },
    },
  },
};
const CALLS = {
  conv1d: ({ x, w, b }, attrs) => conv1d(x, w, b, attrs),
  avg_pool2d: ({ x }, attrs) => avg_pool2d(x, attrs),
};

const read = ({ dtype, shape, data }) =>
  ({ shape, values: new FLOATS[dtype](new Uint8Array(Buffer.from(data, "base64")).buffer) });

function answer({ cmd, id, op, attrs, inputs }) {
  if (cmd === "hello") return HELLO;
  const dtype = inputs.x?.dtype;
  if (!(op in CALLS && dtype in FLOATS)) return { id, unsupported: { reason: `no ${op} of ${dtype}` } };
  try {
    const tensors = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, read(tensor)]));
    const { shape, values } = CALLS[op](tensors, attrs);
    return { id, ok: { y: { dtype, shape, data: Buffer.from(values.buffer).toString("base64") } } };
  } catch (error) {
    return { id, [error instanceof RangeError ? "rejected" : "error"]: { message: error.message } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.cmd === "stop") break;
  console.log(JSON.stringify(answer(request)));
}
