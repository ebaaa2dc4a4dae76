/** The columns that the rows of single requests share. */
import { type Column, type Entrant, toHaproxy } from '../lib/row.js';
import { short } from '../lib/stats.js';

const rounded = (value: number): string => (Number.isFinite(value) ? value.toFixed(0) : '-');

/** CPU microseconds per unit of work, their ratio to HAProxy, work per second, latencies. */
export function requestColumns(unit: string, reference: (entrant: Entrant) => string = toHaproxy): Column[] {
  return [
    { head: `us/${unit}`, key: 'cpu', format: short },
    { head: 'user', key: 'user', format: short },
    { head: 'sys', key: 'system', format: short },
    { head: 'ratio', ratioOf: 'cpu', reference },
    { head: `${unit}/s`, key: 'rate', format: rounded },
    { head: 'p50', key: 'p50', format: short },
    { head: 'p99', key: 'p99', format: short },
    { head: 'p99.9', key: 'p999', format: short },
  ];
}
