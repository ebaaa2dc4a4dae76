/**
 * Files of patterns and maps (configuration manual, section 7.1, flags -f and -M): one entry a
 * line, lines of comments and empty ones left out.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { bytesOf } from '../../config/samples/bytes.js';
import { parsePattern } from '../../config/samples/patterns.js';
import type { MatchMethod } from '../../config/samples/syntax.js';
import { type Parsed, parsed, refused } from '../../config/values/parsed.js';

/** What the lines of a file are. */
export interface PatternFileForm {
  /** How keys are compared. */
  readonly match: MatchMethod;
  /** Lines are keys and values. */
  readonly map: boolean;
  /** What the values must be; `any` where they are not looked at. */
  readonly value: 'any' | 'str' | 'int' | 'ip';
}

/** The entries of a file: `[key, value]` of a map, `[pattern, '']` of a list. */
export function parsePatternFile(path: string, text: string, form: PatternFileForm): Parsed<[string, string][]> {
  const entries: [string, string][] = [];
  let number = 0;
  for (const raw of text.split('\n')) {
    number++;
    const line = raw.replace(/\r$/, '');
    if (/^[ \t]*(#|$)/.test(line)) continue;
    const [key, value] = form.map ? splitEntry(line) : [line.replace(/^[ \t]+/, ''), ''];
    const pattern = parsePattern(form.match, key);
    if (!pattern.ok) return refused(`${pattern.message} at line ${number} of file <${path}>`);
    if (form.map && !isValue(value, form.value)) return refused(`unable to parse '${value}' at line ${number} of file '${path}'`);
    entries.push([pattern.value, bytesOf(value)]);
  }
  return parsed(entries);
}

/** The key ends at the first blank; the value is the rest without the blanks around it. */
function splitEntry(line: string): [string, string] {
  const [, key, value] = /^[ \t]*([^ \t]*)[ \t]*(.*?)[ \t]*$/s.exec(line) as RegExpExecArray;
  return [key, value];
}

function isValue(text: string, type: PatternFileForm['value']): boolean {
  if (type === 'int') return /^[+-]?[0-9]+$/.test(text);
  return type !== 'ip' || isIPv4(text) || isIPv6(text);
}
