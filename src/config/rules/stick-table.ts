/** `stick-table` of a proxy (configuration manual, section 4.2). */
import type { Findings, Place } from '../diagnostics.js';
import type { Word } from '../tokens/line.js';
import { type Parsed, parsed, refused } from '../values/parsed.js';
import { parseSize } from '../values/size.js';
import { parseTime, TIME_MS_MAX } from '../values/time.js';
import { conflictOf, parseStickData } from './stick-data.js';
import type { StickData, StickTable } from './syntax.js';

const ENTRIES_MAX = 2 ** 32 - 1;
type KeyType = StickTable['keyType'];
/** Bytes of keys; strings and binary keys have 32 where `len` says nothing. */
const KEY_LENGTHS: Readonly<Record<string, readonly [KeyType, number]>> = {
  ip: ['ip', 4],
  ipv6: ['ipv6', 16],
  integer: ['integer', 4],
  string: ['string', 32],
  binary: ['binary', 32],
};

/** Reads the words after `stick-table`; null when they are wrong, which `findings` then say. */
export function readStickTable(words: readonly Word[], place: Place, findings: Findings): StickTable | null {
  const reader = new TableReader(words, place, findings);
  return reader.read();
}

class TableReader {
  private at = 0;
  private keyType: KeyType | null = null;
  private keyLength = 0;
  private size = 0;
  private expireMs = 0;
  private nopurge = false;
  private readonly data: StickData[] = [];

  constructor(
    private readonly words: readonly Word[],
    private readonly place: Place,
    private readonly findings: Findings,
  ) {}

  read(): StickTable | null {
    while (this.at < this.words.length) {
      const option = this.words[this.at];
      const wrong = this.option(option.text);
      if (wrong !== null) return this.refuse(wrong, option.place);
    }
    const { keyType, keyLength, size, expireMs, nopurge, data, place } = this;
    if (size === 0) return this.refuse('stick-table: missing size.', place);
    if (keyType === null) return this.refuse('stick-table: missing type.', place);
    const conflict = conflictOf(data);
    if (conflict !== null) return this.refuse(`stick-table: ${conflict}.`, place);
    return { keyType, keyLength, size, expireMs, nopurge, data, place };
  }

  private refuse(text: string, place: Place): null {
    if (text.includes('timer overflow')) this.findings.line('alert', place, text);
    else this.findings.alert(place, text);
    return null;
  }

  /** Reads one option and its value; what is wrong with it, or null. */
  private option(name: string): string | null {
    if (name === 'nopurge') {
      this.nopurge = true;
      this.at++;
      return null;
    }
    const value = this.words[this.at + 1]?.text;
    this.at += 2;
    switch (name) {
      case 'type':
        return this.type(value ?? '');
      case 'size':
        return this.number('size', value, parseEntries(value ?? ''), (size) => (this.size = size));
      case 'expire':
        return this.number('expire', value, parseExpiry(value ?? ''), (time) => (this.expireMs = time));
      case 'store':
        return this.store(value ?? '');
      default:
        return unsupported(name, value);
    }
  }

  private number(name: string, text: string | undefined, result: Parsed<number>, keep: (value: number) => void): string | null {
    if (text === undefined) return `stick-table: missing argument after '${name}'.`;
    if (!result.ok)
      return result.message.startsWith('timer')
        ? `stick-table: ${result.message}`
        : `stick-table: ${result.message} in argument of '${name}'.`;
    keep(result.value);
    return null;
  }

  private type(name: string): string | null {
    const known = KEY_LENGTHS[name];
    if (known === undefined) return `stick-table: unknown type '${name}'.`;
    [this.keyType, this.keyLength] = known;
    const sized = this.keyType === 'string' || this.keyType === 'binary';
    if (!sized || this.words[this.at]?.text !== 'len') return null;
    const text = this.words[this.at + 1]?.text ?? '';
    const length = Number.parseInt(text, 10) || 0;
    if (length <= 0) return `stick-table: unknown type '${text}'.`;
    this.keyLength = length;
    this.at += 2;
    return null;
  }

  private store(list: string): string | null {
    for (const text of splitList(list)) {
      const read = parseStickData(text);
      if (!read.ok) return `stick-table: ${read.message}.`;
      const again = this.data.some(({ name }) => name === read.value.name);
      if (again) this.warnOfRepeat(text);
      else this.data.push(read.value);
    }
    return null;
  }

  private warnOfRepeat(text: string): void {
    const { place } = this.words[this.at - 1];
    const name = text.replace(/\(.*/s, '');
    this.findings.line('warning', place, `stick-table: store option '${name}' already enabled, ignored.`);
  }
}

/** Commas between parentheses belong to arguments; one at the end is overlooked. */
function splitList(list: string): string[] {
  return list.match(/(?:[^,(]|\([^)]*\)?)+|(?<=,)(?=,)|^(?=,)/g) ?? [];
}

/** Entries are counted in 32 bits. */
function parseEntries(text: string): Parsed<number> {
  const size = parseSize(text);
  return size.ok && size.value > ENTRIES_MAX ? refused(`unexpected character '${text.at(-1)}'`) : size;
}

function parseExpiry(text: string): Parsed<number> {
  const time = parseTime(text);
  if (time.ok) return parsed(time.value);
  if (/^[0-9]+(us|ms|s|m|h|d)?$/.test(text)) {
    const limit = `maximum value is ${TIME_MS_MAX} ms (~24.8 days).`;
    return refused(`timer overflow in argument <${text}> to <expire>, ${limit}`);
  }
  return refused(`unexpected character '${/^[0-9]*(.)/s.exec(text)?.[1] ?? ''}'`);
}

function unsupported(name: string, value: string | undefined): string | null {
  if (name === 'peers') {
    return value === undefined
      ? "stick-table: missing argument after 'peers'."
      : `stick-table: peers are not supported: unable to use the section '${value}'.`;
  }
  if (name === 'srvkey') {
    if (value === 'name') return null;
    return value === 'addr'
      ? "stick-table: 'srvkey addr' is not supported."
      : `stick-table : unknown server key type '${value ?? ''}'.`;
  }
  return `stick-table: unknown argument '${name}'.`;
}
