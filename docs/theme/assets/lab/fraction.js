/**
 * Exact fractions, so that "equal at every step" means equal.
 *
 * @typedef {{n: bigint, d: bigint}} Fraction
 */

/** @param {bigint} a @param {bigint} b @returns {bigint} */
const gcd = (a, b) => (b ? gcd(b, a % b) : a < 0n ? -a : a);

/** @param {number | bigint} n @param {number | bigint} [d] above 0 @returns {Fraction} */
export function fraction(n, d = 1) {
  const [a, b] = [BigInt(n), BigInt(d)];
  const shared = gcd(a, b) || 1n;
  return { n: a / shared, d: b / shared };
}

/** @param {Fraction} a @param {Fraction} b */
export const add = (a, b) => fraction(a.n * b.d + b.n * a.d, a.d * b.d);

/** @param {Fraction} a @param {Fraction} b */
export const multiply = (a, b) => fraction(a.n * b.n, a.d * b.d);

/** @param {Fraction} a @param {Fraction} b */
export const subtract = (a, b) => add(a, { n: -b.n, d: b.d });

/** @param {Fraction} a @param {Fraction} b */
export const equal = (a, b) => a.n === b.n && a.d === b.d;

/** With two decimals. @param {Fraction} a */
export const rounded = (a) => String(Number((Number(a.n) / Number(a.d)).toFixed(2)) || 0);

/** As it is: 3/16. @param {Fraction} a */
export const exact = (a) => (a.d === 1n ? String(a.n) : `${a.n}/${a.d}`);
