/** Keys of stick tables, from samples: bytes in the form of the table's type (configuration manual, `stick-table type`). */
import type { TablePlan } from '../../plan/rules.js';
import type { StickKey } from '../../shared/stick-table.js';
import { type Cast, castToBinary, castToInteger, castToIpv4, castToIpv6, castToString } from '../samples/casts.js';
import { Sample, TYPE_BINARY, TYPE_IPV6, TYPE_STRING } from '../samples/sample.js';

const CASTS: Readonly<Record<TablePlan['keyType'], Cast>> = {
  ip: castToIpv4,
  ipv6: castToIpv6,
  integer: castToInteger,
  string: castToString,
  binary: castToBinary,
};

/** Writes the keys of one table, one after the other, into the same place. */
export class KeyWriter {
  readonly key: StickKey;
  private readonly cast: Cast;
  private readonly view: DataView;
  private readonly copy = new Sample();

  constructor(private readonly table: Pick<TablePlan, 'keyType' | 'keyLength'>) {
    const bytes = new Uint8Array(table.keyLength);
    this.key = { bytes, length: 0 };
    this.view = new DataView(bytes.buffer);
    this.cast = CASTS[table.keyType];
  }

  /** False when the sample cannot be a key of this table. The sample stays as it is. */
  write(sample: Sample): boolean {
    const { copy } = this;
    copy.load(sample);
    if (!this.cast(copy)) return false;
    if (copy.type === TYPE_STRING || copy.type === TYPE_BINARY) this.writeText(copy.text);
    else if (copy.type === TYPE_IPV6) this.writeWords(copy.words);
    else this.writeWord(copy.integer);
    return true;
  }

  /** The key as a character for each byte, to be kept. */
  toText(): string {
    let text = '';
    for (let i = 0; i < this.key.length; i++) text += String.fromCharCode(this.key.bytes[i]);
    return text;
  }

  /** Takes back what `toText` answered. */
  fromText(text: string): void {
    this.key.length = text.length;
    for (let i = 0; i < text.length; i++) this.key.bytes[i] = text.charCodeAt(i);
  }

  /** What is longer than a key may be is cut; a binary key that is shorter is filled with zeros. */
  private writeText(text: string): void {
    const { bytes } = this.key;
    const length = Math.min(text.length, this.table.keyLength);
    for (let i = 0; i < length; i++) bytes[i] = text.charCodeAt(i);
    const padded = this.table.keyType === 'binary';
    if (padded) bytes.fill(0, length);
    this.key.length = padded ? this.table.keyLength : length;
  }

  private writeWords(words: Int32Array): void {
    for (let i = 0; i < 4; i++) this.view.setInt32(4 * i, words[i], false);
    this.key.length = 16;
  }

  private writeWord(value: number): void {
    this.view.setUint32(0, value >>> 0, false);
    this.key.length = 4;
  }
}
