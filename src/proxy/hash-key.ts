/**
 * The key of `balance hash`: what its expression found, as the bytes that are hashed. Texts and
 * binary data are their own bytes; addresses and integers are in network order, integers as 64 bits.
 */
import type { Evaluate, SampleContext } from './samples/context.js';
import { FOUND, Sample, TYPE_BINARY, TYPE_BOOL, TYPE_INTEGER, TYPE_IPV4, TYPE_IPV6, TYPE_STRING } from './samples/sample.js';

/** Bytes of a key that are hashed at most; a sample is no longer than a buffer. */
const KEY_MAX = 65_536;
const HIGH_WORD = 0x1_0000_0000;

/** Reads keys into one piece of memory. */
export class KeyBytes {
  readonly bytes = new Uint8Array(KEY_MAX);
  length = 0;
  private readonly view = new DataView(this.bytes.buffer);
  private readonly sample = new Sample();

  constructor(private readonly evaluate: Evaluate) {}

  /** Evaluates the expression; false when there is nothing to hash. */
  read(context: SampleContext): boolean {
    const { sample } = this;
    if (this.evaluate(context, sample) !== FOUND) return false;
    if (sample.type === TYPE_STRING || sample.type === TYPE_BINARY) this.writeText(sample.text);
    else this.writeNumbers(sample);
    return true;
  }

  private writeText(text: string): void {
    this.length = Math.min(text.length, KEY_MAX);
    for (let i = 0; i < this.length; i++) this.bytes[i] = text.charCodeAt(i);
  }

  private writeNumbers({ type, integer, words }: Sample): void {
    const { view } = this;
    if (type === TYPE_IPV4) {
      view.setUint32(0, integer);
      this.length = 4;
    } else if (type === TYPE_IPV6) {
      for (let i = 0; i < 4; i++) view.setInt32(4 * i, words[i]);
      this.length = 16;
    } else if (type === TYPE_INTEGER || type === TYPE_BOOL) {
      view.setInt32(0, Math.floor(integer / HIGH_WORD));
      view.setInt32(4, integer | 0);
      this.length = 8;
    }
  }
}
