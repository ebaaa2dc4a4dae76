/** Assignments to variables and their conditions, as rules and the converter `set-var` make them (configuration manual, 4.2, 7.3.1). */
import type { SampleContext } from './context.js';
import { wideOf } from './integers.js';
import { Sample, type StoredSample, TYPE_BINARY, TYPE_INTEGER, TYPE_STRING } from './sample.js';
import { isProcessVariable, readVariable, setVariable } from './variables.js';

/** Makes an assignment; false: a condition does not hold, and the variable stays as it is. */
export type Assign = (context: SampleContext, sample: Sample) => boolean;

/** Whether an assignment is made, from the value and what the variable held before. */
type Condition = (sample: Sample, stored: StoredSample | null, processWide: boolean) => boolean;

const CONDITIONS: Readonly<Record<string, Condition>> = {
  ifexists: (_sample, stored, processWide) => processWide || stored !== null,
  ifnotexists: (_sample, stored, processWide) => !processWide && stored === null,
  ifempty: (sample) => isEmpty(sample),
  ifnotempty: (sample) => !isEmpty(sample),
  ifset: (_sample, stored) => stored !== null,
  ifnotset: (_sample, stored) => stored === null,
  // Comparisons of anything but integers are taken as true.
  ifgt: (sample, stored) => !bothIntegers(sample, stored) || difference(sample, stored) > 0n,
  iflt: (sample, stored) => !bothIntegers(sample, stored) || difference(sample, stored) < 0n,
};

/** Only texts and binary data can be empty. */
function isEmpty(sample: Sample): boolean {
  return (sample.type === TYPE_STRING || sample.type === TYPE_BINARY) && sample.text === '';
}

const comparand = new Sample();

/** How much the variable exceeds the value, for integers. */
function difference(sample: Sample, stored: StoredSample): bigint {
  comparand.load(stored);
  return wideOf(comparand) - wideOf(sample);
}

function bothIntegers(sample: Sample, stored: StoredSample | null): stored is StoredSample {
  return sample.type === TYPE_INTEGER && stored?.type === TYPE_INTEGER;
}

/** The assignment to a variable, under conditions that were found to be known; all have to hold. */
export function assignment(variable: string, conditions: readonly string[]): Assign {
  const processWide = isProcessVariable(variable);
  const checks = conditions.map((name) => CONDITIONS[name]);
  return (context, sample) => {
    if (checks.length > 0) {
      const stored = readVariable(context, variable);
      if (!checks.every((holds) => holds(sample, stored, processWide))) return false;
    }
    setVariable(context, variable, sample);
    return true;
  };
}
