/**
 * Addresses as HAProxy writes them (configuration manual, section 11): `:80`, `*:80`,
 * `127.0.0.1:80`, `[::1]:80`, `::1:80`, `web:80`, `/run/s.sock`, `unix@/run/s.sock`, `abns@name`,
 * `ipv4@web:80`. Syntax only: names are looked up by whoever wants to open a socket.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { type Parsed, parsed, refused } from './parsed.js';

/** An address as written. `name` is still to be looked up, in the given family where there is one. */
export type AddressSyntax =
  | { readonly kind: 'ip'; readonly family: 'ipv4' | 'ipv6'; readonly host: string; readonly ports: PortRange | null }
  | { readonly kind: 'name'; readonly family: 'ipv4' | 'ipv6' | 'any'; readonly host: string; readonly ports: PortRange | null }
  | { readonly kind: 'unix'; readonly path: string; readonly abstract: boolean };

/** Ports from `first` to `last`, both included; mostly the same. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** `_http._tcp.example.org`: the servers of a service, with their ports, as SRV records say (RFC 2782). */
export function isServiceName(address: AddressSyntax): boolean {
  return address.kind === 'name' && address.host.startsWith('_');
}

/** sizeof(sun_path) without its NUL byte, unix(7). */
export const UNIX_PATH_BYTES_MAX = 107;
const PORT_MAX = 65535;

type Family = 'ipv4' | 'ipv6' | 'any';

/** What stands before an `@`, and the family it stands for. */
const PREFIXES: Readonly<Record<string, Family | 'unix' | 'abns'>> = {
  'ipv4@': 'ipv4',
  'tcp4@': 'ipv4',
  'ipv6@': 'ipv6',
  'tcp6@': 'ipv6',
  'tcp@': 'any',
  'unix@': 'unix',
  'uxst@': 'unix',
  'abns@': 'abns',
};
/** HAProxy knows these too; they would need sockets of another kind. */
const UNSUPPORTED_PREFIX = /^(fd|sockpair|udp[46]?|uxdg|abnsz|quic[46]|rhttp)@/;
const ANY_HOST = { ipv4: '0.0.0.0', ipv6: '::', any: '0.0.0.0' } as const;

/** Reads an address. A missing port is null: whether that is allowed depends on what it is for. */
export function parseAddress(text: string): Parsed<AddressSyntax> {
  if (text === '') return refused('an address is missing');
  if (text.startsWith('/')) return parseUnix(text, false);
  const unsupported = UNSUPPORTED_PREFIX.exec(text);
  if (unsupported)
    return refused(`addresses of the kind '${unsupported[0]}' are not supported, known are ${Object.keys(PREFIXES).join(' ')}`);
  const prefix = text.includes('@') ? (Object.keys(PREFIXES).find((candidate) => text.startsWith(candidate)) ?? '') : '';
  const family = PREFIXES[prefix] ?? 'any';
  const rest = text.slice(prefix.length);
  if (family === 'unix' || family === 'abns') return parseUnix(rest, family === 'abns');
  return parseInternet(rest, family);
}

function parseUnix(path: string, abstract: boolean): Parsed<AddressSyntax> {
  if (path === '') return refused(abstract ? 'a socket name is missing' : 'a socket path is missing');
  const bytes = Buffer.byteLength(path);
  if (bytes > UNIX_PATH_BYTES_MAX) return refused(`socket path of ${bytes} bytes is too long (max ${UNIX_PATH_BYTES_MAX})`);
  return parsed({ kind: 'unix', path, abstract });
}

/** The last colon splits host and port, as in `::1:80`, unless it stands within brackets. */
function parseInternet(text: string, family: Family): Parsed<AddressSyntax> {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(text);
  const colon = text.lastIndexOf(':');
  const host = bracketed ? bracketed[1] : colon < 0 ? text : text.slice(0, colon);
  const port = bracketed ? bracketed[2] : colon < 0 ? undefined : text.slice(colon + 1);
  const ports = port === undefined || port === '' ? parsed(null) : parsePorts(port);
  if (!ports.ok) return ports;
  return classify(host, family, ports.value, bracketed !== null);
}

function classify(host: string, family: Family, ports: PortRange | null, bracketed: boolean): Parsed<AddressSyntax> {
  if (!bracketed && (host === '' || host === '*')) {
    return parsed({ kind: 'ip', family: family === 'ipv6' ? 'ipv6' : 'ipv4', host: ANY_HOST[family], ports });
  }
  const ipv4 = isIPv4(host) && !bracketed;
  const ipv6 = isIPv6(host) && !host.includes('%');
  if (ipv4 && family !== 'ipv6') return parsed({ kind: 'ip', family: 'ipv4', host, ports });
  if (ipv6 && family !== 'ipv4') return parsed({ kind: 'ip', family: 'ipv6', host, ports });
  const name = !ipv4 && !ipv6 && !bracketed && isHostName(host);
  return name ? parsed({ kind: 'name', family, host, ports }) : refused(`invalid address '${host}'${hint(host, bracketed)}`);
}

/** RFC 1123 section 2.1, and underscores, which container names have. All digits and dots is a mistyped address. */
export function isHostName(text: string): boolean {
  const labels = text.replace(/\.$/, '').split('.');
  return (
    text.length <= 253 &&
    labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label)) &&
    !/^[0-9.]+$/.test(text)
  );
}

function hint(host: string, bracketed: boolean): string {
  return !bracketed && host.includes(':') ? ', write IPv6 addresses as [::1]:80' : '';
}

/** `80`, or a range `8080-8089`. */
function parsePorts(text: string): Parsed<PortRange> {
  const found = /^([0-9]+)(?:-([0-9]+))?$/.exec(text);
  if (found === null) return refused(`invalid port '${text}'`);
  const first = Number(found[1]);
  const last = Number(found[2] ?? found[1]);
  if (!isPort(first)) return refused(`port ${first} is not within 1..${PORT_MAX}`);
  if (!isPort(last)) return refused(`port ${last} is not within 1..${PORT_MAX}`);
  return last < first ? refused(`invalid port range '${text}'`) : parsed({ first, last });
}

function isPort(port: number): boolean {
  return port >= 1 && port <= PORT_MAX;
}
