/**
 * The configurations of the guides that people follow, unchanged but for ports, addresses and the
 * paths of the pidfile and the log's socket: they run on both engines with one and two workers, and
 * do what the guide says.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { groupId, userId } from '../../src/kernel/users.js';
import { turbo } from '../cli/turbo.js';
import { printedFindings } from '../harness/golden.js';
import {
  ENGINES,
  type EngineChoice,
  eventually,
  freePort,
  isAlive,
  isListening,
  type RunningProcess,
  runProcess,
  scratchFolder,
  startHaproxy,
  startProcess,
  startTurbo,
  withProcesses,
} from '../harness.js';
import { closeReceivers, LogReceiver } from './support/log-receiver.js';
import { closeAll, dial, named, type Peer, serve, type TestServer } from './support/peers.js';
import { askSocket } from './support/runtime.js';

const FOLDER = fileURLToPath(new URL('../../../test/golden/guides/', import.meta.url));

/** How turbo-lb runs. */
interface Way {
  readonly engine: EngineChoice;
  readonly workers: number;
}

const WAYS: readonly Way[] = ENGINES.flatMap((engine) => [1, 2].map((workers) => ({ engine, workers })));

/** Declares a test of one guide: all ways side by side, since most of the time they wait for health checks. */
function guide(name: string, body: (way: Way) => Promise<void>): void {
  const one = (way: Way): Promise<void> =>
    body(way).catch((error) => {
      throw new Error(`${way.engine}, workers ${way.workers}: ${error.message} ${error.details ?? ''}`, { cause: error });
    });
  test(name, () =>
    withProcesses(async () => {
      await Promise.all(WAYS.map(one)).finally(closeAll).finally(closeReceivers);
    }),
  );
}

/** The text of a guide with its ports and addresses replaced; each of them must be there. */
function textOf(name: string, changes: Readonly<Record<string, string>>): string {
  let text = readFileSync(FOLDER + name, 'utf8');
  for (const [from, to] of Object.entries(changes)) {
    assert.ok(text.includes(from), `${name} has no ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

function fileOf(text: string): string {
  const file = join(scratchFolder(), 'haproxy.cfg');
  writeFileSync(file, text);
  return file;
}

function start({ engine, workers }: Way, text: string, port: number, more: string[] = []): Promise<RunningProcess> {
  const args = ['-db', '--no-pin', '--workers', String(workers), '-f', fileOf(text), ...more];
  return startTurbo(args, { engine, readyWhen: () => isListening(port) });
}

/** Whom a new client reaches: what the server says first. */
async function reached(target: Parameters<typeof dial>[0]): Promise<string> {
  const client = await dial(target);
  const name = await nameOf(client);
  client.socket.end();
  await client.closed;
  return name;
}

async function nameOf(client: Peer): Promise<string> {
  await client.hears('\n');
  return client.heard.trim();
}

/** New clients, one after the other. */
async function reachedInTurn(port: number, count: number): Promise<string[]> {
  const names: string[] = [];
  for (let i = 0; i < count; i++) names.push(await reached(port));
  return names;
}

/** Servers that say their names. */
function servers(...names: string[]): Promise<TestServer[]> {
  return Promise.all(names.map((name) => serve(named(name))));
}

/** HAProxy 2.6 begins more lines with `config : ` than 3.x, and does not mind a frontend and a backend of one name. */
function comparableFindings(stderr: string): string[] {
  return printedFindings(stderr)
    .map((line) => line.replace(' config : ', ' '))
    .filter((line) => !line.includes('has the same name as'));
}

/** What is said of a file at a check, by either. */
async function findings(text: string): Promise<{ readonly ours: string[]; readonly theirs: string[] }> {
  const file = fileOf(text);
  const [ours, theirs] = await Promise.all([turbo(['-c', '-f', file]), runProcess('haproxy', ['-c', '-f', file])]);
  assert.is(ours.code, 0, ours.stderr);
  return { ours: comparableFindings(ours.stderr), theirs: comparableFindings(theirs.stderr) };
}

/** What is said of a file; who tests is root, which is another matter. */
function findingsOf(stderr: string): string[] {
  return printedFindings(stderr).filter((line) => !line.includes('was started as root'));
}

/** A syslog service on a UNIX socket, as /dev/log is one. */
async function startSyslog(): Promise<{ readonly path: string; readonly process: RunningProcess }> {
  const path = join(scratchFolder(), 'log');
  const process = await startProcess('socat', ['-u', `UNIX-RECV:${path}`, 'STDOUT'], { readyWhen: () => existsSync(path) });
  return { path, process };
}

guide('01: roundrobin alternates; a server that dies is taken out by its check, and comes back', async (way) => {
  const [one, two] = await servers('one', 'two');
  const port = await freePort();
  const syslog = await startSyslog();
  const text = textOf('01-roundrobin-check.cfg', {
    '/dev/log': syslog.path,
    '*:80': `127.0.0.1:${port}`,
    '192.168.1.101:80': one.address,
    '192.168.1.102:80': two.address,
  });
  const balancer = await start(way, text, port);
  assert.equal(await reachedInTurn(port, 4), ['one', 'two', 'one', 'two']);
  assert.equal(findingsOf(balancer.stderr), [], 'a clean start says nothing');
  await two.close();
  const down =
    /Server layer4_backend\/server2 is DOWN, reason: Layer4 connection problem, info: "ECONNREFUSED returned by OS \(Connection refused\)", check duration: \d+ms\. 1 active and 0 backup servers left\. 0 sessions active, 0 requeued, 0 remaining in queue\.\n/;
  await eventually('it is said to be down', () => down.test(balancer.stderr));
  assert.equal(await reachedInTurn(port, 3), ['one', 'one', 'one']);
  await serve(named('two'), { port: two.port || portOf(text, 'server2') });
  const up =
    /Server layer4_backend\/server2 is UP, reason: Layer4 check passed, check duration: \d+ms\. 2 active and 0 backup servers online\. 0 sessions requeued, 0 total in queue\.\n/;
  await eventually('it is said to be up', () => up.test(balancer.stderr));
  assert.is(syslog.process.output, '', 'no proxy says `log global`: as with HAProxy, none of its lines is sent');
  assert.equal((await reachedInTurn(port, 4)).sort(), ['one', 'one', 'two', 'two']);
});

function portOf(text: string, server: string): number {
  return Number(new RegExp(`server ${server} \\S+:(\\d+)`).exec(text)?.[1]);
}

guide('02: leastconn goes where the fewest are; two good checks bring a server back', async (way) => {
  const [one, two] = await servers('one', 'two');
  const port = await freePort();
  const text = textOf('02-check-inter-rise-fall.cfg', {
    '*:80': `127.0.0.1:${port}`,
    '192.168.1.101:80': one.address,
    '192.168.1.102:80': two.address,
  });
  const balancer = await start(way, text, port);
  const clients = await Promise.all([dial(port), dial(port), dial(port), dial(port)]);
  assert.equal((await Promise.all(clients.map(nameOf))).sort(), ['one', 'one', 'two', 'two']);
  for (const client of clients) if (client.heard.startsWith('two')) client.socket.end();
  // Two clients stay at the one: three more in a row for the other is what a rotation would not do.
  const isPreferred = async (): Promise<boolean> => (await reachedInTurn(port, 3)).every((name) => name === 'two');
  await eventually('the free one is preferred', isPreferred);
  await two.close();
  await eventually('it is down', () => balancer.stderr.includes('Server layer4_backend/server2 is DOWN'));
  assert.equal(await reachedInTurn(port, 2), ['one', 'one']);
  await serve(named('two'), { port: portOf(text, 'server2') });
  await eventually('it is up', () => balancer.stderr.includes('Server layer4_backend/server2 is UP'));
  await eventually('it is preferred', isPreferred);
});

guide("03: three servers without timeouts: HAProxy's warnings, and it works", async (way) => {
  const three = await servers('one', 'two', 'three');
  const port = await freePort();
  const text = textOf('03-three-servers-no-timeouts.cfg', {
    '*:80': `127.0.0.1:${port}`,
    'backend1_VLAN_IP_ADDRESS:80': three[0].address,
    'backend2_VLAN_IP_ADDRESS:80': three[1].address,
    'backend3_VLAN_IP_ADDRESS:80': three[2].address,
  });
  const { ours, theirs } = await findings(text);
  assert.equal(ours, theirs);
  assert.ok(ours.some((line) => line.includes("missing timeouts for frontend 'web-test'")));
  const balancer = await start(way, text, port);
  await eventually('it warns', () => balancer.stderr.includes("missing timeouts for backend 'web-test'"));
  assert.equal(await reachedInTurn(port, 6), ['one', 'two', 'three', 'one', 'two', 'three']);
});

guide('04: inter 4 is 4 ms, which is warned of', async (way) => {
  const [one] = await servers('one');
  const port = await freePort();
  const text = textOf('04-active-inter.cfg', { '*:80': `127.0.0.1:${port}`, 'backend1_VLAN_IP_ADDRESS:80': one.address });
  const balancer = await start(way, text, port);
  const warning = /\[WARNING\] .* 'inter 4' in server 'server1' is suspiciously small for a value in milliseconds/;
  await eventually('it warns', () => warning.test(balancer.stderr));
  assert.is(await reached(port), 'one');
  await one.close();
  await eventually('it is down', () => balancer.stderr.includes('Server web-test/server1 is DOWN'));
});

guide('05: ten failed connections in a row mark a server down, and good checks bring it back', async (way) => {
  const [one] = await servers('one');
  const two = await serve(named('two'));
  const port = await freePort();
  const text = textOf('05-passive-observe.cfg', {
    '*:80': `127.0.0.1:${port}`,
    'backend1_VLAN_IP_ADDRESS:80': one.address,
    'backend2_VLAN_IP_ADDRESS:80': two.address,
  });
  // Nobody else can tell: a server does not see a check that only connects.
  const socket = join(scratchFolder(), 'stats.sock');
  const balancer = await start(way, text, port, ['-f', fileOf(`global\n stats socket ${socket}\n`)]);
  assert.equal((await reachedInTurn(port, 2)).sort(), ['one', 'two']);
  // One good check and what it has left behind: only three bad ones in a row would take the server down.
  await eventually('both were checked', async () => (await askSocket(socket, 'show stat\n')).match(/,L4OK,/g)?.length === 2);
  await two.close();
  for (let i = 0; i < 20; i++) await dial(port);
  const line =
    /Server web-test\/backend2 is DOWN, reason: Health analyze, info: "Detected 10 consecutive errors, last one was: L4 unsuccessful connection"\. 1 active and 0 backup servers left\. \d+ sessions active, 0 requeued, 0 remaining in queue\.\n/;
  await eventually('it is marked down', () => line.test(balancer.stderr));
  assert.equal(await reachedInTurn(port, 3), ['one', 'one', 'one']);
  await serve(named('two'), { port: portOf(text, 'backend2') });
  await eventually('it is up', () => balancer.stderr.includes('Server web-test/backend2 is UP, reason: Layer4 check passed'));
  assert.equal((await reachedInTurn(port, 2)).sort(), ['one', 'two']);
});

/** Clients of the network 127.0.0.0/8. */
const SOURCES = Array.from({ length: 24 }, (_, i) => `127.${i % 3}.${i % 5}.${i + 1}`);

guide('06: a client gets the server that HAProxy gives it, always the same', async (way) => {
  const [one, three] = await servers('one', 'three');
  const port = await freePort();
  const other = await freePort();
  const text = (bind: number): string =>
    textOf('06-source-persistence.cfg', {
      'bind :80': `bind :${bind}`,
      '10.230.150.68:80': one.address,
      '10.230.150.70:80': three.address,
    });
  const { ours, theirs } = await findings(text(port));
  assert.equal(ours, theirs);
  assert.ok(ours.some((line) => /cookie/.test(line)));
  await Promise.all([start(way, text(port), port), startHaproxy(text(other))]);
  const seen = new Set<string>();
  for (const localAddress of SOURCES) {
    const chosen = await reached({ port, host: '127.0.0.1', localAddress });
    assert.is(chosen, await reached({ port: other, host: '127.0.0.1', localAddress }), localAddress);
    assert.is(await reached({ port, host: '127.0.0.1', localAddress }), chosen);
    seen.add(chosen);
  }
  assert.is(seen.size, 2);
});

guide('07: a daemon of another user, with a pidfile, a log and a server that takes 32 at a time', async (way) => {
  const server = await serve(named('served'));
  const port = await freePort();
  const pidfile = join(scratchFolder(), 'haproxy.pid');
  const log = await LogReceiver.open();
  const [, published] = /pidfile (\S+)/.exec(textOf('07-global-daemon.cfg', {})) as RegExpExecArray;
  const text = textOf('07-global-daemon.cfg', {
    [published]: pidfile,
    'log 127.0.0.1': `log 127.0.0.1:${log.port}`,
    '*:8080': `127.0.0.1:${port}`,
    '127.0.0.1:8000': server.address,
  });
  const { code, stdout, stderr } = await turbo([
    ...['--no-pin', '--workers', String(way.workers), '--io-engine', way.engine],
    ...['-f', fileOf(text)],
  ]);
  const pid = existsSync(pidfile) ? Number(readFileSync(pidfile, 'utf8')) : 0;
  try {
    assert.equal([code, stdout], [0, ''], stderr);
    assert.equal(findingsOf(stderr).length, 1, stderr);
    assert.match(stderr, 'nbproc is not supported');
    assert.is(readFileSync(pidfile, 'utf8'), `${pid}\n`);
    assert.equal(identitiesOf(pid), [`${userId('haproxy')} ${groupId('haproxy')} `]);
    await limitHolds(port, server);
    const lines = await log.traffic(40);
    assert.match(lines[0], /^<134>.* haproxy\[\d+\]: 127\.0\.0\.1:\d+ \[.*\] in servers\/server1 \d+\/\d+\/\d+ 7 -- /);
    assert.ok(
      lines.every((line) => line.startsWith('<134>')),
      'local1 gets warnings only',
    );
    process.kill(pid, 'SIGTERM');
    await eventually('it has ended', () => !isAlive(pid));
    assert.not.ok(isListening(port));
  } finally {
    if (pid > 0 && isAlive(pid)) process.kill(pid, 'SIGKILL');
  }
});

/** Forty clients, of whom 32 are served at a time, and all in the end. */
async function limitHolds(port: number, server: TestServer): Promise<void> {
  const clients = await Promise.all(Array.from({ length: 40 }, () => dial(port)));
  await server.peer(31);
  assert.is(server.open, 32);
  const served = clients.map(async (client) => {
    await client.hears('served');
    client.socket.end();
    await client.over();
  });
  await Promise.all(served);
  assert.equal([server.peers.length, server.openMost], [40, 32]);
}

/** `UID GID GROUPS` of all threads of a process, each once. */
function identitiesOf(pid: number): string[] {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
    const field = (name: string): string => new RegExp(`^${name}:\\s*(\\d*)`, 'm').exec(status)?.[1] ?? '';
    return `${field('Uid')} ${field('Gid')} ${field('Groups')}`;
  });
  return [...new Set(threads)];
}

test.run();
