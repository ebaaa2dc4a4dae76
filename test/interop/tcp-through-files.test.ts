/**
 * What a balancer of TCP does, by configuration files and beside HAProxy: every timeout, the PROXY
 * protocol in both directions, and routing by the name that a TLS client asks for.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { test } from 'uvu';
import { scratchFolder, startHaproxy } from '../harness.js';
import { type Ends, ending, waitsInVain } from './support/ends.js';
import { dial, echo, type Peer, serve } from './support/peers.js';
import { type Situation, situations } from './support/situations.js';
import { type Run, twins } from './support/twins.js';

/** A server answers so much later (ms): the client has been silent for longer, whatever both clocks round. */
const LATER_MS = 50;

/** Both have said something; from then on both are silent, and end when the other one has. */
function silence(...timeouts: string[]): Situation {
  return {
    lines: timeouts.map((timeout) => `timeout ${timeout}`),
    serves: (peer) => void peer.socket.once('data', () => setTimeout(() => peer.socket.write('welcome'), LATER_MS)),
    traffic: async ({ client, server }) => {
      const peer = await server();
      client.socket.write('hello');
      await client.hears('welcome');
      const first = await Promise.race([client.hearsEnd().then(() => 'client'), peer.hearsEnd().then(() => 'server')]);
      (first === 'client' ? client : peer).socket.end();
      return [`the ${first} is told first`, await ending(client), await ending(peer)];
    },
  };
}

/** One side ends; the other one goes on, but says nothing. */
function halfClosed(side: 'client' | 'server', ...timeouts: string[]): Situation {
  return {
    ...silence(...timeouts),
    traffic: async ({ client, server }: Ends) => {
      const peer = await server();
      client.socket.write('hello');
      await client.hears('welcome');
      (side === 'client' ? client : peer).socket.end();
      return [await ending(client), await ending(peer)];
    },
  };
}

situations('every timeout', {
  client: silence('client 500'),
  server: silence('server 500'),
  'tunnel, longer than the others': silence('tunnel 1500', 'client 500', 'server 10s'),
  'client-fin': halfClosed('server', 'client-fin 500'),
  'client-fin, longer than that of the client': halfClosed('server', 'client-fin 1500', 'client 500'),
  'server-fin': halfClosed('client', 'server-fin 500'),
  'server-fin, longer than that of the server': halfClosed('client', 'server-fin 1500', 'server 500'),
  connect: {
    lines: ['server s {deaf}', 'timeout connect 1s'],
    traffic: async ({ client }) => [await ending(client)],
  },
  'queue, which is that of connect unless said': {
    lines: ['server s {server} maxconn 1', 'timeout connect 1s'],
    serves: echo,
    traffic: waitsInVain,
    logged: 2,
  },
  queue: {
    lines: ['server s {server} maxconn 1', 'timeout queue 500', 'timeout connect 3s'],
    serves: echo,
    traffic: waitsInVain,
    logged: 2,
  },
});

/** A session through HAProxy before and after the balancer: the addresses of the first connection come through. */
function chained(version: 'send-proxy' | 'send-proxy-v2'): void {
  twins(`${version} through three balancers in a row`, async (run) => {
    const server = await serve(echo);
    const [outer, middle, inner] = [await run.port('outer'), await run.port('middle'), await run.port('inner')];
    const around = `
defaults
  mode tcp
  timeout connect 5s
  timeout client 20s
  timeout server 20s`;
    const log = `log 127.0.0.1:${run.log.port} local0`;
    await startHaproxy(`${around}
listen outer
  bind 127.0.0.1:${outer}
  server s 127.0.0.1:${middle} ${version}
listen inner
  ${log}
  log-format "inner %ci:%cp %fi:%fp %B"
  bind 127.0.0.1:${inner} accept-proxy
  server s ${server.address}`);
    await run.start(`${around}
listen middle
  ${log}
  log-format "middle %ci:%cp %fi:%fp %B"
  bind 127.0.0.1:${middle} accept-proxy
  server s 127.0.0.1:${inner} ${version}`);
    const client = await dial(outer);
    const port = String(client.socket.localPort);
    await client.echoes('through all of them');
    client.socket.end();
    const end = await ending(client);
    const lines = await run.logged(2);
    return { end, lines: lines.map((line) => line.trim().replace(`:${port} `, ':{client} ')).sort() };
  });
}

chained('send-proxy');
chained('send-proxy-v2');

/** A server of TLS that answers with its name. */
async function tlsServer(name: string, files: { key: Buffer; cert: Buffer }): Promise<{ address: string; close(): void }> {
  const server = createTlsServer(files, (socket) => socket.on('error', () => socket.destroy()).end(`this is ${name}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, close: () => void server.close() };
}

/** What a client that asks for this name hears; without a name it asks for none. */
function asks(port: number, name: string | undefined): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ...(name !== undefined && { servername: name }),
    });
    socket.setEncoding('latin1').on('data', (text: string) => {
      heard += text;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(`${name}: ${error.code}`));
    socket.on('close', () => resolve(`${name}: ${heard}`));
  });
}

function certificate(): { key: Buffer; cert: Buffer } {
  const folder = scratchFolder();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', [...words, '-subj', '/CN=a.example', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

async function byName(run: Run): Promise<unknown> {
  const files = certificate();
  const [a, b, other] = await Promise.all(['a', 'b', 'another'].map((name) => tlsServer(name, files)));
  const port = await run.port('bind');
  await run.start(`
defaults
  mode tcp
  log 127.0.0.1:${run.log.port} local0
  timeout connect 5s
  timeout client 20s
  timeout server 20s
frontend tls
  bind 127.0.0.1:${port}
  log-format "%b/%s %ts %[var(sess.name)]"
  tcp-request inspect-delay 5s
  tcp-request content set-var(sess.name) req.ssl_sni
  tcp-request content accept if { req.ssl_hello_type 1 }
  tcp-request content reject
  use_backend a if { req.ssl_sni -i a.example }
  use_backend b if { req.ssl_sni -m end .b.example }
  default_backend other
backend a
  server s ${a.address}
backend b
  server s ${b.address}
backend other
  server s ${other.address}`);
  const heard: string[] = [];
  for (const name of ['a.example', 'A.EXAMPLE', 'www.b.example', 'nobody.example', undefined]) {
    heard.push(await asks(port, name));
    await run.logged(heard.length);
  }
  const plain: Peer = await dial(port);
  plain.socket.write('GET / HTTP/1.0\r\n\r\n');
  heard.push(await plain.over());
  const lines = await run.logged(heard.length);
  for (const server of [a, b, other]) server.close();
  return { heard, lines };
}

twins('routing by the name that a TLS client asks for', byName);

test.run();
