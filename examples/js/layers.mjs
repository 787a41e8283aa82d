// A small layer library: tensors are { shape, values }, channels first, values a Float32Array or Float64Array.

function count(extent, kernel, stride, dilation, [lo, hi]) {
  const room = extent + lo + hi - dilation * (kernel - 1) - 1;
  if (kernel < 1 || stride < 1 || dilation < 1 || room < 0) throw new RangeError("no window fits");
  return Math.floor(room / stride) + 1;
}

const size = (shape) => shape.reduce((product, extent) => product * extent, 1);

/** x (N, C, L), w (O, C/groups, k), b (O) or undefined. */
export function conv1d(x, w, b, { stride: [s], padding: [p], dilation: [d], groups }) {
  const [samples, channels, extent] = x.shape;
  const [outputs, perGroup, kernel] = w.shape;
  if (channels !== groups * perGroup || outputs % groups) throw new RangeError("the channels do not fit");
  if (b && b.shape[0] !== outputs) throw new RangeError("the bias does not fit");
  const shape = [samples, outputs, count(extent, kernel, s, d, p)];
  const values = new x.values.constructor(size(shape));
  for (let n = 0, at = 0; n < samples; n++)
    for (let o = 0; o < outputs; o++) {
      const first = Math.floor(o / (outputs / groups)) * perGroup;
      for (let i = 0; i < shape[2]; i++, at++) {
        let sum = b ? b.values[o] : 0;
        for (let c = 0; c < perGroup; c++)
          for (let j = 0; j < kernel; j++) {
            const t = s * i + d * j - p[0];
            if (t >= 0 && t < extent)
              sum += x.values[(n * channels + first + c) * extent + t] * w.values[(o * perGroup + c) * kernel + j];
          }
        values[at] = sum;
      }
    }
  return { shape, values };
}

/** x (N, C, H, W): the mean of each window, its padding counted or not. */
export function avg_pool2d(x, { kernel_size: k, stride: s, padding: p, count_include_pad }) {
  const [samples, channels, rows, columns] = x.shape;
  const shape = [samples, channels, count(rows, k[0], s[0], 1, p[0]), count(columns, k[1], s[1], 1, p[1])];
  const values = new x.values.constructor(size(shape));
  for (let plane = 0, at = 0; plane < samples * channels; plane++)
    for (let i = 0; i < shape[2]; i++)
      for (let j = 0; j < shape[3]; j++, at++) {
        let [sum, real] = [0, 0];
        for (let u = 0; u < k[0]; u++)
          for (let v = 0; v < k[1]; v++) {
            const [row, column] = [s[0] * i + u - p[0][0], s[1] * j + v - p[1][0]];
            if (row < 0 || row >= rows || column < 0 || column >= columns) continue;
            sum += x.values[(plane * rows + row) * columns + column];
            real++;
          }
        values[at] = sum / (count_include_pad ? k[0] * k[1] : real);
      }
  return { shape, values };
}
