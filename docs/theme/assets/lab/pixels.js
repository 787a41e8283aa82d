/** A plane of numbers as pixels: blue above 0, orange below, the stronger the larger. */
import { h, s } from "./dom.js";

/**
 * @param {number[][]} plane
 * @param {object} options
 * @param {string} options.name
 * @param {string} options.id
 * @param {number} [options.most] the number in full colour
 * @param {number} [options.side] of the picture
 * @param {[number[], number[]]} [options.frame] rows and columns in a frame
 * @param {boolean} [options.drag]
 */
export function pixels(plane, { name, id, most = 1, side = 144, frame, drag }) {
  const [rows, columns] = [plane.length, plane[0]?.length ?? 1];
  const size = side / Math.max(rows, columns, 1);
  const cells = plane.flatMap((row, r) =>
    row.map((value, c) => {
      const shade = Math.min(Math.abs(value) / (most || 1), 1);
      return s("rect", {
        class: value < 0 ? "below" : "above",
        "fill-opacity": shade.toFixed(3),
        x: c * size,
        y: r * size,
        width: size,
        height: size,
      });
    }),
  );
  const [width, height] = [columns * size, rows * size];
  const inner =
    frame && frame[0].length && frame[1].length
      ? s("rect", {
          class: "cnn-interior",
          x: frame[1][0] * size,
          y: frame[0][0] * size,
          width: frame[1].length * size,
          height: frame[0].length * size,
        })
      : null;
  const picture = s(
    "svg",
    {
      role: "img",
      "aria-label": name,
      viewBox: `-2 -2 ${width + 4} ${height + 4}`,
      width: width + 4,
      height: height + 4,
    },
    ...cells,
    s("rect", { class: "frame", x: 0, y: 0, width, height }),
    inner,
  );
  return h(
    "figure",
    {
      class: `cnn-picture cnn-plane cnn-pixels${drag ? " cnn-drag" : ""}`,
      "data-plane": id,
      "data-values": JSON.stringify(plane),
      "data-size": size,
    },
    h("figcaption", {}, name),
    picture,
  );
}
