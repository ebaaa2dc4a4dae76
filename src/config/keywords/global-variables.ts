/** Variables of the process, set at the start (keywords set-var and set-var-fmt, configuration manual, section 3.1). */
import type { GlobalVariable } from '../config.js';
import type { GlobalKeyword } from '../keyword.js';
import { readExpression, unavailable } from '../samples/expression.js';
import { readFormat } from '../samples/format.js';
import { parseVariable } from '../samples/variables.js';
import type { Word } from '../tokens/line.js';
import { GLOBAL, type GlobalLine, nameOf, refuse } from './global-line.js';

type Value = GlobalVariable['value'];

/** The keywords of this file. */
export const GLOBAL_VARIABLE_KEYWORDS: readonly GlobalKeyword[] = [
  {
    name: 'set-var',
    sections: GLOBAL,
    arguments: '<name> <expression>',
    help: 'Sets a variable of the process to the value of an expression.',
    parse: (line) => set(line, 'a sample expression', readValue),
  },
  {
    name: 'set-var-fmt',
    sections: GLOBAL,
    arguments: '<name> <format>',
    help: 'Sets a variable of the process to what a format yields.',
    parse: (line) => set(line, 'a format string', readFormatted),
  },
];

function set(line: GlobalLine, what: string, read: (line: GlobalLine, word: Word) => Value | null): void {
  const [name, word] = line.words;
  if (name === undefined || word === undefined) {
    refuse(line, `'${nameOf(line)}' requires a process-wide variable name ('proc.<name>') and ${what}.`);
    return;
  }
  if (!name.text.startsWith('proc.')) {
    const text = `'${nameOf(line)}': cannot set variable '${name.text}', only scope 'proc' is permitted in the global section.`;
    refuse(line, text, name);
    return;
  }
  const variable = parseVariable(name.text);
  if (!variable.ok) {
    refuse(line, variable.message, name);
    return;
  }
  const value = read(line, word);
  if (value !== null) line.target.variables.push({ name: variable.value, value });
}

function readValue(line: GlobalLine): Value | null {
  const words = line.words.slice(1);
  const read = readExpression(words, {});
  if (!read.ok) return refuse(line, read.message, words[0], read.hint);
  const missing = unavailable(read.signature, ['start']);
  return missing === null ? { expression: read.expression } : refuse(line, missing, words[0]);
}

function readFormatted(line: GlobalLine, word: Word): Value | null {
  const read = readFormat(word.text, word.place, ['start']);
  return read.ok ? { format: read.format } : refuse(line, read.message, word, read.hint);
}
