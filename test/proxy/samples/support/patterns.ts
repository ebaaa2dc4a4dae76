/** Lists of patterns, as plans have them, for tests that write their plans themselves. */
import type { PatternForm, PatternListPlan } from '../../../../src/plan/expression.js';

const FORM: PatternForm = { match: 'str', ignoreCase: false, dotted: false, map: false, value: 'any' };

/** A list of patterns, or with values of a map; of a file where it has a path. */
export function patternList(
  entries: readonly (readonly [key: string, value: string] | string)[],
  form: Partial<PatternForm> = {},
  path = '',
): PatternListPlan {
  return {
    source: { id: 0, path, uses: [] },
    form: { ...FORM, ...form },
    entries: entries.map((entry) => (typeof entry === 'string' ? ([entry, ''] as const) : entry)),
  };
}
