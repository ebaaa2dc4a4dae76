/**
 * Where a runtime socket is, seen by who wants to talk to it: an address as people write it, and
 * what to do when nobody answers there. It does not search; `cli/socket-flags.ts` does.
 */
import { statSync } from 'node:fs';
import type { NetConnectOpts } from 'node:net';
import { type AddressSyntax, parseAddress } from '../../config/values/address.js';
import { type Parsed, parsed, refused } from '../../config/values/parsed.js';

/** The address of a runtime socket. */
export interface Endpoint {
  /** As it was written. */
  readonly text: string;
  /** What `net.connect` takes. */
  readonly target: NetConnectOpts;
}

/** Bytes of an abstract name behind its leading NUL byte (`sun_path`, unix(7)). */
const ABSTRACT_BYTES = 107;
const ANY_HOSTS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Reads an address: a path, also a relative one, `host:port`, or what `stats socket` may say else (`unix@`, `abns@`, `ipv4@`...). */
export function parseEndpoint(text: string): Parsed<Endpoint> {
  const isRelative = /^[^/@]+\//.test(text);
  const address = parseAddress(isRelative ? `unix@${text}` : text);
  return address.ok ? endpointOf(address.value, text) : refused(address.message);
}

/** The endpoint of an address that was read already, and written as `text`. */
export function endpointOf(address: AddressSyntax, text = addressText(address)): Parsed<Endpoint> {
  if (address.kind === 'unix')
    return parsed({ text, target: { path: address.abstract ? abstractName(address.path) : address.path } });
  if (address.ports === null) return refused('neither a path, as /run/turbo-lb.sock or ./turbo-lb.sock, nor host:port');
  const host = ANY_HOSTS[address.host] ?? address.host;
  return parsed({ text, target: { host, port: address.ports.first } });
}

/** As the kernel knows it: `abns` names fill their field. */
function abstractName(name: string): string {
  return `\0${name}${'\0'.repeat(ABSTRACT_BYTES - Buffer.byteLength(name))}`;
}

function addressText(address: AddressSyntax): string {
  if (address.kind === 'unix') return address.abstract ? `abns@${address.path}` : address.path;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.ports?.first ?? ''}`;
}

/** Nobody answered at an endpoint: one line of what happened and what to do. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';

  /** @param reason what happened there */
  constructor(
    endpoint: Endpoint,
    readonly reason: string,
  ) {
    super(`${endpoint.text}: ${reason}`);
  }
}

/** Any answer ends with an empty line: without one, nobody has read the question. */
export const NO_ANSWER =
  'it closed the connection without an answer: it is about to end, was sent a longer line or payload than it takes, or has no descriptors left, which its log says';

/** What may stand behind a failure, by its errno. */
const ADVICE: Readonly<Record<string, (text: string) => string>> = {
  ENOENT: (text) =>
    `there is no such socket: the balancer does not run, or its file has no such line in section global: stats socket ${text} mode 660 level admin`,
  ECONNREFUSED: () => 'nobody listens there: the balancer does not run',
  EACCES: () => "permission denied: run this as root, or as a member of the group that 'stats socket' names",
  EPERM: () => "permission denied: run this as root, or as a member of the group that 'stats socket' names",
  ENOTSOCK: () => "this file is not a socket: name what 'stats socket' says",
  EPIPE: () => NO_ANSWER,
  ECONNRESET: () => NO_ANSWER,
  EAGAIN: () => 'the balancer has more connections to its socket than it takes: try again',
};

/** The failure of a connection in words. */
export function unreachable(endpoint: Endpoint, { code = '', message }: NodeJS.ErrnoException): Unreachable {
  const cause = code === 'ECONNREFUSED' && isOtherFile(endpoint) ? 'ENOTSOCK' : code;
  return new Unreachable(endpoint, ADVICE[cause]?.(endpoint.text) ?? message);
}

/** The kernel refuses a connection to a file that is no socket as one to a socket where nobody listens. */
function isOtherFile({ target }: Endpoint): boolean {
  const path = 'path' in target && typeof target.path === 'string' ? target.path : '';
  return path.startsWith('/') && statSync(path, { throwIfNoEntry: false })?.isSocket() === false;
}
