/**
 * What ranges of ports multiply to: a line of a few words may ask for more listening sockets than any
 * process can have, and would take all memory before the system's first error.
 */
import type { BindConfig, Config } from '../config.js';
import type { Findings } from '../diagnostics.js';

/** Listening sockets of all proxies: as many as a process may have descriptors (`fs.nr_open`, its default). */
export const LISTENERS_MAX = 1_048_576;

/** One alert at the line that goes too far; true without it. */
export function checkSizes({ proxies }: Config, findings: Findings): boolean {
  let listeners = 0;
  for (const bind of proxies.flatMap(({ binds }) => binds)) {
    listeners += portsOf(bind);
    if (listeners <= LISTENERS_MAX) continue;
    const text = `${listeners} listening sockets up to here are more than a process can have (${LISTENERS_MAX}).`;
    findings.alert(bind.place, `'bind' : ${text}`);
    return false;
  }
  return true;
}

function portsOf({ address }: BindConfig): number {
  if (address.kind === 'fd' || address.kind === 'unix' || address.ports === null) return 1;
  return address.ports.last - address.ports.first + 1;
}
