/** The stick tables of all proxies, numbered in the order of the proxies. */
import type { ProxyConfig } from '../../config/config.js';
import type { Findings } from '../../config/diagnostics.js';
import type { StickData } from '../../config/rules/syntax.js';
import { StickTable, TABLE_BYTES_MAX } from '../../shared/stick-table.js';
import type { TablePlan } from '../rules.js';

/** What stick rules keep in the tables that they use, whether it is listed or not. */
const OF_STICK_RULES: readonly StickData[] = [
  { name: 'server_id', periodMs: 0, count: 1 },
  { name: 'server_key', periodMs: 0, count: 1 },
];

const GIB = 2 ** 30;

/** A table for each proxy that has a `stick-table`, under the name of the proxy. Too large ones are alerts in `findings`. */
export function compileTables(proxies: readonly ProxyConfig[], findings: Findings): TablePlan[] {
  const sticking = new Set(proxies.flatMap(({ name, stickRules }) => stickRules.map(({ table }) => table?.name ?? name)));
  return proxies.flatMap(({ name, kind, stickTable }) => {
    if (stickTable === undefined || kind === 'defaults') return [];
    const { place, data, ...table } = stickTable;
    const added = sticking.has(name) ? OF_STICK_RULES.filter((one) => !data.some((known) => known.name === one.name)) : [];
    const plan = { name, ...table, data: [...data, ...added] };
    const bytes = StickTable.bytes(plan);
    if (bytes <= TABLE_BYTES_MAX) return [plan];
    findings.alert(
      place,
      `stick-table: ${table.size} entries take ${Math.ceil(bytes / GIB)} GiB, and a table may have less than 4.`,
    );
    return [{ ...plan, size: 1 }];
  });
}
