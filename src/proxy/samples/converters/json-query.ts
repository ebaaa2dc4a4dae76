/** The converter `json_query` (configuration manual, 7.3.1): what stands at a path in JSON. */
import { textArgument } from '../arguments.js';
import type { ConverterFactory, ConverterFamily } from '../context.js';
import type { Sample } from '../sample.js';
import { fromText } from './conversions.js';

/** A name with `\.` for a dot within it, or an index. */
const STEP = /\.((?:\\.|[^.[\\])+)|\[(\d+)\]/gy;

/** The names and indexes of a path such as `$.a.b[0]`; null when it is none. */
function parsePath(path: string): readonly string[] | null {
  if (!path.startsWith('$')) return null;
  const steps: string[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < path.length) {
    const step = STEP.exec(path);
    if (step === null) return null;
    steps.push(step[2] ?? step[1].replace(/\\(.)/g, '$1'));
  }
  return steps;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'latin1').toString('utf8'));
  } catch {
    return null; // not JSON: there is no value, as for null
  }
}

function follow(root: unknown, steps: readonly string[]): unknown {
  let value = root;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return null;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** Texts, numbers and booleans are values; numbers are texts unless integers are asked for. */
function set(sample: Sample, value: unknown, asInteger: boolean): boolean {
  if (typeof value === 'string') sample.setString(Buffer.from(value, 'utf8').toString('latin1'));
  else if (typeof value === 'boolean') sample.setBool(value);
  else if (typeof value !== 'number') return false;
  else if (asInteger) sample.setInteger(Math.trunc(value) + 0);
  else sample.setString(String(value));
  return true;
}

/** `json_query(path[,int])`. */
const jsonQuery: ConverterFactory = (plan) => {
  const steps = parsePath(textArgument(plan, 0));
  const asInteger = textArgument(plan, 1) === 'int';
  return fromText((text, sample) => steps !== null && set(sample, follow(parse(text), steps), asInteger));
};

/** Converters of JSON; `json`, which escapes, is among the encodings. */
export const JSON_CONVERTERS: ConverterFamily = { json_query: jsonQuery };
