/**
 * From a key to the number that chooses a server (`hash-type`). Which server a number chooses is
 * told in map-hash.ts and consistent.ts.
 */
import { FAMILY_NONE, type HostAddress } from '../../kernel/host-address.js';
import type { BalancePlan } from '../../plan/plan.js';
import { avalanche, crc32, djb2, type HashBytes, sdbm, wt6 } from '../hashes.js';

/** "No hash": there is nothing to hash; the server is chosen in turn. */
export const NO_HASH = -1;

/** The key is the number: its leading decimal digits. */
export function none(bytes: Uint8Array, from: number, to: number): number {
  let number = 0;
  for (let i = from; i < to && bytes[i] >= 0x30 && bytes[i] <= 0x39; i++) number = (Math.imul(number, 10) + bytes[i] - 0x30) | 0;
  return number >>> 0;
}

const FUNCTIONS: Readonly<Record<string, HashBytes>> = { sdbm, djb2, wt6, crc32, none };

/** The hash of a backend's keys, as its `hash-type` says; for `Balancer.pick`. */
export class KeyHash {
  private readonly function: HashBytes;
  private readonly avalanches: boolean;

  constructor({ hashType }: BalancePlan) {
    this.function = FUNCTIONS[hashType.function ?? 'sdbm'];
    this.avalanches = hashType.avalanche || (hashType.method === 'consistent' && hashType.function === null);
  }

  /** Of the sample that `balance hash` names, in its binary form. */
  ofBytes(bytes: Uint8Array, from: number, to: number): number {
    const hash = this.function(bytes, from, to);
    return this.avalanches ? avalanche(hash) : hash;
  }

  /**
   * Of a client's address, for `balance source`: its 32-bit words together, whatever the function.
   * NO_HASH where there is none: the client came through a UNIX socket.
   */
  ofSource({ family, word0, word1, word2, word3 }: HostAddress): number {
    if (family === FAMILY_NONE) return NO_HASH;
    const hash = (word0 ^ word1 ^ word2 ^ word3) >>> 0;
    return this.avalanches ? avalanche(hash) : hash;
  }
}
