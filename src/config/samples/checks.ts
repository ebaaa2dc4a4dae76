/** Checks of arguments that several fetches and converters share. Each says what is wrong, or null. */
import type { ArgumentCheck } from './signature.js';

/** `date(<offset>,<unit>)`: the unit, second of the arguments. */
export const checkTimeUnit: ArgumentCheck = ([, unit]) =>
  unit === null || unit === undefined || /^(s|ms|us)$/.test(String(unit)) ? null : `expects 's', 'ms' or 'us', got '${unit}'`;

/** Pairs of hexadecimal digits, in the first argument or pattern. */
export const checkHexadecimal: ArgumentCheck = ([value]) => {
  const text = String(value ?? '');
  if (text.length % 2 !== 0) return 'an even number of hex digit is expected';
  const wrong = /[^0-9a-fA-F]/.exec(text);
  return wrong === null ? null : `an hex digit is expected (found '${wrong[0]}')`;
};
