// The port beside the vectors that Python wrote; the environment variable names their file.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import * as geometry from "../../../docs/theme/assets/lab/geometry.js";
import * as layer from "../../../docs/theme/assets/lab/layer.js";
import * as shapes from "../../../docs/theme/assets/lab/shapes.js";

const vectors = JSON.parse(readFileSync(process.env.CNNSPEC_VECTORS, "utf8"));
const product = (lists) => lists.reduce((found, list) => found.flatMap((row) => list.map((v) => [...row, v])), [[]]);

test("one axis, on the whole grid", () => {
  const { grid, ...answers } = vectors.axis;
  const functions = {
    floor: (w, n) => geometry.count(w, n),
    ceil: (w, n) => geometry.count(w, n, true),
    transposed: (w, n) => geometry.transposedExtent(w, n, 1),
    remainder: (w, n) => geometry.remainder(w, n),
    inputs: (w, n) => geometry.inputsFor(w, n + 1),
    kinds: (w, n) => [0, 1].flatMap((i) => geometry.taps(w, i).map((t) => geometry.kind(w, t, n)[0])).join(""),
  };
  assert.deepEqual(Object.keys(answers).sort(), Object.keys(functions).sort());
  const rows = product(grid);
  assert.equal(rows.length, answers.floor.length);
  rows.forEach(([n, kernel, stride, dilation, lo, hi], at) => {
    const w = geometry.window(kernel, { stride, dilation, lo, hi });
    for (const [name, call] of Object.entries(functions)) {
      assert.deepEqual(call(w, n), answers[name][at], `${name} of ${[n, kernel, stride, dilation, lo, hi]}`);
    }
    assert.equal(geometry.starts(w, n).length, answers.floor[at]);
    assert.equal(geometry.starts(w, n, true).length, answers.ceil[at]);
  });
});

test("the pads of same, adaptive windows, receptive fields", () => {
  for (const [n, kernel, stride, dilation, upper, pads] of vectors.same) {
    assert.deepEqual(geometry.samePads(n, { kernel, stride, dilation }, upper), pads);
  }
  for (const [i, n, m, ends] of vectors.adaptive) assert.deepEqual(geometry.adaptiveWindow(i, n, m), ends);
  for (const [stack, answer] of vectors.fields) {
    const layers = stack.map(([kernel, stride, dilation]) => geometry.window(kernel, { stride, dilation }));
    assert.deepEqual(geometry.receptiveField(layers), answer);
  }
});

test("shapes, and the category of what is refused", () => {
  const rules = {
    conv: (n, options) => shapes.convExtents(n, options),
    pool: (n, options, call) => shapes.poolExtents(n, options, call.ceil),
    transposed: (n, options, call) => shapes.transposedExtents(n, options, call.extra),
    adaptive: (n, _, call) => shapes.adaptiveExtents(n, call.to),
  };
  for (const [name, call, answer] of vectors.shapes) {
    const options = { kernel: call.k, stride: call.s, dilation: call.d, padding: call.padding };
    let given;
    try {
      given = rules[name](call.n, options, call);
    } catch (error) {
      given = error.category;
    }
    assert.deepEqual(given, answer, `${name} of ${JSON.stringify(call)}`);
  }
});

test("the sums of whole layers", () => {
  for (const [call, y, [kernels, ...extents]] of vectors.sums) {
    const axes = call.k.map((kernel, axis) => {
      const [lo, hi] = call.pads[axis];
      return geometry.window(kernel, { stride: call.s[axis], dilation: call.d[axis], lo, hi });
    });
    const given = geometry.range(kernels).flatMap((o) =>
      layer.indices(extents).map((at) => layer.total(o, at, axes, { ...call, extents: call.n, channels: 2 })),
    );
    assert.deepEqual(given, y, JSON.stringify(call));
  }
  assert.ok(vectors.sums.length > 40);
});

test("what no window touches", () => {
  assert.deepEqual(layer.untouched(geometry.window(2, { stride: 3, lo: 1 }), 6, 2), [1, 4, 5]);
  assert.deepEqual(layer.untouched(geometry.window(2, { dilation: 2 }), 3, 1), [1]);
});
