/**
 * Reads the header of the PROXY protocol, version 1 or 2, that a client begins with (`accept-proxy`,
 * `expect-proxy`; proxy-protocol.txt, section 2). Like HAProxy it wants the whole header in what
 * arrives first, as the protocol allows a receiver to. Headers that name no usable address (UNKNOWN,
 * LOCAL, UNSPEC, UNIX) leave the connection's own ones in place.
 */
import type { HostAddress } from '../kernel/host-address.js';
import { parseIpv4, parseIpv6 } from './samples/addresses.js';
import type { PayloadView } from './samples/context.js';

/** What may be wrong with a header or its arrival, in HAProxy's words; 0: nothing. */
export const PROXY_ERRORS = [
  '',
  'Connection closed while waiting for PROXY protocol header',
  'Connection error while waiting for PROXY protocol header',
  'Timeout while waiting for PROXY protocol header',
  'Truncated PROXY protocol header received',
  'Received something which does not look like a PROXY protocol header',
  'Received an invalid PROXY protocol header',
  'Received an unhandled protocol in the PROXY protocol header',
] as const;
// Places in PROXY_ERRORS.
export const PROXY_EMPTY = 1;
export const PROXY_ABORTED = 2;
export const PROXY_TIMEOUT = 3;
export const PROXY_TRUNCATED = 4;
export const PROXY_NOT_THERE = 5;
export const PROXY_INVALID = 6;
export const PROXY_UNHANDLED = 7;

/** Bytes of a line of version 1 at most, with its end. */
const LINE_MAX = 107;
/** Fewer bytes cannot be told from a part of a header. */
const SHORTEST = 9;
const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';
/** Bytes of version 2 before the addresses. */
const FIXED = 16;
// Commands and families of version 2, with the transport "stream".
const COMMAND_LOCAL = 0x20;
const COMMAND_PROXY = 0x21;
const FAMILY_TCP4 = 0x11;
const FAMILY_TCP6 = 0x21;
const ADDRESSES_TCP4 = 12;
const ADDRESSES_TCP6 = 36;
/** Type and length of each of the values that follow the addresses. */
const TLV_FIXED = 3;

/** What a header says of the addresses. */
export interface ProxyAddresses {
  readonly source: HostAddress;
  readonly destination: HostAddress;
  /** The addresses were given, and are now in place. */
  sourceKnown: boolean;
  destinationKnown: boolean;
}

/** Reads the header at the beginning of `view`: its length, or the negative of a place in PROXY_ERRORS. */
export function readProxyHeader(view: PayloadView, into: ProxyAddresses): number {
  if (view.length < SHORTEST) return -PROXY_TRUNCATED;
  const head = view.read(0, LINE_MAX);
  if (head.startsWith('PROXY ')) return readLine(head, view.length, into);
  if (!head.startsWith(SIGNATURE.slice(0, view.length))) return -PROXY_NOT_THERE;
  return view.length < FIXED ? -PROXY_TRUNCATED : readBinary(view, into);
}

/** Version 1: `PROXY TCP4 192.0.2.1 192.0.2.2 1025 80\r\n`. */
function readLine(head: string, arrived: number, into: ProxyAddresses): number {
  const known = head.startsWith('TCP4 ', 6) || head.startsWith('TCP6 ', 6);
  if (!known && !/^PROXY UNKNOWN[ \r]/.test(head)) return -PROXY_UNHANDLED;
  const end = head.indexOf('\r\n');
  if (end < 0) return arrived >= LINE_MAX || head.includes('\n') ? -PROXY_INVALID : -PROXY_TRUNCATED;
  if (!known) return end + 2;
  const [, family, source, destination, sourcePort, destinationPort, more] = head.slice(0, end).split(' ');
  const taken =
    more === undefined &&
    setHost(into.source, family, source, sourcePort) &&
    setHost(into.destination, family, destination, destinationPort);
  if (!taken) return -PROXY_INVALID;
  into.sourceKnown = true;
  into.destinationKnown = true;
  return end + 2;
}

function setHost(into: HostAddress, family: string, host = '', port = ''): boolean {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : -1;
  if (number < 0 || number > 0xffff) return false;
  if (family === 'TCP4') {
    const address = parseIpv4(host);
    if (address >= 0) into.setIpv4(address | 0, number);
    return address >= 0;
  }
  const words = parseIpv6(host);
  if (words !== null) into.setIpv6(words[0], words[1], words[2], words[3], number);
  return words !== null;
}

/** Version 2: the signature, version and command, family and transport, length, addresses, values. */
function readBinary(view: PayloadView, into: ProxyAddresses): number {
  const command = view.byte(12);
  const family = view.byte(13);
  const end = FIXED + half(view, 14);
  if ((command & 0xf0) !== 0x20) return -PROXY_NOT_THERE;
  if (view.length < end) return -PROXY_TRUNCATED;
  if (command === COMMAND_LOCAL) return end;
  if (command !== COMMAND_PROXY) return -PROXY_INVALID;
  const size = family === FAMILY_TCP4 ? ADDRESSES_TCP4 : family === FAMILY_TCP6 ? ADDRESSES_TCP6 : 0;
  if (size === 0) return end;
  if (FIXED + size > end || !valuesFit(view, FIXED + size, end)) return -PROXY_INVALID;
  setBinary(view, size, into);
  into.sourceKnown = true;
  into.destinationKnown = true;
  return end;
}

function setBinary(view: PayloadView, size: number, { source, destination }: ProxyAddresses): void {
  const ports = FIXED + size - 4;
  if (size === ADDRESSES_TCP4) {
    source.setIpv4(word(view, FIXED), half(view, ports));
    destination.setIpv4(word(view, FIXED + 4), half(view, ports + 2));
    return;
  }
  const at = (i: number): number => word(view, FIXED + 4 * i);
  source.setIpv6(at(0), at(1), at(2), at(3), half(view, ports));
  destination.setIpv6(at(4), at(5), at(6), at(7), half(view, ports + 2));
}

/** Whether the values between two places fill that room exactly. */
function valuesFit(view: PayloadView, from: number, end: number): boolean {
  let at = from;
  while (at < end && at + TLV_FIXED <= end) at += TLV_FIXED + half(view, at + 1);
  return at === end;
}

function half(view: PayloadView, at: number): number {
  return (view.byte(at) << 8) | view.byte(at + 1);
}

function word(view: PayloadView, at: number): number {
  return (half(view, at) << 16) | half(view, at + 2);
}
