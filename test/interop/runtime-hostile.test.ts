/** Clients of the runtime socket that mean no good, or know no better: none holds up the others, and nothing is left of them. */
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, withProcesses } from '../harness.js';
import { type Managed, manage } from './support/runtime.js';

const CONFIG = `
global
  stats socket {socket} level admin
  stats timeout 1s
  stats maxconn 3
listen l
  mode tcp
  bind 127.0.0.1:{traffic}
  timeout connect 5s
  timeout client 5s
  timeout server 5s
`;

/** Connects without reading; what it hears is kept once somebody looks. */
function client({ socket }: Managed): Socket {
  const connection = connect({ path: socket, allowHalfOpen: true });
  connection.on('error', () => undefined);
  return connection;
}

const closed = (connection: Socket): Promise<unknown> => eventually('it is closed', () => connection.destroyed);
const descriptors = ({ process }: Managed): number => readdirSync(`/proc/${process.pid}/fd`).length;

/** Runs a test against a fresh process, which has to answer afterwards, and hold nothing more than before. */
function hostile(name: string, body: (own: Managed) => Promise<void>): void {
  test(name, () =>
    withProcesses(async () => {
      const own = await manage({ name: 'turbo-lb', engine: 'epoll', workers: 1 }, CONFIG);
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
