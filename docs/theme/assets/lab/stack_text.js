/**
 * A stack of layers as text, as it stands in the address: "conv o2 k3 s2.pool k2 ceil".
 *
 * @typedef {"conv" | "pool" | "transposed" | "adaptive"} Kind
 * @typedef {{kind: Kind} & Record<string, string>} Row the options of a layer as they were typed
 */

/** The options of each kind, with what they are where nothing is written. @type {Record<Kind, Record<string, string>>} */
export const OPTIONS = {
  conv: { o: "1", k: "3", s: "1", p: "0", d: "1" },
  pool: { k: "2", s: "", p: "0", d: "1", ceil: "" },
  transposed: { o: "1", k: "3", s: "1", p: "0", e: "0", d: "1" },
  adaptive: { to: "1" },
};

export const KINDS = /** @type {Kind[]} */ (Object.keys(OPTIONS));

/** @param {Kind} kind @param {Record<string, string>} [given] @returns {Row} */
export function row(kind, given = {}) {
  const own = Object.entries(OPTIONS[kind]).map(([name, value]) => [name, given[name] ?? value]);
  return { kind, ...Object.fromEntries(own) };
}

/** @param {string} text @returns {Row[]} */
export function parse(text) {
  const parts = text.split(".").map((part) => part.trim().split(/\s+/));
  return parts.flatMap(([kind, ...words]) => {
    if (!KINDS.includes(/** @type {Kind} */ (kind))) return [];
    const names = Object.keys(OPTIONS[/** @type {Kind} */ (kind)]).sort((a, b) => b.length - a.length);
    const given = words.flatMap((word) => {
      const name = names.find((each) => word.startsWith(each));
      return name ? [[name, word === "ceil" ? "1" : word.slice(name.length)]] : [];
    });
    return [row(/** @type {Kind} */ (kind), Object.fromEntries(given))];
  });
}

/** @param {Row[]} rows */
export const format = (rows) =>
  rows
    .map(({ kind, ...options }) => {
      const changed = Object.entries(options).filter(([name, value]) => value !== OPTIONS[kind][name]);
      return [
        kind,
        ...changed.map(([name, value]) => (name === "ceil" ? name : name + value.replace(/\s+/g, ""))),
      ].join(" ");
    })
    .join(".");

/**
 * One int for each axis, from one int or as many as there are axes; undefined where it is neither.
 * @param {string} text
 * @param {number} rank
 * @returns {number[] | undefined}
 */
export function perAxis(text, rank) {
  const items = text.trim().split(/[\s,×x]+/);
  if (!items.every((item) => /^[-−]?\d{1,6}$/.test(item))) return undefined;
  const numbers = items.map((item) => Number(item.replace("−", "-")));
  if (numbers.length === 1) return Array(rank).fill(numbers[0]);
  return numbers.length === rank ? numbers : undefined;
}

/**
 * Pads: a word, or for each axis one int or lo:hi.
 * @param {string} text
 * @param {number} rank
 * @returns {import("./shapes.js").Padding | undefined}
 */
export function padding(text, rank) {
  const word = text.trim();
  if (["valid", "same", "same_upper", "same_lower"].includes(word)) {
    return /** @type {import("./shapes.js").PadWord} */ (word);
  }
  const sides = word.split(/[\s,]+/).map((item) => item.split(":"));
  if (sides.some((pair) => pair.length > 2)) return undefined;
  const [lo, hi] = [0, 1].map((side) => perAxis(sides.map((pair) => pair[side] ?? pair[0]).join(","), rank));
  return lo && hi && lo.map((low, axis) => [low, hi[axis]]);
}
