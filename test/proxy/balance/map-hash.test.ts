/**
 * `balance source`: the same client, the same server. Which one was recorded from HAProxy 2.6.12
 * (hash-type map-based, the default) for clients 127.0.0.1 to 127.0.0.60.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { HostAddress } from '../../../src/kernel/host-address.js';
import { DEFAULT_BACKEND } from '../../../src/plan/plan.js';
import { NO_SERVER } from '../../../src/proxy/balance/balancer.js';
import { KeyHash, NO_HASH } from '../../../src/proxy/balance/hash.js';
import { Choosers } from '../support/group.js';

const RECORDED: readonly (readonly [readonly number[], string])[] = [
  [[1, 1, 1], '201201201201201201201201201201201201201201201201201201201201'],
  [[1, 2, 3], '202121202121202121202121202121202121202121202121202121202121'],
  [[3, 2, 1], '200101200101200101200101200101200101200101200101200101200101'],
  [[5, 1, 1], '010020001002000100200010020001002000100200010020001002000100'],
  [[2, 4, 6], '202121202121202121202121202121202121202121202121202121202121'],
  [[7, 5, 3], '020101201012001020101201012001020101201012001020101201012001'],
  [[256, 128, 1], '010010010010010010010010010010100100100100100100100100100100'],
  [[4, 2, 2], '012001200120012001200120012001200120012001200120012001200120'],
];

const keyHash = new KeyHash(DEFAULT_BACKEND.balance);
const sourceHash = (address: HostAddress): number => keyHash.ofSource(address);

function ipv4(word: number): HostAddress {
  const address = new HostAddress();
  address.setIpv4(word, 1024);
  return address;
}

/** The hash of 127.0.0.n. */
const loopback = (n: number): number => sourceHash(ipv4(0x7f00_0000 + n));

for (const [weights, servers] of RECORDED) {
  test(`weights ${weights.join(' ')} give each client the server that HAProxy gives it`, () => {
    const choosers = new Choosers('source', weights);
    let client = 0;
    assert.is(
      choosers.sequence(servers.length, () => choosers.pick(loopback(++client))),
      servers,
    );
  });
}

test('a client keeps its server whichever worker accepts and whatever others do', () => {
  const choosers = new Choosers('source', [1, 2, 3], 4);
  const server = choosers.pick(loopback(77));
  for (let other = 1; other < 50; other++) {
    choosers.open(loopback(other));
    assert.is(choosers.pick(loopback(77)), server);
  }
});

test('an address above 127.255.255.255 is no negative number', () => {
  const choosers = new Choosers('source', [1, 1, 1]);
  const hash = sourceHash(ipv4(0xffff_fffe | 0));
  assert.is(hash, 0xffff_fffe);
  assert.is(choosers.pick(hash), 0xffff_fffe % 3);
});

test('all four words of an IPv6 address count, and those beyond the address do not', () => {
  const address = new HostAddress();
  assert.is(sourceHash(address), NO_HASH, 'no address, no hash');
  address.setIpv6(1, 2, 4, 8, 1024);
  assert.is(sourceHash(address), 15);
  address.setIpv4(1, 1024);
  assert.is(sourceHash(address), 1);
});

test('clients without an address are served in turn', () => {
  const choosers = new Choosers('source', [1, 1]);
  assert.is(
    choosers.sequence(6, () => choosers.pick(sourceHash(new HostAddress()))),
    '010101',
  );
});

test('a server of weight 0 has no place', () => {
  const choosers = new Choosers('source', [1, 0, 1]);
  for (let n = 1; n < 30; n++) assert.is.not(choosers.pick(loopback(n)), 1);
});

test('changed weights make another map, restored ones the same as before', () => {
  const choosers = new Choosers('source', [1, 1, 1]);
  const all = (): string => {
    let client = 0;
    return choosers.sequence(30, () => choosers.pick(loopback(++client)));
  };
  const before = all();
  choosers.setWeights([1, 0, 1]);
  assert.not.match(all(), /1/);
  choosers.setWeights([1, 1, 1]);
  assert.is(all(), before);
});

test('the server to avoid is chosen all the same, as HAProxy does', () => {
  const choosers = new Choosers('source', [1, 1]);
  const server = choosers.pick(loopback(1));
  assert.is(choosers.pick(loopback(1), server), server);
});

test('without any weight there is no server', () => {
  assert.is(new Choosers('source', [0, 0]).pick(loopback(1)), NO_SERVER);
});

test.run();
