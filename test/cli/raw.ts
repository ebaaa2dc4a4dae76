/** Raw flags for tests, as short as they are typed. */
import type { RawFlags, ValueFlag } from '../../src/cli/flags.js';

type Values = Partial<Record<ValueFlag, string | readonly string[]>>;

/** Flags that are fine, with some replaced or added. */
export function raw(values: Values = {}, switches: Partial<Pick<RawFlags, 'redispatch' | 'pin'>> = {}): RawFlags {
  const all: Values = { bind: '127.0.0.1:8080', server: '127.0.0.1:9001', ...values };
  const lists = Object.entries(all).map(([flag, value]) => [flag, typeof value === 'string' ? [value] : value]);
  return { values: Object.fromEntries(lists), redispatch: false, pin: true, ...switches };
}
