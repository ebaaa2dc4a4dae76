/** The converters `set-var` and `unset-var` (configuration manual, 7.3.1); reading is the fetch `var`. */
import { textArgument } from '../arguments.js';
import { assignment } from '../assignment.js';
import type { ConverterFactory, ConverterFamily } from '../context.js';
import { FOUND, MISSING } from '../sample.js';
import { unsetVariable } from '../variables.js';

/** Conditions that an assignment may have. */
const CONDITIONS_MAX = 4;

/** `set-var(name[,conditions])`: without an assignment there is no value either. */
const setVar: ConverterFactory = (plan) => {
  const names = Array.from({ length: CONDITIONS_MAX }, (_, i) => textArgument(plan, 1 + i)).filter((text) => text !== '');
  const assign = assignment(textArgument(plan, 0), names);
  return (context, sample) => (assign(context, sample) ? FOUND : MISSING);
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
