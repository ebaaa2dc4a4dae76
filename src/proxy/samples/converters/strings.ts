/** Converters of texts: parts of them, their case, their ends, other texts beside them (configuration manual, 7.3.1). */
import { numberArgument, textArgument } from '../arguments.js';
import { textOf } from '../casts.js';
import type { Convert, ConverterFactory, ConverterFamily } from '../context.js';
import { setParsed } from '../integers.js';
import { FOUND, Sample } from '../sample.js';
import { readVariable } from '../variables.js';
import { fromBool, fromText, onBytes, onText } from './conversions.js';

const UPPER = /[A-Z]+/g;
const LOWER = /[a-z]+/g;

/** The characters of ASCII alone, as tolower(3) in the C locale. */
export function lowerAscii(text: string): string {
  return text.replace(UPPER, (letters) => letters.toLowerCase());
}

function upperAscii(text: string): string {
  return text.replace(LOWER, (letters) => letters.toUpperCase());
}

/** `field(index,delimiters[,count])`: delimiters side by side have an empty field between them. */
const field: ConverterFactory = (plan) => {
  const index = numberArgument(plan, 0);
  const delimiters = textArgument(plan, 1);
  const count = numberArgument(plan, 2, 1);
  return onText((text) => {
    const fields = split(text, delimiters);
    return index > 0 ? forwards(text, fields, index, count) : backwards(text, fields, -index, count);
  });
};

/** Starts and ends of the parts between delimiters, one after the other. */
function split(text: string, delimiters: string): number[] {
  const parts = [0];
  for (let i = 0; i < text.length; i++) {
    if (delimiters.includes(text[i])) parts.push(i, i + 1);
  }
  parts.push(text.length);
  return parts;
}

function forwards(text: string, parts: readonly number[], index: number, count: number): string | null {
  const total = parts.length / 2;
  if (index > total) return null;
  const last = count === 0 ? total : Math.min(total, index + count - 1);
  return text.slice(parts[2 * (index - 1)], parts[2 * last - 1]);
}

function backwards(text: string, parts: readonly number[], index: number, count: number): string | null {
  const total = parts.length / 2;
  if (index > total) return null;
  const last = total - index + 1;
  const first = count === 0 ? 1 : Math.max(1, last - count + 1);
  return text.slice(parts[2 * (first - 1)], parts[2 * last - 1]);
}

/** `word(index,delimiters[,count])`: delimiters side by side are one; without that word the text is empty. */
const word: ConverterFactory = (plan) => {
  const index = numberArgument(plan, 0);
  const delimiters = textArgument(plan, 1);
  const count = numberArgument(plan, 2, 1);
  return onText((text) => {
    const words = split(text, delimiters).filter((_, i, parts) => parts[i & ~1] < parts[i | 1]);
    const total = words.length / 2;
    if (index > 0) return index > total ? '' : text.slice(words[2 * (index - 1)], wordsEnd(text, words, index, count));
    return -index > total ? '' : text.slice(wordsStart(words, total + index, count), words[2 * (total + index) + 1]);
  });
};

/** Words to the end of the text include the delimiters behind the last. */
function wordsEnd(text: string, words: readonly number[], index: number, count: number): number {
  const last = index + count - 1;
  return count === 0 || last > words.length / 2 ? text.length : words[2 * last - 1];
}

/** Words back to the start of the text include the delimiters before the first. */
function wordsStart(words: readonly number[], last: number, count: number): number {
  const first = last - count + 1;
  return count === 0 || first < 0 ? 0 : words[2 * first];
}

/** `bytes(offset[,length])`: what lies past the end is left out. */
const bytes: ConverterFactory = (plan) => {
  const offset = numberArgument(plan, 0);
  const length = numberArgument(plan, 1, -1);
  return onBytes((text) => {
    if (offset < 0 || offset >= text.length) return '';
    return length < 0 ? text.slice(offset) : text.slice(offset, offset + length);
  }, true);
};

const ltrim: ConverterFactory = (plan) => {
  const characters = textArgument(plan, 0);
  return onText((text) => {
    let start = 0;
    while (start < text.length && characters.includes(text[start])) start++;
    return text.slice(start);
  });
};

const rtrim: ConverterFactory = (plan) => {
  const characters = textArgument(plan, 0);
  return onText((text) => {
    let end = text.length;
    while (end > 0 && characters.includes(text[end - 1])) end--;
    return text.slice(0, end);
  });
};

/** `concat([start],[variable],[end])`: a variable that is not set adds nothing. */
const concat: ConverterFactory = (plan) => {
  const start = textArgument(plan, 0);
  const variable = textArgument(plan, 1);
  const end = textArgument(plan, 2);
  const scratch = new Sample();
  return onText((text, context) => text + start + variableText(readVariable(context, variable), scratch) + end);
};

/** `add_item(delimiter,[variable][,suffix])`: the delimiter only between two texts that are not empty. */
const addItem: ConverterFactory = (plan) => {
  const delimiter = textArgument(plan, 0);
  const variable = textArgument(plan, 1);
  const suffix = textArgument(plan, 2);
  const scratch = new Sample();
  return onText((text, context) => {
    const added = variableText(readVariable(context, variable), scratch) + suffix;
    return text + (text !== '' && added !== '' ? delimiter : '') + added;
  });
};

function variableText(stored: ReturnType<typeof readVariable>, scratch: Sample): string {
  if (stored === null) return '';
  scratch.load(stored);
  return textOf(scratch);
}

/** `strcmp(variable)`: the difference of the first bytes that differ, or else of the lengths. */
const strcmp: ConverterFactory = (plan) => {
  const variable = textArgument(plan, 0);
  const scratch = new Sample();
  return fromText((text, sample, context) => {
    const stored = readVariable(context, variable);
    if (stored === null) return false;
    sample.setInteger(compare(text, variableText(stored, scratch)));
    return true;
  });
};

function compare(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    if (a[i] !== b[i]) return a.charCodeAt(i) - b.charCodeAt(i);
  }
  return a.length - b.length;
}

/** `host_only`: the name or address before the port, in lower case. */
const hostOnly = (): Convert => onText((text) => lowerAscii(text.slice(0, hostEnd(text))));

/** `port_only`: the port, or 0. */
const portOnly = (): Convert =>
  fromText((text, sample) => {
    setParsed(sample, text.slice(hostEnd(text) + 1));
    return true;
  });

/** Where the port's colon stands: the last one, unless within the brackets of an address. */
function hostEnd(text: string): number {
  const colon = text.lastIndexOf(':');
  return colon < 0 || text.indexOf(']', colon) >= 0 ? text.length : colon;
}

const iif: ConverterFactory = (plan) => {
  const whenTrue = textArgument(plan, 0);
  const whenFalse = textArgument(plan, 1);
  return fromBool((sample) => sample.setString(sample.integer !== 0 ? whenTrue : whenFalse));
};

const length = (): Convert =>
  fromText((text, sample) => {
    sample.setInteger(text.length);
    return true;
  });

/** Converters of texts. */
export const STRING_CONVERTERS: ConverterFamily = {
  lower: () => onText(lowerAscii),
  upper: () => onText(upperAscii),
  length,
  field,
  word,
  bytes,
  ltrim,
  rtrim,
  cut_crlf: () => onText((text) => text.replace(/[\r\n].*$/s, '')),
  concat,
  add_item: addItem,
  strcmp,
  host_only: hostOnly,
  port_only: portOnly,
  iif,
  /** Shows samples to developers in HAProxy; here it lets them pass. */
  debug: () => () => FOUND,
};
