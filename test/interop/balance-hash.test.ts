/**
 * `balance source` and `balance hash` choose the very servers that HAProxy chooses, for every
 * `hash-type` and many weights, clients and keys; also after servers have gone, come and changed
 * their weights. HAProxy is asked live; nothing here is recorded.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { HASH_FUNCTIONS, type HashTypeConfig } from '../../src/config/config.js';
import { STATE_MAINTENANCE } from '../../src/shared/servers.js';
import { withProcesses } from '../harness.js';
import { hostAddress } from '../proxy/support/address.js';
import { Choosers } from '../proxy/support/group.js';
import { type ChoiceBackend, startChoices } from './support/haproxy-choices.js';

const CLIENTS = 1000;
/** Clients that are asked for at the same time. */
const BATCH = 100;

interface Combination {
  readonly algorithm: 'source' | 'hash';
  readonly hashType: HashTypeConfig;
  readonly weights: readonly number[];
  readonly ids: readonly number[];
  readonly balanceFactor?: number;
}

/** HAProxy 2.6 does not know the function `none`; map-based without a function is the default. */
const HASH_TYPES: readonly HashTypeConfig[] = (['map-based', 'consistent'] as const).flatMap((method) => [
  { method, function: null, avalanche: false },
  ...HASH_FUNCTIONS.filter((name) => name !== 'none').flatMap((name) =>
    [false, true].map((avalanche) => ({ method, function: name, avalanche })),
  ),
]);

const WEIGHTS: readonly (readonly number[])[] = [
  [1, 1, 1],
  [2, 4, 6],
  [7, 5, 3, 100],
  [256, 0, 128, 1],
];

function combinations(types: readonly HashTypeConfig[], weightSets: readonly (readonly number[])[]): Combination[] {
  return (['source', 'hash'] as const).flatMap((algorithm) =>
    types.flatMap((hashType) =>
      weightSets.map((weights, i) => ({
        algorithm,
        hashType,
        weights,
        ids: weights.map((_, s) => (i % 2 ? 11 * s + 3 : s + 1)),
      })),
    ),
  );
}

function backendOf({ algorithm, hashType, weights, ids, balanceFactor }: Combination): ChoiceBackend {
  const words = [hashType.method, hashType.function ?? '', hashType.avalanche ? 'avalanche' : ''].join(' ');
  return {
    lines: [
      algorithm === 'source' ? 'balance source' : 'balance hash path,field(3,/)',
      `hash-type ${words}`,
      ...(balanceFactor ? [`hash-balance-factor ${balanceFactor}`] : []),
    ],
    servers: weights.map((weight, server) => `weight ${weight} id ${ids[server]}`),
  };
}

function choosersOf({ algorithm, hashType, weights, ids, balanceFactor = 0 }: Combination): Choosers {
  return new Choosers(
    algorithm,
    weights,
    1,
    { hashType, balanceFactor },
    ids.map((id) => ({ id })),
  );
}

/** What we choose for a client and a key. */
function ours(choosers: Choosers, { algorithm }: Combination, client: string, key: string): number {
  const bytes = Buffer.from(key);
  const { keyHash } = choosers;
  return choosers.pick(algorithm === 'source' ? keyHash.ofSource(hostAddress(client)) : keyHash.ofBytes(bytes, 0, bytes.length));
}

/** Clients of all kinds: neighbours in one network, anywhere in IPv4, and every fourth in IPv6. */
function clientOf(n: number): string {
  const mixed = Math.imul(n + 1, 0x9e3779b1) >>> 0;
  if (n % 4 === 0) return `2001:db8:${(mixed >>> 16).toString(16)}::${(mixed & 0xffff).toString(16)}:${n}`;
  if (n % 4 === 1) return `127.${(n >> 8) & 255}.${n & 255}.1`;
  return `${1 + ((mixed >>> 24) % 223)}.${(mixed >>> 16) & 255}.${(mixed >>> 8) & 255}.${mixed & 255}`;
}

/** Keys of all lengths, with bytes beyond ASCII's letters. */
const keyOf = (n: number): string => `${'k~!'.repeat(n % 9)}${n * 7919}`;

interface Compared {
  readonly choices: Awaited<ReturnType<typeof startChoices>>;
  readonly all: readonly Combination[];
  readonly choosers: readonly Choosers[];
}

async function start(all: readonly Combination[]): Promise<Compared> {
  return { choices: await startChoices(all.map(backendOf)), all, choosers: all.map(choosersOf) };
}

/** Compares all clients on all combinations. */
async function compare({ choices, all, choosers }: Compared, clients: number): Promise<void> {
  const numbers = all.map((_, i) => i);
  for (let first = 0; first < clients; first += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, clients - first) }, (_, i) => first + i);
    const answers = await Promise.all(batch.map((n) => choices.ask(clientOf(n), numbers, keyOf(n))));
    for (const [i, n] of batch.entries()) {
      const own = all.map((one, k) => ours(choosers[k], one, clientOf(n), keyOf(n)));
      for (const [k, server] of own.entries())
        assert.is(server, answers[i][k], `${clientOf(n)} ${keyOf(n)} ${JSON.stringify(all[k])}`);
    }
  }
}

test('1,000 clients and keys choose as in HAProxy, with each method, function and weights', () =>
  withProcesses(async () => compare(await start(combinations(HASH_TYPES, WEIGHTS)), CLIENTS)));

test('servers that go, come back and change their weights move the clients that HAProxy moves', () =>
  withProcesses(async () => {
    const consistent = HASH_TYPES.filter(({ method }) => method === 'consistent').slice(0, 3);
    const mapped = HASH_TYPES.filter(({ method }) => method === 'map-based').slice(0, 2);
    const compared = await start([
      ...combinations(consistent, [
        [10, 10, 10],
        [3, 0, 50, 7],
      ]),
      ...combinations(mapped, [
        [2, 4, 6],
        [3, 0, 50, 7],
      ]),
    ]);
    const { choices, all, choosers } = compared;
    const forEach = async (words: string, change: (one: Choosers) => void, only = all): Promise<void> => {
      const chosen = all.flatMap((one, i) => (only.includes(one) ? [i] : []));
      const lines = chosen.map((i) => words.replaceAll('$', `b${i}`));
      for (let i = 0; i < lines.length; i += 20) await choices.command(lines.slice(i, i + 20).join('; '));
      for (const i of chosen) change(choosers[i]);
      await compare(compared, 150);
    };
    const dynamic = all.filter(({ hashType }) => hashType.method === 'consistent');
    await forEach('set server $/s0 state maint', ({ groups: [group] }) => group.setState(0, STATE_MAINTENANCE));
    await forEach(
      'set weight $/s2 0',
      ({ groups: [group] }) => group.setWeight(2, 0),
      all.filter((one) => one.weights.length > 3),
    );
    await forEach('set server $/s0 state ready', ({ groups: [group] }) => group.setState(0, 0));
    await forEach('set weight $/s0 77', ({ groups: [group] }) => group.setWeight(0, 77), dynamic);
    await forEach('set weight $/s0 4', ({ groups: [group] }) => group.setWeight(0, 4), dynamic);
    await forEach('set weight $/s1 256', ({ groups: [group] }) => group.setWeight(1, 256), dynamic);
  }));

test.run();
