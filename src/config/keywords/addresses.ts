/**
 * Addresses within configuration files: variables of the environment are expanded, and what is
 * wrong is said in HAProxy's words, for each use of an address with what that use allows.
 */
import { type AddressSyntax, parseAddress } from '../values/address.js';
import { type Parsed, parsed, refused } from '../values/parsed.js';

/** What one use of an address allows beyond a host. */
export interface AddressUse {
  /** `required`: without one it is refused. */
  readonly port: 'required' | 'optional';
  /** `8080-8089` */
  readonly range?: boolean;
  /** `:+1`, an offset to a port known later. */
  readonly offset?: boolean;
}

/** An address, and the offset where it has one in place of a port. */
export interface AddressValue {
  readonly syntax: AddressSyntax;
  readonly portOffset: number | null;
  /** As written, with its variables expanded. */
  readonly text: string;
}

const DATAGRAM = /^(udp[46]?|uxdg|quic[46])@/;
const OFFSET_MAX = 65535;

/**
 * Reads an address of a configuration file.
 *
 * @param written what messages show, where the address was brought into another form
 */
export function readAddress(
  address: string,
  environment: ReadonlyMap<string, string>,
  use: AddressUse,
  written = address,
): Parsed<AddressValue> {
  const text = expandVariables(address, environment);
  if (text === '') return refused(`'${written}' resolves to an empty address (environment variable missing?)`);
  const kind = /^(fd|sockpair|rhttp)@/.exec(text)?.[1];
  if (kind === 'fd') return refused(`a file descriptor is not acceptable here in '${written}'`);
  if (DATAGRAM.test(text)) return refused(`dgram-type address not acceptable in '${written}'`);
  if (kind !== undefined || text.startsWith('abnsz@'))
    return refused(`addresses of the kind '${text.split('@')[0]}@' are not supported`);
  return isPath(text) ? withoutPort(text) : readInternet(text, written, use);
}

/** `${NAME}`, `$NAME`; a variable that is not set is empty. */
export function expandVariables(text: string, environment: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g, (_, braced, bare) => environment.get(braced ?? bare) ?? '');
}

function isPath(text: string): boolean {
  return text.startsWith('/') || /^(unix|uxst|abns)@/.test(text);
}

function withoutPort(text: string): Parsed<AddressValue> {
  const syntax = parseAddress(text);
  return syntax.ok ? parsed({ syntax: syntax.value, portOffset: null, text }) : syntax;
}

function readInternet(text: string, written: string, use: AddressUse): Parsed<AddressValue> {
  const colon = text.endsWith(']') ? -1 : text.lastIndexOf(':');
  const host = colon < 0 ? text : text.slice(0, colon);
  const port = colon < 0 ? '' : text.slice(colon + 1);
  const signed = /^[+-]/.test(port);
  if (signed && use.offset !== true) return refused(`port offset not permitted here in '${written}'`);
  if (signed) return readOffset(host, port, text);
  const fault = portFault(port, written, use);
  if (fault !== null) return refused(fault);
  const bare = port === '' || /^0+$/.test(port);
  const syntax = parseAddress(bare ? `${host}:` : text);
  return syntax.ok
    ? parsed({ syntax: syntax.value, portOffset: null, text })
    : refused(`invalid address: '${host}' in '${written}'`);
}

function readOffset(host: string, port: string, text: string): Parsed<AddressValue> {
  const offset = /^[+-][0-9]+$/.test(port) ? Number(port) : Number.NaN;
  if (!(Math.abs(offset) <= OFFSET_MAX)) return refused(`invalid port offset '${port}' in '${text}'`);
  const syntax = parseAddress(`${host}:`);
  return syntax.ok
    ? parsed({ syntax: syntax.value, portOffset: offset, text })
    : refused(`invalid address: '${host}' in '${text}'`);
}

function portFault(port: string, written: string, use: AddressUse): string | null {
  if (port === '') return use.port === 'required' ? `missing port specification in '${written}'` : null;
  const odd = /[^0-9-]/.exec(port);
  if (odd) return `invalid character '${odd[0]}' in port number '${port}' in '${written}'`;
  const ends = port.split('-');
  if (ends.length > 2) return `invalid port range '${port}'`;
  if (ends.length === 2 && use.range !== true) return `port range not permitted here in '${written}'`;
  for (const end of ends) {
    const value = Number(end);
    const least = use.port === 'required' || ends.length === 2 ? 1 : 0;
    if (end === '' || value < least || value > 65535) return `invalid port '${end}'`;
  }
  return ends.length === 2 && Number(ends[1]) < Number(ends[0]) ? `invalid port range '${port}'` : null;
}
