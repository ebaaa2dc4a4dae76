/** Datagrams collected and sent at once: every family, receivers that are not there, that come back, that do not read. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeAddresses, type SocketAddress } from '../../src/kernel/address.js';
import * as layout from '../../src/kernel/datagrams.js';
import { DatagramSender } from '../../src/kernel/datagrams.js';
import { EAGAIN, ECONNREFUSED, EMSGSIZE, ENOENT, SOCK_DGRAM, SOCK_NONBLOCK } from '../../src/kernel/sys/constants.js';
import { sys } from '../../src/kernel/sys/libc.js';
import { allocate } from '../../src/kernel/sys/memory.js';
import { scratchFolder } from '../harness.js';
import { Receiver } from '../proxy/log/support/lab.js';
import { evaluate } from './support/compiler.js';
import { Ledger } from './support/ledger.js';

const memory = allocate(1 << 18);
const text = Buffer.from('<1>header body');
memory.u8.set(text);

/** Adds "header" and "body" to what goes to a target. */
function add(sender: DatagramSender, target: number, bodyLength = 4): void {
  sender.add(target, memory.address + 3, 7, memory.address + 10, bodyLength);
}

/** A bound UNIX socket that can be read without waiting. */
function unixReceiver(address: SocketAddress): { read(): string; close(): void } {
  const { region, encoded } = encodeAddresses([address]);
  const fd = sys.socket(encoded[0].family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  assert.is(sys.bind(fd, encoded[0].address, encoded[0].length), 0);
  region.unmap();
  return {
    read() {
      const length = sys.recv(fd, memory.address + 4096, 4096, 0);
      return length < 0 ? '' : Buffer.from(memory.u8.slice(4096, 4096 + length)).toString();
    },
    close: () => void sys.close(fd),
  };
}

test('to IPv4 and IPv6, several in one go', async () => {
  const receivers = [await Receiver.open(), await Receiver.open(0, '::1')];
  const addresses = receivers.map((one) => {
    const { family, address, port } = one.socket.address();
    return { family: family.toLowerCase() as 'ipv4', host: address, port };
  });
  const ledger = new Ledger();
  const sender = new DatagramSender(addresses, 3, '!\n', ledger);
  for (const target of [0, 1, 0, 0]) add(sender, target);
  assert.ok(sender.isFull(0));
  assert.not.ok(sender.isFull(1));
  assert.is(sender.send(0), 0);
  assert.is(sender.send(1), 0);
  assert.not.ok(sender.hasMessages(0));
  assert.equal(await receivers[0].take(3), new Array(3).fill('header body!\n'));
  assert.equal(await receivers[1].take(1), ['header body!\n']);
  assert.is(ledger.descriptors.size, 2, 'a socket for each family');
  sender.close();
  assert.is(ledger.descriptors.size, 0);
  for (const one of receivers) one.close();
});

for (const abstract of [false, true])
  test(`to a UNIX socket, ${abstract ? 'abstract' : 'by path'}: not there, there, gone, back`, () => {
    const path = abstract ? `turbo-lb-test-${process.pid}` : join(scratchFolder(), 'log');
    const address = { family: 'unix', path, abstract } as const;
    const sender = new DatagramSender([address], 4, '\n', new Ledger());
    const lost = (): number => {
      add(sender, 0);
      return sender.send(0);
    };
    assert.is(lost(), 1);
    assert.is(sender.failures[0], abstract ? -ECONNREFUSED : -ENOENT);
    const first = unixReceiver(address);
    assert.is(lost(), 0);
    assert.is(sender.failures[0], 0);
    assert.is(first.read(), 'header body\n');
    first.close();
    assert.is(lost(), 1);
    assert.is(sender.failures[0], -ECONNREFUSED);
    rmSync(path, { force: true }); // an abstract name is gone with its socket
    const second = unixReceiver(address);
    assert.is(lost(), 0);
    assert.is(second.read(), 'header body\n');
    second.close();
    sender.close();
  });

test('a receiver that does not read costs lines, not time', () => {
  const address = { family: 'unix', path: `turbo-lb-test-full-${process.pid}`, abstract: true } as const;
  const receiver = unixReceiver(address);
  const sender = new DatagramSender([address], 64, '\n', new Ledger());
  let dropped = 0;
  for (let turn = 0; turn < 40 && dropped === 0; turn++) {
    while (!sender.isFull(0)) add(sender, 0);
    dropped = sender.send(0);
  }
  assert.ok(dropped > 0);
  assert.is(sender.failures[0], -EAGAIN);
  while (receiver.read() !== '');
  add(sender, 0);
  assert.is(sender.send(0), 0, 'it reads again');
  receiver.close();
  sender.close();
});

test('a message that is too long is dropped alone', async () => {
  const receiver = await Receiver.open();
  const sender = new DatagramSender([{ family: 'ipv4', host: '127.0.0.1', port: receiver.port }], 4, '\n', new Ledger());
  add(sender, 0);
  add(sender, 0, 70_000);
  add(sender, 0);
  assert.is(sender.send(0), 1);
  assert.is(sender.failures[0], -EMSGSIZE);
  assert.equal(await receiver.take(2), ['header body\n', 'header body\n']);
  receiver.close();
  sender.close();
});

test('msghdr, mmsghdr and iovec as the C compiler lays them out', async () => {
  const expected = {
    'sizeof(struct iovec)': layout.IOVEC_SIZE,
    'offsetof(struct iovec, iov_base)': 0,
    'offsetof(struct iovec, iov_len)': layout.IOVEC_LENGTH,
    'sizeof(struct mmsghdr)': layout.MMSGHDR_SIZE,
    'offsetof(struct mmsghdr, msg_hdr)': 0,
    'offsetof(struct msghdr, msg_name)': layout.MSGHDR_NAME,
    'offsetof(struct msghdr, msg_namelen)': layout.MSGHDR_NAME_LENGTH,
    'offsetof(struct msghdr, msg_iov)': layout.MSGHDR_IOVECS,
    'offsetof(struct msghdr, msg_iovlen)': layout.MSGHDR_IOVEC_COUNT,
  };
  const compiled = await evaluate(Object.keys(expected));
  assert.equal(Object.fromEntries(Object.keys(expected).map((key) => [key, Number(compiled.get(key))])), expected);
});

test.run();
