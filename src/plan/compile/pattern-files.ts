/**
 * Files of patterns and maps (configuration manual, section 7.1, flags -f and -M): one entry a
 * line, lines of comments and empty ones left out.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { bytesOf } from '../../config/samples/bytes.js';
import { parsePattern } from '../../config/samples/patterns.js';
import { type Parsed, parsed, refused } from '../../config/values/parsed.js';
import type { PatternForm, PatternListPlan } from '../expression.js';

/** The lines of a file as a plan has them. */
export type PatternLines = Pick<PatternListPlan, 'entries' | 'texts'>;

/** The entries of a file: `[key, value]` of a map, `[pattern, '']` of a list. */
export function parsePatternFile(path: string, text: string, form: PatternForm): Parsed<PatternLines> {
  const entries: [string, string][] = [];
  const texts: string[] = [];
  let number = 0;
  for (const raw of text.split('\n')) {
    number++;
    const line = raw.replace(/\r$/, '');
    if (/^[ \t]*(#|$)/.test(line)) continue;
    const [key, value] = form.map ? splitEntry(line) : [line.replace(/^[ \t]+/, ''), ''];
    const entry = parseEntry(key, value, form);
    if (!entry.ok) return refused(`${entry.message} at line ${number} of file '${path}'`);
    entries.push(entry.value);
    texts.push(key);
  }
  const differs = texts.some((text, i) => bytesOf(text) !== entries[i][0]);
  return parsed({ entries, ...(differs && { texts }) });
}

/** One line, its key as it is compared and its value byte by byte. The reason of a refusal is HAProxy's. */
export function parseEntry(key: string, value: string, form: PatternForm): Parsed<[string, string]> {
  const pattern = parsePattern(form.match, key, form.dotted);
  if (!pattern.ok) return pattern;
  if (form.map && !isValue(value, form.value)) return refused(`unable to parse '${value}'`);
  return parsed([pattern.value, bytesOf(value)]);
}

/** The key ends at the first blank; the value is the rest without the blanks around it. */
export function splitEntry(line: string): [string, string] {
  const [, key, value] = /^[ \t]*([^ \t]*)[ \t]*(.*?)[ \t]*$/s.exec(line) as RegExpExecArray;
  return [key, value];
}

function isValue(text: string, type: PatternForm['value']): boolean {
  if (type === 'int') return /^[+-]?[0-9]+$/.test(text);
  return type !== 'ip' || isIPv4(text) || isIPv6(text);
}
