/**
 * Connections to servers that begin with a PROXY header (`send-proxy`, `send-proxy-v2`): byte for
 * byte what HAProxy sends, for clients of every family, from the same local port.
 */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type EngineChoice, freePort, scratchFolder } from '../harness.js';
import { dial, interop, serve, silent, type Target } from './support/peers.js';
import { type Job, planned, plannedHaproxy } from './support/planned.js';

const SAYS = 'and then the client speaks';

/** Where clients come from and connect to; HAProxy and turbo-lb listen one after the other. */
interface Way {
  readonly bind: string;
  readonly target: Target;
}

async function ways(): Promise<Readonly<Record<string, Way>>> {
  const port = await freePort();
  const path = join(scratchFolder(), 'front.sock');
  const from = { port, localPort: await freePort() };
  return {
    IPv4: {
      bind: `127.0.0.1:${port}`,
      target: { ...from, host: '127.0.0.1', localAddress: '127.0.0.1' },
    },
    IPv6: {
      bind: `[::1]:${port}`,
      target: { ...from, host: '::1', localAddress: '::1' },
    },
    UNIX: { bind: `unix@${path}`, target: path },
  };
}

/** What a server hears first, up to what the client says. */
async function header(way: Way, start: (job: Job) => Promise<unknown>, version: 1 | 2, options: string[]): Promise<string> {
  const server = await serve(silent);
  const words = [
    version === 1 ? 'send-proxy' : 'send-proxy-v2',
    ...(options.length > 0 ? ['proxy-v2-options', options.join(',')] : []),
  ];
  await start({
    lines: [`server s1 ${server.address} ${words.join(' ')}`],
    bind: way.bind,
  });
  const client = await dial(way.target);
  client.socket.write(SAYS);
  const peer = await server.peer(0);
  await peer.hears(SAYS);
  if (typeof way.target === 'string') client.socket.destroy();
  else client.socket.resetAndDestroy(); // its port is free at once
  await server.close();
  return Buffer.from(peer.heard.slice(0, peer.heard.indexOf(SAYS)), 'latin1').toString('hex');
}

const FORMS: readonly { readonly version: 1 | 2; readonly options: string[] }[] = [
  { version: 1, options: [] },
  { version: 2, options: [] },
  { version: 2, options: ['crc32c'] },
  { version: 2, options: ['unique-id', 'crc32c'] },
];

for (const { version, options } of FORMS) {
  interop(`headers of version ${version} ${options.join()} are those of HAProxy`, async (engine: EngineChoice) => {
    for (const [family, way] of Object.entries(await ways())) {
      const heard: string[] = [];
      for (const start of [plannedHaproxy, (_threads: number, job: Job) => planned(engine, 1, job)]) {
        heard.push(
          await header(
            way,
            async (job) => {
              const balancer = await start(1, job);
              stops.push(balancer.stop);
            },
            version,
            options,
          ),
        );
        for (const stop of stops.splice(0)) await stop();
      }
      assert.is(heard[1], heard[0], `${family}, version ${version} ${options.join()}`);
      assert.ok(heard[0].length > 0);
    }
  });
}

const stops: (() => Promise<unknown>)[] = [];

interop('a header goes out before a server that speaks first is heard, and once for each attempt', async (engine) => {
  const server = await serve((peer) => void peer.socket.write('welcome'));
  const job: Job = {
    lines: [
      'option redispatch -1',
      `server s1 127.0.0.1:${await freePort()} send-proxy`,
      `server s2 ${server.address} send-proxy`,
    ],
  };
  const balancer = await planned(engine, 1, job);
  const client = await dial(balancer.port);
  await client.hears('welcome');
  const peer = await server.peer(0);
  await peer.hears('\r\n');
  assert.match(peer.heard, /^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\n$/);
});

test.run();
