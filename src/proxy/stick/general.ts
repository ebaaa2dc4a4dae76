/**
 * General purpose counters and tags of an entry: elements of the arrays `gpc`, `gpc_rate` and `gpt`,
 * or the data of their own that came before the arrays, as `gpc0` (configuration manual, `stick-table`).
 */
import type { StickField } from '../../shared/stick-data.js';
import type { StickTable } from '../../shared/stick-table.js';

/** Where a value of an entry lies. */
export interface FieldElement {
  readonly field: StickField;
  readonly element: number;
}

/** How a value is asked for: by the name that it had before the arrays, as `gpc0`, or as an element of an array. */
export type Naming = 'older' | 'array';

/**
 * The counter (`gpc`, ''), its rate (`gpc`, `_rate`) or the tag (`gpt`, '') of that number; null when the
 * table has none. An older name finds the element of an array too, but not the other way about.
 */
export function elementOf(
  stick: StickTable,
  name: 'gpc' | 'gpt',
  suffix: '' | '_rate',
  index: number,
  naming: Naming = 'older',
): FieldElement | null {
  const array = stick.fields.get(`${name}${suffix}`);
  if (array !== undefined) return index < array.count ? { field: array, element: index } : null;
  if (naming === 'array') return null;
  const single = stick.fields.get(`${name}${index}${suffix}`);
  return single === undefined ? null : { field: single, element: 0 };
}

/**
 * Adds to a counter and to its rate, where the table has them. Answers the counter's new value, or
 * without one the events of the rate's running period, or 0.
 */
export function addToCounter(
  stick: StickTable,
  entry: number,
  index: number,
  value: number,
  nowMs: number,
  naming: Naming = 'older',
): number {
  const rate = elementOf(stick, 'gpc', '_rate', index, naming);
  const events = rate === null ? 0 : stick.add(entry, rate.field, rate.element, value, nowMs);
  stick.touch(entry, nowMs);
  const counter = elementOf(stick, 'gpc', '', index, naming);
  return counter === null ? events : stick.add(entry, counter.field, counter.element, value, nowMs);
}

/** Sets a counter back to zero; answers what it was, -1 when there is none. */
export function clearCounter(stick: StickTable, entry: number, index: number, nowMs: number, naming: Naming): number {
  const counter = elementOf(stick, 'gpc', '', index, naming);
  if (counter === null) return -1;
  const before = stick.read(entry, counter.field, counter.element, nowMs);
  stick.set(entry, counter.field, counter.element, 0, nowMs);
  stick.touch(entry, nowMs);
  return before;
}

/** Sets a tag, where the table has it. */
export function setTag(stick: StickTable, entry: number, index: number, value: number, nowMs: number): void {
  const tag = elementOf(stick, 'gpt', '', index);
  if (tag === null) return;
  stick.set(entry, tag.field, tag.element, value, nowMs);
  stick.touch(entry, nowMs);
}
