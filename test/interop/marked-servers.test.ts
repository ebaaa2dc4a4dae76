/** `on-marked-down shutdown-sessions`, `on-marked-up shutdown-backup-sessions`: which sessions end and how, beside HAProxy. */
import { test } from 'uvu';
import { eventually, type RunningProcess } from '../harness.js';
import { comparableCheck } from './support/check-lines.js';
import { ending } from './support/ends.js';
import { dial, named, type Peer, serve, silent } from './support/peers.js';
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

test.run();
