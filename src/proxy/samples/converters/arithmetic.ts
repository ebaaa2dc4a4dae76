/** Converters of integers: arithmetic, bits, comparisons (configuration manual, 7.3.1). Their operand is a number or a variable. */
import { textArgument } from '../arguments.js';
import { castToInteger } from '../casts.js';
import type { Convert, ConverterFactory, ConverterFamily, SampleContext } from '../context.js';
import { ARITHMETIC, BITWISE, calculate, combine, type Operation, setParsed, setSaturated, wideOf } from '../integers.js';
import { Sample } from '../sample.js';
import { readVariable } from '../variables.js';
import { fromInteger } from './conversions.js';

const INTEGER = /^[-+]?\d+$/;

/** Puts the operand into a sample, 0 when nothing is written; false when it is a variable that is not set, or that is no number. */
type ReadOperand = (context: SampleContext) => boolean;

function operandOf(text: string, operand: Sample): ReadOperand {
  if (text === '' || INTEGER.test(text)) {
    setParsed(operand, text === '' ? '0' : text);
    return () => true;
  }
  return (context) => {
    const stored = readVariable(context, text);
    if (stored === null) return false;
    operand.load(stored);
    return castToInteger(operand);
  };
}

type Apply = (sample: Sample, operand: Sample, operation: Operation) => void;

function binary(operation: Operation, apply: Apply): ConverterFactory {
  return (plan) => {
    const operand = new Sample();
    const read = operandOf(textArgument(plan, 0), operand);
    return fromInteger((sample, context) => {
      if (!read(context)) return false;
      apply(sample, operand, operation);
      return true;
    });
  };
}

function unary(change: (sample: Sample) => void): () => Convert {
  return () =>
    fromInteger((sample) => {
      change(sample);
      return true;
    });
}

/** Converters of integers. */
export const INTEGER_CONVERTERS: ConverterFamily = {
  ...Object.fromEntries(Object.entries(ARITHMETIC).map(([name, operation]) => [name, binary(operation, calculate)])),
  ...Object.fromEntries(Object.entries(BITWISE).map(([name, operation]) => [name, binary(operation, combine)])),
  neg: unary((sample) => setSaturated(sample, -wideOf(sample))),
  cpl: unary((sample) => sample.setWide(~wideOf(sample))),
  bool: unary((sample) => sample.setBool(sample.integer !== 0)),
  not: unary((sample) => sample.setBool(sample.integer === 0)),
  odd: unary((sample) => sample.setBool((wideOf(sample) & 1n) === 1n)),
  even: unary((sample) => sample.setBool((wideOf(sample) & 1n) === 0n)),
};
