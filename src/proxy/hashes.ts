/**
 * The hash functions that HAProxy names, over bytes: for choosing servers (`hash-type`) and for the
 * converters of the same names. What is made of the numbers is told elsewhere.
 */

/** A hash function over bytes `from` to `to`, without allocating; answers an unsigned 32-bit number. */
export type HashBytes = (bytes: Uint8Array, from: number, to: number) => number;

/** The function of sdbm, the database library. */
export function sdbm(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0;
  for (let i = from; i < to; i++) hash = (bytes[i] + (hash << 6) + (hash << 16) - hash) | 0;
  return hash >>> 0;
}

/** Dan Bernstein's function: times 33, plus the byte. */
export function djb2(bytes: Uint8Array, from: number, to: number): number {
  let hash = 5381;
  for (let i = from; i < to; i++) hash = (hash * 33 + bytes[i]) | 0;
  return hash >>> 0;
}

/** HAProxy's own function: two words that turn each other, by the byte. */
export function wt6(bytes: Uint8Array, from: number, to: number): number {
  let low = 0xa53c965a | 0;
  let high = 0x5ca6953a;
  let lowTurn = 6;
  let highTurn = 18;
  for (let i = from; i < to; i++) {
    const mixedLow = ~(low ^ bytes[i]);
    const mixedHigh = ~(high + bytes[i]);
    low = rotate(mixedHigh, lowTurn);
    high = rotate(mixedLow, highTurn);
    const turns = (low >>> 16) ^ high;
    lowTurn = turns & 31;
    highTurn = (turns >>> 11) & 31;
  }
  return (low ^ high) >>> 0;
}

function rotate(word: number, bits: number): number {
  return bits === 0 ? word : (word << bits) | (word >>> (32 - bits));
}

function crcTable(polynomial: number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? polynomial : 0);
    return rest;
  });
}

function crc(table: Int32Array, bytes: Uint8Array, from: number, to: number): number {
  let rest = -1;
  for (let i = from; i < to; i++) rest = (rest >>> 8) ^ table[(rest ^ bytes[i]) & 0xff];
  return ~rest >>> 0;
}

const ETHERNET = crcTable(0xedb88320);
const CASTAGNOLI = crcTable(0x82f63b78);

/** The CRC of Ethernet and gzip (RFC 1952, section 8). */
export function crc32(bytes: Uint8Array, from: number, to: number): number {
  return crc(ETHERNET, bytes, from, to);
}

/** The CRC of SCTP (RFC 4960, appendix B). */
export function crc32c(bytes: Uint8Array, from: number, to: number): number {
  return crc(CASTAGNOLI, bytes, from, to);
}

/** Added into the result's two upper bits; confirmed by comparison with HAProxy. */
const UPPER_BITS = 0xc0000001;

/**
 * Bob Jenkins's full avalanche of a 32-bit number: every bit of it changes half of the result's
 * (http://burtleburtle.net/bob/hash/integer.html). HAProxy then multiplies. Different
 * numbers have different results.
 */
export function avalanche(number: number): number {
  let a = number | 0;
  a = (a + 0x7ed55d16 + (a << 12)) | 0;
  a = a ^ 0xc761c23c ^ (a >>> 19);
  a = (a + 0x165667b1 + (a << 5)) | 0;
  a = (a + 0xd3a2646c) ^ (a << 9);
  a = (a + 0xfd7046c5 + (a << 3)) | 0;
  return Math.imul(a ^ 0xb55a4f09 ^ (a >>> 16), UPPER_BITS) >>> 0;
}
