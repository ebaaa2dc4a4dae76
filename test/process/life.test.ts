/**
 * A process that gives up the file system and the rights of root: it serves, a worker that dies is
 * replaced by the thread that stands by, and what it left behind is in the right place.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { groupId, userId } from '../../src/kernel/users.js';
import type { LifePlan, Plan } from '../../src/plan/plan.js';
import { DEFAULT_PROCESS } from '../../src/plan/plan.js';
import { QUICK_DEFAULTS, quickPlan } from '../../src/plan/quick.js';
import { type EngineChoice, eventually, freePort, scratchFolder } from '../harness.js';
import { planBalance, type WatchedBalancer } from '../interop/support/balancers.js';
import { dial, echo, interop, type Peer, serve, silent } from '../interop/support/peers.js';

const DYING_WORKER = new URL('../master/fixtures/dying-worker.js', import.meta.url);
const SLOW_WORKER = new URL('../master/fixtures/slow-loading-worker.js', import.meta.url);

function planOf(engine: EngineChoice, port: number, server: number, life: Partial<LifePlan>): Plan {
  const at = (number: number) => ({ family: 'ipv4', host: '127.0.0.1', port: number }) as const;
  const plan = quickPlan({
    ...QUICK_DEFAULTS,
    binds: [{ address: at(port), origin: 'f.cfg:1' }],
    servers: [{ name: 's', address: at(server), weight: 1 }],
    ioEngine: engine,
    workers: 1,
    pin: false,
    maxconn: 100,
  });
  return { ...plan, process: { ...plan.process, life: { ...DEFAULT_PROCESS.life, ...life } } };
}

async function connect(balancer: WatchedBalancer): Promise<Peer> {
  const client = await dial(balancer.port);
  await client.echoes('hello');
  return client;
}

interop('behind a chroot one worker is replaced, and the second death ends the process', async (engine) => {
  const server = await serve(echo);
  const port = await freePort();
  const chroot = scratchFolder();
  const pidfile = join(scratchFolder(), 'pid');
  const plan = planOf(engine, port, server.port, { chroot, user: 'nobody', group: 'daemon', pidfile });
  const env = { TEST_DEATH: 'throw', TEST_DEATH_MARKER: '/die', TEST_DEATH_AGAIN: 'yes' };
  const balancer = await planBalance(plan, port, { workerUrl: DYING_WORKER, env });
  assert.is(readFileSync(pidfile, 'utf8'), `${balancer.pid}\n`);
  assert.is(readlinkSync(`/proc/${balancer.pid}/root`), chroot);
  assert.equal(identitiesOf(balancer.pid), [`${userId('nobody')} ${groupId('daemon')}`]);
  const client = await connect(balancer);
  writeFileSync(join(chroot, 'die'), '');
  client.socket.write('wake up');
  await client.over();
  // The marker is still there: the thread that stood by dies at its first turn.
  assert.equal(await balancer.process.exited, { code: 1, signal: null });
  assert.is(balancer.process.stderr.split('worker 0 died').length - 1, 2);
  assert.match(balancer.process.stderr, 'a worker died, and behind a chroot no other can be loaded: giving up');
});

interop('a process that is ended while its workers load ends as it does at any time', async (engine) => {
  const port = await freePort();
  const plan = planOf(engine, port, await freePort(), {});
  const balancer = await planBalance(plan, port, { workerUrl: SLOW_WORKER, readyWhen: /loading/ });
  process.kill(balancer.pid, 'SIGTERM');
  assert.equal(await balancer.process.exited, { code: null, signal: 'SIGTERM' }, balancer.process.stderr);
  assert.not.match(balancer.process.stderr, /FATAL|does not end/);
});

interop('a start that fails in one thread while another one loads ends at once', async (engine) => {
  const port = await freePort();
  const plan = planOf(engine, port, await freePort(), { chroot: '/nonexistent' });
  const two = { ...plan, process: { ...plan.process, workers: 2 } };
  const options = { workerUrl: SLOW_WORKER, env: { TEST_MASTER_WORKER: 'yes' }, readyWhen: /loading/ };
  const balancer = await planBalance(two, port, options);
  assert.equal(await balancer.process.exited, { code: 1, signal: null }, balancer.process.stderr);
  assert.match(balancer.process.stderr, 'Cannot chroot(/nonexistent)');
  assert.not.match(balancer.process.stderr, /FATAL|does not end/);
});

interop('the thread that stood by serves in place of the dead one', async (engine) => {
  const server = await serve(echo);
  const port = await freePort();
  const marker = join(scratchFolder(), 'die');
  const env = { TEST_DEATH: 'throw', TEST_DEATH_MARKER: marker };
  const plan = planOf(engine, port, server.port, { chroot: '/' });
  const balancer = await planBalance(plan, port, { workerUrl: DYING_WORKER, env });
  const client = await connect(balancer);
  writeFileSync(marker, '');
  client.socket.write('wake up');
  await client.over();
  await connect(balancer);
  assert.not.ok(existsSync(marker));
  assert.is(balancer.process.stderr.split('worker 0 died').length - 1, 1);
});

interop('with -W no worker has what the main thread keeps, rights and files, not even a late one', async (engine) => {
  const server = await serve(echo);
  const port = await freePort();
  const chroot = scratchFolder();
  chmodSync(chroot, 0o777); // whoever dies removes the marker
  const env = { TEST_DEATH: 'throw', TEST_DEATH_MARKER: '/die', TEST_MASTER_WORKER: 'yes' };
  const plan = planOf(engine, port, server.port, { chroot, user: 'nobody', group: 'daemon' });
  const balancer = await planBalance(plan, port, { workerUrl: DYING_WORKER, env });
  for (let deaths = 0; deaths < 3; deaths++) {
    const client = await connect(balancer);
    assert.equal(rightsOf(balancer.pid), [`main ${MASTER_RIGHTS} /`, `worker 0 ${chroot}`]);
    writeFileSync(join(chroot, 'die'), '');
    client.socket.write('wake up');
    await client.over();
    await eventually('it is said', () => balancer.process.stderr.split('worker 0 died').length - 1 === deaths + 1);
  }
});

interop('hard-stop-after bounds a soft stop', async (engine) => {
  const server = await serve(silent);
  const port = await freePort();
  const balancer = await planBalance(planOf(engine, port, server.port, { hardStopAfterMs: 200 }), port);
  const client = await dial(port);
  await server.peer(0);
  balancer.process.child.kill('SIGUSR1');
  assert.equal(await balancer.process.exited, { code: 0, signal: null });
  assert.match(balancer.process.stderr, /\[WARNING\] .* : soft-stop running for too long, performing a hard-stop\./);
  await client.over();
});

interop('a soft stop that is over in time is no hard stop', async (engine) => {
  const server = await serve(echo);
  const port = await freePort();
  const balancer = await planBalance(planOf(engine, port, server.port, { hardStopAfterMs: 3_600_000 }), port);
  const client = await connect(balancer);
  balancer.process.child.kill('SIGUSR1');
  await eventually('it accepts no more', () => /Proxy .* stopped/.test(balancer.process.stderr));
  client.socket.end();
  assert.equal(await balancer.process.exited, { code: 0, signal: null });
  assert.not.match(balancer.process.stderr, 'hard-stop');
});

/** `UID GID` of all threads of a process, each once. */
function identitiesOf(pid: number): string[] {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
    const field = (name: string): string => new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? '';
    return `${field('Uid')} ${field('Gid')}`;
  });
  return [...new Set(threads)];
}

/** CAP_DAC_READ_SEARCH, CAP_NET_BIND_SERVICE and CAP_SYS_CHROOT, as linux/capability.h numbers them. */
const MASTER_RIGHTS = (1 << 2) | (1 << 10) | (1 << 18);

/** `NAME CAPABILITIES ROOT` of the main thread of a process and of its workers. */
function rightsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`)
    .flatMap((thread) => {
      const folder = `/proc/${pid}/task/${thread}`;
      const status = readFileSync(`${folder}/status`, 'utf8');
      const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '';
      const name = thread === String(pid) ? 'main' : field('Name').startsWith('turbo-lb/w') ? 'worker' : null;
      return name === null ? [] : [`${name} ${Number.parseInt(field('CapPrm'), 16)} ${readlinkSync(`${folder}/root`)}`];
    })
    .sort();
}

test.run();
