/** Keys of stick tables as people write and read them: addresses, numbers, texts with escapes, hexadecimal bytes. */
import { bytesOf } from '../../config/samples/bytes.js';
import type { TablePlan } from '../../plan/rules.js';
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../../proxy/samples/addresses.js';
import type { StickKey } from '../../shared/stick-table.js';
import { leadingInteger } from '../places.js';

/** What a table's keys look like. */
export type KeyShape = Pick<TablePlan, 'keyType' | 'keyLength'>;

const INTEGER_MAX = 2 ** 32 - 1;
/** Characters that are written behind a backslash; HAProxy's. */
const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x1b, '\\e'],
  [0x20, '\\ '],
  [0x3d, '\\='],
  [0x5c, '\\\\'],
]);

/** A place for one key. */
export function emptyKey({ keyLength }: KeyShape): StickKey {
  return { bytes: new Uint8Array(keyLength), length: 0 };
}

/** Reads a key; null when the text is none. Longer texts are cut. Binary keys cannot be written. */
export function parseKey(text: string, shape: KeyShape): StickKey | null {
  const key = emptyKey(shape);
  const view = new DataView(key.bytes.buffer);
  const words = (values: readonly number[]): StickKey => {
    for (const [i, value] of values.entries()) view.setUint32(4 * i, value >>> 0, false);
    key.length = 4 * values.length;
    return key;
  };
  if (shape.keyType === 'ip') return parseIpv4(text) < 0 ? null : words([parseIpv4(text)]);
  if (shape.keyType === 'ipv6') return words6(text, words);
  if (shape.keyType === 'integer') return wholeNumber(text, words);
  const bytes = Buffer.from(bytesOf(text), 'latin1').subarray(0, shape.keyLength);
  key.bytes.set(bytes);
  key.length = bytes.length;
  return key;
}

function words6(text: string, words: (values: readonly number[]) => StickKey): StickKey | null {
  const parsed = parseIpv6(text);
  return parsed === null ? null : words(parsed);
}

/** As strtoul(3) reads it: what is none is 0. */
function wholeNumber(text: string, words: (values: readonly number[]) => StickKey): StickKey | null {
  const value = leadingInteger(text)?.value ?? 0;
  return value < 0 || value > INTEGER_MAX ? null : words([value]);
}

/** A key for people. */
export function keyText({ bytes, length }: StickKey, { keyType }: KeyShape): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (keyType === 'ip') return formatIpv4(view.getUint32(0, false));
  if (keyType === 'ipv6') return formatIpv6([0, 4, 8, 12].map((at) => view.getInt32(at, false)));
  if (keyType === 'integer') return String(view.getUint32(0, false));
  const used = bytes.subarray(0, length);
  if (keyType === 'binary') return Buffer.from(used).toString('hex').toUpperCase();
  return Array.from(used, characterText).join('');
}

function characterText(byte: number): string {
  const escaped = ESCAPES.get(byte);
  if (escaped !== undefined) return escaped;
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
