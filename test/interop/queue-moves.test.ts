/** Sessions that wait for a server that takes no more, and for any server when one is back: where they go, and what is said, beside HAProxy. */
import { test } from 'uvu';
import { eventually } from '../harness.js';
import { dial, named, type Peer, serve } from './support/peers.js';
import { askSocket } from './support/runtime.js';
import { type Run, twins } from './support/twins.js';

/** Sessions: one at the server with the key of all clients, the others wait for it. */
const CLIENTS = 4;

async function scenario(run: Run): Promise<readonly unknown[]> {
  const [first, second, third] = await Promise.all(['first', 'second', 'third'].map((name) => serve(named(name))));
  const [port, socket] = [await run.port('front'), `${run.folder}/admin`];
  await run.start(`
    global
      log 127.0.0.1:${run.log.port} len 1024 format raw local0
      stats socket ${socket} level admin
    defaults
      mode tcp
      log global
      log-format "%b/%s"
      option redispatch
      timeout connect 2s
      timeout client 20s
      timeout server 20s
    listen t
      bind 127.0.0.1:${port}
      balance first
      use-server first if { src 127.0.0.0/8 }
      server first 127.0.0.1:${first.port} maxconn 1
      server second 127.0.0.1:${second.port} maxconn 2
      server third 127.0.0.1:${third.port} maxconn 2
    `);
  const ask = (command: string): Promise<string> => askSocket(socket, `${command}\n`);
  /** How many wait for a server, or for any. */
  const wait = (name: string, count: number): Promise<unknown> =>
    eventually(`${count} wait for ${name}`, async () => {
      const rows = (await ask('show stat')).split('\n').map((row) => row.split(','));
      return rows.find(([proxy, server]) => proxy === 't' && server === name)?.[2] === String(count);
    });
  const clients: Peer[] = [];
  await ask('set server t/third health down');
  for (let i = 0; i < CLIENTS; i++) clients.push(await dial(port));
  await wait('first', CLIENTS - 1);
  await ask('set server t/first state drain');
  await second.peer(1);
  await wait('BACKEND', 1);
  await ask('set server t/third health up');
  await third.peer(0);
  await wait('BACKEND', 0);
  return run.log.lines.filter((line) => line.startsWith('Server'));
}

twins('who waits for a server that is drained chooses anew', scenario);

test.run();
