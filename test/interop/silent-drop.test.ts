/**
 * `silent-drop` beside HAProxy: the balancer forgets the connection, and the client hears nothing of
 * it, neither an end nor a reset, until it sends something into the void.
 */
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import { eventually } from '../harness.js';
import type { Peer } from './support/peers.js';
import { situations } from './support/situations.js';

/** States of TCP sockets in /proc/net/tcp (include/net/tcp_states.h). */
const STATES: Readonly<Record<string, string>> = {
  '01': 'established',
  '04': 'fin-wait-1',
  '05': 'fin-wait-2',
  '08': 'close-wait',
};

/** The state of the socket that has this port on its own side and that one on the other; 'none' without such a socket. */
function stateOf(own: number, other: number): string {
  const hex = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = ['/proc/net/tcp', '/proc/net/tcp6']
    .filter((file) => existsSync(file))
    .flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/)),
    );
  const row = rows.find(([, local, remote]) => local?.endsWith(hex(own)) && remote?.endsWith(hex(other)));
  return row === undefined ? 'none' : (STATES[row[3]] ?? row[3]);
}

/** Waits until the balancer has forgotten a connection; answers what the client knows of it. */
async function forgotten(client: Peer): Promise<string> {
  const { localPort = 0, remotePort = 0 } = client.socket;
  await eventually('the balancer has no such socket', () => stateOf(remotePort, localPort) === 'none');
  const seen = `${stateOf(localPort, remotePort)}, heard ${JSON.stringify(client.heard)}, ${client.sawEnd ? 'an end' : 'no end'}`;
  client.socket.write('anybody?'); // nobody has this connection: the system resets it
  return `${seen}, then ${await client.closed}`;
}

/** Without durations: the server may be slow to come. */
const FORMAT = '%ft %b/%s %B %ts %fc/%bc/%sc';
const DELAY = 'tcp-request inspect-delay 10s';

situations('silent-drop', {
  'of contents': {
    format: FORMAT,
    lines: [DELAY, 'tcp-request content silent-drop if { req.payload(0,2) -m str NO }'],
    traffic: async ({ client }) => {
      client.socket.write('NO');
      return [await forgotten(client)];
    },
  },
  'of every session': {
    lines: ['tcp-request session silent-drop'],
    traffic: async ({ client }) => [await forgotten(client)],
    logged: 0,
  },
  'of connections': {
    lines: ['tcp-request connection silent-drop'],
    traffic: async ({ client }) => [await forgotten(client)],
    logged: 0,
  },
  'of answers': {
    format: FORMAT,
    lines: ['tcp-response inspect-delay 10s', 'tcp-response content silent-drop if { res.payload(0,2) -m str NO }'],
    traffic: async ({ client, server }) => {
      const peer = await server();
      peer.socket.write('NO');
      return [await forgotten(client), await peer.over()];
    },
  },
  'others are served': {
    format: FORMAT,
    lines: [DELAY, 'tcp-request content silent-drop if { req.payload(0,2) -m str NO }'],
    serves: (peer) => void peer.socket.once('data', () => peer.socket.end('bye')),
    traffic: async ({ client, dial: again }) => {
      client.socket.write('NO');
      const gone = await forgotten(client);
      const other = await again();
      other.socket.write('YES');
      await other.hears('bye');
      return [gone, await other.over()];
    },
    logged: 2,
  },
});

test.run();
