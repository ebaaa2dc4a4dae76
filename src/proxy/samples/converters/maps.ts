/** The converters `map*` and `regsub` (configuration manual, 7.3.1): a value for a key, from a file. */
import type { ConverterPlan, PatternListPlan } from '../../../plan/expression.js';
import { setAddress } from '../addresses.js';
import { hasArgument, numberArgument, textArgument } from '../arguments.js';
import type { ConverterFactory, ConverterFamily, ExpressionCompiler } from '../context.js';
import { setParsed } from '../integers.js';
import { livePatterns } from '../match/live.js';
import { matchCast } from '../match/patterns.js';
import { expandSubstitution, Regex } from '../regex.js';
import { FOUND, MISSING, Sample, type StoredSample } from '../sample.js';
import { onText } from './conversions.js';

type Method = 'str' | 'beg' | 'sub' | 'dir' | 'dom' | 'end' | 'reg' | 'int' | 'ip';
type Output = 'str' | 'int' | 'ip';

const METHODS: readonly Method[] = ['str', 'beg', 'sub', 'dir', 'dom', 'end', 'reg', 'int', 'ip'];

/** `map_<method>[_<output>](file[,default])`. */
function map(method: Method, output: Output): ConverterFactory {
  return (plan, compiler) => {
    const live = livePatterns(fileOf(plan, compiler));
    const { set } = live;
    const values = live.list(([, value]) => mapValue(value, output));
    const fallback = hasArgument(plan, 1) ? mapValue(textArgument(plan, 1), output) : null;
    const cast = matchCast(method);
    return (_context, sample) => {
      if (!cast(sample)) return MISSING;
      const number = set.current.find(sample);
      const value = number < 0 ? fallback : values.current[number];
      if (value === null) return MISSING;
      sample.load(value);
      return FOUND;
    };
  };
}

function fileOf(plan: ConverterPlan, compiler: ExpressionCompiler): PatternListPlan {
  const index = numberArgument(plan, 0, -1);
  const file = compiler.lane.plan.patternLists[index];
  if (file === undefined) throw new Error(`${plan.name}: there is no pattern file ${index}`);
  return file;
}

/** A value in the type of the map; null when it is none of that type, as if the entry had no value. */
function mapValue(text: string, output: Output): StoredSample | null {
  const sample = new Sample();
  if (output === 'str') sample.setString(text);
  else if (output === 'int') setParsed(sample, text);
  else if (!setAddress(sample, text)) return null;
  return sample.store();
}

/** `map_regm(file[,default])`: the value with `\1` and its like replaced by what the expression captured. */
const mapRegm: ConverterFactory = (plan, compiler) => {
  const entries = livePatterns(fileOf(plan, compiler)).list(([key, value]) => ({ expression: new Regex(key, false), value }));
  const fallback = hasArgument(plan, 1) ? textArgument(plan, 1) : null;
  return onText((text) => {
    for (const { expression, value } of entries.current) {
      const match = expression.captures(text);
      if (match !== null) return expandSubstitution(value, match);
    }
    return fallback;
  });
};

/** `regsub(regex,substitution[,flags])`: flags g (all matches) and i (case does not matter). */
const regsub: ConverterFactory = (plan) => {
  const flags = textArgument(plan, 2);
  const expression = new Regex(textArgument(plan, 0), flags.includes('i'));
  const substitution = textArgument(plan, 1);
  return onText((text) => expression.substitute(text, substitution, flags.includes('g')));
};

/** Converters that look values up or rewrite texts. */
export const MAP_CONVERTERS: ConverterFamily = {
  map: map('str', 'str'),
  ...Object.fromEntries(
    METHODS.flatMap((method) => [
      [`map_${method}`, map(method, 'str')],
      [`map_${method}_int`, map(method, 'int')],
      [`map_${method}_ip`, map(method, 'ip')],
    ]),
  ),
  map_regm: mapRegm,
  regsub,
};
