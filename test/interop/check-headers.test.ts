/** What checks say before anything of their own, byte for byte as HAProxy: PROXY headers, TLS or not, and the state that they tell servers. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, withProcesses } from '../harness.js';
import { closeReceivers } from './support/log-receiver.js';
import { closeAll, type Peer, serve } from './support/peers.js';
import { type Contender, Run } from './support/twins.js';

/** Named sections `defaults`, each with rules or options of checks. */
const DEFAULTS: Readonly<Record<string, readonly string[]>> = {
  plain: [],
  rules: ['option tcp-check', 'tcp-check send rules'],
  unused: ['tcp-check send unused', 'http-check send meth PUT uri /unused'],
  web: ['option httpchk GET /web', 'http-check send hdr x web'],
  'redis from rules': ['option redis-check'],
  'changed from web': ['option tcp-check', 'tcp-check send changed'],
};

/** Lines of a backend, the first of which may say whose `defaults` it has; `{port}` is that of a server that listens and keeps what it hears, `{nobody}` is nobody's. */
const CONNECTIONS = [
  ...['close', 'Close', 'keep-alive', 'x', '"foo, bar"', '"TE, close"', '"foo, keep-alive"', '"close, keep-alive"'],
  ...['foo,bar', '"foo ,  bar"', '"close,"', 'keep-alive,upgrade', 'closed', '"Keep-Alive, foo"'],
  ...['upgrade', '"upgrade, close"', 'foo hdr connection bar', 'close hdr connection keep-alive'],
];

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
  // an option begins anew, but for rules tcp-check where they hold already
  ['from rules', 'server s 127.0.0.1:{port} check'],
  ['from rules', 'option tcp-check', 'server s 127.0.0.1:{port} check'],
  ['from rules', 'option redis-check', 'option tcp-check', 'tcp-check send own', 'server s 127.0.0.1:{port} check'],
  ['from redis', 'option tcp-check', 'tcp-check send own', 'server s 127.0.0.1:{port} check'],
  ['from unused', 'option httpchk', 'server s 127.0.0.1:{port} check'],
  ['from web', 'server s 127.0.0.1:{port} check'],
  ['from web', 'option httpchk', 'server s 127.0.0.1:{port} check'],
  ['from web', 'option httpchk GET /own', 'server s 127.0.0.1:{port} check'],
  ['from changed', 'option tcp-check', 'server s 127.0.0.1:{port} check'],
  ['from changed', 'option httpchk', 'server s 127.0.0.1:{port} check'],
  // an option after a rule goes first
  [
    'http-check send meth HEAD uri /rule ver HTTP/1.1 hdr host a body b',
    'option httpchk GET /option',
    'server s 127.0.0.1:{port} check',
  ],
  [
    'http-check send meth HEAD uri /rule hdr k k',
    'option httpchk GET / HTTP/1.1\\r\\nHost:\\ a',
    'server s 127.0.0.1:{port} check',
  ],
  ['http-check send meth POST uri /rule hdr host a', 'option httpchk', 'server s 127.0.0.1:{port} check'],
  ['option httpchk POST /option', 'http-check send uri /rule', 'server s 127.0.0.1:{port} check'],
  // what is to become of the connection
  ['option httpchk GET / HTTP/1.1\\r\\nHost:\\ a\\r\\nConnection:\\ close', 'server s 127.0.0.1:{port} check'],
  ...['HTTP/0.9', 'HTTP/1.0', 'HTTP/1.1', 'HTTP/2.0'].flatMap((version) =>
    ['a b', ...CONNECTIONS.map((value) => `connection ${value}`)].map((header) => [
      'option httpchk',
      `http-check send ver ${version} hdr host a hdr ${header}`,
      'server s 127.0.0.1:{port} check',
    ]),
  ),
  // formats: each space is one
  [
    'option httpchk',
    'http-check send uri-lf "/%[str(a)]" hdr a "  b  %[str(c)]  d  " body-lf "  e  %[str(f)]  g  "',
    'server s 127.0.0.1:{port} check',
  ],
  ['option tcp-check', 'tcp-check send-lf "  a  %[str(b)]  c  "', 'server s 127.0.0.1:{port} check'],
  [
    ...['option tcp-check', 'tcp-check set-var-fmt(check.a) "  a  %[str(b)]  c  "', 'tcp-check send-lf "%[var(check.a)]"'],
    'server s 127.0.0.1:{port} check',
  ],
  // how long the body is, is not for the file to say
  ...['content-length 7', 'Content-Length 7', 'transfer-encoding chunked', 'Transfer-Encoding gzip'].flatMap((header) =>
    ['', ' body four'].map((body) => [
      'option httpchk',
      `http-check send meth POST hdr host a hdr ${header}${body}`,
      'server s 127.0.0.1:{port} check',
    ]),
  ),
  ...['PUT', 'PATCH', 'DELETE', 'FOO', 'TRACE'].map((method) => [
    ...[`option httpchk ${method} /`, 'server s 127.0.0.1:{port} check'],
  ]),
];

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';

const COMMON = `  mode tcp
  timeout connect 1s
  timeout client 1s
  timeout server 1s
  default-server inter 300ms
`;

/** What the first two checks of each backend said. */
async function heard(contender: Contender): Promise<string[]> {
  const run = await Run.begin(contender);
  const peers: Peer[][] = BACKENDS.map(() => []);
  const servers = await Promise.all(
    BACKENDS.map((_, i) =>
      serve((peer) => {
        peers[i].push(peer);
        peer.socket.on('data', () => /HTTP\/[01]\.[0-9]\r\n/.test(peer.heard) && peer.socket.end(ANSWER));
      }),
    ),
  );
  const nobody = await run.port('nobody');
  const lineOf = (line: string, i: number): string =>
    `  ${line.replace('{port}', String(servers[i].port)).replace('{nobody}', String(nobody))}\n`;
  const backendOf = (lines: readonly string[], i: number): string => {
    const from = lines[0].startsWith('from ') ? lines[0] : 'from plain';
    return `backend b${i} ${from}\n${lines.map((line) => (line === from ? '' : lineOf(line, i))).join('')}`;
  };
  await run.start(`
global
  node here
${Object.entries(DEFAULTS)
  .map(([name, lines]) => `defaults ${name}\n${COMMON}${lines.map(lineOf).join('')}`)
  .join('')}
listen l from plain
  bind 127.0.0.1:${await run.port('l')}
  server x 127.0.0.1:${nobody}
${BACKENDS.map(backendOf).join('')}`);
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
