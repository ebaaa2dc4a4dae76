/** Processes that take each other's place (`-sf`, `-x`) without losing a connection, HAProxy among them. */
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ListeningSockets, listeningAt } from '../../src/kernel/listening.js';
import { TURBO_LB } from '../cli/turbo.js';
import { ENGINES, eventually, freePort, isAlive, runProcess, startProcess, withProcesses } from '../harness.js';
import { closeAll, dial, echo, serve } from './support/peers.js';
import { Load, Place, type Program, visit } from './support/replacing.js';

/** Sockets that listen at a port of 127.0.0.1. */
function listeners(port: number): number {
  const sockets = new ListeningSockets();
  const at = listeningAt({ family: 'ipv4', host: '127.0.0.1', port });
  const count = sockets.count().get(at) ?? 0;
  sockets.close();
  return count;
}

/** A test with a place; all that took it are ended. */
function placed(name: string, threads: number, body: (place: Place) => Promise<void>): void {
  test(name, () =>
    withProcesses(async () => {
      const place = await Place.open(threads);
      try {
        await body(place);
      } finally {
        await place.close();
        await closeAll();
      }
    }),
  );
}

placed('ten replacements under load lose no connection, and who was connected stays so', 2, async (place) => {
  assert.is((await place.replace('turbo')).code, 0);
  const loads = [new Load(place.port, 8), new Load(place.path, 4)];
  const client = await dial(place.port);
  await client.hears('served');
  for (let i = 0; i < 10; i++) {
    await Promise.all(loads.map((load) => load.more(50)));
    const { code, stderr } = await place.takeOver('turbo', '--io-engine', ENGINES[i % 2]);
    assert.is(code, 0, stderr);
    assert.not.match(stderr, /ALERT|Failed/);
  }
  await Promise.all(loads.map((load) => load.more(50)));
  assert.equal(await Promise.all(loads.map((load) => load.stop())), ['', '']);
  await client.echoes('still here');
  assert.ok(isAlive(place.pids[0]));
  client.socket.end();
  await place.settled();
});

placed('who follows at another address of the port has what comes there, without a loss', 2, async (place) => {
  const port = await freePort();
  const listenAt = (host: string): void => place.configure(2, [], [], [`${host}:${port}`]);
  listenAt('127.0.0.1');
  assert.is((await place.replace('turbo')).code, 0);
  const load = new Load(port, 64);
  for (const [i, host] of ['*', '127.0.0.1', '*', '127.0.0.1', '*'].entries()) {
    await load.more(100);
    listenAt(host);
    const { code, stderr } = await place.replace('turbo', '--io-engine', ENGINES[i % 2]);
    assert.is(code, 0, stderr);
    await place.settled();
  }
  await load.more(100);
  assert.is(await load.stop(), '');
});

/** Who follows whom. */
const WAYS: readonly (readonly Program[])[] = [
  ['haproxy', 'turbo', 'haproxy'],
  ['turbo', 'haproxy', 'turbo'],
];

for (const way of WAYS) {
  placed(`${way.join(', ')}: a move there and back under load loses no connection`, 1, async (place) => {
    assert.is((await place.replace(way[0])).code, 0);
    const loads = [new Load(place.port, 8), new Load(place.path, 4)];
    for (const program of way.slice(1)) {
      await Promise.all(loads.map((load) => load.more(100)));
      const { code, stderr } = await place.takeOver(program);
      assert.is(code, 0, stderr);
      await Promise.all(loads.map((load) => load.more(100)));
      await place.settled();
    }
    assert.equal(await Promise.all(loads.map((load) => load.stop())), ['', '']);
    assert.ok(isAlive(place.pids.at(-1) ?? 0));
  });

  placed(`${way.join(', ')}: more sockets than one message has room for`, 1, async (place) => {
    const paths = Array.from({ length: 300 }, (_, i) => `${place.path}${i}`);
    place.configure(1, [], paths);
    assert.is((await place.replace(way[0])).code, 0);
    for (const program of way.slice(1)) {
      const { code, stderr } = await place.takeOver(program);
      assert.is(code, 0, stderr);
      await place.settled();
      for (const path of paths) assert.is(await visit(path), null, path);
    }
  });
}

placed('who has an address for itself is asked to make room, and its sessions go on', 1, async (place) => {
  place.configure(1, ['noreuseport']);
  assert.is((await place.replace('haproxy')).code, 0);
  const client = await dial(place.port);
  await client.hears('served');
  const { code, stderr } = await place.replace('turbo');
  assert.is(code, 0, stderr);
  await eventually('the next one serves', async () => (await visit(place.port)) === null);
  await client.echoes('still here');
  client.socket.end();
  await place.settled();
  assert.is(await visit(place.port), null);
});

for (const [program, options] of [
  ['haproxy', ['noreuseport']],
  ['haproxy', ['noreuseport', 'master-worker']], // its child has the sockets
] as const)
  placed(`an address that others have is not asked of ${program} ${options}, which goes on undisturbed`, 1, async (place) => {
    place.configure(1, [...options]);
    assert.is((await place.replace(program)).code, 0);
    const other = await serve(echo);
    const load = new Load(place.port, 4);
    await load.more(20);
    place.configure(1, [...options], [], [other.address]);
    const { code, stderr } = await place.replace('turbo');
    assert.is(code, 1);
    assert.match(stderr, `cannot bind socket (Address already in use) for [${other.address}]`);
    assert.is(stderr.match(/cannot bind socket/g)?.length, 1, 'only what stands in the way is named');
    assert.is(await load.stop(), '');
    assert.is(await visit(place.path), null);
  });

placed('when nothing comes of it, who made room goes on', 1, async (place) => {
  place.configure(1, ['noreuseport']);
  assert.is((await place.replace('haproxy')).code, 0);
  const { code, stderr } = await place.replace('turbo', '-p', '/nonexistent/pid');
  assert.is(code, 1);
  assert.match(stderr, 'Cannot create pidfile /nonexistent/pid');
  await eventually('the first one serves', async () => (await visit(place.port)) === null);
  assert.is(await visit(place.path), null);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  placed(`when ${signal} ends the start that it made room for, it goes on`, 1, async (place) => {
    place.configure(1, ['noreuseport']);
    assert.is((await place.replace('turbo')).code, 0);
    const pidfile = `${place.pidfile}.held`; // the start waits for who reads it
    await runProcess('mkfifo', [pidfile]);
    const words = [TURBO_LB, '-W', '-db', '-f', place.config, '-p', pidfile, '-sf', String(place.pids[0])];
    const next = await startProcess(process.execPath, words);
    await eventually('it has made room', async () => (await visit(place.port)) !== null);
    next.child.kill(signal);
    closeSync(openSync(pidfile, constants.O_RDONLY | constants.O_NONBLOCK));
    assert.equal(await next.exited, { code: 0, signal: null }, next.stderr);
    await eventually('it goes on', async () => (await visit(place.port)) === null);
    assert.is(await visit(place.path), null);
  });

for (const how of [[], ['-x']])
  placed(
    `a start ${how} that fails late loses no connection, and leaves UNIX sockets to those that have them`,
    1,
    async (place) => {
      assert.is((await place.replace('turbo')).code, 0);
      const load = new Load(place.port, 4);
      await load.more(20);
      const options = how.length > 0 ? ['-x', place.socket] : [];
      const { code, stderr } = await place.replace('turbo', ...options, '-p', '/nonexistent/pid');
      assert.is(code, 1);
      assert.match(stderr, 'Cannot create pidfile /nonexistent/pid');
      assert.is(await visit(place.path), null);
      place.configure(1, ['chroot /nonexistent/root']);
      const jailed = await place.replace('turbo', ...options);
      assert.is(await load.stop(), '');
      assert.match(jailed.stderr, 'Cannot chroot(/nonexistent/root): no such file or directory (ENOENT).');
      assert.is(await visit(place.path), null);
    },
  );

placed('without -x no connection is lost, either, and the path of a UNIX socket goes over and stays', 2, async (place) => {
  assert.is((await place.replace('turbo')).code, 0);
  const client = await dial(place.path);
  await client.hears('served');
  const load = new Load(place.port, 8);
  for (let i = 0; i < 2; i++) {
    await load.more(200);
    const { code, stderr } = await place.replace('turbo', '--io-engine', ENGINES[i % 2]);
    assert.is(code, 0, stderr);
    assert.is(await visit(place.path), null);
    await load.more(200);
    await eventually('its predecessors listen no more', () => listeners(place.port) === 2);
  }
  assert.is(await load.stop(), '');
  client.socket.end();
  await place.settled();
  assert.is(await visit(place.path), null);
  process.kill(place.pids.at(-1) ?? 0, 'SIGTERM');
  await eventually('the last one has taken it along', () => !existsSync(place.path));
});

placed('to HAProxy and back, to fewer workers and to more, no connection is lost', 2, async (place) => {
  assert.is((await place.replace('turbo')).code, 0);
  const load = new Load(place.port, 8);
  for (const [program, threads] of [
    ['haproxy', 2],
    ['turbo', 2],
    ['turbo', 1],
    ['turbo', 3],
    ['turbo', 2],
  ] as const) {
    await load.more(200);
    place.configure(threads, []);
    const { code, stderr } = await place.takeOver(program);
    assert.is(code, 0, stderr);
    await load.more(200);
    await place.settled();
  }
  assert.is(await load.stop(), '');
});

placed('who has taken the sockets and ends leaves them listening for who goes on with them', 2, async (place) => {
  assert.is((await place.replace('turbo')).code, 0);
  const [first] = place.pids.splice(0); // nobody tells it to end
  try {
    assert.is((await place.takeOver('turbo')).code, 0);
    process.kill(place.pids[0], 'SIGUSR1');
    await eventually('the second one has ended', () => !isAlive(place.pids[0]));
    assert.is(listeners(place.port), 2);
    for (let i = 0; i < 20; i++) assert.is(await visit(place.port), null);
  } finally {
    place.pids.push(first);
  }
});

placed('hard-stop-after ends what the former process still serves', 1, async (place) => {
  place.configure(1, ['hard-stop-after 300ms']);
  assert.is((await place.replace('turbo')).code, 0);
  const client = await dial(place.port);
  await client.hears('served');
  assert.is((await place.takeOver('turbo')).code, 0);
  await client.over();
  await place.settled();
});

placed('a socket that is not there ends the start; /dev/null is none', 1, async (place) => {
  const missing = await place.takeOver('turbo');
  assert.is(missing.code, 1);
  assert.match(missing.stderr, `Failed to connect to the old process socket '${place.socket}': connect: no such file`);
  assert.match(missing.stderr, 'Failed to get the sockets from the old process!');
  assert.is((await place.replace('turbo', '-x', '/dev/null')).code, 0);
});

placed('a process that is stopped hands over nothing, and is not waited for', 1, async (place) => {
  assert.is((await place.replace('turbo')).code, 0);
  process.kill(place.pids[0], 'SIGSTOP');
  const { code, stderr } = await place.takeOver('turbo');
  assert.is(code, 1);
  assert.match(stderr, 'it has said nothing for 1000 ms: is the process stopped?');
  process.kill(place.pids[0], 'SIGCONT');
  assert.is(await visit(place.port), null);
});

placed('without expose-fd nothing is handed over', 1, async (place) => {
  const closed = `${place.socket}.closed`;
  place.configure(1, [`stats socket ${closed} level admin`]);
  assert.is((await place.replace('turbo')).code, 0);
  const { code, stderr } = await place.replace('turbo', '-x', closed);
  assert.is(code, 1);
  assert.match(stderr, "its 'stats socket' needs 'expose-fd listeners'");
  const { stdout } = await runProcess('sh', ['-c', `echo _getsocks | socat - UNIX-CONNECT:${closed}`]);
  assert.is(stdout, '');
  await (await dial(place.port)).hears('served');
});

test.run();
