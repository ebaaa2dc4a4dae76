/**
 * Socket addresses: from a plain description to the kernel's sockaddr and back.
 * IPv4 (ip(7)), IPv6 (ipv6(7)), UNIX path and abstract (unix(7)).
 */
import { isIPv4, isIPv6 } from 'node:net';
import { FAMILY_IPV4, type HostAddress } from './host-address.js';
import { AF_INET, AF_INET6, AF_UNIX } from './sys/constants.js';
import { allocate, type Region } from './sys/memory.js';

/** An address that a socket can bind or connect to; structured-cloneable. */
export type SocketAddress =
  | { readonly family: 'ipv4'; readonly host: string; readonly port: number }
  | { readonly family: 'ipv6'; readonly host: string; readonly port: number }
  /**
   * `path` is absolute, or an abstract name when `abstract` (without its leading NUL byte), which fills its field
   * with NUL bytes, as HAProxy's `abns` does, unless it is `tight`: another name to the kernel.
   */
  | { readonly family: 'unix'; readonly path: string; readonly abstract: boolean; readonly tight?: true };

/** sizeof(struct sockaddr_un): the largest form. */
export const SOCKADDR_MAX = 110;
/** sizeof(sun_path). */
export const UNIX_PATH_MAX = 108;

/** A sockaddr in memory that the kernel can read. */
export interface EncodedAddress {
  readonly family: number;
  /** Where the sockaddr lies; memory that is never freed before the process ends or its owner unmaps it. */
  readonly address: number;
  readonly length: number;
}

/** Whether a UNIX path, or abstract name, has no room in a sockaddr. */
export function isTooLong(path: string): boolean {
  return Buffer.byteLength(path) >= UNIX_PATH_MAX;
}

/** The bytes of a sockaddr. Throws RangeError for what is not an address. */
export function sockaddrBytes(address: SocketAddress): Uint8Array {
  switch (address.family) {
    case 'ipv4': {
      if (!isIPv4(address.host)) throw new RangeError(`not an IPv4 address: ${address.host}`);
      const bytes = new Uint8Array(16);
      header(bytes, AF_INET, address.port);
      bytes.set(address.host.split('.').map(Number), 4);
      return bytes;
    }
    case 'ipv6': {
      const bytes = new Uint8Array(28);
      header(bytes, AF_INET6, address.port);
      bytes.set(ipv6Bytes(address.host), 8);
      return bytes;
    }
    case 'unix': {
      const path = new TextEncoder().encode(address.path);
      if (isTooLong(address.path)) throw new RangeError(`UNIX socket path of ${path.length} bytes, at most ${UNIX_PATH_MAX - 1}`);
      const isPadded = address.abstract && address.tight !== true;
      const bytes = new Uint8Array(isPadded ? SOCKADDR_MAX : 2 + path.length + 1);
      new DataView(bytes.buffer).setUint16(0, AF_UNIX, true);
      bytes.set(path, address.abstract ? 3 : 2);
      return bytes;
    }
  }
}

function header(bytes: Uint8Array, family: number, port: number): void {
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new RangeError(`port ${port} is not within 0..65535`);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family, true);
  view.setUint16(2, port, false);
}

/** The 16 bytes of an IPv6 address in text form (RFC 4291 section 2.2), without a zone. */
export function ipv6Bytes(host: string): Uint8Array {
  if (!isIPv6(host) || host.includes('%')) throw new RangeError(`not an IPv6 address: ${host}`);
  let text = host;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (dotted) {
    const [a, b, c, d] = dotted.slice(2).map(Number);
    text = `${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head, tail] = text.split('::');
  const left = head ? head.split(':') : [];
  const right = tail ? tail.split(':') : [];
  const groups = [...left, ...new Array<string>(text.includes('::') ? 8 - left.length - right.length : 0).fill('0'), ...right];
  const bytes = new Uint8Array(16);
  groups.forEach((group, i) => {
    const value = Number.parseInt(group, 16);
    bytes[2 * i] = value >> 8;
    bytes[2 * i + 1] = value & 0xff;
  });
  return bytes;
}

/** Reads a sockaddr that the kernel wrote. An unnamed UNIX socket has the path ''. */
export function decodeSockaddr(bytes: Uint8Array): SocketAddress {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = bytes.length >= 2 ? view.getUint16(0, true) : AF_UNIX;
  if (family === AF_INET) return { family: 'ipv4', host: bytes.subarray(4, 8).join('.'), port: view.getUint16(2, false) };
  if (family === AF_INET6) {
    const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(8 + 2 * i, false).toString(16));
    return { family: 'ipv6', host: canonicalIpv6(groups), port: view.getUint16(2, false) };
  }
  const abstract = bytes.length > 3 && bytes[2] === 0;
  const name = bytes.subarray(abstract ? 3 : 2);
  // In an abstract name a NUL byte is a character, but where it is filled with them.
  const padding = bytes.length === SOCKADDR_MAX ? name.findLastIndex((byte) => byte !== 0) + 1 : -1;
  const end = abstract ? padding : name.indexOf(0);
  return { family: 'unix', path: new TextDecoder().decode(end < 0 ? name : name.subarray(0, end)), abstract };
}

/** RFC 5952: the longest run of two or more zero groups becomes `::`. */
function canonicalIpv6(groups: string[]): string {
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === '0') length++;
    if (length > best.length) best = { at, length };
  }
  if (best.at < 0) return groups.join(':');
  return `${groups.slice(0, best.at).join(':')}::${groups.slice(best.at + best.length).join(':')}`;
}

/** What an address means to somebody whose root is that folder (chroot(2)), for one who sees the folder from outside. */
export function seenBeneath(root: string, address: SocketAddress): SocketAddress {
  return address.family === 'unix' && !address.abstract ? { ...address, path: `${root}${address.path}` } : address;
}

/** `127.0.0.1:80`, `[::1]:80`, `unix@/run/s`, `abns@name`: HAProxy's way of writing them. */
export function formatAddress(address: SocketAddress): string {
  switch (address.family) {
    case 'ipv4':
      return `${address.host}:${address.port}`;
    case 'ipv6':
      return `[${address.host}]:${address.port}`;
    case 'unix':
      return `${address.abstract ? 'abns' : 'unix'}@${address.path}`;
  }
}

/** Reads the text form of an IP address into one of the other kind. Throws RangeError for what is not an address. */
export function setHostAddress(into: HostAddress, address: Extract<SocketAddress, { host: string }>): void {
  const bytes = sockaddrBytes(address);
  const view = new DataView(bytes.buffer);
  if (address.family === 'ipv4') into.setIpv4(view.getInt32(4, false), address.port);
  else
    into.setIpv6(
      view.getInt32(8, false),
      view.getInt32(12, false),
      view.getInt32(16, false),
      view.getInt32(20, false),
      address.port,
    );
}

/** Lays an IP address out as a sockaddr, with that port in place of its own; allocates nothing. */
export function writeSockaddr({ view }: Region, at: number, address: HostAddress, port: number): void {
  const isIpv4 = address.family === FAMILY_IPV4;
  view.setUint16(at, isIpv4 ? AF_INET : AF_INET6, true);
  view.setUint16(at + 2, port, false);
  // sin_addr, or sin6_flowinfo
  view.setInt32(at + 4, isIpv4 ? address.word0 : 0, false);
  // sin_zero, or sin6_addr
  view.setInt32(at + 8, isIpv4 ? 0 : address.word0, false);
  view.setInt32(at + 12, isIpv4 ? 0 : address.word1, false);
  if (isIpv4) return;
  view.setInt32(at + 16, address.word2, false);
  view.setInt32(at + 20, address.word3, false);
  // sin6_scope_id
  view.setInt32(at + 24, 0);
}

/** Copies addresses into kernel-visible memory, once, at start. `region` holds all of them. */
export function encodeAddresses(addresses: readonly SocketAddress[]): { region: Region; encoded: EncodedAddress[] } {
  const slot = 128;
  const region = allocate(Math.max(1, addresses.length) * slot);
  const encoded = addresses.map((address, i) => {
    const bytes = sockaddrBytes(address);
    region.u8.set(bytes, i * slot);
    return { family: region.view.getUint16(i * slot, true), address: region.address + i * slot, length: bytes.length };
  });
  return { region, encoded };
}
