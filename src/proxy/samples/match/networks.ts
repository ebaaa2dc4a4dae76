/**
 * Patterns of addresses and networks (configuration manual, 7.1.6). A look-up costs one for each
 * prefix length among the patterns, so that ten thousand networks are as fast as ten; the longest
 * prefix wins. Masks with gaps, which are rare, are gone through one by one.
 */
import { embeddedIpv4, parseIpv4, parseIpv6, prefixMask } from '../addresses.js';
import { type Sample, TYPE_IPV4 } from '../sample.js';
import type { PatternSet } from './set.js';

const IPV4_BITS = 32;
const IPV6_BITS = 128;
/** The third word of `::ffff:a.b.c.d`. */
const MAPPED = 0xffff;

/** Networks of IPv4 with one prefix length. */
interface ShortNetworks {
  readonly bits: number;
  readonly numbers: Map<number, number>;
}

/** Maps within maps, one level for each word that a prefix reaches into; numbers of patterns at the bottom. */
type WordTree = Map<number, WordTree | number>;

/** Networks of IPv6 with one prefix length. */
interface LongNetworks {
  readonly bits: number;
  readonly levels: number;
  readonly tree: WordTree;
}

/** A mask that is no prefix. */
interface GappedNetwork {
  readonly address: number;
  readonly mask: number;
  readonly number: number;
}

/** `-m ip`. */
export class NetworkPatterns implements PatternSet {
  private readonly ipv4: ShortNetworks[] = [];
  private readonly ipv6: LongNetworks[] = [];
  private readonly gapped: GappedNetwork[] = [];

  constructor(patterns: readonly string[]) {
    for (const [number, pattern] of patterns.entries()) this.add(pattern, number);
  }

  add(pattern: string, number: number): void {
    const [host, mask] = pattern.split('/', 2);
    const words = parseIpv6(host);
    if (words !== null) this.addIpv6(words, mask === undefined ? IPV6_BITS : Number(mask), number);
    else this.addIpv4(addressOf(host), maskOf(mask), number);
  }

  private addIpv4(address: number, mask: number, number: number): void {
    const bits = Math.clz32(~mask);
    if (mask !== prefixMask(bits)) {
      this.gapped.push({ address: address & mask, mask, number });
      return;
    }
    let networks = this.ipv4.find((one) => one.bits === bits);
    if (networks === undefined) {
      networks = { bits, numbers: new Map() };
      this.ipv4.push(networks);
      this.ipv4.sort((a, b) => b.bits - a.bits);
    }
    if (!networks.numbers.has(address & mask)) networks.numbers.set(address & mask, number);
  }

  private addIpv6(words: readonly number[], bits: number, number: number): void {
    let networks = this.ipv6.find((one) => one.bits === bits);
    if (networks === undefined) {
      networks = { bits, levels: Math.max(1, Math.ceil(bits / 32)), tree: new Map() };
      this.ipv6.push(networks);
      this.ipv6.sort((a, b) => b.bits - a.bits);
    }
    const { levels } = networks;
    let { tree } = networks;
    for (let level = 0; level < levels - 1; level++) {
      const next = (tree.get(words[level]) as WordTree | undefined) ?? (new Map() as WordTree);
      tree.set(words[level], next);
      tree = next;
    }
    const last = words[levels - 1] & prefixMask(bits - 32 * (levels - 1));
    if (!tree.has(last)) tree.set(last, number);
  }

  find(sample: Sample): number {
    if (sample.type === TYPE_IPV4) {
      const found = this.findIpv4(sample.integer | 0);
      return found >= 0 ? found : this.findIpv6(0, 0, MAPPED, sample.integer | 0);
    }
    const { words } = sample;
    const found = this.findIpv6(words[0], words[1], words[2], words[3]);
    if (found >= 0) return found;
    const ipv4 = embeddedIpv4(words);
    return ipv4 < 0 ? -1 : this.findIpv4(ipv4 | 0);
  }

  private findIpv4(address: number): number {
    for (const { bits, numbers } of this.ipv4) {
      const number = numbers.get(address & prefixMask(bits));
      if (number !== undefined) return number;
    }
    for (const { address: network, mask, number } of this.gapped) {
      if ((address & mask) === network) return number;
    }
    return -1;
  }

  private findIpv6(word0: number, word1: number, word2: number, word3: number): number {
    for (const { bits, levels, tree } of this.ipv6) {
      let at: WordTree | number | undefined = tree;
      for (let level = 0; level < levels && at !== undefined; level++) {
        const word = level === 0 ? word0 : level === 1 ? word1 : level === 2 ? word2 : word3;
        at = (at as WordTree).get(level === levels - 1 ? word & prefixMask(bits - 32 * level) : word);
      }
      if (at !== undefined) return at as number;
    }
    return -1;
  }
}

/** The signed number of an address. */
function addressOf(text: string): number {
  const address = parseIpv4(text);
  if (address < 0) throw new Error(`'${text}' is not an address`);
  return address | 0;
}

/** `24`, `255.255.255.0` or nothing, as a signed mask. */
function maskOf(text: string | undefined): number {
  if (text === undefined) return prefixMask(IPV4_BITS);
  return text.includes('.') ? addressOf(text) : prefixMask(Number(text));
}
