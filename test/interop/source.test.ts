/**
 * Sockets towards servers: where they come from (`source`), where they go to (ports that depend on
 * the client's), and what options they have; as the server and the system see it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freePort, scratchFolder } from '../harness.js';
import { dial, echo, interop, type Peer, serve, type TestServer } from './support/peers.js';
import { planned } from './support/planned.js';

/** The connection that a server gets when a client comes through a balancer with this job. */
async function through(engine: 'uring' | 'epoll', server: TestServer, ...lines: string[]): Promise<Peer> {
  const balancer = await planned(engine, 1, { lines });
  const before = server.peers.length;
  const client = await dial(balancer.port);
  await client.echoes('through');
  return server.peer(before);
}

interop('connections come from the address that was asked for', async (engine) => {
  const server = await serve(echo);
  const peer = await through(engine, server, `server s ${server.address} source 127.0.0.77`);
  assert.is(peer.socket.remoteAddress, '127.0.0.77');
});

interop('connections come from the ports that were asked for, in turn', async (engine) => {
  const server = await serve(echo);
  const first = await freePort();
  const lines = [`server s ${server.address} source 127.0.0.78:${first}-${first + 2}`];
  const balancer = await planned(engine, 1, { lines });
  const ports: (number | undefined)[] = [];
  for (let i = 0; i < 3; i++) {
    const client = await dial(balancer.port);
    await client.echoes('through');
    ports.push((await server.peer(i)).socket.remotePort);
  }
  assert.equal(ports, [first, first + 1, first + 2]);
});

interop('connections leave by the interface that was asked for', async (engine) => {
  const server = await serve(echo);
  const peer = await through(engine, server, `server s ${server.address} source 127.0.0.79 interface lo`);
  assert.is(peer.socket.remoteAddress, '127.0.0.79');
});

interop('a server without a port of its own gets the one that the client went to', async (engine) => {
  const port = await freePort();
  const server = await serve(echo, { host: '127.0.0.80', port });
  await planned(engine, 1, { lines: ['server s 127.0.0.80:+1'], bind: `127.0.0.1:${port - 1}` });
  for (let i = 0; i < 3; i++) {
    const client = await dial(port - 1);
    await client.echoes('through');
  }
  assert.is(server.peers.length, 3);
});

interop('connections are kept alive and limited as asked for', async (engine) => {
  const server = await serve(echo);
  const keepAlive = ['option srvtcpka', 'srvtcpka-idle 77s', 'srvtcpka-intvl 11s', 'srvtcpka-cnt 4'];
  await through(engine, server, ...keepAlive, `server s ${server.address} tcp-ut 4321`);
  // Columns of /proc/net/tcp: rem_address, and tr (2: keep-alive) with the time left in hundredths of a second.
  const hex = server.port.toString(16).toUpperCase().padStart(4, '0');
  const timers = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[2]?.endsWith(`:${hex}`) && columns[5].startsWith('02:'))
    .map((columns) => Number.parseInt(columns[5].slice(3), 16));
  assert.is(timers.length, 1);
  assert.ok(timers[0] > 1000 && timers[0] <= 7700, `${timers[0]}`);
});

interop('servers on UNIX sockets and on IPv6 are served', async (engine) => {
  const path = join(scratchFolder(), 'server.sock');
  const unix = await serve(echo, { path });
  const six = await serve(echo, { host: '::1' });
  await through(engine, unix, `server s unix@${path}`);
  await through(engine, six, `server s [::1]:${six.port}`);
  assert.is(unix.peers.length + six.peers.length, 2);
});

test.run();
