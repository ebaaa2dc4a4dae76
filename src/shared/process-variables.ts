/**
 * Variables of the process (`proc.`), which all workers and the master share: by name, in a table of
 * fixed size. A reader looks at one word to see that its copy of a value still holds. What values
 * mean is no business of this file.
 */
import { lock, unlock, unlockFor } from './lock.js';

/** Names that there may be: files have some, and the runtime API may add others. */
export const VARIABLES_MAX = 512;
/** Bytes of a name. */
export const VARIABLE_NAME_MAX = 120;
/** Bytes of a value's text: what is longer is not stored. */
export const VARIABLE_TEXT_MAX = 4096;

/** A value as it is kept; `words` of an IPv6 address, `wide` of an integer beyond 2^53. */
export interface StoredValue {
  readonly type: number;
  readonly integer: number;
  readonly wide?: bigint | null;
  /** A character for each byte. */
  readonly text: string;
  readonly words: ArrayLike<number>;
}

// 32-bit words of the header.
const LOCK = 0;
const COUNT = 1;
const HEADER_WORDS = 16;
// 32-bit words of a variable; 64-bit values stand at even ones.
/** Another number whenever the value has changed. */
const GENERATION = 0;
/** 0: not set. Otherwise the type and one. */
const TYPE = 1;
const NAME_LENGTH = 2;
const TEXT_LENGTH = 3;
const HAS_WIDE = 4;
const WORDS = 6;
const WORDS_COUNT = 4;
const INTEGER = 10;
const WIDE = 12;
const NAME = 14;
const TEXT = NAME + VARIABLE_NAME_MAX / 4;
const VARIABLE_WORDS = TEXT + VARIABLE_TEXT_MAX / 4;

/** The variables, as one thread sees them. */
export class ProcessVariables {
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly floats: Float64Array;
  private readonly bigints: BigInt64Array;
  /** Numbers of the variables that this thread has heard of. */
  private readonly numbers = new Map<string, number>();
  /** This thread's copies, and which generation they are of. */
  private readonly copies: (StoredValue | null)[] = new Array(VARIABLES_MAX).fill(null);
  private readonly generations = new Int32Array(VARIABLES_MAX);

  /** A table without variables. */
  static create(): SharedArrayBuffer {
    return new SharedArrayBuffer(4 * (HEADER_WORDS + VARIABLES_MAX * VARIABLE_WORDS));
  }

  /** @param owner a positive number, unique to the thread */
  constructor(
    buffer: SharedArrayBuffer,
    private readonly owner: number,
  ) {
    this.words = new Int32Array(buffer);
    this.bytes = new Uint8Array(buffer);
    this.floats = new Float64Array(buffer);
    this.bigints = new BigInt64Array(buffer);
  }

  /** The value of a variable; null: it is not set. */
  read(name: string): StoredValue | null {
    const number = this.numberOf(name);
    if (number < 0) return null;
    if (Atomics.load(this.words, at(number) + GENERATION) !== this.generations[number]) this.refresh(number);
    return this.copies[number];
  }

  /** Sets a variable. False when its name or its value is too long, or there are too many. */
  write(name: string, value: StoredValue): boolean {
    if (name.length > VARIABLE_NAME_MAX || value.text.length > VARIABLE_TEXT_MAX) return false;
    const { words } = this;
    lock(words, LOCK, this.owner);
    const number = this.numberOf(name, true);
    if (number >= 0) this.put(at(number), value);
    unlock(words, LOCK);
    return number >= 0;
  }

  /** Forgets the value of a variable. */
  unset(name: string): void {
    const number = this.numberOf(name);
    if (number < 0) return;
    lock(this.words, LOCK, this.owner);
    this.words[at(number) + TYPE] = 0;
    Atomics.add(this.words, at(number) + GENERATION, 1);
    unlock(this.words, LOCK);
  }

  /** Forgets all values: another plan begins with its own. */
  clear(): void {
    lock(this.words, LOCK, this.owner);
    for (let number = 0; number < this.words[COUNT]; number++) {
      this.words[at(number) + TYPE] = 0;
      Atomics.add(this.words, at(number) + GENERATION, 1);
    }
    unlock(this.words, LOCK);
  }

  /** For the master, when the thread with that owner number is dead: a value it was about to set is not set. */
  unlockFor(owner: number): void {
    unlockFor(this.words, LOCK, owner);
  }

  private put(base: number, { type, integer, wide, text, words }: StoredValue): void {
    this.words[base + TYPE] = 0;
    for (let i = 0; i < WORDS_COUNT; i++) this.words[base + WORDS + i] = words[i] ?? 0;
    this.words[base + HAS_WIDE] = wide === null || wide === undefined ? 0 : 1;
    this.floats[(base + INTEGER) / 2] = integer;
    this.bigints[(base + WIDE) / 2] = wide ?? 0n;
    this.words[base + TEXT_LENGTH] = text.length;
    writeText(this.bytes, 4 * (base + TEXT), text);
    this.words[base + TYPE] = type + 1;
    Atomics.add(this.words, base + GENERATION, 1);
  }

  private refresh(number: number): void {
    const { words } = this;
    const base = at(number);
    lock(words, LOCK, this.owner);
    this.generations[number] = words[base + GENERATION];
    this.copies[number] = words[base + TYPE] === 0 ? null : this.copy(base);
    unlock(words, LOCK);
  }

  private copy(base: number): StoredValue {
    return {
      type: this.words[base + TYPE] - 1,
      integer: this.floats[(base + INTEGER) / 2],
      wide: this.words[base + HAS_WIDE] === 0 ? null : this.bigints[(base + WIDE) / 2],
      text: this.textAt(base + TEXT, this.words[base + TEXT_LENGTH]),
      words: [...this.words.subarray(base + WORDS, base + WORDS + WORDS_COUNT)],
    };
  }

  /** The number of a variable, -1 when nobody has named it; `add`, under the lock, makes it one. */
  private numberOf(name: string, add = false): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    const count = Atomics.load(this.words, COUNT);
    for (let number = this.numbers.size; number < count; number++)
      this.numbers.set(this.textAt(at(number) + NAME, this.words[at(number) + NAME_LENGTH]), number);
    const found = this.numbers.get(name);
    if (found !== undefined || !add || count === VARIABLES_MAX) return found ?? -1;
    this.words[at(count) + NAME_LENGTH] = name.length;
    writeText(this.bytes, 4 * (at(count) + NAME), name);
    Atomics.store(this.words, COUNT, count + 1);
    this.numbers.set(name, count);
    return count;
  }

  private textAt(word: number, length: number): string {
    return Buffer.from(this.bytes.buffer, 4 * word, length).toString('latin1');
  }
}

function at(number: number): number {
  return HEADER_WORDS + number * VARIABLE_WORDS;
}

function writeText(bytes: Uint8Array, start: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[start + i] = text.charCodeAt(i);
}
