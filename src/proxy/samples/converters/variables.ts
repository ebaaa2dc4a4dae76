/** The converters `set-var` and `unset-var` (configuration manual, 7.3.1); reading is the fetch `var`. */
import { textArgument } from '../arguments.js';
import type { ConverterFactory, ConverterFamily } from '../context.js';
import { wideOf } from '../integers.js';
import { FOUND, MISSING, Sample, type StoredSample, TYPE_BINARY, TYPE_INTEGER, TYPE_STRING } from '../sample.js';
import { isProcessVariable, readVariable, setVariable, unsetVariable } from '../variables.js';

/** Conditions that an assignment may have. */
const CONDITIONS_MAX = 4;

/** Whether an assignment is made, from the value and what the variable held before. */
type Condition = (sample: Sample, stored: StoredSample | null, processWide: boolean) => boolean;

const CONDITIONS: Readonly<Record<string, Condition>> = {
  ifexists: (_sample, stored, processWide) => processWide || stored !== null,
  ifnotexists: (_sample, stored, processWide) => !processWide && stored === null,
  ifempty: (sample) => isEmpty(sample),
  ifnotempty: (sample) => !isEmpty(sample),
  ifset: (_sample, stored) => stored !== null,
  ifnotset: (_sample, stored) => stored === null,
  ifgt: (sample, stored) => difference(sample, stored) > 0n,
  iflt: (sample, stored) => difference(sample, stored) < 0n,
};

/** Only texts and binary data can be empty. */
function isEmpty(sample: Sample): boolean {
  return (sample.type === TYPE_STRING || sample.type === TYPE_BINARY) && sample.text === '';
}

const comparand = new Sample();

/** How much the variable exceeds the value, for integers. */
function difference(sample: Sample, stored: StoredSample | null): bigint {
  if (stored === null) return 0n;
  comparand.load(stored);
  return wideOf(comparand) - wideOf(sample);
}

function bothIntegers(sample: Sample, stored: StoredSample | null): boolean {
  return sample.type === TYPE_INTEGER && stored?.type === TYPE_INTEGER;
}

/** `set-var(name[,conditions])`: without an assignment there is no value either. */
const setVar: ConverterFactory = (plan) => {
  const name = textArgument(plan, 0);
  const processWide = isProcessVariable(name);
  const names = Array.from({ length: CONDITIONS_MAX }, (_, i) => textArgument(plan, 1 + i)).filter((text) => text !== '');
  return (context, sample) => {
    const stored = readVariable(context, name);
    const holds = names.every((condition) => {
      // comparisons of anything but integers are taken as true
      if ((condition === 'ifgt' || condition === 'iflt') && !bothIntegers(sample, stored)) return true;
      return CONDITIONS[condition](sample, stored, processWide);
    });
    if (!holds) return MISSING;
    setVariable(context, name, sample);
    return FOUND;
  };
};

const unsetVar: ConverterFactory = (plan) => {
  const name = textArgument(plan, 0);
  return (context) => {
    unsetVariable(context, name);
    return FOUND;
  };
};

/** Converters that set variables. */
export const VARIABLE_CONVERTERS: ConverterFamily = { 'set-var': setVar, 'unset-var': unsetVar };
