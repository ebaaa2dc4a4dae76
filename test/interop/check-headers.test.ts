/** What checks say before anything of their own, byte for byte as HAProxy: PROXY headers, TLS or not, and the state that they tell servers. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, withProcesses } from '../harness.js';
import { closeReceivers } from './support/log-receiver.js';
import { closeAll, type Peer, serve } from './support/peers.js';
import { type Contender, Run } from './support/twins.js';

/** Lines of a backend; `{port}` is that of a server that listens and keeps what it hears, `{nobody}` is nobody's. */
const BACKENDS: readonly (readonly string[])[] = [
  ['server s 127.0.0.1:{port} check send-proxy'],
  ['server s 127.0.0.1:{port} check send-proxy-v2'],
  ['server s 127.0.0.1:{port} check check-send-proxy'],
  ['server s 127.0.0.1:{nobody} check check-send-proxy send-proxy-v2 port {port}'],
  ['server s 127.0.0.1:{port} check send-proxy check-ssl verify none'],
  // a port or an address of their own: nothing is taken over from the traffic
  ['option httpchk', 'server s 127.0.0.1:{nobody} check send-proxy port {port}'],
  ['option httpchk', 'server s 127.0.0.1:{port} check send-proxy addr 127.0.0.1'],
  // a rule `connect` is a plain connection, unless it says `default`
  ['option tcp-check', 'tcp-check connect send-proxy', 'tcp-check send x', 'server s 127.0.0.1:{port} check'],
  ['option tcp-check', 'tcp-check connect', 'tcp-check send x', 'server s 127.0.0.1:{port} check send-proxy-v2'],
  ['option tcp-check', 'tcp-check connect linger comment c', 'tcp-check send x', 'server s 127.0.0.1:{port} check send-proxy'],
  ['option tcp-check', 'tcp-check connect', 'tcp-check send x', 'server s 127.0.0.1:{port} check check-ssl verify none'],
  ['option tcp-check', 'tcp-check connect default', 'server s 127.0.0.1:{port} check check-ssl verify none'],
  ['option tcp-check', 'tcp-check connect default ssl', 'server s 127.0.0.1:{port} check send-proxy-v2 verify none'],
  ['option tcp-check', 'tcp-check connect default port {port}', 'server s 127.0.0.1:{nobody} check send-proxy'],
  ['option httpchk', 'http-check connect', 'server s 127.0.0.1:{port} check check-send-proxy check-ssl verify none'],
  [
    ...['option tcp-check', 'tcp-check connect default', 'tcp-check send x'],
    'server s 127.0.0.1:{port} check send-proxy-v2 proxy-v2-options crc32c,unique-id',
  ],
  ['option httpchk', 'http-check connect send-proxy', 'server s 127.0.0.1:{port} check send-proxy-v2-ssl-cn'],
  ['option httpchk', 'http-check send-state', 'server s 127.0.0.1:{port} check weight 3', 'server t 127.0.0.1:{nobody} weight 7'],
  [
    ...['option httpchk', 'http-check send-state', 'http-check send meth GET uri /x ver HTTP/1.1 hdr host a'],
    ...['server s 127.0.0.1:{port} check rise 3 fall 5 backup', 'server t 127.0.0.1:{nobody} weight 100'],
  ],
  [
    ...['option httpchk', 'http-check send-state', 'server s 127.0.0.1:{port} check backup weight 2'],
    'server t 127.0.0.1:{nobody} weight 7 backup',
  ],
  [
    ...['option httpchk', 'option allbackups', 'http-check send-state', 'server s 127.0.0.1:{port} check backup weight 2'],
    'server t 127.0.0.1:{nobody} weight 7 backup',
  ],
];

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';

/** What the first two checks of each backend said. */
async function heard(contender: Contender): Promise<string[]> {
  const run = await Run.begin(contender);
  const peers: Peer[][] = BACKENDS.map(() => []);
  const servers = await Promise.all(
    BACKENDS.map((_, i) =>
      serve((peer) => {
        peers[i].push(peer);
        peer.socket.on('data', () => /HTTP\/1\.[01]\r\n/.test(peer.heard) && peer.socket.end(ANSWER));
      }),
    ),
  );
  const nobody = await run.port('nobody');
  const lineOf = (line: string, i: number): string =>
    `  ${line.replace('{port}', String(servers[i].port)).replace('{nobody}', String(nobody))}\n`;
  await run.start(`
global
  node here
defaults
  mode tcp
  timeout connect 1s
  timeout client 1s
  timeout server 1s
  default-server inter 300ms
listen l
  bind 127.0.0.1:${await run.port('l')}
  server x 127.0.0.1:${nobody}
${BACKENDS.map((lines, i) => `backend b${i}\n${lines.map((line) => lineOf(line, i)).join('')}`).join('')}`);
  const saying = (i: number): Peer[] => peers[i].filter(({ bytes }) => bytes > 0);
  await eventually('all have been checked twice', () => BACKENDS.every((_, i) => saying(i).length > 2));
  return BACKENDS.map((lines, i) => {
    const said = saying(i)
      .slice(0, 2)
      .map((peer) => alike(peer.heard, servers[i].port));
    return `${lines.join('; ')}: ${JSON.stringify(said)}`;
  });
}

/** Ports differ from run to run, and a handshake of TLS from client to client. */
function alike(text: string, port: number): string {
  const [clear, hello] = text.split('\x16\x03\x01');
  return `${clear}${hello === undefined ? '' : 'TLS'}`.replace(/ \d+ \d+\r\n/, ' PORT PORT\r\n').replaceAll(String(port), 'PORT');
}

test('what checks say first', () =>
  withProcesses(async () => {
    const theirs = await heard({ name: 'haproxy' });
    assert.equal(await heard({ name: 'turbo-lb', engine: 'epoll', workers: 1 }), theirs);
    assert.is(theirs.filter((line) => line.includes('TLS')).length, 3);
  })
    .finally(closeReceivers)
    .finally(closeAll));

test.run();
