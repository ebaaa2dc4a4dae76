/** xxHash of 32 and 64 bits (its specification, version 0.2), over texts of one character for each byte. */

const P32 = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1];

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** xxHash of 32 bits. */
export function xxh32(bytes: string, seed: number): number {
  const data = Buffer.from(bytes, 'latin1');
  const lanes = [seed + P32[0] + P32[1], seed + P32[1], seed, seed - P32[0]].map((lane) => lane | 0);
  let at = 0;
  for (; at + 16 <= data.length; at += 16) {
    for (let i = 0; i < 4; i++)
      lanes[i] = Math.imul(rotate((lanes[i] + Math.imul(data.readUInt32LE(at + 4 * i), P32[1])) | 0, 13), P32[0]);
  }
  let hash = at > 0 ? rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18) : seed + P32[4];
  hash = (hash + data.length) | 0;
  for (; at + 4 <= data.length; at += 4)
    hash = Math.imul(rotate((hash + Math.imul(data.readUInt32LE(at), P32[2])) | 0, 17), P32[3]);
  for (; at < data.length; at++) hash = Math.imul(rotate((hash + Math.imul(data[at], P32[4])) | 0, 11), P32[0]);
  hash = Math.imul(hash ^ (hash >>> 15), P32[1]);
  hash = Math.imul(hash ^ (hash >>> 13), P32[2]);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const P64 = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n];

function u64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function rotate64(value: bigint, bits: bigint): bigint {
  return u64((value << bits) | (value >> (64n - bits)));
}

function round64(lane: bigint, input: bigint): bigint {
  return u64(rotate64(u64(lane + input * P64[1]), 31n) * P64[0]);
}

/** xxHash of 64 bits, unsigned. */
export function xxh64(bytes: string, seed: bigint): bigint {
  const data = Buffer.from(bytes, 'latin1');
  const lanes = [seed + P64[0] + P64[1], seed + P64[1], seed, seed - P64[0]].map(u64);
  let at = 0;
  for (; at + 32 <= data.length; at += 32) {
    for (let i = 0; i < 4; i++) lanes[i] = round64(lanes[i], data.readBigUInt64LE(at + 8 * i));
  }
  let hash = seed + P64[4];
  if (at > 0) {
    hash = rotate64(lanes[0], 1n) + rotate64(lanes[1], 7n) + rotate64(lanes[2], 12n) + rotate64(lanes[3], 18n);
    for (const lane of lanes) hash = u64((u64(hash) ^ round64(0n, lane)) * P64[0] + P64[3]);
  }
  return finish64(u64(hash + BigInt(data.length)), data, at);
}

function finish64(start: bigint, data: Buffer, from: number): bigint {
  let hash = start;
  let at = from;
  for (; at + 8 <= data.length; at += 8)
    hash = u64(rotate64(hash ^ round64(0n, data.readBigUInt64LE(at)), 27n) * P64[0] + P64[3]);
  if (at + 4 <= data.length) {
    hash = u64(rotate64(hash ^ u64(BigInt(data.readUInt32LE(at)) * P64[0]), 23n) * P64[1] + P64[2]);
    at += 4;
  }
  for (; at < data.length; at++) hash = u64(rotate64(hash ^ u64(BigInt(data[at]) * P64[4]), 11n) * P64[0]);
  hash = u64((hash ^ (hash >> 33n)) * P64[1]);
  hash = u64((hash ^ (hash >> 29n)) * P64[2]);
  return hash ^ (hash >> 32n);
}
