/** Sizes as HAProxy writes them (configuration manual, section 2.6 of newer ones): `16384`, `16k`, `1m`, `2g`. */
import { type Parsed, parsed, refused } from './parsed.js';

/** Bytes of each unit; a size without one counts bytes. */
const UNIT_BYTES: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Bytes. Units are case-insensitive; nothing above 2^53 - 1. */
export function parseSize(text: string): Parsed<number> {
  const digits = /^[0-9]*/.exec(text)?.[0] ?? '';
  if (digits === '') return refused(text === '' ? 'a size is missing' : `unexpected character '${text[0]}'`);
  const unit = text.slice(digits.length);
  const factor = UNIT_BYTES[unit.toLowerCase()];
  if (factor === undefined) return refused(`unexpected character '${unit.length > 1 && isUnit(unit[0]) ? unit[1] : unit[0]}'`);
  const bytes = Number(digits) * factor;
  return Number.isSafeInteger(bytes) ? parsed(bytes) : refused('too large');
}

function isUnit(character: string): boolean {
  return character.toLowerCase() in UNIT_BYTES;
}
