/**
 * Signed integers of 64 bits, as samples have them: JavaScript numbers where these are exact, and
 * BigInt beyond 2^53. What overflows stays at the limit, as in HAProxy.
 */
import type { Sample } from './sample.js';

/** The largest and the smallest integer of a sample. */
export const INTEGER_MAX = 2n ** 63n - 1n;
export const INTEGER_MIN = -(2n ** 63n);

const ZERO = 48;
const NINE = 57;
/** Decimal digits that a number always holds exactly. */
const SAFE_DIGITS = 15;

/** The exact value of an integer sample. */
export function wideOf(sample: Sample): bigint {
  return sample.wide ?? BigInt(sample.integer);
}

/** Sets an integer, held at the limits of 64 bits. */
export function setSaturated(sample: Sample, value: bigint): void {
  sample.setWide(value > INTEGER_MAX ? INTEGER_MAX : value < INTEGER_MIN ? INTEGER_MIN : value);
}

/**
 * Sets the integer that a text begins with: a sign, digits, and whatever follows is ignored; without
 * digits it is 0.
 */
export function setParsed(sample: Sample, text: string): void {
  const negative = text.charCodeAt(0) === 45;
  const first = negative || text.charCodeAt(0) === 43 ? 1 : 0;
  let end = first;
  let value = 0;
  for (; end < text.length; end++) {
    const digit = text.charCodeAt(end);
    if (digit < ZERO || digit > NINE) break;
    value = value * 10 + (digit - ZERO);
  }
  if (end - first <= SAFE_DIGITS) sample.setInteger(negative ? 0 - value : value);
  else setSaturated(sample, BigInt(text.slice(first, end)) * (negative ? -1n : 1n));
}

/** Two integers to one; `exact` is asked only where numbers are not exact. */
export interface Operation {
  readonly fast: (a: number, b: number) => number;
  readonly exact: (a: bigint, b: bigint) => bigint;
}

/** Arithmetic. A division by zero gives the largest integer, the remainder of one is 0. */
export const ARITHMETIC: Readonly<Record<string, Operation>> = {
  add: { fast: (a, b) => a + b, exact: (a, b) => a + b },
  sub: { fast: (a, b) => a - b, exact: (a, b) => a - b },
  mul: { fast: (a, b) => a * b, exact: (a, b) => a * b },
  div: { fast: (a, b) => (b === 0 ? Number.NaN : Math.trunc(a / b)), exact: (a, b) => (b === 0n ? INTEGER_MAX : a / b) },
  mod: { fast: (a, b) => (b === 0 ? 0 : a % b), exact: (a, b) => (b === 0n ? 0n : a % b) },
};

/** Bit by bit, in two's complement. */
export const BITWISE: Readonly<Record<string, Operation>> = {
  and: { fast: (a, b) => a & b, exact: (a, b) => a & b },
  or: { fast: (a, b) => a | b, exact: (a, b) => a | b },
  xor: { fast: (a, b) => a ^ b, exact: (a, b) => a ^ b },
};

/** Sets `sample` to the result of an arithmetic operation on it and `operand`. */
export function calculate(sample: Sample, operand: Sample, operation: Operation): void {
  if (sample.wide === null && operand.wide === null) {
    const result = operation.fast(sample.integer, operand.integer);
    if (Number.isSafeInteger(result)) {
      sample.setInteger(result + 0); // never -0
      return;
    }
  }
  setSaturated(sample, operation.exact(wideOf(sample), wideOf(operand)));
}

/** Sets `sample` to the result of a bitwise operation on it and `operand`. */
export function combine(sample: Sample, operand: Sample, operation: Operation): void {
  const [a, b] = [sample.integer, operand.integer];
  if ((a | 0) === a && (b | 0) === b) sample.setInteger(operation.fast(a, b));
  else sample.setWide(BigInt.asIntN(64, operation.exact(wideOf(sample), wideOf(operand))));
}
