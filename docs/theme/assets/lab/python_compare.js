/** The labs' arithmetic beside the specification's own, in the reader's browser: every window on a small grid. */
import { count, range, transposedExtent, window } from "./geometry.js";

const GRID = [range(9), [1, 2, 3, 4], [1, 2, 3], [1, 2], [-1, 0, 1, 2], [-1, 0, 2]];

const CODE = `
import json
from itertools import product
from cnnspec.geometry import Window
json.dumps([
    [w.count(n), w.count(n, ceil_mode=True), w.transposed_extent(n)]
    for n, *rest in product(*json.loads(grid)) for w in [Window(*rest)]
])`;

/**
 * @param {{globals?: any, runPython: (code: string) => string}} python
 * @returns {{all: number, differ: number}}
 */
export function compare(python) {
  const theirs = JSON.parse(python.runPython(`grid = ${JSON.stringify(JSON.stringify(GRID))}${CODE}`));
  const rows = GRID.reduce(
    (/** @type {number[][]} */ found, list) => found.flatMap((row) => list.map((value) => [...row, value])),
    [[]],
  );
  const ours = rows.map(([n, kernel, stride, dilation, lo, hi]) => {
    const w = window(kernel, { stride, dilation, lo, hi });
    return [count(w, n), count(w, n, true), transposedExtent(w, n)];
  });
  const differ = ours.filter((row, at) => String(row) !== String(theirs[at])).length;
  return { all: rows.length, differ };
}
