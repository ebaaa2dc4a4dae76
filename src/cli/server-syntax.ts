/** The value of `--server`: an address and its options, `10.0.0.1:80,weight=2,name=app1`. */
import { parseInteger } from '../config/values/integer.js';
import { didYouMean } from '../config/values/nearest.js';
import { type Parsed, parsed, refused } from '../config/values/parsed.js';
import { DEFAULTS } from '../plan/plan.js';

/** A server as written. */
export interface ServerSyntax {
  /** Not read yet. */
  readonly address: string;
  readonly weight: number;
  readonly name: string | undefined;
}

const OPTIONS = ['weight', 'name'] as const;
/** What HAProxy allows in names (configuration manual, section 2). */
const NAME = /^[A-Za-z0-9_.:-]+$/;

/** Reads the options of a server; its address stays text. */
export function parseServer(text: string): Parsed<ServerSyntax> {
  const [address, ...options] = text.split(',');
  const values = new Map<string, string>();
  for (const option of options) {
    const [word, value] = split(option);
    if (!(OPTIONS as readonly string[]).includes(word)) {
      return refused(`unknown option '${word}', known are ${OPTIONS.join(', ')}${didYouMean(word, OPTIONS)}`);
    }
    if (value === undefined) return refused(`'${word}' needs a value, as ${word}=${word === 'name' ? 'app1' : '2'}`);
    if (values.has(word)) return refused(`'${word}' is given twice`);
    values.set(word, value);
  }
  return withOptions(address, values);
}

function withOptions(address: string, values: ReadonlyMap<string, string>): Parsed<ServerSyntax> {
  const weight = parseInteger(values.get('weight') ?? String(DEFAULTS.weight), 0, DEFAULTS.weightMax);
  if (!weight.ok) return refused(`weight ${values.get('weight')}: ${weight.message}`);
  const name = values.get('name');
  if (name !== undefined && !NAME.test(name))
    return refused(`name '${name}' has other characters than letters, digits and _ . : -`);
  return parsed({ address, weight: weight.value, name });
}

function split(option: string): [word: string, value: string | undefined] {
  const equals = option.indexOf('=');
  return equals < 0 ? [option, undefined] : [option.slice(0, equals), option.slice(equals + 1)];
}
