/** Whole numbers within bounds. */
import { type Parsed, parsed, refused } from './parsed.js';

/** A decimal whole number from `min` to `max`. */
export function parseInteger(text: string, min: number, max: number): Parsed<number> {
  if (!/^-?[0-9]+$/.test(text)) return refused(text === '' ? 'a number is missing' : 'not a whole number');
  const value = Number(text);
  return value >= min && value <= max ? parsed(value) : refused(`not within ${min}..${max}`);
}
