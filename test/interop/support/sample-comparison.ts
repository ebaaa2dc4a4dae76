/** Evaluates expressions in HAProxy and in the data plane, and compares the bytes that come out. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PatternListPlan } from '../../../src/plan/expression.js';
import { withProcesses } from '../../harness.js';
import { Lab } from '../../proxy/samples/support/lab.js';
import { haproxyValues } from './evaluations.js';

/** Every input with every converter after it. */
export function combine(inputs: readonly string[], converters: readonly string[]): string[] {
  return inputs.flatMap((input) => converters.map((converter) => `${input},${converter}`));
}

/** Evaluates all of them on both sides; failures name the expression. */
export async function compare(expressions: readonly string[], patternLists: readonly PatternListPlan[] = []): Promise<void> {
  const lab = new Lab({ patternLists });
  const expected = await haproxyValues(expressions);
  const own = expressions.map((expression) => {
    const value = lab.hex(expression);
    lab.session.variables = null;
    return value;
  });
  const different = [...expressions.keys()].filter((i) => own[i] !== expected[i]);
  assert.equal(
    different.map((i) => `${expressions[i]} => ${own[i]}`),
    different.map((i) => `${expressions[i]} => ${expected[i]}`),
  );
}

/** Declares a test that starts one HAProxy. */
export function differential(name: string, body: () => Promise<void>): void {
  test(name, () => withProcesses(body));
}
