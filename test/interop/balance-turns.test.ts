/**
 * The order in which servers are served is HAProxy's, choice by choice, while servers go into
 * maintenance, come back, drain and change their weights at random. HAProxy is asked live; a
 * failure prints the seed.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { BalanceAlgorithm } from '../../src/config/config.js';
import { NO_SERVER } from '../../src/proxy/balance/balancer.js';
import { STATE_DRAIN, STATE_MAINTENANCE } from '../../src/shared/servers.js';
import { withProcesses } from '../harness.js';
import { Choosers } from '../proxy/support/group.js';
import { Random } from '../sim/random.js';
import { type ChoiceBackend, type HaproxyChoices, startChoices } from './support/haproxy-choices.js';

const STEPS = 40;
const CHOICES = 25;
const WORKERS = 2;

interface Kind {
  readonly algorithm: BalanceAlgorithm;
  readonly weights: readonly number[];
  /** The last so many servers are backups. */
  readonly backups: number;
  readonly allBackups: boolean;
}

const SERVERS: readonly (readonly [readonly number[], number, boolean])[] = [
  [[1, 1, 1], 0, false],
  [[7, 5, 3, 1], 0, false],
  [[100, 30, 7], 0, false],
  [[256, 1, 9, 17], 0, false],
  [[2, 3, 5, 1, 4], 3, false],
  [[2, 3, 5, 1, 4], 3, true],
];

/**
 * HAProxy 2.6 mixes several backups into the map of static-rr, although its manual promises the first one
 * alone; there we follow the manual.
 */
const KINDS: readonly Kind[] = (['roundrobin', 'static-rr', 'leastconn', 'first'] as const)
  .flatMap((algorithm) => SERVERS.map(([weights, backups, allBackups]) => ({ algorithm, weights, backups, allBackups })))
  .filter((kind) => kind.algorithm !== 'static-rr' || kind.backups === 0 || kind.allBackups);

const isBackup = ({ weights, backups }: Kind, server: number): boolean => server >= weights.length - backups;

function backendOf(kind: Kind): ChoiceBackend {
  return {
    lines: [`balance ${kind.algorithm}`, ...(kind.allBackups ? ['option allbackups'] : [])],
    servers: kind.weights.map((weight, server) => `weight ${weight} ${isBackup(kind, server) ? 'backup' : ''}`),
  };
}

function choosersOf(kind: Kind): Choosers {
  const servers = kind.weights.map((_, server) => ({ backup: isBackup(kind, server) }));
  const choosers = new Choosers(kind.algorithm, kind.weights, WORKERS, {}, servers);
  choosers.groups[0].configure(0, kind.allBackups);
  return choosers;
}

/** A change, as HAProxy's command for `$` and as ours. */
interface Change {
  readonly command: string;
  readonly apply: (choosers: Choosers) => void;
}

function changeOf(kind: Kind, random: Random): Change {
  const server = random.below(kind.weights.length);
  const isStatic = kind.algorithm === 'static-rr';
  switch (random.below(5)) {
    case 0:
      return stateChange(server, 'maint', STATE_MAINTENANCE);
    case 1:
      return stateChange(server, 'drain', STATE_DRAIN);
    case 2:
      return weightChange(server, random.below(3) === 0 ? 0 : isStatic ? kind.weights[server] : 1 + random.below(256));
    case 3:
      return weightChange(server, isStatic ? kind.weights[server] : 1 + random.below(12));
    default:
      return stateChange(server, 'ready', 0);
  }
}

function stateChange(server: number, word: string, state: number): Change {
  return { command: `set server $/s${server} state ${word}`, apply: ({ groups: [group] }) => group.setState(server, state) };
}

function weightChange(server: number, weight: number): Change {
  return { command: `set weight $/s${server} ${weight}`, apply: ({ groups: [group] }) => group.setWeight(server, weight) };
}

/** A connection that ends before the next one begins. */
function brief(choosers: Choosers): number {
  const server = choosers.open();
  choosers.groups[0].leave(server);
  return server;
}

async function compare(haproxy: HaproxyChoices, choosers: readonly Choosers[], trail: readonly string[]): Promise<void> {
  for (const [i, one] of choosers.entries()) {
    const message = `${JSON.stringify(KINDS[i])} after ${trail[i]}`;
    if (!hasServer(one)) {
      assert.is(one.pick(), NO_SERVER, message);
      continue;
    }
    const theirs = await haproxy.ask('127.0.0.1', new Array<number>(CHOICES).fill(i));
    const ours = Array.from({ length: CHOICES }, () => brief(one));
    assert.is(ours.join(''), theirs.join(''), message);
  }
}

function hasServer({ groups: [group] }: Choosers): boolean {
  group.set.refresh();
  return group.set.count > 0;
}

test('servers are served in the order of HAProxy through 40 random changes', () =>
  withProcesses(async () => {
    const seed = Number(process.env.TEST_SEED ?? Math.trunc(Math.random() * 2 ** 31));
    const random = new Random(seed);
    const haproxy = await startChoices(KINDS.map(backendOf));
    const choosers = KINDS.map(choosersOf);
    const trails = KINDS.map(() => `seed ${seed}:`);
    await compare(haproxy, choosers, trails);
    for (let step = 0; step < STEPS; step++) {
      const changes = KINDS.map((kind) => changeOf(kind, random));
      for (let i = 0; i < changes.length; i += 12) {
        const commands = changes.slice(i, i + 12).map(({ command }, k) => command.replace('$', `b${i + k}`));
        await haproxy.command(commands.join('; '));
      }
      for (const [i, { command, apply }] of changes.entries()) {
        apply(choosers[i]);
        trails[i] += ` ${command};`;
      }
      await compare(haproxy, choosers, trails);
    }
  }));

test.run();
