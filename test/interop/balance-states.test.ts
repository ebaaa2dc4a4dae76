/**
 * Servers that are disabled, drained, enabled and weighted while traffic goes on: a program that
 * embeds turbo-lb moves it as HAProxy's operator does with the same words on its socket.
 */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LoadBalancer } from '../../src/master/balancer.js';
import { Log } from '../../src/master/log.js';
import type { ServerPlace, ServerStates } from '../../src/master/servers/server-states.js';
import type { BalancePlan, Plan, ServerPlan } from '../../src/plan/plan.js';
import { QUICK_DEFAULTS, quickPlan } from '../../src/plan/quick.js';
import { type EngineChoice, eventually, freePort, scratchFolder, startHaproxy } from '../harness.js';
import { command } from './support/haproxy-choices.js';
import { dial, interop, named, serve } from './support/peers.js';

const CHOICES = 12;

/** A step, as a word of ours and of HAProxy's socket. */
type Step = readonly [order: (states: ServerStates, place: ServerPlace) => void, command: string, server: number];

const maintain = (server: number): Step => [(states, place) => states.setMaintenance(place), 'set server $ state maint', server];
const drain = (server: number): Step => [(states, place) => states.setDrain(place), 'set server $ state drain', server];
const ready = (server: number): Step => [(states, place) => states.setReady(place), 'set server $ state ready', server];
const weigh = (server: number, weight: number): Step => [
  (states, place) => states.setWeight(place, weight),
  `set weight $ ${weight}`,
  server,
];

interface Scene {
  readonly balance: Partial<BalancePlan>;
  readonly words: string;
  readonly servers: readonly (Partial<ServerPlan> & { readonly words: string })[];
  readonly steps: readonly Step[];
}

const SCENES: readonly Scene[] = [
  {
    balance: { algorithm: 'roundrobin' },
    words: 'balance roundrobin',
    servers: [
      { weight: 3, words: 'weight 3' },
      { weight: 2, words: 'weight 2' },
      { disabled: true, words: 'disabled' },
      { backup: true, words: 'backup' },
    ],
    steps: [ready(2), drain(0), weigh(1, 7), maintain(1), maintain(2), weigh(0, 100), ready(0), weigh(0, 0), ready(1)],
  },
  {
    balance: { algorithm: 'source', hashType: { method: 'consistent', function: null, avalanche: false } },
    words: 'balance source\n hash-type consistent',
    servers: [
      { weight: 10, words: 'weight 10' },
      { weight: 20, words: 'weight 20' },
      { weight: 30, words: 'weight 30' },
    ],
    steps: [maintain(1), weigh(0, 77), ready(1), weigh(2, 0)],
  },
  {
    balance: { algorithm: 'leastconn' },
    words: 'balance leastconn',
    servers: [{ words: '' }, { words: '' }, { words: '' }],
    steps: [drain(1), ready(1), maintain(0), ready(0)],
  },
];

function planOf(engine: EngineChoice, scene: Scene, ports: readonly number[]): Plan {
  const plan = quickPlan({
    ...QUICK_DEFAULTS,
    binds: [{ address: { family: 'ipv4', host: '127.0.0.1', port: 0 }, origin: '--bind test' }],
    servers: ports.map((port, i) => ({
      name: `s${i}`,
      address: { family: 'ipv4', host: '127.0.0.1', port } as const,
      weight: scene.servers[i].weight ?? 1,
    })),
    ioEngine: engine,
    workers: 2,
    pin: false,
    maxconn: 100,
  });
  const [backend] = plan.backends;
  const servers = backend.servers.map((server, i) => {
    const { words: _, ...settings } = scene.servers[i];
    return { ...server, ...settings };
  });
  return { ...plan, backends: [{ ...backend, servers, balance: { ...backend.balance, ...scene.balance } }] };
}

/** The servers of connections from several addresses, one after the other, each begun when the one before is over. */
async function sequence(port: number, isOver = (): boolean => true): Promise<string> {
  let servers = '';
  for (let i = 0; i < CHOICES; i++) {
    const client = await dial({ host: '127.0.0.1', port, localAddress: `127.0.${i}.${7 * i + 1}` });
    await client.hears('\n');
    servers += client.heard.trim();
    client.socket.end();
    await client.closed;
    await eventually('the connection is over', isOver);
  }
  return servers;
}

async function startOracle(scene: Scene, ports: readonly number[]): Promise<{ port: number; socket: string }> {
  const port = await freePort();
  const socket = join(scratchFolder(), 'stats.sock');
  await startHaproxy(`
    global
      stats socket ${socket} level admin
      nbthread 1
    defaults
      mode tcp
      timeout connect 5s
      timeout client 50s
      timeout server 50s
    listen servers
      bind 127.0.0.1:${port}
      ${scene.words}
      ${ports.map((own, i) => `server s${i} 127.0.0.1:${own} ${scene.servers[i].words}`).join('\n      ')}
    `);
  return { port, socket };
}

for (const scene of SCENES) {
  interop(`orders move the traffic of ${scene.words.replace('\n', ',')} as in HAProxy`, async (engine) => {
    const peers = await Promise.all(scene.servers.map((_, i) => serve(named(String(i)))));
    const ports = peers.map(({ port }) => port);
    const oracle = await startOracle(scene, ports);
    const balancer = new LoadBalancer(planOf(engine, scene, ports), { log: new Log({ write: () => true }) });
    await balancer.start();
    const isOver = (): boolean => balancer.serverConnections()[0].every((active) => active === 0);
    try {
      const [address] = balancer.addresses;
      const port = address.family === 'unix' ? 0 : address.port;
      assert.is(await sequence(port, isOver), await sequence(oracle.port), 'at the start');
      for (const [order, words, server] of scene.steps) {
        const place = balancer.serverStates.find('servers', `s${server}`);
        assert.ok(place);
        order(balancer.serverStates, place);
        await command(oracle.socket, words.replace('$', `servers/s${server}`));
        assert.is(await sequence(port, isOver), await sequence(oracle.port), `after ${words} of s${server}`);
      }
    } finally {
      await balancer.stop();
    }
    assert.throws(() => balancer.serverStates, /has not been started/);
  });
}

test.run();
