/** Clients of the runtime socket that mean no good, or know no better: none holds up the others, and nothing is left of them. */
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countersOf, eventually, withProcesses } from '../harness.js';
import { type Managed, manage, runtimeConfig } from './support/runtime.js';

const CONFIG = runtimeConfig(
  `
listen l
  bind 127.0.0.1:{traffic}
  stick-table type ip size 100 store gpc0
  acl a src 192.0.2.1
  tcp-request connection reject if a
`,
  { global: ['stats timeout 1s', 'stats maxconn 3'] },
);
/** As many as make answers of megabytes. */
const SERVERS = Array.from({ length: 400 }, (_, i) => `  server s${i} 127.0.0.1:1\n`).join('');
/** What a process may grow by, for answers of hundreds of megabytes that nobody takes. */
const GROWTH_BYTES_MAX = 120e6;

/** Connects without reading; what it hears is kept once somebody looks. */
function client({ socket }: Managed): Socket {
  const connection = connect({ path: socket, allowHalfOpen: true });
  connection.on('error', () => undefined);
  return connection;
}

const closed = (connection: Socket): Promise<unknown> => eventually('it is closed', () => connection.destroyed);
const descriptors = ({ process }: Managed): number => readdirSync(`/proc/${process.pid}/fd`).length;

/** Runs a test against a fresh process, which has to answer afterwards, and hold nothing more than before. */
function hostile(name: string, body: (own: Managed) => Promise<void>, config = CONFIG): void {
  test(name, () =>
    withProcesses(async () => {
      const own = await manage({ name: 'turbo-lb', engine: 'epoll', workers: 1 }, config);
      assert.is(await own.ask('show cli level\n'), 'admin\n\n');
      await eventually('the first client is forgotten', async () => (await own.ask('show cli level\n')) === 'admin\n\n');
      const before = descriptors(own);
      await body(own);
      assert.is(await own.ask('show cli level\n'), 'admin\n\n');
      await eventually('no descriptor is left', () => descriptors(own) <= before);
      assert.ok(own.process.running);
      assert.not.match(own.process.stderr, /ALERT/);
    }),
  );
}

hostile('one asks for megabytes and reads nothing', async (own) => {
  const deaf = client(own);
  deaf.pause();
  deaf.write(`prompt i\n${'help\n'.repeat(20_000)}`);
  assert.is(await own.ask('show cli level\n'), 'admin\n\n', 'others are answered meanwhile');
  await eventually('it was given up', async () => {
    deaf.resume();
    return deaf.readableEnded || deaf.destroyed;
  });
  deaf.destroy();
});

hostile('one sends a byte now and then, and never a line', async (own) => {
  const slow = client(own);
  const trickle = setInterval(() => slow.write('a'), 100);
  slow.resume();
  await eventually('it was given up', () => slow.readableEnded || slow.destroyed);
  clearInterval(trickle);
  slow.destroy();
});

hostile('a line of ten megabytes, and a payload without an end', async (own) => {
  for (const text of [
    'x'.repeat(10_000_000),
    `show cli level <<\n${'y'.repeat(1000)}\n`.padEnd(6_000_000, `${'z'.repeat(99)}\n`),
  ]) {
    const large = client(own);
    large.resume();
    large.write(text);
    await eventually('it was given up', () => large.readableEnded || large.destroyed);
    large.destroy();
  }
});

hostile(
  'two read nothing of statistics that fill hundreds of megabytes',
  async (own) => {
    await own.ask('show stat json\n'); // what is made once is not what grows
    const before = countersOf(own.process.pid).rssBytes;
    const deaf = [client(own), client(own)];
    for (const one of deaf) one.pause().write(`${'show stat json;'.repeat(100)}\n`);
    for (let i = 0; i < 20; i++) assert.match(await own.ask('show stat\n'), /\nl,s399,/);
    const after = countersOf(own.process.pid).rssBytes;
    assert.ok(after - before < GROWTH_BYTES_MAX, `${(after - before) / 1e6} MB`);
    for (const one of deaf) one.destroy();
  },
  CONFIG + SERVERS,
);

hostile('every kind of question while the files are read again and again', async (own) => {
  const questions = [
    'show stat',
    'show info',
    'show sess all',
    'show servers state',
    'show table l',
    'show acl #0',
    'add acl #0 192.0.2.7',
  ];
  const more = [
    'disable frontend l',
    'enable frontend l',
    'set table l key 192.0.2.1 data.gpc0 1',
    'show activity',
    'clear counters all',
  ];
  const reloads = (async () => {
    for (let i = 0; i < 5; i++) assert.match(await own.ask('reload\n'), /^Success=1/);
  })();
  let over = false;
  void reloads.finally(() => (over = true));
  while (!over)
    for (const question of [...questions, ...more]) assert.not.match(await own.ask(`${question}\n`), /^(No such|Unknown)/);
  await reloads;
  assert.match(await own.ask('show stat l 1 -1\n'), /\nl,FRONTEND,.*,OPEN,/);
});

hostile('clients that leave while they wait free their places, and those that only send no more are answered', async (own) => {
  const waiting = Array.from({ length: 3 }, () => client(own));
  for (const one of waiting) one.write('show cli level;wait 60s\n');
  await eventually('all wait', () => waiting.every((one) => one.bytesRead > 0 || one.readableLength > 0));
  for (const one of waiting) one.destroy();
  assert.is(await own.ask('show cli level\n'), 'admin\n\n');
  assert.is(await own.ask('wait 1s;show cli level\n'), '\nadmin\n\n', 'socat has closed its side');
});

hostile('bytes that are no text', async (own) => {
  const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 0x0a && byte !== 0x3b));
  assert.match(await own.ask(Buffer.concat([every, Buffer.from('\n')])), /^Unknown command: /);
  assert.match(await own.ask('\xff\xfe show\0info\n'), /^Unknown command: /);
});

hostile('more clients than may be served wait for their turn, and who leaves frees a place', async (own) => {
  const waiting = Array.from({ length: 3 }, () => client(own));
  for (const one of waiting) one.write('prompt\n');
  await eventually('all are served', () => waiting.every((one) => one.bytesRead > 0 || one.readableLength > 0));
  let answered = false;
  const fourth = own.ask('show cli level\n').then((answer) => {
    answered = true;
    return answer;
  });
  assert.is(answered, false);
  waiting[0].destroy();
  assert.is(await fourth, 'admin\n\n');
  for (const one of waiting) one.destroy();
  await Promise.all(waiting.map(closed));
});

hostile('a hundred come at once and leave in the middle', async (own) => {
  const crowd = Array.from({ length: 100 }, () => client(own));
  for (const one of crowd) one.write('show sess;show table;help\nshow');
  for (const one of crowd) setImmediate(() => one.destroy());
  await Promise.all(crowd.map(closed));
});

test.run();
