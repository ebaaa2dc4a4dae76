/**
 * A program: reads expressions and texts from a file of JSON, and prints those which in the bounded
 * form do not match (argument `match`) or capture (`capture`) what they do in JavaScript. With `count`
 * it only matches, and prints how many it did. Flags of V8 are its caller's.
 */
import { readFileSync } from 'node:fs';
import { type Captures, Regex } from '../../../../src/proxy/samples/regex.js';

interface Case {
  readonly source: string;
  readonly text: string;
  readonly ignoreCase: boolean;
}

const cases = JSON.parse(readFileSync(process.argv[2], 'utf8')) as readonly Case[];
const mode = process.argv[3];

/** A group that took no part is as good as an empty one: so it is when its capture is put somewhere. */
function written(captures: Captures | null): string {
  if (captures === null || mode === 'match') return String(captures !== null);
  return JSON.stringify(captures.map((capture) => capture ?? ''));
}

/** As JavaScript has it; letters in any case are those of ASCII in these texts. */
function expected({ source, text, ignoreCase }: Case): string {
  const match = new RegExp(source, ignoreCase ? 'i' : '').exec(text);
  return written(match && [...match]);
}

for (const one of cases) {
  const regex = new Regex(one.source, one.ignoreCase);
  const captures = regex.captures(one.text);
  if (mode === 'count' || (written(captures) === expected(one) && regex.test(one.text) === (captures !== null))) continue;
  process.stdout.write(`${JSON.stringify(one)}: ${written(captures)}, not ${expected(one)}\n`);
}
if (mode === 'count') process.stdout.write(`${cases.length}\n`);
