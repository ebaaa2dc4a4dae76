/**
 * Addresses as text, written byte by byte into memory, so that nothing is allocated: IPv4 in
 * dotted decimals, IPv6 as inet_ntop(3) and RFC 5952 write it. Each function answers the place
 * behind what it wrote.
 */

const DIGIT = 0x30;
const DOT = 0x2e;
const COLON = 0x3a;
const LETTER = 0x61 - 10;
/** Groups of 16 bits in an IPv6 address. */
const GROUPS = 8;
/** Scratch for the groups of the address being written. */
const groups = new Uint16Array(GROUPS);

/** A whole number below 100000 in decimals. */
export function writeNumber(bytes: Uint8Array, at: number, value: number): number {
  let divisor = 1;
  while (value >= divisor * 10) divisor *= 10;
  let place = at;
  for (; divisor >= 1; divisor = Math.trunc(divisor / 10)) bytes[place++] = DIGIT + (Math.trunc(value / divisor) % 10);
  return place;
}

/** @param word the address in network order */
export function writeIpv4(bytes: Uint8Array, at: number, word: number): number {
  let place = at;
  for (let shift = 24; shift >= 0; shift -= 8) {
    if (shift < 24) bytes[place++] = DOT;
    place = writeNumber(bytes, place, (word >>> shift) & 0xff);
  }
  return place;
}

/** The longest run of two or more zero groups becomes `::`; a mapped IPv4 address ends in dotted decimals. */
export function writeIpv6(bytes: Uint8Array, at: number, w0: number, w1: number, w2: number, w3: number): number {
  setGroups(0, w0);
  setGroups(2, w1);
  setGroups(4, w2);
  setGroups(6, w3);
  const run = longestRun();
  const begin = run >> 4;
  const length = run & 0xf;
  const isMapped = begin === 0 && (length === 6 || (length === 5 && groups[5] === 0xffff));
  let place = at;
  for (let i = 0; i < GROUPS; i++) {
    if (length > 1 && i >= begin && i < begin + length) {
      if (i === begin) bytes[place++] = COLON;
      continue;
    }
    if (i > 0) bytes[place++] = COLON;
    if (isMapped && i === 6) return writeIpv4(bytes, place, w3);
    place = writeHex(bytes, place, groups[i]);
  }
  if (length > 1 && begin + length === GROUPS) bytes[place++] = COLON;
  return place;
}

function setGroups(i: number, word: number): void {
  groups[i] = word >>> 16;
  groups[i + 1] = word & 0xffff;
}

/** Where the first longest run of zero groups begins, times 16, and its length. */
function longestRun(): number {
  let best = 0;
  let length = 0;
  for (let i = 0; i < GROUPS; i++) {
    length = groups[i] === 0 ? length + 1 : 0;
    if (length > (best & 0xf)) best = ((i - length + 1) << 4) | length;
  }
  return best;
}

function writeHex(bytes: Uint8Array, at: number, value: number): number {
  let place = at;
  let shift = 12;
  while (shift > 0 && value >>> shift === 0) shift -= 4;
  for (; shift >= 0; shift -= 4) {
    const digit = (value >>> shift) & 0xf;
    bytes[place++] = digit < 10 ? DIGIT + digit : LETTER + digit;
  }
  return place;
}
