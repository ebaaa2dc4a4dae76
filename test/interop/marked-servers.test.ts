/** `on-marked-down shutdown-sessions`, `on-marked-up shutdown-backup-sessions`: which sessions end and how, beside HAProxy. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, freePort, type RunningProcess } from '../harness.js';
import { comparableCheck } from './support/check-lines.js';
import { ending } from './support/ends.js';
import { dial, interop, named, type Peer, serve, silent } from './support/peers.js';
import { startReloadable } from './support/reloading.js';
import { askSocket } from './support/runtime.js';
import { type Run, twins } from './support/twins.js';

/** Everything that both say, whatever the durations. */
const says = (balancer: RunningProcess, text: string) => eventually(`it says "${text}"`, () => balancer.stderr.includes(text));

async function greeted(port: number, name: string): Promise<Peer> {
  const client = await dial(port);
  await client.hears(`${name}\n`);
  return client;
}

async function scenario(run: Run): Promise<readonly unknown[]> {
  const [main, spare, health] = await Promise.all([serve(named('main')), serve(named('spare')), serve(silent)]);
  const port = await run.port('front');
  const balancer = await run.start(`
    global
      log 127.0.0.1:${run.log.port} len 1024 format raw local0
    defaults
      mode tcp
      log global
      timeout connect 2s
      timeout client 20s
      timeout server 20s
      log-format "%b/%s %B %ts"
      default-server inter 100ms rise 1 fall 1
    listen t
      bind 127.0.0.1:${port}
      server main 127.0.0.1:${main.port} check port ${health.port} on-marked-down shutdown-sessions on-marked-up shutdown-backup-sessions
      server spare 127.0.0.1:${spare.port} backup
    `);
  const first = await greeted(port, 'main');
  const { port: healthPort } = health;
  await health.close();
  const seen = [await ending(first), await ending(await main.peer(0))];
  await says(balancer, 'Running on backup.');
  const second = await greeted(port, 'spare');
  await serve(silent, { port: healthPort });
  seen.push(await ending(second), await ending(await spare.peer(0)));
  await greeted(port, 'main');
  return [seen, (await run.logged(4)).map(comparableCheck)];
}

twins('sessions end when their server goes down, and those of backups when it is back', scenario);

/** What the line about a server that goes down says of its sessions. */
const SESSIONS = /Server \S+ is DOWN.*? (\d+ sessions active, \d+ requeued, \d+ remaining in queue)/;

twins('who waits to connect again is no session of a server that refuses', async (run) => {
  const health = await serve(silent);
  const [port, nobody, socket] = [await run.port('front'), await run.port('nobody'), join(run.folder, 'stats')];
  const balancer = await run.start(`
    global
      stats socket ${socket}
    defaults
      mode tcp
      timeout connect 2s
      timeout client 20s
      timeout server 20s
      retries 100
      default-server inter 100ms rise 1 fall 1
    listen t
      bind 127.0.0.1:${port}
      server main 127.0.0.1:${nobody} check port ${health.port}
    `);
  const clients = await Promise.all([dial(port), dial(port), dial(port)]);
  const connected = async (): Promise<string> => {
    const [header, row] = (await askSocket(`UNIX-CONNECT:${socket}`, 'show stat t 4 -1\n'))
      .split('\n')
      .map((line) => line.split(','));
    return header.flatMap((name, i) => (name === 'wretr' || name === 'scur' ? [row[i]] : [])).join();
  };
  await eventually('all wait to connect again', async () => /^0,[3-9]$/.test(await connected()));
  await health.close();
  await says(balancer, 'Server t/main is DOWN');
  for (const { socket } of clients) socket.destroy();
  return SESSIONS.exec(balancer.stderr)?.[1];
});

interop('the line about a server counts the sessions that go on by a former configuration', async (engine) => {
  const [server, health] = await Promise.all([serve(named('a')), serve(silent)]);
  const port = await freePort();
  const sections = `listen t
  bind 127.0.0.1:${port}
  default-server inter 100ms rise 1 fall 1
  server a ${server.address} check port ${health.port} on-marked-down shutdown-sessions
`;
  const turbo = await startReloadable(engine, 2, [port], sections);
  const clients = await Promise.all([greeted(port, 'a'), greeted(port, 'a')]);
  await turbo.reload(`${sections}  server b ${server.address} backup\n`);
  clients.push(await greeted(port, 'a'));
  await health.close();
  for (const client of clients) await ending(client);
  assert.is(SESSIONS.exec(turbo.process.stderr)?.[1], '3 sessions active, 0 requeued, 0 remaining in queue');
});

test.run();
