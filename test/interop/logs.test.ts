/**
 * Log lines are HAProxy's byte for byte: HAProxy logs a real connection, the same format and target
 * are given to our writer with the session's figures, and the two datagrams are compared.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LOG_LINE_FORMATS } from '../../src/config/config.js';
import type { LogPlan, LogTargetPlan } from '../../src/plan/logging.js';
import { SessionLog } from '../../src/proxy/log/session-log.js';
import type { SampleContext } from '../../src/proxy/samples/context.js';
import { NO_FD, type Session } from '../../src/proxy/session.js';
import { freePort, startHaproxy, withProcesses } from '../harness.js';
import {
  compiler,
  contextOf,
  formatOf,
  planOf,
  Receiver,
  sessionOf,
  surroundingsOf,
  targetOf,
  udp,
} from '../proxy/log/support/lab.js';

/** A situation: configuration for HAProxy, the same for us. */
interface Situation {
  /** Lines of the section `global`, where `PORT` is the receiver's. */
  readonly targets: readonly string[];
  readonly plans: (port: number) => LogTargetPlan[];
  /** Without one, the line of a connection that comes in. */
  readonly format?: string;
  readonly frontend?: string;
  readonly log?: Partial<LogPlan>;
  readonly captures?: readonly (string | null)[];
  /** What became of the session. */
  readonly fate?: (session: Session) => void;
  /** How many connections are made. */
  readonly connections?: number;
  /** Options of the bind; its name is b1 for us, unless it has none. */
  readonly bindName?: null;
  readonly bind?: string;
  /** How our log is told; without it, that the session has ended. */
  readonly tell?: (log: SessionLog, session: Session, context: SampleContext) => void;
  /** Without a server that answers. */
  readonly refused?: boolean;
}

/** Lines of HAProxy and of ours, for the same connections. */
interface Pair {
  readonly theirs: string[];
  readonly ours: string[];
}

const KEYS = /([a-zA-Z]+)="?([^\s"]*)/g;

/** Runs the situation through both; `lines` datagrams are expected of each. */
async function compare(situation: Situation, lines: number): Promise<Pair> {
  const receiver = await Receiver.open();
  const server = createServer((socket) => socket.once('data', () => socket.end('hello world')));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: serverPort } = server.address() as { port: number };
  const port = await freePort();
  try {
    const haproxy = await startHaproxy(
      configOf(situation, receiver.port, port, situation.refused ? await freePort() : serverPort),
    );
    const clients: number[] = [];
    for (let i = 0; i < (situation.connections ?? 1); i++) clients.push(await exchange(port));
    const theirs = await receiver.take(lines);
    await haproxy.stop();
    receiver.lines.length = 0;
    const spoken = theirs.map((line) => Object.fromEntries([...line.matchAll(KEYS)].map(([, key, value]) => [key, value])));
    const log = ourLog(situation, receiver.port, port, serverPort, spoken[0]);
    for (const [i, client] of clients.entries()) write(log, situation, client, port, spoken[Math.min(i, spoken.length - 1)]);
    log.close(0);
    const ours = await receiver.take(lines);
    assert.equal(receiver.lines, [], 'nothing more comes');
    return { theirs: theirs.map((line) => normal(line, haproxy.pid)), ours: ours.map((line) => normal(line, process.pid)) };
  } finally {
    receiver.close();
    server.close();
  }
}

function configOf(
  { targets, format, bind = '', frontend = '' }: Situation,
  logPort: number,
  port: number,
  serverPort: number,
): string {
  return `global
 ${targets.map((line) => line.replaceAll('PORT', String(logPort))).join('\n ')}
defaults
 log global
 timeout client 2s
 timeout server 2s
 timeout connect 200
 retries 0
frontend fe
 bind 127.0.0.1:${port} ${bind}
 default_backend be
 ${format === undefined ? '' : `log-format "${format}"`}
 ${frontend}
backend be
 server s1 127.0.0.1:${serverPort}`;
}

/** One connection that sends four bytes and reads to the end; answers its own port. */
async function exchange(port: number): Promise<number> {
  const socket: Socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const { localPort } = socket;
  socket.on('error', () => undefined); // refused servers reset
  socket.resume().write('ping');
  await new Promise((resolve) => socket.once('close', resolve));
  return localPort as number;
}

/** Our log for the plan of the situation; servers and binds at the ports that HAProxy has. */
function ourLog(
  situation: Situation,
  logPort: number,
  port: number,
  serverPort: number,
  spoken: Record<string, string>,
): SessionLog {
  const base = planOf(
    {
      targets: situation.plans(logPort),
      format: situation.format === undefined ? null : formatOf(situation.format),
      ...situation.log,
    },
    (situation.captures ?? []).map(() => 100),
  );
  const [frontend] = base.frontends;
  const [backend] = base.backends;
  const at = (number: number) => ({ family: 'ipv4', host: '127.0.0.1', port: number }) as const;
  const plan = {
    ...base,
    frontends: [
      {
        ...frontend,
        binds: frontend.binds.map((bind) => ({ ...bind, address: at(port), ...(situation.bindName === null && { name: null }) })),
      },
    ],
    backends: [{ ...backend, servers: backend.servers.map((one) => ({ ...one, address: at(serverPort) })) }],
  };
  const lane = surroundingsOf(plan, [], numberOf(spoken.bp ?? '0'));
  lane.tables.gate.enter();
  lane.tables.proxies.frontends[0].enter(0);
  return new SessionLog(lane, compiler);
}

/** Numbers of HAProxy's line are decimal, and hexadecimal where the flag X is. */
const numberOf = (text: string): number => Number.parseInt(text, hexadecimal ? 16 : 10);
let hexadecimal = false;

/** Writes the line of one session whose times are those of HAProxy's line. */
function write(log: SessionLog, situation: Situation, client: number, port: number, spoken: Record<string, string>): void {
  const read = (key: string, otherwise: number): number => (spoken[key] === undefined ? otherwise : numberOf(spoken[key]));
  const plain = (key: string): number => Number(spoken[key] ?? 0);
  const session = sessionOf({
    acceptDateMs: read('Ts', 0) * 1000 + read('ms', 0),
    waitMs: plain('Tw'),
    connectMs: plain('Tc'),
    serial: read('rt', 0),
    captures: situation.captures === undefined ? null : [...situation.captures],
  });
  situation.fate?.(session);
  session.source.setIpv4(0x7f000001, client);
  session.destination.setIpv4(0x7f000001, port);
  const context = contextOf(session, plain('Tt'));
  if (situation.tell) situation.tell(log, session, context);
  else log.write(session, context, false);
}

/** A line without what is never the same: the process, the moment of sending. */
function normal(line: string, pid: number): string {
  return line
    .replace(/^(<\d+>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d /, '$1DATE ')
    .replace(/^(<\d+>(?:1 )?)?\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}[+-]\d\d:\d\d /, '$1ISODATE ')
    .replace(/\[\d\d\/[A-Z][a-z]{2}\/\d{4}:[\d:]{8}\.\d{3}\]/, '[ACCEPTED]')
    .replace(`[${pid}]`, '[PID]')
    .replace(` ${pid} - `, ' PID - ')
    .replace(`pid=${pid}`, 'pid=PID')
    .replace(`pid=${pid.toString(16).toUpperCase().padStart(4, '0')}`, 'pid=PID')
    .replace(/Td=\d+/, 'Td=TD'); // between two milliseconds it may be one off the sum of the others
}

/** Compares, and answers the lines. */
async function same(situation: Situation, lines = 1): Promise<string[]> {
  const { theirs, ours } = await withProcesses(() => compare(situation, lines));
  assert.equal(ours, theirs);
  return ours;
}

/** Declares a test that compares. */
function sameLines(name: string, situation: Situation, lines = 1, expected?: RegExp): void {
  test(name, async () => {
    const [first] = await same(situation, lines);
    if (expected !== undefined) assert.match(first, expected);
  });
}

const VARIABLES =
  'B H ID ST T Tc Td Tl Th Ts Tt Tu Tw U ac b bc bi bp bq ci cp f fc fi fp ft hr hrl hs hsl lc ms pid rc rt s sc si sp sq sslc sslv t ts tsc';
const allVariables = (flags = ''): string =>
  VARIABLES.split(' ')
    .map((name) => `${name}=%${flags}${name}`)
    .join(' ');
const long = (port: number, changes: Partial<LogTargetPlan> = {}) => targetOf(udp(port), { length: 8192, ...changes });
const RAW = { targets: ['log 127.0.0.1:PORT len 8192 format raw local0'], plans: (port: number) => [long(port)] };

for (const flags of ['', '{+Q}', '{+E}', '{-M}', '{+Q,+E}'])
  sameLines(`all variables ${flags}`, { ...RAW, format: allVariables(flags) }, 1, /B=11 .* fp=/);

test('all variables in hexadecimal', async () => {
  hexadecimal = true;
  const [line] = await same({ ...RAW, format: allVariables('{+X}') });
  hexadecimal = false;
  assert.match(line, /ci=7F000001/);
});

sameLines('flags of %o hold for all that follows', { ...RAW, format: '%{+Q}o %ci %{-Q}b %s %{+X}cp' }, 1, /^"127/);

sameLines('spaces become one', { ...RAW, format: '  a  %hr b %hs  %hs  %hs c   %hrl|%hsl  ' }, 1, /^a b c \| \n$/);

sameLines(
  'a refused server, and log-separate-errors',
  {
    targets: ['log 127.0.0.1:PORT len 8192 local0 err'],
    plans: (port) => [long(port, { format: 'local', maxLevel: 3 })],
    format: 'Ts=%Ts ms=%ms Tw=%Tw Tt=%Tt %Tc %Td %B %ts %tsc %rc %b/%s',
    frontend: 'option log-separate-errors',
    log: { separateErrors: true },
    refused: true,
    fate: (session) => {
      session.termination = 'SC';
      session.connectMs = -1;
      session.server.received = 0;
    },
  },
  1,
  /^<131>DATE haproxy.* SC SC-- 0 be\/s1/,
);

/** A rule refuses the session before it has a backend. */
const reject = (session: Session): void => {
  session.termination = 'PR';
  session.backend = -1;
  session.chosen = -1;
  session.waitMs = -1;
  session.connectMs = -1;
  session.server.fd = NO_FD;
  session.server.received = 0;
};

sameLines(
  'without a server',
  {
    ...RAW,
    format: 'Tt=%Tt %b %s [%bi] [%bp] [%si] [%sp] %Tw %Tc %Td %ts %{+Q}bi %{+Q}sp %{+X}bi %{+X}sp',
    frontend: 'tcp-request content reject',
    fate: reject,
  },
  1,
  /fe <NOSRV> \[-\]/,
);

sameLines(
  'logasap marks what is not final, also at the end',
  {
    ...RAW,
    format: 'Tt=%Tt Tu=%Tu B=%B %Td %ts',
    frontend: 'option logasap\n tcp-request content reject',
    log: { asap: true },
    fate: reject,
  },
  1,
  /^Tt=\+\d+ Tu=\+\d+ B=\+0 /,
);

sameLines(
  'captures',
  {
    ...RAW,
    format: 'a %hr b %hrl c%{+Q}hr %{+Q}hrl %hs.',
    frontend: `tcp-request inspect-delay 1s
 tcp-request content capture dst len 20 if { src 1.2.3.4 }
 tcp-request content capture src len 20
 tcp-request content capture bin(22237b7c7d01ff207e41) len 20
 tcp-request content capture str() len 20`,
    captures: [null, '127.0.0.1', '"#{|}\x01\xff ~A', ''],
  },
  1,
  /^a \{\|127\.0\.0\.1\|#22#23#7B#7C#7D#01#FF ~A\|\} b - 127/,
);

sameLines(
  'expressions',
  {
    ...RAW,
    format:
      '%[src] %[src_port] %[bool(true)] %[int(-42)] %[str(x)] %[ipv6(2001:db8::1)] [%[var(sess.a)]] [%{-M}[var(sess.a)]] %{+Q}[var(sess.a)] ' +
      '%[bin(0a0d00ff7f41)] %{+E}[bin(220a5d5c41)] %{+Q}[bin(220a5d5c41)] %{+Q,+E}[bin(220a5d5c41)] %{+E}b %{+X}[src_port] %{+Q}[src]',
  },
  1,
  /^127\.0\.0\.1 \d+ 1 -42 x 2001:db8::1 \[-\] \[\] ""/,
);

sameLines(
  'a unique id',
  {
    ...RAW,
    format: 'Ts=%Ts ms=%ms %ID %{+Q}ID',
    frontend: 'unique-id-format %ci:%cp_%fi:%fp_%Ts_%rt:%[str(x)]%b-%[var(sess.x)]-',
    log: { uniqueIdFormat: formatOf('%{-M}o%ci:%cp_%fi:%fp_%Ts_%rt:%[str(x)]%b-%[var(sess.x)]-') },
  },
  1,
  /xbe-- "127/,
);

sameLines(
  'no format: a line when the connection comes in',
  { ...RAW, log: {}, tell: (log, session, context) => log.accepted(session, context) },
  1,
  /^Connect from 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+ \(fe\/TCP\)\n$/,
);

/** What HAProxy says of a client that sends "ping" instead of a PROXY header. */
const tellNoHeader = (log: SessionLog, session: Session, context: SampleContext): void =>
  log.writeFailed(session, context, 'Truncated PROXY protocol header received', false);

for (const name of ['name b1', ''])
  sameLines(
    `a failed PROXY header, bind ${name}`,
    {
      targets: ['log 127.0.0.1:PORT local0'],
      plans: (port) => [targetOf(udp(port), { format: 'local' })],
      format: '%ci',
      bind: `accept-proxy ${name}`,
      frontend: 'option log-separate-errors',
      log: { separateErrors: true },
      ...(name === '' && { bindName: null }),
      tell: tellNoHeader,
    },
    1,
    name === '' ? /^<131>.* fe\/1: Truncated/ : /^<131>.*\[ACCEPTED\] fe\/b1: Truncated/,
  );

sameLines(
  'a failed PROXY header with error-log-format',
  {
    ...RAW,
    format: '%ci',
    bind: 'accept-proxy',
    frontend: 'error-log-format "ERR %ci:%cp %f %ts %b %s %Tw %Tc %B %si %bi"',
    log: { errorFormat: formatOf('ERR %ci:%cp %f %ts %b %s %Tw %Tc %B %si %bi') },
    fate: reject,
    tell: tellNoHeader,
  },
  1,
  /^ERR 127\.0\.0\.1:\d+ fe PR fe/,
);

const lengths = [80, 81, 120];
sameLines(
  'every line format, cut to its length',
  {
    targets: LOG_LINE_FORMATS.flatMap((format) => lengths.map((len) => `log 127.0.0.1:PORT len ${len} format ${format} local0`)),
    plans: (port) => LOG_LINE_FORMATS.flatMap((format) => lengths.map((length) => long(port, { format, length }))),
    format: `${'0123456789'.repeat(12)} %ci`,
    log: { hostname: null },
  },
  LOG_LINE_FORMATS.length * lengths.length,
);

sameLines(
  'host name, tag and structured data',
  {
    targets: [
      'log-send-hostname a.host',
      'log 127.0.0.1:PORT local3',
      'log 127.0.0.1:PORT format rfc5424 local1',
      'log 127.0.0.1:PORT format local kern',
      'log-tag a-tag',
    ],
    plans: (port) => [
      long(port, { format: 'rfc3164', facility: 19, length: 1024 }),
      long(port, { format: 'rfc5424', facility: 17, length: 1024 }),
      long(port, { format: 'local', facility: 0, length: 1024 }),
    ],
    format: '%ci',
    frontend: 'log-format-sd "%{+E}o [ex@1234 a=\\"%b\\" b=%[bin(715d7a)]]"\n log-tag fe-tag',
    log: { hostname: 'a.host', tag: 'fe-tag', structuredData: formatOf('%{+E}o [ex@1234 a="%b" b=%[bin(715d7a)]]') },
  },
  3,
);

test('structured data that does not fit takes the rest of the line along', async () => {
  for (const count of [10, 30]) {
    const [line] = await same({
      targets: ['log 127.0.0.1:PORT len 80 format rfc5424 local0'],
      plans: (port) => [targetOf(udp(port), { format: 'rfc5424', length: 80 })],
      format: '0123456789012345678901234567890',
      frontend: `log-format-sd "[${'a'.repeat(count)}]"`,
      log: { structuredData: formatOf(`[${'a'.repeat(count)}]`) },
    });
    assert.is(line.includes('[aaaa'), count === 10);
  }
});

sameLines(
  'levels: filtered by the first, raised to the second',
  {
    targets: [
      'log 127.0.0.1:PORT format priority local0 err',
      'log 127.0.0.1:PORT format priority local1 info',
      'log 127.0.0.1:PORT format priority local2 debug notice',
      'log 127.0.0.1:PORT format priority local3 info debug',
      'log 127.0.0.1:PORT format priority kern info',
      'log 127.0.0.1:PORT format short local3 info debug',
    ],
    plans: (port) => [
      targetOf(udp(port), { format: 'priority', facility: 16, maxLevel: 3 }),
      targetOf(udp(port), { format: 'priority', facility: 17, maxLevel: 6 }),
      targetOf(udp(port), { format: 'priority', facility: 18, maxLevel: 7, minLevel: 5 }),
      targetOf(udp(port), { format: 'priority', facility: 19, maxLevel: 6, minLevel: 7 }),
      targetOf(udp(port), { format: 'priority', facility: 0, maxLevel: 6 }),
      targetOf(udp(port), { format: 'short', facility: 19, maxLevel: 6, minLevel: 7 }),
    ],
    format: 'body',
  },
  5,
  /^<142>body/,
);

sameLines(
  'sampling',
  {
    targets: ['log 127.0.0.1:PORT format raw sample 2-3,5:5 local0'],
    plans: (port) => [
      targetOf(udp(port), {
        sample: {
          ranges: [
            { first: 2, last: 3 },
            { first: 5, last: 5 },
          ],
          size: 5,
        },
      }),
    ],
    format: '%lc',
    connections: 12,
  },
  7,
  /^1\n/,
);

test.run();
