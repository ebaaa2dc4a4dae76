/** Sockets of a poller: what becomes of them after a reset, and whose events are whose. */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sockaddrBytes } from '../../src/kernel/address.js';
import { type Destination, type PollHandler, SocketPoller } from '../../src/kernel/poller.js';
import { AF_INET, ECONNREFUSED } from '../../src/kernel/sys/constants.js';
import { eventually } from '../harness/waiting.js';

const HOST = '127.0.0.1';
/** Sockets that a poller keeps at most. */
const SPARE_MAX = 32;

const to = (port: number): Destination => ({
  family: AF_INET,
  sockaddr: sockaddrBytes({ family: 'ipv4', host: HOST, port }),
});

/** Notes what it hears. */
class Listener implements PollHandler {
  readonly heard: string[] = [];

  onReady(readable: boolean, writable: boolean, failed: boolean): void {
    this.heard.push([readable && 'readable', writable && 'writable', failed && 'failed'].filter(Boolean).join(' '));
  }
}

async function serve(behave: (socket: Socket) => void): Promise<{ server: Server; destination: Destination }> {
  const server = createServer((socket) => behave(socket.unref().on('error', () => undefined)))
    .listen(0, HOST)
    .unref();
  await once(server, 'listening');
  return { server, destination: to((server.address() as { port: number }).port) };
}

/** Looks until the listener has heard of that. */
const hears = (poller: SocketPoller, { heard }: Listener, what = ''): Promise<boolean> =>
  eventually(`${what} is heard of`, () => {
    poller.poll();
    return heard.some((one) => one.includes(what));
  });

const descriptors = (): number => readdirSync('/proc/self/fd').length;

test('a connection that was reset leaves its socket to the next one, and nothing of itself', async () => {
  const ends: string[] = [];
  const { server, destination } = await serve((socket) => {
    socket.write('stale');
    for (const event of ['end', 'error']) socket.on(event, () => ends.push(event));
  });
  const other = await serve((socket) => void socket.write('fresh'));
  const poller = new SocketPoller();
  const first = new Listener();
  const fd = poller.connect(destination, null, 0, false, first);
  await hears(poller, first, 'readable');
  poller.close(fd, true);
  assert.is(poller.watched, 0);
  await eventually('the server hears of it', () => ends.length > 0);
  assert.equal(ends, ['error'], 'a reset, not an end');
  const before = first.heard.length;
  const second = new Listener();
  assert.is(poller.connect(other.destination, null, 0, false, second), fd);
  await hears(poller, second, 'readable');
  assert.is(poller.receive(fd, 100).toString(), 'fresh');
  assert.is(first.heard.length, before);
  assert.ok(second.heard.every((what) => !what.includes('failed')));
  const open = descriptors();
  poller.close(fd, false);
  assert.is(descriptors(), open - 1, 'what is closed in order is closed');
  poller.stop();
  server.close();
  other.server.close();
});

test('a spare socket tells nobody that it was dissolved', async () => {
  const { server, destination } = await serve(() => undefined);
  const poller = new SocketPoller();
  const listener = new Listener();
  const fd = poller.connect(destination, null, 0, true, listener);
  await hears(poller, listener);
  poller.close(fd, true);
  assert.is(poller.poll(), 0);
  assert.equal(listener.heard, ['writable']);
  poller.stop();
  server.close();
});

test('a socket whose connection was refused is as good as a new one', async () => {
  const { server, destination } = await serve(() => undefined);
  const closed = await serve(() => undefined);
  closed.server.close();
  await once(closed.server, 'close');
  const poller = new SocketPoller();
  for (let i = 0; i < 3; i++) {
    const refused = new Listener();
    const fd = poller.connect(closed.destination, null, 0, true, refused);
    await hears(poller, refused);
    assert.match(refused.heard[0], 'failed');
    assert.is(poller.failure(fd), ECONNREFUSED);
    poller.close(fd, true);
    const taken = new Listener();
    assert.is(poller.connect(destination, null, 0, true, taken), fd);
    await hears(poller, taken);
    assert.equal(taken.heard, ['writable']);
    assert.is(poller.failure(fd), 0);
    poller.close(fd, true);
  }
  poller.stop();
  server.close();
});

test('what a look found of a former connection is not told to the one that took its socket', async () => {
  const { server, destination } = await serve(() => undefined);
  const poller = new SocketPoller();
  const late = new Listener();
  const fds: number[] = [];
  // Both are ready in one look; the first one told gives the other's socket away.
  const told: number[] = [];
  const handler = (own: number): PollHandler => ({
    onReady: () => {
      told.push(own);
      if (told.length > 1) return;
      poller.close(fds[1 - own], true);
      poller.connect(destination, null, 0, true, late);
    },
  });
  for (const own of [0, 1]) fds.push(poller.connect(destination, null, 0, true, handler(own)));
  assert.is(poller.poll(), 1);
  assert.is(told.length, 1);
  assert.equal(late.heard, []);
  await hears(poller, late);
  assert.equal(late.heard, ['writable'], 'its own');
  poller.stop();
  server.close();
});

test('few sockets are kept, and none after the end', async () => {
  const { server, destination } = await serve(() => undefined);
  const before = descriptors();
  const poller = new SocketPoller();
  const fds = Array.from({ length: 3 * SPARE_MAX }, () => poller.connect(destination, null, 0, true, new Listener()));
  assert.is(poller.watched, fds.length);
  const open = descriptors();
  for (const fd of fds) poller.close(fd, true);
  assert.is(poller.watched, 0);
  assert.is(open - descriptors(), fds.length - SPARE_MAX);
  poller.stop();
  assert.is(descriptors(), before);
  server.close();
});

test.run();
