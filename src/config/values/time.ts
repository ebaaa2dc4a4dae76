/** Times as HAProxy writes them (configuration manual, section 2.5): `50s`, `5000`, `1500us`. */
import { type Parsed, parsed, refused } from './parsed.js';

/** Milliseconds of each unit. */
const UNIT_MS = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** The units that a time may be written in. */
export type TimeUnit = keyof typeof UNIT_MS;
const UNITS = Object.keys(UNIT_MS) as TimeUnit[];

/** Timers are 32-bit signed milliseconds, here as in HAProxy. */
export const TIME_MS_MAX = 2 ** 31 - 1;

/**
 * Milliseconds; fractions round up, so that no time becomes zero but zero.
 *
 * @param unit what a number without a unit counts
 */
export function parseTime(text: string, unit: TimeUnit = 'ms'): Parsed<number> {
  const [, digits, suffix] = /^([0-9]*)(.*)$/s.exec(text) as RegExpExecArray;
  if (digits === '')
    return refused(text === '' ? 'a time is missing' : `unexpected character '${text[0]}', expected a time such as 50s`);
  const used = suffix === '' ? unit : UNITS.find((candidate) => candidate === suffix);
  if (used === undefined) return refused(`unexpected '${suffix}' after the number, known units are ${UNITS.join(', ')}`);
  const milliseconds = used === 'us' ? Math.ceil(Number(digits) / 1000) : Number(digits) * UNIT_MS[used];
  if (milliseconds > TIME_MS_MAX) return refused(`timer overflow (maximum value is ${TIME_MS_MAX} ms or ~24.8 days)`);
  return parsed(milliseconds);
}
