/**
 * What a field of statistics is, whatever it belongs to: its name, what kind of number it is, and how
 * it is read. Tables of fields drive every form of output: CSV, typed, JSON, pages and metrics.
 */

/** What is shown; null: nothing. */
export type FieldValue = number | string | null;
/** How wide a value is; `flt` where fractions were asked for. */
export type FieldType = 'u32' | 'u64' | 's32' | 'flt' | 'str';

/** Letters of origin, nature and scope (management manual, section 9.2), as `MGP`: a gauge, measured, of the process. */
export type FieldTags = `${keyof typeof ORIGINS}${keyof typeof NATURES}${keyof typeof SCOPES}`;

/** Where a value comes from. */
export const ORIGINS = { M: 'Metric', S: 'Status', K: 'Key', C: 'Config', P: 'Product' } as const;
/** What may be done with it. */
export const NATURES = {
  G: 'Gauge',
  L: 'Limit',
  m: 'Min',
  M: 'Max',
  R: 'Rate',
  C: 'Counter',
  D: 'Duration',
  A: 'Age',
  T: 'Time',
  N: 'Name',
  O: 'Output',
  a: 'Avg',
} as const;
/** How far it holds. */
export const SCOPES = { C: 'Cluster', P: 'Process', S: 'Service', s: 'System' } as const;

/** A field without its reader. */
export interface FieldNature {
  readonly name: string;
  readonly tags: FieldTags;
  readonly type: FieldType;
  /** In words, as `desc` shows it. */
  readonly description: string;
}

/** A value with all that is known of it. */
export interface TypedValue extends FieldNature {
  /** Its place in the table. */
  readonly position: number;
  readonly value: number | string;
}
