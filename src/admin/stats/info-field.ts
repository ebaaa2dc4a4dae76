/** How fields of the process are declared, and what they are read from. */
import { LANGUAGE_VERSION } from '../../config/version.js';
import { monotonicMs } from '../../kernel/monotonic-clock.js';
import type { LoadBalancer } from '../../master/balancer.js';
import type { CounterName } from '../../shared/counters.js';
import type { SharedTables } from '../../shared/state.js';
import { packageVersion } from '../../shared/version.js';
import type { FieldNature, FieldTags, FieldType, FieldValue } from './field.js';

/** What this is, and its version. */
export const PRODUCT = `turbo-lb ${packageVersion()}`;
/** Tools split it at '.' and read two numbers, by which they know HAProxy's version: that of the language comes first. */
export const VERSION = `${LANGUAGE_VERSION}-turbo-lb-${packageVersion()}`;

/** A balancer at one moment. */
export interface InfoSource {
  readonly balancer: LoadBalancer;
  readonly tables: SharedTables;
  readonly nowMs: number;
  readonly uptimeMs: number;
}

/** A balancer now. */
export function infoSourceOf(balancer: LoadBalancer): InfoSource {
  return { balancer, tables: balancer.tables, nowMs: monotonicMs(), uptimeMs: balancer.life.uptimeMs };
}

/** A field of the process. */
export interface InfoField extends FieldNature {
  readonly read: (info: InfoSource) => FieldValue;
  /** It has fractions, which are shown when they are asked for (`float`). */
  readonly fractional?: true;
}

/** A field and how it is read. */
export function row(name: string, tags: FieldTags, type: FieldType, read: InfoField['read'], description: string): InfoField {
  return { name, tags, type, read, description };
}

/** A number of seconds with fractions. */
export function fractional(name: string, tags: FieldTags, read: InfoField['read'], description: string): InfoField {
  return { name, tags, type: 'u32', read, description, fractional: true };
}

/** What is 0 without TLS, compression, peers and the like. */
export function unused(name: string, tags: FieldTags, type: FieldType, description: string): InfoField {
  return row(name, tags, type, () => 0, description);
}

/** The sum of a counter of the workers. */
export function total(name: CounterName): InfoField['read'] {
  return ({ tables }) => tables.counters.total(name);
}
