/**
 * Patterns of addresses and networks (configuration manual, 7.1.6). A look-up costs one for each
 * prefix length among the patterns, so that ten thousand networks are as fast as ten; the longest
 * prefix wins. Masks with gaps, which are rare, are gone through one by one.
 */
import { embeddedIpv4, parseIpv4, parseIpv6, prefixMask } from '../addresses.js';
import { type Sample, TYPE_IPV4 } from '../sample.js';
import { FirstNumbers, type PatternSet } from './set.js';

const IPV4_BITS = 32;
const IPV6_BITS = 128;
/** The third word of `::ffff:a.b.c.d`. */
const MAPPED = 0xffff;

/** Networks of IPv4 with one prefix length. */
interface ShortNetworks {
  readonly bits: number;
  readonly numbers: FirstNumbers<number>;
}

/** Maps within maps, one level for each word that a prefix reaches into; numbers of patterns at the bottom, by the last word. */
type WordTree = Map<number, WordTree> | FirstNumbers<number>;

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
  private gapped: GappedNetwork[] = [];

  constructor(patterns: readonly string[]) {
    for (const [number, pattern] of patterns.entries()) this.add(pattern, number);
  }

  add(pattern: string, number: number): void {
    const [host, mask] = pattern.split('/', 2);
    const place = this.ipv6Place(host, mask);
    if (place === null) this.addIpv4(addressOf(host), maskOf(mask), number);
    else place.numbers.add(place.key, number);
  }

  /** What held it stays, empty: another one of its length may come. */
  remove(pattern: string, number: number): void {
    const [host, mask] = pattern.split('/', 2);
    const place = this.ipv6Place(host, mask);
    if (place === null) this.removeIpv4(addressOf(host), maskOf(mask), number);
    else place.numbers.remove(place.key, number);
  }

  private addIpv4(address: number, mask: number, number: number): void {
    const bits = Math.clz32(~mask);
    if (mask !== prefixMask(bits)) {
      this.gapped.push({ address: address & mask, mask, number });
      return;
    }
    let networks = this.ipv4.find((one) => one.bits === bits);
    if (networks === undefined) {
      networks = { bits, numbers: new FirstNumbers() };
      this.ipv4.push(networks);
      this.ipv4.sort((a, b) => b.bits - a.bits);
    }
    networks.numbers.add(address & mask, number);
  }

  private removeIpv4(address: number, mask: number, number: number): void {
    const bits = Math.clz32(~mask);
    this.ipv4.find((one) => one.bits === bits)?.numbers.remove(address & mask, number);
    this.gapped = this.gapped.filter((network) => network.number !== number);
  }

  /** Where the number of a network of IPv6 stands, made where there is none yet; null: it is none. */
  private ipv6Place(host: string, length?: string): { readonly numbers: FirstNumbers<number>; readonly key: number } | null {
    const words = parseIpv6(host);
    if (words === null) return null;
    const bits = length === undefined ? IPV6_BITS : Number(length);
    let networks = this.ipv6.find((one) => one.bits === bits);
    if (networks === undefined) {
      const levels = Math.max(1, Math.ceil(bits / 32));
      networks = { bits, levels, tree: newTree(levels) };
      this.ipv6.push(networks);
      this.ipv6.sort((a, b) => b.bits - a.bits);
    }
    const { levels } = networks;
    let { tree } = networks;
    for (let level = 0; level < levels - 1; level++) {
      const known = tree as Map<number, WordTree>;
      tree = known.get(words[level]) ?? newTree(levels - level - 1);
      known.set(words[level], tree);
    }
    const key = words[levels - 1] & prefixMask(bits - 32 * (levels - 1));
    return { numbers: tree as FirstNumbers<number>, key };
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
      const number = numbers.of(address & prefixMask(bits));
      if (number >= 0) return number;
    }
    for (const { address: network, mask, number } of this.gapped) {
      if ((address & mask) === network) return number;
    }
    return -1;
  }

  private findIpv6(word0: number, word1: number, word2: number, word3: number): number {
    for (const { bits, levels, tree } of this.ipv6) {
      let at: WordTree | undefined = tree;
      for (let level = 0; level < levels && at !== undefined; level++) {
        const word = level === 0 ? word0 : level === 1 ? word1 : level === 2 ? word2 : word3;
        if (level < levels - 1) at = (at as Map<number, WordTree>).get(word);
        else {
          const number = (at as FirstNumbers<number>).of(word & prefixMask(bits - 32 * level));
          if (number >= 0) return number;
        }
      }
    }
    return -1;
  }
}

function newTree(levels: number): WordTree {
  return levels > 1 ? new Map() : new FirstNumbers();
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
