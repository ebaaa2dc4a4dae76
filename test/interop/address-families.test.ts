/** IPv4, IPv6 and UNIX sockets, on the clients' side and on the servers', in every combination. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freePort, scratchFolder, startTurbo } from '../harness.js';
import { argumentsOf } from './support/balancers.js';
import { dial, echo, interop, serve, type Target, type TestServer } from './support/peers.js';

type Family = 'IPv4' | 'IPv6' | 'UNIX';
const FAMILIES: readonly Family[] = ['IPv4', 'IPv6', 'UNIX'];

async function serverOf(family: Family): Promise<{ server: TestServer; address: string }> {
  const path = join(scratchFolder(), 'server.sock');
  const where = { IPv4: {}, IPv6: { host: '::1' }, UNIX: { path } }[family];
  const server = await serve(echo, where);
  return { server, address: { IPv4: server.address, IPv6: `[::1]:${server.port}`, UNIX: path }[family] };
}

async function bindOf(family: Family): Promise<{ bind: string; target: Target }> {
  const port = await freePort();
  const path = join(scratchFolder(), 'balancer.sock');
  if (family === 'UNIX') return { bind: path, target: path };
  const host = family === 'IPv4' ? '127.0.0.1' : '::1';
  return { bind: family === 'IPv4' ? `${host}:${port}` : `[${host}]:${port}`, target: { host, port } };
}

for (const client of FAMILIES) {
  for (const server of FAMILIES) {
    interop(`clients on ${client}, a server on ${server}`, async (engine) => {
      const { address } = await serverOf(server);
      const { bind, target } = await bindOf(client);
      const turbo = await startTurbo(argumentsOf(bind, [address], { workers: 2 }), { engine });
      const much = 'z'.repeat(1 << 20);
      const peers = await Promise.all(Array.from({ length: 10 }, () => dial(target)));
      for (const [i, peer] of peers.entries()) {
        await peer.echoes(`number ${i}.`);
        peer.socket.end(much);
      }
      await Promise.all(peers.map((peer) => peer.hearsEnd()));
      for (const [i, peer] of peers.entries()) assert.is(peer.bytes, `number ${i}.`.length + much.length);
      await turbo.stop();
      if (client === 'UNIX') assert.not(existsSync(bind), 'the socket is left behind');
    });
  }
}

interop('balance source serves UNIX clients, who have no address', async (engine) => {
  const { address } = await serverOf('IPv4');
  const { bind, target } = await bindOf('UNIX');
  await startTurbo(argumentsOf(bind, [address], { balance: 'source' }), { engine });
  await (await dial(target)).echoes('here I am');
});

test.run();
