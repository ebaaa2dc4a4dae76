/** From an address as written to one that a socket can use: looks names up and makes paths absolute. */
import { resolve as absolutePath } from 'node:path';
import type { AddressSyntax } from '../config/values/address.js';
import { type Parsed, parsed, refused } from '../config/values/parsed.js';
import type { SocketAddress } from '../kernel/address.js';
import { type HostLookup, lookUpHost } from '../master/configuration/hosts.js';

/** The socket addresses of a written one: as many as it has ports. */
export async function resolveAddress(syntax: AddressSyntax, lookup?: HostLookup): Promise<Parsed<SocketAddress[]>> {
  if (syntax.kind === 'unix') {
    const { abstract } = syntax;
    return parsed([{ family: 'unix', path: abstract ? syntax.path : absolutePath(syntax.path), abstract }]);
  }
  if (syntax.ports === null) return refused('the port is missing');
  const found =
    syntax.kind === 'ip' ? { ok: true as const, address: syntax } : await lookUpHost(syntax.host, syntax.family, lookup);
  if (!found.ok) return refused(found.message);
  const { family, host } = found.address;
  const { first, last } = syntax.ports;
  return parsed(Array.from({ length: last - first + 1 }, (_, i) => ({ family, host, port: first + i })));
}
