/** The expression of `balance hash`, which sees what is known of a session before it has a server. */
import { readExpression, unavailable } from '../samples/expression.js';
import type { Expression } from '../samples/syntax.js';
import type { Word } from '../tokens/line.js';
import type { ProxyLine } from './reading.js';

/** Reads it; reports what is wrong and answers null. */
export function parseBalanceExpression(line: ProxyLine, word: Word): Expression | null {
  const read = readExpression([word], { oneWord: true });
  const fault = read.ok ? unavailable(read.signature, ['beServer']) : read.message;
  if (read.ok && fault === null) return read.expression;
  // HAProxy says so only once it knows the proxy, and without the line.
  const { file, line: number } = word.place;
  const text = `config : proxy '${line.target.name}' [${file}:${number}]: failed to parse 'balance hash' expression '${word.text}' in : ${fault}.`;
  const hint = read.ok ? undefined : read.hint;
  line.findings.add({ severity: 'alert', text, place: word.place, ...(hint !== undefined && { hint }) });
  return null;
}
