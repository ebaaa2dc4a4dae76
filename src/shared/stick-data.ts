/**
 * Where the data of a stick table's entries lies: each piece has a place behind the key, in 32-bit
 * words. What the data mean is the business of whoever counts in them.
 */
import { RATE_WORDS } from './rate.js';

/** One piece of data that entries hold: its name as in `store`, and what its arguments were. */
export interface StickDatum {
  readonly name: string;
  /** Of a rate: its period in milliseconds; 0 otherwise. */
  readonly periodMs: number;
  /** Elements of an array (`gpt`, `gpc`, `gpc_rate`); 1 otherwise. */
  readonly count: number;
}

/** A piece of data and its place. */
export interface StickField extends StickDatum {
  /** Words from the beginning of the data. */
  readonly offset: number;
  /** Words of one element: 1, 2 (bytes, low word first), or a rate meter. */
  readonly width: number;
}

/** Counters of bytes pass 2^32 soon: they have two words. */
const WIDE: ReadonlySet<string> = new Set(['bytes_in_cnt', 'bytes_out_cnt']);
const WIDE_WORDS = 2;

/** Gives every piece its place; answers them by name, and the words of all together. */
export function layOut(data: readonly StickDatum[]): {
  readonly fields: ReadonlyMap<string, StickField>;
  readonly words: number;
} {
  const fields = new Map<string, StickField>();
  let offset = 0;
  for (const datum of data) {
    const width = datum.periodMs > 0 ? RATE_WORDS : WIDE.has(datum.name) ? WIDE_WORDS : 1;
    fields.set(datum.name, { ...datum, offset, width });
    offset += width * datum.count;
  }
  return { fields, words: offset };
}
