/** Networks by the thousand: the longest prefix is found, as going through all of them finds it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatIpv4, formatIpv6, parseIpv6, prefixMask } from '../../../../src/proxy/samples/addresses.js';
import { NetworkPatterns } from '../../../../src/proxy/samples/match/networks.js';
import { Sample } from '../../../../src/proxy/samples/sample.js';
import { Random } from '../../../sim/random.js';

const NETWORKS = 10000;

test('IPv4', () => {
  const random = new Random(1);
  const networks = Array.from({ length: NETWORKS }, () => {
    const bits = random.between(8, 32);
    return { bits, address: ((random.below(16) << 28) | random.below(1 << 28)) & prefixMask(bits) };
  });
  const patterns = new NetworkPatterns(networks.map(({ address, bits }) => `${formatIpv4(address)}/${bits}`));
  const sample = new Sample();
  for (let i = 0; i < 300; i++) {
    const near = random.pick(networks).address;
    const address = random.chance(70) ? near | random.below(256) : random.below(1 << 30);
    sample.setIpv4(address);
    const fitting = networks.filter((one) => (address & prefixMask(one.bits)) === one.address).map(({ bits }) => bits);
    const found = patterns.find(sample);
    assert.is(found < 0 ? -1 : networks[found].bits, Math.max(-1, ...fitting), formatIpv4(address));
  }
});

test('IPv6', () => {
  const random = new Random(2);
  const networks = Array.from({ length: NETWORKS }, () => ({
    bits: random.pick([16, 32, 33, 48, 63, 64, 65, 96, 127, 128]),
    words: [0x20010db8, random.below(50), random.below(3), random.below(3)],
  }));
  const patterns = new NetworkPatterns(networks.map(({ words, bits }) => `${formatIpv6(words)}/${bits}`));
  const sample = new Sample();
  const same = (a: ArrayLike<number>, b: ArrayLike<number>, bits: number): boolean =>
    [0, 1, 2, 3].every((i) => ((a[i] ^ b[i]) & prefixMask(bits - 32 * i)) === 0);
  for (let i = 0; i < 200; i++) {
    sample.setIpv6(random.pick([0x20010db8, 0x20010db9, 1]), random.below(60), random.below(4), random.below(4));
    const fitting = networks.filter(({ words, bits }) => same(words, sample.words, bits)).map(({ bits }) => bits);
    const found = patterns.find(sample);
    assert.is(found < 0 ? -1 : networks[found].bits, Math.max(-1, ...fitting), formatIpv6(sample.words));
  }
});

test('addresses read what they have written', () => {
  const random = new Random(3);
  for (let i = 0; i < 2000; i++) {
    const words = Array.from({ length: 4 }, () => random.pick([0, 0, 1, 0xffff, 0x10000, random.below(0x7fffffff)]));
    assert.equal(parseIpv6(formatIpv6(words)), words);
  }
});

test('what is no address is refused', () => {
  assert.throws(() => new NetworkPatterns(['nonsense']), /'nonsense' is not an address/);
  assert.throws(() => new NetworkPatterns(['1.2.3.4.5']), /is not an address/);
});

test.run();
