/** Long lists of patterns in parts: whole, they would hold up whoever takes them in. */
import type { Plan } from '../plan/plan.js';
import type { PatternEntry } from '../proxy/samples/match/live.js';

/** Entries that are sent, or looked at, at a time when there are many: a worker takes them in about a millisecond. */
export const PART = 500;

/** Items in their order, so many at a time. */
export function* partsOf<T>(items: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < items.length; at += PART) yield items.slice(at, at + PART);
}

/** Some entries of a list of a plan, behind those that it has. */
export interface PatternPart {
  /** Its index in `plan.patternLists`. */
  readonly list: number;
  readonly entries: readonly PatternEntry[];
}

/** The plan with long lists empty. */
export function withoutLongLists(plan: Plan): Plan {
  const patternLists = plan.patternLists.map((list) => {
    if (list.entries.length <= PART) return list;
    const { source, form } = list;
    return { source, form, entries: [] };
  });
  return { ...plan, patternLists };
}

/** What it lacks. */
export function* longListsOf({ patternLists }: Plan): Iterable<PatternPart> {
  for (const [list, { entries }] of patternLists.entries())
    if (entries.length > PART) for (const part of partsOf(entries)) yield { list, entries: part };
}
