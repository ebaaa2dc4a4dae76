/**
 * XXH3, 64 bits with a seed, as the xxHash library defines it (xxhash.h, version 0.8): a different
 * short form for each class of lengths, and eight lanes with a secret above 240 bytes.
 */

const PRIME32_1 = 0x9e3779b1n;
const PRIME32_2 = 0x85ebca77n;
const PRIME32_3 = 0xc2b2ae3dn;
const PRIME64 = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n];
const MIX_1 = 0x165667919e3779f9n;
const MIX_2 = 0x9fb21c651e98df25n;

/** The default secret; a seed is mixed into it. */
const SECRET = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
    'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8' +
    'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb' +
    '170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  'hex',
);
/** The secret proves itself on lengths above 128 with this many bytes of it. */
const SECRET_MIN = 136;
const STRIPE = 64;
const STRIPES_PER_BLOCK = (SECRET.length - STRIPE) / 8;

function u64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function rotate(value: bigint, bits: bigint): bigint {
  return u64((value << bits) | (value >> (64n - bits)));
}

/** The product of 128 bits, its halves combined. */
function fold(a: bigint, b: bigint): bigint {
  const product = u64(a) * u64(b);
  return u64(product) ^ (product >> 64n);
}

function avalanche(hash: bigint): bigint {
  const mixed = u64((u64(hash) ^ (u64(hash) >> 37n)) * MIX_1);
  return mixed ^ (mixed >> 32n);
}

function avalanche64(hash: bigint): bigint {
  let mixed = u64((hash ^ (hash >> 33n)) * PRIME64[1]);
  mixed = u64((mixed ^ (mixed >> 29n)) * PRIME64[2]);
  return mixed ^ (mixed >> 32n);
}

function secret(at: number): bigint {
  return SECRET.readBigUInt64LE(at);
}

function swap64(value: bigint): bigint {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes.readBigUInt64BE();
}

/** XXH3 of 64 bits, unsigned. */
export function xxh3(bytes: string, seed: bigint): bigint {
  const data = Buffer.from(bytes, 'latin1');
  if (data.length <= 16) return short(data, seed);
  if (data.length <= 240) return data.length <= 128 ? medium(data, seed) : midsize(data, seed);
  return long(data, seededSecret(seed));
}

function short(data: Buffer, seed: bigint): bigint {
  const { length } = data;
  if (length === 0) return avalanche64(seed ^ secret(56) ^ secret(64));
  if (length <= 3) {
    const combined = ((data[0] << 16) | (data[length >> 1] << 24) | data[length - 1] | (length << 8)) >>> 0;
    const flip = BigInt((SECRET.readUInt32LE(0) ^ SECRET.readUInt32LE(4)) >>> 0) + seed;
    return avalanche64(u64(BigInt(combined) ^ u64(flip)));
  }
  return length <= 8 ? upTo8(data, seed) : upTo16(data, seed);
}

function upTo8(data: Buffer, seed: bigint): bigint {
  const swapped = Buffer.alloc(4);
  swapped.writeUInt32LE(Number(BigInt.asUintN(32, seed)));
  const flip = u64((secret(8) ^ secret(16)) - (seed ^ (BigInt(swapped.readUInt32BE()) << 32n)));
  const first = BigInt(data.readUInt32LE(0));
  const last = BigInt(data.readUInt32LE(data.length - 4));
  let hash = u64(last + (first << 32n)) ^ flip;
  hash ^= rotate(hash, 49n) ^ rotate(hash, 24n);
  hash = u64(hash * MIX_2);
  hash = u64((hash ^ ((hash >> 35n) + BigInt(data.length))) * MIX_2);
  return hash ^ (hash >> 28n);
}

function upTo16(data: Buffer, seed: bigint): bigint {
  const low = data.readBigUInt64LE(0) ^ u64((secret(24) ^ secret(32)) + seed);
  const high = data.readBigUInt64LE(data.length - 8) ^ u64((secret(40) ^ secret(48)) - seed);
  return avalanche(BigInt(data.length) + swap64(low) + high + fold(low, high));
}

function mix(data: Buffer, at: number, secretAt: number, seed: bigint): bigint {
  const low = data.readBigUInt64LE(at) ^ u64(secret(secretAt) + seed);
  const high = data.readBigUInt64LE(at + 8) ^ u64(secret(secretAt + 8) - seed);
  return fold(low, high);
}

/** 17 to 128 bytes: pairs of 16 bytes from both ends inwards. */
function medium(data: Buffer, seed: bigint): bigint {
  let hash = BigInt(data.length) * PRIME64[0];
  for (let pair = (data.length - 1) >> 5; pair >= 0; pair--) {
    hash += mix(data, 16 * pair, 32 * pair, seed);
    hash += mix(data, data.length - 16 * (pair + 1), 32 * pair + 16, seed);
  }
  return avalanche(hash);
}

/** 129 to 240 bytes. */
function midsize(data: Buffer, seed: bigint): bigint {
  let hash = BigInt(data.length) * PRIME64[0];
  for (let i = 0; i < 8; i++) hash += mix(data, 16 * i, 16 * i, seed);
  hash = avalanche(hash);
  for (let i = 8; i < data.length >> 4; i++) hash += mix(data, 16 * i, 16 * (i - 8) + 3, seed);
  return avalanche(hash + mix(data, data.length - 16, SECRET_MIN - 17, seed));
}

function seededSecret(seed: bigint): Buffer {
  if (seed === 0n) return SECRET;
  const seeded = Buffer.alloc(SECRET.length);
  for (let at = 0; at < seeded.length; at += 16) {
    seeded.writeBigUInt64LE(u64(secret(at) + seed), at);
    seeded.writeBigUInt64LE(u64(secret(at + 8) - seed), at + 8);
  }
  return seeded;
}

function long(data: Buffer, key: Buffer): bigint {
  const lanes = [PRIME32_3, PRIME64[0], PRIME64[1], PRIME64[2], PRIME64[3], PRIME32_2, PRIME64[4], PRIME32_1];
  const stripes = Math.floor((data.length - 1) / STRIPE);
  for (let stripe = 0; stripe < stripes; stripe++) {
    const place = stripe % STRIPES_PER_BLOCK;
    accumulate(lanes, data, stripe * STRIPE, key, place * 8);
    if (place === STRIPES_PER_BLOCK - 1) scramble(lanes, key);
  }
  accumulate(lanes, data, data.length - STRIPE, key, key.length - STRIPE - 7);
  let hash = BigInt(data.length) * PRIME64[0];
  for (let i = 0; i < 4; i++) {
    const at = 11 + 16 * i;
    hash += fold(lanes[2 * i] ^ key.readBigUInt64LE(at), lanes[2 * i + 1] ^ key.readBigUInt64LE(at + 8));
  }
  return avalanche(hash);
}

function accumulate(lanes: bigint[], data: Buffer, at: number, key: Buffer, keyAt: number): void {
  for (let i = 0; i < 8; i++) {
    const value = data.readBigUInt64LE(at + 8 * i);
    const keyed = value ^ key.readBigUInt64LE(keyAt + 8 * i);
    lanes[i ^ 1] = u64(lanes[i ^ 1] + value);
    lanes[i] = u64(lanes[i] + BigInt.asUintN(32, keyed) * (keyed >> 32n));
  }
}

function scramble(lanes: bigint[], key: Buffer): void {
  for (let i = 0; i < 8; i++) {
    const mixed = lanes[i] ^ (lanes[i] >> 47n) ^ key.readBigUInt64LE(key.length - STRIPE + 8 * i);
    lanes[i] = u64(mixed * PRIME32_1);
  }
}
