/** Sockets that share an address: who gets new connections, and who gets none without a handshake being lost. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeAddresses, type SocketAddress } from '../../src/kernel/address.js';
import { localAddress, openListener, type TcpOptions } from '../../src/kernel/listener.js';
import { ListeningSockets, listeningAt } from '../../src/kernel/listening.js';
import { spread, steer, turnAway, turnTo } from '../../src/kernel/steering.js';
import { EAGAIN, EINPROGRESS, SOCK_NONBLOCK, SOCK_STREAM } from '../../src/kernel/sys/constants.js';
import { sys } from '../../src/kernel/sys/libc.js';
import { freePort } from '../harness.js';

/** Connections of one look: that none of them comes to one of two sockets by chance has a chance of 2^-40. */
const CONNECTIONS = 40;

type IpAddress = Extract<SocketAddress, { host: string }>;

const DEFERRED: TcpOptions = {
  interface: null,
  mss: 0,
  deferAccept: true,
  userTimeoutMs: 0,
  fastOpen: false,
  keepAlive: null,
  receiveBuffer: 0,
  sendBuffer: 0,
};

interface Shared {
  readonly address: IpAddress;
  readonly fds: readonly number[];
}

/** So many sockets at one address, for a test that ends with their being closed. */
function shared(count: number, family: 'ipv4' | 'ipv6', test: (shared: Shared) => void): void {
  const host = family === 'ipv4' ? '127.0.0.1' : '::1';
  const open = (port: number): number => openListener({ address: { family, host, port }, backlog: 256, reusePort: true });
  const first = open(0);
  const address = localAddress(first) as IpAddress;
  const fds = [first];
  while (fds.length < count) fds.push(open(address.port));
  try {
    test({ address, fds });
  } finally {
    for (const fd of fds) sys.close(fd);
  }
}

/** Begins so many connections; answers how many of them are established at once, which on loopback is when the socket answers. */
function connect({ address }: Shared, count = CONNECTIONS): number {
  const { region, encoded } = encodeAddresses([address]);
  let established = 0;
  for (let i = 0; i < count; i++) {
    const fd = sys.socket(encoded[0].family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert.is(sys.connect(fd, encoded[0].address, encoded[0].length), -EINPROGRESS);
    if (sys.getpeername(fd, region.address + 64, lengthAt(region.view, 60) + region.address) === 0) established++;
    sys.close(fd);
  }
  region.unmap();
  return established;
}

/** A length of an address for the kernel to write to. */
function lengthAt(view: DataView, at: number): number {
  view.setUint32(at, 28, true);
  return at;
}

/** How many connections wait at each socket. */
function waiting({ fds }: Shared): number[] {
  return fds.map((fd) => {
    for (let count = 0; ; count++) {
      const accepted = sys.accept4(fd, 0, 0, SOCK_NONBLOCK);
      if (accepted < 0) {
        assert.is(accepted, -EAGAIN);
        return count;
      }
      sys.close(accepted);
    }
  });
}

for (const family of ['ipv4', 'ipv6'] as const) {
  test(`connections come to the sockets that were said, and to all afterwards (${family})`, () =>
    shared(4, family, (sockets) => {
      assert.is(steer(sockets.fds[3], 1, 2), 0);
      connect(sockets);
      const [first, second, third, fourth] = waiting(sockets);
      assert.equal([first, fourth, second + third], [0, 0, CONNECTIONS]);
      assert.ok(second > 0 && third > 0);
      assert.is(spread(sockets.fds[0]), 0);
      connect(sockets);
      assert.ok(waiting(sockets).every((count) => count > 0));
    }));

  test(`a socket that turns clients away answers none, and keeps those in its queue (${family})`, () =>
    shared(2, family, (sockets) => {
      steer(sockets.fds[0], 0, 1);
      connect(sockets, 3);
      assert.is(turnAway(sockets.fds[0]), 0);
      assert.is(connect(sockets, 5), 0, 'nobody is answered');
      assert.equal(waiting(sockets), [3, 0]);
      assert.is(turnTo(sockets.fds[0]), 0);
      assert.is(connect(sockets, 5), 5);
      assert.equal(waiting(sockets), [5, 0]);
    }));

  test(`who listens where is counted (${family})`, () =>
    shared(3, family, ({ address }) => {
      const listening = new ListeningSockets();
      assert.is(listening.count().get(listeningAt(address)), 3);
      const other = openListener({ address, backlog: 16, reusePort: true });
      assert.is(listening.count().get(listeningAt(address)), 4, 'it reads anew');
      sys.close(other);
      listening.close();
    }));
}

test('a handshake that is under way when clients are turned away comes to its end', () => {
  const address: IpAddress = { family: 'ipv4', host: '127.0.0.1', port: 0 };
  // It is over with the first data only: TCP_DEFER_ACCEPT.
  const fd = openListener({ address, backlog: 16, reusePort: true, tcp: DEFERRED });
  const { region, encoded } = encodeAddresses([localAddress(fd)]);
  const client = sys.socket(encoded[0].family, SOCK_STREAM, 0);
  assert.is(sys.connect(client, encoded[0].address, encoded[0].length), 0);
  assert.is(sys.accept4(fd, 0, 0, SOCK_NONBLOCK), -EAGAIN);
  turnAway(fd);
  assert.is(sys.send(client, region.address, 1, 0), 1);
  const accepted = sys.accept4(fd, 0, 0, SOCK_NONBLOCK);
  assert.ok(accepted >= 0);
  assert.is(sys.recv(accepted, region.address, 16, 0), 1);
  for (const one of [fd, client, accepted]) sys.close(one);
  region.unmap();
});

test('numbers that no socket has are no choice', () =>
  shared(2, 'ipv4', (sockets) => {
    steer(sockets.fds[0], 2, 3);
    connect(sockets);
    assert.ok(waiting(sockets).every((count) => count > 0));
  }));

test('where nobody listens nobody is counted, and what is closed counts nobody', async () => {
  const listening = new ListeningSockets();
  assert.is(listening.count().get(listeningAt({ family: 'ipv4', host: '127.0.0.1', port: await freePort() })), undefined);
  listening.close();
  assert.is(listening.count().size, 0);
});

test.run();
