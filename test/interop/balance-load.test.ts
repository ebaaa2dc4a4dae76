/**
 * What algorithms do with load is what HAProxy does: least connections, servers that are full or
 * above their share of the load, limits that follow the backend's sessions. Connections open and
 * stay, or close, at random; HAProxy is asked live, and a failure prints the seed.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type BalancePlan, DEFAULT_BACKEND } from '../../src/plan/plan.js';
import { NO_SERVER } from '../../src/proxy/balance/balancer.js';
import type { ServerSettings } from '../../src/shared/servers.js';
import { eventually, freePort, startHaproxy, withProcesses } from '../harness.js';
import { hostAddress } from '../proxy/support/address.js';
import { Choosers } from '../proxy/support/group.js';
import { Random } from '../sim/random.js';

const STEPS = 150;

/** A section, as lines and servers' words for HAProxy, and as ours. */
interface Kind {
  readonly lines: readonly string[];
  readonly plan: Partial<BalancePlan>;
  readonly fullconn: number;
  readonly servers: readonly ({ readonly weight: number } & Partial<ServerSettings>)[];
}

const kind = (lines: string, plan: Partial<BalancePlan>, servers: Kind['servers'], fullconn = 0): Kind => ({
  lines: lines.split('; '),
  plan,
  fullconn,
  servers,
});
const weights = (...all: number[]): Kind['servers'] => all.map((weight) => ({ weight }));
const limits = (...all: number[]): Kind['servers'] => all.map((maxconn) => ({ weight: 1, maxconn }));
const ramps = (...all: [number, number][]): Kind['servers'] => all.map(([minconn, maxconn]) => ({ weight: 1, minconn, maxconn }));
const CONSISTENT = { method: 'consistent', function: null, avalanche: false } as const;
const bounded = (balanceFactor: number, servers: Kind['servers']): Kind =>
  kind(
    `balance source; hash-type consistent; hash-balance-factor ${balanceFactor}`,
    { algorithm: 'source', hashType: CONSISTENT, balanceFactor },
    servers,
  );

const KINDS: readonly Kind[] = [
  kind('balance leastconn', { algorithm: 'leastconn' }, weights(1, 1, 1)),
  kind('balance leastconn', { algorithm: 'leastconn' }, weights(1, 2, 5, 17)),
  kind('balance leastconn', { algorithm: 'leastconn' }, limits(3, 5, 0)),
  kind('balance roundrobin', { algorithm: 'roundrobin' }, limits(2, 7, 0)),
  kind('balance roundrobin', { algorithm: 'roundrobin' }, [{ weight: 9, maxconn: 4 }, { weight: 3, maxconn: 12 }, { weight: 1 }]),
  kind('balance static-rr', { algorithm: 'static-rr' }, [{ weight: 4, maxconn: 4 }, { weight: 2, maxconn: 12 }, { weight: 1 }]),
  kind('balance first', { algorithm: 'first' }, limits(2, 4, 8, 0)),
  kind('balance first; fullconn 30', { algorithm: 'first' }, [...ramps([2, 10], [3, 12], [1, 7]), { weight: 1 }], 30),
  kind('balance roundrobin; fullconn 25', { algorithm: 'roundrobin' }, [...ramps([1, 9], [4, 9]), { weight: 1 }], 25),
  bounded(125, weights(1, 1, 1, 1)),
  bounded(150, weights(1, 2, 3, 10)),
  bounded(101, weights(5, 3, 7)),
];

function choosersOf({ plan, servers, fullconn }: Kind): Choosers {
  const all = { ...DEFAULT_BACKEND.balance, ...plan };
  const choosers = new Choosers(
    all.algorithm,
    servers.map(({ weight }) => weight),
    1,
    all,
    servers,
  );
  choosers.groups[0].configure(fullconn, false);
  return choosers;
}

const serverWords = ({ weight, maxconn = 0, minconn = 0 }: Kind['servers'][number]): string =>
  [`weight ${weight}`, maxconn && `maxconn ${maxconn}`, minconn && `minconn ${minconn}`].filter(Boolean).join(' ');

/** Servers that say their number and stay. */
class Servers {
  private readonly listeners = Array.from({ length: 4 }, (_, server) =>
    createServer((socket) => {
      this.open++;
      socket.on('error', () => socket.destroy()).on('close', () => this.open--);
      socket.resume().write(String(server));
    }).listen(0, '127.0.0.1'),
  );
  /** Connections of all of them. */
  open = 0;

  async ports(): Promise<number[]> {
    return Promise.all(
      this.listeners.map(async (listener) => {
        if (!listener.listening) await once(listener, 'listening');
        return (listener.address() as AddressInfo).port;
      }),
    );
  }

  close(): void {
    for (const listener of this.listeners) listener.close();
  }
}

/** A connection that stays, and the server that it got. */
interface Held {
  readonly socket: Socket;
  readonly server: number;
}

async function hold(port: number, source: string): Promise<Held> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`PROXY TCP4 ${source} 127.0.0.1 1024 80\r\n`);
  const [data] = (await once(socket, 'data')) as [Buffer];
  return { socket, server: Number(data.toString()) };
}

async function compare(one: Kind, port: number, servers: Servers, random: Random, message: string): Promise<void> {
  const choosers = choosersOf(one);
  const [group] = choosers.groups;
  const held: Held[] = [];
  let trail = '';
  for (let step = 0; step < STEPS; step++) {
    if (held.length > 0 && random.chance(step % 50 < 35 ? 20 : 70)) {
      const [ended] = held.splice(random.below(held.length), 1);
      ended.socket.destroy();
      group.leave(ended.server);
      await eventually('the server has lost the connection', () => servers.open === held.length || null);
      trail += `-${ended.server}`;
      continue;
    }
    const source = `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`;
    group.backendSessions = held.length + 1;
    const server = choosers.open(choosers.keyHash.ofSource(hostAddress(source)));
    assert.is.not(server, NO_SERVER, `${message} ${trail}`);
    held.push(await hold(port, source));
    trail += `+${held.at(-1)?.server}`;
    assert.is(server, held.at(-1)?.server, `${message} ${trail}`);
  }
  for (const { socket } of held) socket.destroy();
  await eventually('all connections have ended', () => servers.open === 0 || null);
}

test('servers are chosen by load, and passed over when full, as in HAProxy', () =>
  withProcesses(async () => {
    const seed = Number(process.env.TEST_SEED ?? Math.trunc(Math.random() * 2 ** 31));
    const random = new Random(seed);
    const servers = new Servers();
    const serverPorts = await servers.ports();
    const ports: number[] = [];
    while (ports.length < KINDS.length) ports.push(await freePort());
    const sections = KINDS.map(
      (one, i) => `
      listen kind${i}
        bind 127.0.0.1:${ports[i]} accept-proxy
        ${one.lines.join('\n        ')}
        ${one.servers.map((server, s) => `server s${s} 127.0.0.1:${serverPorts[s]} ${serverWords(server)}`).join('\n        ')}`,
    );
    await startHaproxy(`
      global
        nbthread 1
        maxconn 4000
      defaults
        mode tcp
        timeout connect 5s
        timeout client 50s
        timeout server 50s
      ${sections.join('\n')}
      `);
    try {
      for (const [i, one] of KINDS.entries())
        await compare(one, ports[i], servers, random, `seed ${seed}, ${JSON.stringify(one)}:`);
    } finally {
      servers.close();
    }
  }));

test.run();
