/**
 * Addresses in samples: IPv4 as one unsigned number, IPv6 as four words in network order. Reading
 * and writing them, and passing from one family to the other.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { ipv6Bytes } from '../../kernel/address.js';
import type { Sample } from './sample.js';

/** What tells that an IPv6 address stands for an IPv4 one: its third word (RFC 4291 section 2.5.5.2). */
const MAPPED = 0xffff;
/** The first half-word of 6to4 (RFC 3056). */
const SIX_TO_FOUR = 0x2002;

/** The unsigned number of a dotted address of four parts, or -1. */
export function parseIpv4(text: string): number {
  if (!isIPv4(text)) return -1;
  const [a, b, c, d] = text.split('.').map(Number);
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** The four words of an IPv6 address, or null. */
export function parseIpv6(text: string): readonly number[] | null {
  if (!isIPv6(text) || text.includes('%')) return null;
  const view = new DataView(ipv6Bytes(text).buffer);
  return [0, 4, 8, 12].map((at) => view.getInt32(at));
}

/** Sets the address that a text is; false when it is none. */
export function setAddress(sample: Sample, text: string): boolean {
  const ipv4 = parseIpv4(text);
  if (ipv4 >= 0) {
    sample.setIpv4(ipv4);
    return true;
  }
  const words = parseIpv6(text);
  if (words === null) return false;
  sample.setIpv6(words[0], words[1], words[2], words[3]);
  return true;
}

/** As `10.0.0.1`. */
export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** As inet_ntop(3) writes it: RFC 5952, with an IPv4 address in dotted form at the end of ::/96 and ::ffff:0:0/96. */
export function formatIpv6(words: ArrayLike<number>): string {
  const [first, second, third, fourth] = [words[0], words[1], words[2], words[3]];
  if (first === 0 && second === 0 && (third === MAPPED || (third === 0 && fourth >>> 16 !== 0)))
    return `::${third === MAPPED ? 'ffff:' : ''}${formatIpv4(fourth)}`;
  const groups = [first, second, third, fourth].flatMap((word) => [word >>> 16, word & 0xffff]);
  let at = -1;
  let length = 1; // a single group of zeros stays
  for (let i = 0; i < 8; i++) {
    let zeros = 0;
    while (i + zeros < 8 && groups[i + zeros] === 0) zeros++;
    if (zeros > length) [at, length] = [i, zeros];
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return at < 0 ? text(groups) : `${text(groups.slice(0, at))}::${text(groups.slice(at + length))}`;
}

/** The IPv4 address behind `::ffff:a.b.c.d`, unsigned, or -1. */
export function mappedIpv4(words: ArrayLike<number>): number {
  return words[0] === 0 && words[1] === 0 && words[2] === MAPPED ? words[3] >>> 0 : -1;
}

/** The IPv4 address behind `::ffff:a.b.c.d`, `::a.b.c.d` or 6to4, unsigned, or -1 (configuration manual, 7.1.6). */
export function embeddedIpv4(words: ArrayLike<number>): number {
  if (words[0] >>> 16 === SIX_TO_FOUR) return ((words[0] << 16) | (words[1] >>> 16)) >>> 0;
  return words[0] === 0 && words[1] === 0 && (words[2] === MAPPED || words[2] === 0) ? words[3] >>> 0 : -1;
}

/** Makes an IPv6 sample of an IPv4 one, `::ffff:a.b.c.d`. */
export function mapToIpv6(sample: Sample): void {
  sample.setIpv6(0, 0, MAPPED, sample.integer | 0);
}

/** The mask of a prefix length, signed: 24 to 0xffffff00. */
export function prefixMask(bits: number): number {
  return bits <= 0 ? 0 : bits >= 32 ? -1 : -1 << (32 - bits);
}
