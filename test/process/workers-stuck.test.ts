/**
 * A worker that is stuck: it is found, ended and replaced like one that died. When it cannot be ended, the
 * process ends, so that whoever supervises it starts it anew.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { QUICK_DEFAULTS, quickPlan } from '../../src/plan/quick.js';
import { countersOf, type EngineChoice, eventually, freePort, scratchFolder, withProcesses } from '../harness.js';
import { planBalance, type WatchedBalancer } from '../interop/support/balancers.js';
import { closeReceivers, LogReceiver } from '../interop/support/log-receiver.js';
import { closeAll, dial, echo, interop, type Peer, serve } from '../interop/support/peers.js';

const DYING_WORKER = new URL('../master/fixtures/dying-worker.js', import.meta.url);
/** Enough for a machine that is busy. */
const STUCK_AFTER_MS = 1500;
const CLIENTS = 20;

interface Stage {
  readonly balancer: WatchedBalancer;
  readonly log: LogReceiver;
  /** Has worker 0 be stuck at its next turn. */
  strike(): void;
}

/** Two workers in front of an echo server, with a syslog. */
async function stage(engine: EngineChoice, death: string): Promise<Stage> {
  const [server, log, port] = [await serve(echo), await LogReceiver.open(), await freePort()];
  const at = (number: number) => ({ family: 'ipv4', host: '127.0.0.1', port: number }) as const;
  const plan = quickPlan({
    ...QUICK_DEFAULTS,
    binds: [{ address: at(port), origin: 'f.cfg:1' }],
    servers: [{ name: 's', address: at(server.port), weight: 1 }],
    ioEngine: engine,
    workers: 2,
    pin: false,
    maxconn: 100,
  });
  const target = { kind: 'socket', address: at(log.port) } as const;
  const logTargets = [{ target, length: 1024, format: 'raw', facility: 16, maxLevel: 7, minLevel: 0, sample: null }] as const;
  const marker = join(scratchFolder(), 'die');
  const env = { TEST_DEATH: death, TEST_DEATH_MARKER: marker, TEST_STUCK_AFTER_MS: String(STUCK_AFTER_MS) };
  const logged = { ...plan, process: { ...plan.process, logTargets } };
  const balancer = await planBalance(logged, port, { workerUrl: DYING_WORKER, env });
  return { balancer, log, strike: () => writeFileSync(marker, '') };
}

async function connectMany(port: number): Promise<Peer[]> {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => dial(port)));
  await Promise.all(clients.map((client, i) => client.echoes(`I am ${i}.`)));
  return clients;
}

/** The same on both engines: the thread is in none of their calls. */
function alone(name: string, body: () => Promise<void>): void {
  test(name, () => withProcesses(body).finally(closeAll));
}

const said = (balancer: WatchedBalancer, text: string): number => balancer.process.stderr.split(text).length - 1;

interop('a worker in an endless loop is ended, its place is told, and the others go on', async (engine) => {
  const { balancer, log, strike } = await stage(engine, 'loop');
  const [first] = await connectMany(balancer.port);
  const { fds, threads } = countersOf(balancer.pid);
  const before = await balancer.counters();
  strike();
  await eventually('it is reported', () => said(balancer, 'worker 0 died') === 1);
  assert.match(
    balancer.process.stderr,
    /worker 0 died, its connections are closed: it was stuck, without a round of its loop for \d s\n/,
  );
  assert.match(balancer.process.stderr, /at \S*loop \(file:\/\/\/\S+dying-worker\.js:\d+:\d+\)/);
  await eventually('syslog has it', () => log.lines.some((line) => /^worker 0 died.* it was stuck.* \| at /.test(line)));
  for (const client of await connectMany(balancer.port)) client.socket.destroy();
  await eventually('its connections are given back', async () => {
    const { sessionsNow } = await balancer.counters();
    return sessionsNow < before.sessionsNow && sessionsNow === (await balancer.counters()).servers[0];
  });
  assert.is(countersOf(balancer.pid).threads, threads);
  assert.ok(countersOf(balancer.pid).fds <= fds);
  first.socket.destroy();
  assert.equal(await balancer.process.stop('SIGTERM'), { code: null, signal: 'SIGTERM' });
  assert.is(said(balancer, 'worker 0 died'), 1);
});

alone('a worker in a call that does not return: the process ends with exit code 1', async () => {
  const { balancer, log, strike } = await stage('epoll', 'call');
  const clients = await connectMany(balancer.port);
  strike();
  assert.equal(await balancer.process.exited, { code: 1, signal: null });
  assert.is(said(balancer, 'worker 0 is stuck in a call of the system and cannot be ended: giving up'), 1);
  await eventually('syslog has it', () => log.lines.some((line) => /cannot be ended: giving up$/.test(line.trimEnd())));
  await Promise.all(clients.map((client) => client.over()));
});

alone('a process that is asked to stop ends although a worker cannot be ended', async () => {
  const { balancer, strike } = await stage('epoll', 'call');
  const clients = await connectMany(balancer.port);
  strike();
  const woken = clients.map((client) => client.echoes('wake up').catch(() => undefined));
  assert.equal(await balancer.process.stop('SIGTERM'), { code: null, signal: 'SIGTERM' });
  await Promise.all(woken);
});

test.after(closeReceivers);
test.run();
