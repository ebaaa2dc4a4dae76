/** Reloads by signals, of files: nginx under load, files with mistakes, states of servers, sessions that go on by their plan. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countersOf, eventually, freePort, isListening, startNginx, startProcess } from '../harness.js';
import { closeAll, dial, echo, interop, serve, silent } from './support/peers.js';
import { startReloadable, stat } from './support/reloading.js';

test.after.each(closeAll);

/** Reloads of a process that has nothing else to do. */
const RELOADS = 1000;
/** What they may leave behind in memory: V8 collects when it likes. */
const GROWTH_MAX = 120 * 1024 * 1024;

/** Ways to serve the clients of one port. */
function variants(port: number, other: number, [a, b, c]: readonly number[]): string[] {
  const back = (lines: string): string => `frontend f\n  bind 127.0.0.1:${port}\n  default_backend b\nbackend b\n${lines}\n`;
  const two = `  server a 127.0.0.1:${a} check\n  server b 127.0.0.1:${b} check`;
  const g = `frontend g\n  bind 127.0.0.1:${other}\n  default_backend b\n`;
  return [
    back(`${two}\n  server c 127.0.0.1:${c}`),
    back(`  balance leastconn\n${two}\n  server c 127.0.0.1:${c}`),
    back(`  balance leastconn\n  server a 127.0.0.1:${a} check weight 9\n  server c 127.0.0.1:${c}`) + g,
    back(`  timeout server 30s\n  balance source\n${two}`) + g,
    back(`  server a 127.0.0.1:${a} check maxconn 20\n  server b 127.0.0.1:${b} check maxconn 20`),
    back(`  stick-table type ip size 10k expire 1m\n  stick on src\n${two}`),
    back(`  balance first\n${two}`),
    back(`  timeout connect 2s\n${two}`) + g,
    `frontend f\n  bind 127.0.0.1:${port} maxconn 400\n  tcp-request connection accept\n  default_backend b\nbackend b\n${two}\n`,
    back(two),
  ];
}

for (const workers of [1, 2])
  interop(`no request fails through ten reloads, with ${workers} workers`, async (engine) => {
    const servers = [await freePort(), await freePort(), await freePort()];
    const listens = servers.map((port) => `server { listen 127.0.0.1:${port}; return 200 "hello"; }`).join('\n');
    await startNginx(`events { worker_connections 1000; }\nhttp {\n${listens}\n}`);
    const [port, other] = [await freePort(), await freePort()];
    const texts = variants(port, other, servers);
    const process = await startReloadable(engine, workers, [port], texts[9]);
    const url = `http://127.0.0.1:${port}/`;
    // Connections that stay through all reloads, and one for each request.
    const wrks = [
      await startProcess('wrk', ['-t1', '-c16', '-d60s', url]),
      await startProcess('wrk', ['-t1', '-c16', '-d60s', '-H', 'Connection: close', url]),
    ];
    let before = 0;
    for (const [i, text] of texts.entries()) {
      const reached = before + 100;
      await eventually('clients were served', async () => (await stat(process, 'f/FRONTEND', 'stot')) >= reached);
      before = await stat(process, 'f/FRONTEND', 'stot');
      const said = await process.reload(text, i % 2 === 0 ? 'SIGUSR2' : 'SIGHUP');
      assert.not.match(said, /ALERT|WARNING/);
      assert.is(isListening(other), text.includes(`:${other}`));
    }
    for (const wrk of wrks) {
      wrk.child.kill('SIGINT'); // it tells what it has seen so far
      await wrk.exited;
      const { stdout } = wrk;
      assert.not.match(stdout, /Socket errors|Non-2xx/);
      assert.ok(Number(/(\d+) requests in/.exec(stdout)?.[1]) > 1000, stdout);
    }
    await eventually('all sessions have ended', async () => (await stat(process, 'f/FRONTEND', 'scur')) === 0);
    assert.ok((await stat(process, 'f/FRONTEND', 'stot')) >= before, 'the frontend has lost no session');
    assert.is(await stat(process, 'b/BACKEND', 'stot'), await stat(process, 'f/FRONTEND', 'stot'));
    assert.is(await stat(process, 'b/BACKEND', 'econ'), 0);
    await process.process.stop();
  });

/** Ways to listen at a port of 127.0.0.1: in each, others have what comes there once the one before is gone. */
const WAYS: readonly (readonly string[])[] = [['127.0.0.1'], ['*'], ['::'], ['127.0.0.1', '127.0.0.1'], ['127.0.0.1']];
const ROUNDS = 3;

interop('no request fails while one bind after another has what comes to a port', async (engine) => {
  const [port, server] = [await freePort(), await freePort()];
  await startNginx(`events {}\nhttp { server { listen 127.0.0.1:${server}; return 200 "hello"; } }`);
  const text = (hosts: readonly string[]): string => {
    const binds = hosts.map((host) => `  bind ${host}:${port}${host === '::' ? ' v4v6' : ''}\n`);
    return `listen l\n  mode tcp\n${binds.join('')}  server a 127.0.0.1:${server}\n`;
  };
  const process = await startReloadable(engine, 2, [port], text(WAYS[0]));
  const wrk = await startProcess('wrk', ['-t1', '-c32', '-d60s', '-H', 'Connection: close', `http://127.0.0.1:${port}/`]);
  const served = (): Promise<number> => stat(process, 'l/FRONTEND', 'stot');
  for (const hosts of Array.from({ length: ROUNDS }, () => WAYS.slice(1)).flat()) {
    const before = await served();
    await eventually('clients were served', async () => (await served()) >= before + 50);
    assert.not.match(await process.reload(text(hosts)), /ALERT|WARNING/);
  }
  wrk.child.kill('SIGINT'); // it tells what it has seen so far
  await wrk.exited;
  assert.not.match(wrk.stdout, /Socket errors|Non-2xx/);
  assert.match(wrk.stdout, /requests in/);
  await process.process.stop();
});

interop('a file with mistakes changes nothing, and what is wrong is said', async (engine) => {
  const server = await serve(echo);
  const port = await freePort();
  const good = (more = ''): string => `listen f\n  bind 127.0.0.1:${port}\n${more}  server a ${server.address}\n`;
  const process = await startReloadable(engine, 2, [port], good());
  const client = await dial(port);
  await client.echoes('before');
  const said = await process.reload(good('  bnid :1\n  timeout nothing 3s\n'));
  assert.match(said, /\[ALERT\].*unknown keyword 'bnid' in 'listen' section/);
  assert.match(said, /\[ALERT\].*timeout nothing|'timeout' supports/);
  assert.match(said, /\[ALERT\].*Reload failed/);
  const bound = await process.reload(good(`  bind ${server.address}\n`));
  assert.match(bound, /Binding \[.*haproxy\.cfg:\d+\] for proxy f: .*Address already in use/);
  await client.echoes('after');
  await (await dial(port)).echoes('and new ones');
  assert.match(await process.reload(good('  maxconn 9\n')), /Loading success/);
  assert.is(await stat(process, 'f/FRONTEND', 'slim'), 9);
  assert.is(await stat(process, 'f/FRONTEND', 'stot'), 2);
  await client.echoes('still');
  await process.process.stop();
});

interop('health, and what an operator has set, is not forgotten', async (engine) => {
  const [up, down] = [await serve(echo), await freePort()];
  const port = await freePort();
  const text = (more: string): string => `listen f
  bind 127.0.0.1:${port}
${more}
  server up ${up.address} check inter 200ms
  server down 127.0.0.1:${down} check inter 200ms fall 1
  server drained ${up.address} weight 7
  server away ${up.address}
`;
  const process = await startReloadable(engine, 2, [port], text(''));
  await eventually('a server is down', async () => /f,down,.*DOWN/.test(await process.ask('show stat')));
  await process.ask('set server f/drained state drain; set server f/away state maint; set server f/up weight 30');
  const states = async (): Promise<string[]> =>
    (await process.ask('show servers state f'))
      .trim()
      .split('\n')
      .slice(2)
      .map((line) => line.split(' ').slice(3, 9).join(' '));
  const before = await states();
  for (const more of ['  balance leastconn', '  timeout server 3s', '  server first 127.0.0.1:1 disabled']) {
    await process.reload(text(more));
    const after = (await states()).filter((line) => !line.startsWith('first'));
    const plain = (lines: string[]): string[] => lines.map((line) => line.replace(/ \d+ \d+$/, (weights) => weights));
    assert.equal(plain(after), plain(before));
    await (await dial(port)).echoes('served');
  }
  await process.process.stop();
});

interop('a session goes on by the plan with which it began', async (engine) => {
  const server = await serve(silent);
  const port = await freePort();
  const text = (timeout: string): string =>
    `listen f\n  bind 127.0.0.1:${port}\n  timeout client ${timeout}\n  timeout server ${timeout}\n  server a ${server.address}\n`;
  const process = await startReloadable(engine, 2, [port], text('1h'));
  const patient = await dial(port);
  await server.peer(0);
  await process.reload(text('2s'));
  const hasty = await dial(port);
  await server.peer(1);
  await process.reload(text('1h'));
  const late = await dial(port);
  await server.peer(2);
  await hasty.over();
  assert.equal(
    [patient.socket.readyState, late.socket.readyState],
    ['open', 'open'],
    'only the session of the second plan has timed out',
  );
  await process.process.stop();
});

/** Takes long: one engine is enough, since what a reload leaves behind is not the engine's. */
test(`a process that reloads ${RELOADS} times does not grow`, async () => {
  const server = await serve(echo);
  const [port, other] = [await freePort(), await freePort()];
  const text = (i: number): string => `listen f
  bind 127.0.0.1:${port}
  log 127.0.0.1:9 local0
  timeout server ${5 + (i % 5)}s
  tcp-request content reject if { src 10.0.0.0/8 }
  server a ${server.address} check weight ${1 + (i % 9)}
${i % 2 === 0 ? `frontend g\n  bind 127.0.0.1:${other}\n  default_backend f\n` : ''}`;
  const process = await startReloadable('epoll', 2, [port], text(0));
  const look = (): ReturnType<typeof countersOf> => countersOf(process.process.pid);
  const run = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await process.reload(text(i));
  };
  await run(RELOADS / 5);
  const before = look();
  await run((4 * RELOADS) / 5);
  const after = look();
  const megabytes = (bytes: number): number => Math.round(bytes / 1024 / 1024);
  console.log(
    `${megabytes(before.rssBytes)} MB, ${before.fds} descriptors, ${before.threads} threads after ${RELOADS / 5} reloads; ` +
      `${megabytes(after.rssBytes)} MB, ${after.fds} descriptors, ${after.threads} threads after ${RELOADS}`,
  );
  assert.is(after.threads, before.threads);
  assert.ok(after.fds <= before.fds + 3, 'a check may be under way');
  assert.ok(after.rssBytes < before.rssBytes + GROWTH_MAX);
  await process.process.stop();
});

test.run();
