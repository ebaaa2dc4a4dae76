/**
 * Everything changes while clients are served: reloads of random files, orders of the runtime socket, in
 * random order. As long as there is a server, no exchange fails, and in the end nothing is held.
 * `TEST_SEED=N` repeats the changes of a run, not the moments at which they meet the traffic.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type EngineChoice, eventually, freePort, isListening, scratchFolder, startTurbo } from '../harness.js';
import { Random } from '../sim/random.js';
import { interop } from './support/peers.js';
import { Service } from './support/service.js';

const CHANGES = 60;
const CLIENTS = 24;
const SERVERS = 4;
/** An exchange that takes longer will never end: more than all the queueing there is (ms). */
const PATIENCE_MS = 60_000;

const ALGORITHMS = ['roundrobin', 'static-rr', 'leastconn', 'source', 'first', 'random'];

/** The first of the servers is there in every file, and no check can take it away. */
function drawBackend(random: Random, name: string, addresses: readonly string[]): string {
  const servers = addresses.slice(0, random.between(1, addresses.length)).map((address, i) => {
    const options = [
      i > 0 && random.chance(70) ? ` check inter ${random.between(50, 300)}ms` : '',
      random.chance(40) ? ` maxconn ${random.between(1, 8)}` : '',
      random.chance(20) ? ` weight ${random.between(1, 20)}` : '',
      i > 0 && random.chance(15) ? ' backup' : '',
    ];
    return `  server s${i} ${address}${options.join('')}\n`;
  });
  return `backend ${name}\n  balance ${random.pick(ALGORITHMS)}\n${servers.join('')}`;
}

function drawFile(random: Random, global: string, [port, other]: readonly number[], addresses: readonly string[]): string {
  const sometimes = (text: string): string => (random.chance(40) ? text : '');
  return `${global}
defaults
  timeout connect 5s
  timeout client 1m
  timeout server 1m
  timeout queue 1m
frontend f
  bind 127.0.0.1:${port}
${sometimes(`  bind 127.0.0.1:${other}\n`)}${sometimes(`  maxconn ${random.between(5, 100)}\n`)}${sometimes(
  '  tcp-request inspect-delay 100ms\n  tcp-request content accept if { req.len gt 0 }\n',
)}${sometimes('  tcp-request connection track-sc0 src table t\n')}  default_backend ${random.pick(['b', 'c'])}
${drawBackend(random, 'b', addresses)}${drawBackend(random, 'c', addresses)}backend t
  stick-table type ip size ${random.pick([10, 1000])} expire 10s store conn_cnt,conn_rate(1s)
`;
}

/** An order that takes no service away: the first server always stays. */
function drawOrder(random: Random): string {
  const backend = random.pick(['b', 'c']);
  const another = `${backend}/s${random.between(1, SERVERS - 1)}`;
  return random.pick([
    `set server ${another} state ${random.pick(['ready', 'maint', 'drain'])}`,
    `set server ${another} health ${random.pick(['up', 'stopping', 'down'])}`,
    `set server ${backend}/s${random.below(SERVERS)} weight ${random.between(1, 100)}`,
    `set maxconn frontend f ${random.between(5, 200)}`,
    `set maxconn server ${backend}/s0 ${random.between(1, 10)}`,
    'clear table t',
    random.pick(['show stat', 'show sess all', 'show servers state', 'show table t', 'show fd']),
  ]);
}

/** Says so many bytes and has them come back; rejects with what happened instead. */
function exchange(port: number, bytes: number, endsFirst: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let heard = 0;
    const socket = createConnection(port, '127.0.0.1', () => {
      socket.write(Buffer.alloc(bytes, 'x'));
      if (endsFirst) socket.end();
    });
    const fail = (what: string): void => reject(new Error(`${what} after ${heard} of ${bytes} bytes`));
    socket.setTimeout(PATIENCE_MS, () => fail('silence'));
    socket.on('data', ({ length }) => {
      heard += length;
      if (heard < bytes) return;
      resolve();
      socket.destroy();
    });
    socket.on('error', ({ message }) => fail(message));
    socket.on('close', () => fail('closed'));
  });
}

/** Has clients exchange something over and over until it is told to end; then answers how often, or rejects. */
function traffic(port: number, random: Random): () => Promise<number> {
  let [count, over] = [0, false];
  const client = async (): Promise<void> => {
    while (!over) {
      await exchange(port, random.pick([1, 100, 5000, 50_000]), random.chance(50));
      count++;
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  clients.catch(() => undefined); // heard below
  return async () => {
    over = true;
    await clients;
    return count;
  };
}

async function echoServer(): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => socket.destroy()).pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function upheaval(engine: EngineChoice, random: Random): Promise<void> {
  const servers = await Promise.all(Array.from({ length: SERVERS }, echoServer));
  const addresses = servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
  const ports = [await freePort(), await freePort()];
  const folder = scratchFolder();
  const [file, socket] = [join(folder, 'lb.cfg'), join(folder, 'socket')];
  const global = `global
  tune.io-engine ${engine}
  nbthread 2
  maxconn 400
  stats socket ${socket} level admin`;
  const write = (): void => writeFileSync(file, drawFile(random, global, ports, addresses));
  write();
  const process = await startTurbo(['-W', '-db', '--no-pin', '-f', file], {
    readyWhen: () => existsSync(socket) && isListening(ports[0]),
  });
  const service = new Service(process, ports[0], socket);
  const end = traffic(ports[0], random);
  for (let i = 0; i < CHANGES; i++) {
    if (random.chance(60)) {
      await service.ctl(drawOrder(random));
      continue;
    }
    write();
    const loaded = (): number => process.stderr.split('Loading success.').length;
    const before = loaded();
    process.child.kill(random.chance(50) ? 'SIGUSR2' : 'SIGHUP');
    await eventually('the reload is over', () => loaded() > before);
  }
  await service.ctl('set maxconn frontend f 400');
  assert.ok((await end()) > CHANGES);
  const idle = { slots: 0, timers: 0, buffers: 0, pipes: 0, connections: 0 };
  await eventually('nothing is held', async () => {
    const held = await service.held();
    return Object.entries(idle).every(([name, count]) => held[name as keyof typeof idle] === count);
  });
  for (const row of await service.rows()) {
    assert.equal([row.number('scur'), row.number('qcur') || 0], [0, 0], `${row.text('pxname')}/${row.text('svname')}`);
  }
  assert.not.match(process.stderr, /ALERT/);
  await process.stop();
  for (const server of servers) server.close();
}

interop('everything changes under traffic, and nothing fails', async (engine) => {
  const seed = Number(process.env.TEST_SEED ?? Math.trunc(Math.random() * 2 ** 31));
  try {
    await upheaval(engine, new Random(seed));
  } catch (error) {
    throw new Error(`${error}\nagain: TEST_SEED=${seed}`, { cause: error });
  }
});

test.run();
