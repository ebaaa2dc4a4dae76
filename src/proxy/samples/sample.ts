/**
 * Samples: what a fetch found and converters made of it (configuration manual, section 7). One
 * Sample object is reused for every evaluation in a worker: whoever keeps a value copies it.
 *
 * Texts and binary data are JavaScript strings of one character for each byte (latin1), so that
 * they compare, search and match as the bytes do.
 */

// Types of a sample's value.
export const TYPE_BOOL = 0;
export const TYPE_INTEGER = 1;
export const TYPE_IPV4 = 2;
export const TYPE_IPV6 = 3;
export const TYPE_STRING = 4;
export const TYPE_BINARY = 5;

/** What a fetch found; converters change it in place. */
export class Sample {
  /** One of TYPE_*. */
  type = TYPE_BOOL;
  /** TYPE_BOOL (0 or 1), TYPE_INTEGER (exact to 2^53), TYPE_IPV4 (unsigned, as 0x7f000001). */
  integer = 0;
  /** TYPE_INTEGER that `integer` cannot hold exactly (within 64 bits, signed); null when it can. */
  wide: bigint | null = null;
  /** TYPE_STRING, TYPE_BINARY: a character for each byte. */
  text = '';
  /** TYPE_IPV6: four words in network order. */
  readonly words = new Int32Array(4);
  /** A later evaluation may find another value, as more bytes have come: a test that fails now is not decided. */
  mayChange = false;

  setBool(value: boolean): void {
    this.type = TYPE_BOOL;
    this.integer = value ? 1 : 0;
  }

  setInteger(value: number): void {
    this.type = TYPE_INTEGER;
    this.integer = value;
    this.wide = null;
  }

  /** An integer of 64 bits, exact. */
  setWide(value: bigint): void {
    this.setInteger(Number(value));
    if (!Number.isSafeInteger(this.integer)) this.wide = value;
  }

  setIpv4(value: number): void {
    this.type = TYPE_IPV4;
    this.integer = value >>> 0;
  }

  setIpv6(word0: number, word1: number, word2: number, word3: number): void {
    this.type = TYPE_IPV6;
    this.words[0] = word0;
    this.words[1] = word1;
    this.words[2] = word2;
    this.words[3] = word3;
  }

  setString(value: string): void {
    this.type = TYPE_STRING;
    this.text = value;
  }

  setBinary(value: string): void {
    this.type = TYPE_BINARY;
    this.text = value;
  }

  /** Takes the value of a stored sample. */
  load(stored: StoredSample): void {
    this.type = stored.type;
    this.integer = stored.integer;
    this.wide = stored.wide ?? null;
    this.text = stored.text;
    for (let i = 0; i < 4; i++) this.words[i] = stored.words[i] ?? 0;
  }

  /** A copy of the value, to keep. */
  store(): StoredSample {
    const { type, integer, wide } = this;
    const textual = type === TYPE_STRING || type === TYPE_BINARY;
    const words = type === TYPE_IPV6 ? [...this.words] : [];
    return { type, integer, wide: type === TYPE_INTEGER ? wide : null, text: textual ? this.text : '', words };
  }
}

/** A sample that was kept, as in a variable. */
export interface StoredSample {
  readonly type: number;
  readonly integer: number;
  /** As `Sample.wide`; none is null. */
  readonly wide?: bigint | null;
  readonly text: string;
  /** Four of them for TYPE_IPV6. */
  readonly words: ArrayLike<number>;
}

// What an evaluation came to.
/** There is no such value. */
export const MISSING = 0;
/** The sample holds the value. */
export const FOUND = 1;
/** More bytes have to arrive before that can be said (inspection of contents). */
export const NOT_YET = 2;
/** One of MISSING, FOUND, NOT_YET. */
export type Outcome = 0 | 1 | 2;
