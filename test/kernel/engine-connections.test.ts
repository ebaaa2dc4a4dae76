/** Both engines: connections come to be, end, and fail as the kernel says. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SocketAddress } from '../../src/kernel/address.js';
import { FLAG_MORE, OP_ACCEPT, OP_CONNECT, OP_RECEIVE, OP_SEND } from '../../src/kernel/engine.js';
import { openEventfd } from '../../src/kernel/eventfd.js';
import { FAMILY_IPV4, FAMILY_IPV6, HostAddress } from '../../src/kernel/host-address.js';
import { getNofileLimit, setNofileLimit } from '../../src/kernel/limits.js';
import { ECONNREFUSED, ECONNRESET, EMFILE, ENOENT, EPIPE, F_GETFL, O_NONBLOCK } from '../../src/kernel/sys/constants.js';
import { sys } from '../../src/kernel/sys/libc.js';
import { scratchFolder } from '../harness.js';
import { type Lab, LOOPBACK, onBothEngines } from './support/lab.js';

const IPV6: SocketAddress = { family: 'ipv6', host: '::1', port: 0 };
const unixPath = join(scratchFolder(), 'socket');
const UNIX: SocketAddress = { family: 'unix', path: unixPath, abstract: false };

function echo(lab: Lab, address: SocketAddress): void {
  const { engine } = lab;
  const { client, server } = lab.pair(address);
  engine.receive(server.slot, server.fd);
  engine.receive(client.slot, client.fd);
  for (const word of ['hello', 'again', 'and again']) {
    const { buffer, length } = lab.filled(word);
    engine.send(client.slot, client.fd, buffer, 0, length);
    assert.is(lab.text(lab.next(OP_RECEIVE, server.slot)), word);
    lab.ends(OP_SEND, client.slot, length);
    engine.send(server.slot, server.fd, buffer, 1, length - 1);
    assert.is(lab.text(lab.next(OP_RECEIVE, client.slot)), word.slice(1));
    lab.ends(OP_SEND, server.slot, length - 1);
    engine.buffers.give(buffer);
  }
}

onBothEngines('echo over IPv4', (lab) => echo(lab, LOOPBACK));
onBothEngines('echo over IPv6', (lab) => echo(lab, IPV6));
onBothEngines('echo over an abstract UNIX socket', (lab) =>
  echo(lab, { family: 'unix', path: `turbo-lb-test-${process.pid}`, abstract: true }),
);
onBothEngines('echo over a UNIX socket', (lab) => {
  echo(lab, UNIX);
  rmSync(unixPath);
});

onBothEngines('a multishot accept takes every connection until it is cancelled', (lab) => {
  const listener = lab.listen();
  const slot = lab.newSlot();
  lab.engine.accept(slot, listener.fd);
  const accepted = new Set<number>();
  for (let i = 0; i < 5; i++) {
    const client = lab.newSlot();
    lab.engine.connect(client, lab.socket(listener.encoded), listener.encoded);
    lab.ends(OP_CONNECT, client, 0);
    const { result, flags } = lab.next(OP_ACCEPT, slot);
    assert.is(flags & FLAG_MORE, FLAG_MORE);
    accepted.add(result);
  }
  assert.is(accepted.size, 5);
});

onBothEngines('a single accept leaves the next connection in the queue', (lab) => {
  const listener = lab.listen();
  const slot = lab.newSlot();
  lab.engine.acceptOnce(slot, listener.fd);
  for (let i = 0; i < 2; i++) {
    const client = lab.newSlot();
    lab.engine.connect(client, lab.socket(listener.encoded), listener.encoded);
    lab.ends(OP_CONNECT, client, 0);
  }
  assert.is(lab.next(OP_ACCEPT, slot).flags & FLAG_MORE, 0);
  lab.quiet(slot);
  lab.engine.acceptOnce(slot, listener.fd);
  assert.ok(lab.next(OP_ACCEPT, slot).result >= 0);
});

onBothEngines('accepted and opened sockets do not block and have TCP_NODELAY', (lab) => {
  const { client, server } = lab.pair();
  for (const { fd } of [client, server]) {
    assert.ok((sys.fcntl(fd, F_GETFL, 0) & O_NONBLOCK) !== 0, 'O_NONBLOCK');
    assert.is(lab.noDelay(fd), 1, 'TCP_NODELAY');
  }
});

onBothEngines('the addresses of both ends', (lab) => {
  const [peer, local] = [new HostAddress(), new HostAddress()];
  const words = ({ family, word0, word1, word2, word3 }: HostAddress): number[] => [family, word0, word1, word2, word3];
  const ipv4 = lab.pair(LOOPBACK);
  lab.engine.peerAddress(ipv4.server.fd, peer);
  lab.engine.localAddress(ipv4.client.fd, local);
  assert.equal(words(peer), [FAMILY_IPV4, 0x7f000001, 0, 0, 0]);
  assert.ok(peer.port > 0);
  assert.equal(local, peer);
  lab.engine.peerAddress(lab.pair(IPV6).server.fd, peer);
  assert.equal(words(peer), [FAMILY_IPV6, 0, 0, 0, 1]);
  lab.engine.peerAddress(lab.pair(UNIX).server.fd, peer);
  assert.equal({ ...peer }, { ...new HostAddress() });
  rmSync(unixPath);
});

onBothEngines('the address of a peer that has reset its connection before anybody asked', (lab) => {
  const peer = new HostAddress();
  for (const address of [LOOPBACK, IPV6]) {
    const { client, server } = lab.pair(address);
    lab.engine.resetOnClose(client.fd);
    lab.close(client.fd);
    lab.engine.receive(server.slot, server.fd);
    lab.ends(OP_RECEIVE, server.slot, -ECONNRESET);
    lab.engine.peerAddress(server.fd, peer);
    const { family, word0, word3 } = peer;
    assert.equal(
      address === IPV6 ? [family, word3] : [family, word0],
      address === IPV6 ? [FAMILY_IPV6, 1] : [FAMILY_IPV4, 0x7f000001],
    );
    assert.ok(peer.port > 0);
  }
});

onBothEngines('half close: one direction ends, the other still carries data', (lab) => {
  const { engine } = lab;
  const { client, server } = lab.pair();
  engine.receive(server.slot, server.fd);
  engine.receive(client.slot, client.fd);
  lab.write(client.fd, 'last words');
  assert.is(engine.shutdownWrite(client.fd), 0);
  assert.is(lab.text(lab.next(OP_RECEIVE, server.slot)), 'last words');
  lab.ends(OP_RECEIVE, server.slot, 0);
  lab.write(server.fd, 'answer');
  assert.is(lab.text(lab.next(OP_RECEIVE, client.slot)), 'answer');
  lab.close(server.fd);
  lab.ends(OP_RECEIVE, client.slot, 0);
});

onBothEngines('data and end that were there before receiving began arrive in order', (lab) => {
  const { client, server } = lab.pair();
  lab.write(client.fd, 'x'.repeat(10_000));
  lab.close(client.fd);
  lab.engine.wait(0, lab); // an engine may close as late as its next turn
  lab.engine.receive(server.slot, server.fd);
  assert.is(lab.receiveAll(server, 10_000), 'x'.repeat(10_000));
  lab.ends(OP_RECEIVE, server.slot, 0);
});

onBothEngines('a reset is ECONNRESET for who receives, and EPIPE for who sends then', (lab) => {
  const { client, server } = lab.pair();
  lab.engine.receive(client.slot, client.fd);
  assert.is(lab.engine.resetOnClose(server.fd), 0);
  lab.close(server.fd);
  lab.ends(OP_RECEIVE, client.slot, -ECONNRESET);
  const { buffer, length } = lab.filled('too late');
  lab.engine.send(client.slot, client.fd, buffer, 0, length);
  lab.ends(OP_SEND, client.slot, -EPIPE);
});

onBothEngines('nobody listens: connecting is refused', (lab) => {
  const listener = lab.listen();
  lab.close(listener.fd);
  lab.engine.wait(0, lab); // an engine may close as late as its next turn
  const slot = lab.newSlot();
  lab.engine.connect(slot, lab.socket(listener.encoded), listener.encoded);
  lab.ends(OP_CONNECT, slot, -ECONNREFUSED);
});

onBothEngines('no such UNIX socket: connecting fails with ENOENT', (lab) => {
  const slot = lab.newSlot();
  const address = lab.encode({ family: 'unix', path: join(unixPath, '..', 'absent'), abstract: false });
  lab.engine.connect(slot, lab.socket(address), address);
  lab.ends(OP_CONNECT, slot, -ENOENT);
});

onBothEngines('a slot is used again for a new attempt after a refused one', (lab) => {
  const dead = lab.listen();
  lab.close(dead.fd);
  lab.engine.wait(0, lab); // an engine may close as late as its next turn
  const alive = lab.listen();
  const slot = lab.newSlot();
  const first = lab.socket(dead.encoded);
  lab.engine.connect(slot, first, dead.encoded);
  lab.ends(OP_CONNECT, slot, -ECONNREFUSED);
  lab.close(first);
  lab.engine.retire(slot);
  lab.engine.wait(0, lab);
  const second = lab.socket(alive.encoded);
  assert.is(second, first, 'the kernel gives the lowest number again');
  lab.engine.connect(slot, second, alive.encoded);
  lab.ends(OP_CONNECT, slot, 0);
});

onBothEngines('no descriptor left: accepting ends with EMFILE, and goes on later', (lab) => {
  const listener = lab.listen();
  const [slot, client] = [lab.newSlot(), lab.newSlot()];
  lab.engine.connect(client, lab.socket(listener.encoded), listener.encoded);
  lab.ends(OP_CONNECT, client, 0);
  const lowestFree = openEventfd();
  sys.close(lowestFree);
  const limit = getNofileLimit();
  assert.is(setNofileLimit({ soft: lowestFree, hard: limit.hard }), 0);
  try {
    lab.engine.accept(slot, listener.fd);
    lab.ends(OP_ACCEPT, slot, -EMFILE);
    lab.quiet(slot);
  } finally {
    assert.is(setNofileLimit(limit), 0);
  }
  lab.engine.accept(slot, listener.fd);
  assert.ok(lab.next(OP_ACCEPT, slot).result >= 0);
});

test.run();
