/** Looks up the addresses of host names as the system does: /etc/hosts, then DNS. */
import { lookup as dnsLookup } from 'node:dns/promises';
import type { Resolved } from '../../plan/resources.js';

/** Looks a name up in one family, or in both (0). */
export type HostLookup = (host: string, family: 0 | 4 | 6) => Promise<{ address: string; family: number }>;

/**
 * IPv4 first where a name has both: a server that listens on 127.0.0.1 alone is to be found as
 * `localhost`.
 */
const systemLookup: HostLookup = (host, family) => dnsLookup(host, { family, verbatim: false });

const FAMILY_NUMBER = { ipv4: 4, ipv6: 6, any: 0 } as const;

/** The address of a name, or why there is none. */
export async function lookUpHost(
  host: string,
  family: keyof typeof FAMILY_NUMBER,
  lookup: HostLookup = systemLookup,
): Promise<Resolved> {
  try {
    const found = await lookup(host, FAMILY_NUMBER[family]);
    return { ok: true, address: { family: found.family === 6 ? 'ipv6' : 'ipv4', host: found.address } };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return { ok: false, message: code === 'ENOTFOUND' ? `unknown host '${host}'` : `cannot look up host '${host}' (${code})` };
  }
}
