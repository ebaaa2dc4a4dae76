/** From an address as written to one that a socket can use: looks names up and makes paths absolute. */
import { lookup as dnsLookup } from 'node:dns/promises';
import { resolve as absolutePath } from 'node:path';
import type { AddressSyntax } from '../config/values/address.js';
import { type Parsed, parsed, refused } from '../config/values/parsed.js';
import type { SocketAddress } from '../kernel/address.js';

/** Looks a name up in one family, or in both (0), as the system does it: /etc/hosts, then DNS. */
export type Lookup = (host: string, family: 0 | 4 | 6) => Promise<{ address: string; family: number }>;

/**
 * IPv4 first where a name has both: a server that listens on 127.0.0.1 alone is to be found as
 * `localhost`.
 */
const systemLookup: Lookup = (host, family) => dnsLookup(host, { family, verbatim: false });

const FAMILY_NUMBER = { ipv4: 4, ipv6: 6, any: 0 } as const;

/** The socket addresses of a written one: as many as it has ports. */
export async function resolveAddress(syntax: AddressSyntax, lookup = systemLookup): Promise<Parsed<SocketAddress[]>> {
  if (syntax.kind === 'unix') {
    const { abstract } = syntax;
    return parsed([{ family: 'unix', path: abstract ? syntax.path : absolutePath(syntax.path), abstract }]);
  }
  if (syntax.ports === null) return refused('the port is missing');
  const host = syntax.kind === 'ip' ? parsed(syntax) : await lookUp(syntax.host, FAMILY_NUMBER[syntax.family], lookup);
  if (!host.ok) return host;
  const { first, last } = syntax.ports;
  return parsed(
    Array.from({ length: last - first + 1 }, (_, i) => ({ family: host.value.family, host: host.value.host, port: first + i })),
  );
}

async function lookUp(
  host: string,
  family: 0 | 4 | 6,
  lookup: Lookup,
): Promise<Parsed<{ family: 'ipv4' | 'ipv6'; host: string }>> {
  try {
    const found = await lookup(host, family);
    return parsed({ family: found.family === 6 ? 'ipv6' : 'ipv4', host: found.address });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return refused(code === 'ENOTFOUND' ? `unknown host '${host}'` : `cannot look up host '${host}' (${code})`);
  }
}
