/** The ways to a DNS server, on real sockets: ports that change, servers that are not there, messages in pieces. */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openTransport, type Transport } from '../../../src/master/resolvers/nameserver.js';
import { eventually, freePort } from '../../harness.js';

const open: (() => void)[] = [];
test.after.each(() => {
  for (const close of open.splice(0)) close();
});

function transport(port: number, stream = false, host = '127.0.0.1') {
  const messages: string[] = [];
  const seen = { errors: 0 };
  const family = host.includes(':') ? 'ipv6' : 'ipv4';
  const way: Transport = openTransport(
    { name: 'ns', address: { family, host, port }, stream },
    { onMessage: (message) => messages.push(message.toString()), onSendError: () => seen.errors++ },
  );
  open.push(() => way.close());
  return { way, messages, seen };
}

/** Answers each datagram with itself; whom it heard. */
async function echo(): Promise<{ port: number; heard: RemoteInfo[] }> {
  const socket = createSocket('udp4');
  const heard: RemoteInfo[] = [];
  socket.on('message', (message, from) => {
    heard.push(from);
    socket.send(message, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  open.push(() => socket.close());
  return { port: socket.address().port, heard };
}

test('datagrams go out before the socket is ready, and answers come back', async () => {
  const server = await echo();
  const { way, messages } = transport(server.port);
  for (let i = 0; i < 20; i++) assert.is(way.send(Buffer.from(`q${i}`)), true);
  await eventually('all are answered', () => messages.length === 20);
  assert.is(new Set(server.heard.map(({ port }) => port)).size, 1);
});

test('the port changes after some hundred queries, and answers to the former one are heard', async () => {
  const server = await echo();
  const { way, messages } = transport(server.port);
  for (let i = 0; i < 12; i++) {
    const before = messages.length;
    for (let j = 0; j < 100; j++) way.send(Buffer.from('q'));
    await eventually('a hundred more are answered', () => messages.length === before + 100);
  }
  assert.is(new Set(server.heard.map(({ port }) => port)).size, 3);
});

test('nobody else is heard', async () => {
  const server = await echo();
  const { way, messages } = transport(server.port);
  way.send(Buffer.from('one'));
  await eventually('it is answered', () => messages.length === 1);
  const stranger = createSocket('udp4');
  open.push(() => stranger.close());
  await new Promise<void>((resolve) => stranger.send('forged', server.heard[0].port, '127.0.0.1', () => resolve()));
  way.send(Buffer.from('two'));
  await eventually('the next one is answered', () => messages.length >= 2);
  assert.equal(messages, ['one', 'two']);
});

test('a server that is not there is told, and found when it comes', async () => {
  const port = await freePort();
  const { way, messages, seen } = transport(port);
  await eventually('nobody listens', () => {
    way.send(Buffer.from('q'));
    return seen.errors > 1;
  });
  const late = createSocket('udp4');
  open.push(() => late.close());
  late.on('message', (message, from) => late.send(message, from.port, from.address));
  await new Promise<void>((resolve) => late.bind(port, '127.0.0.1', resolve));
  await eventually('it answers', () => {
    way.send(Buffer.from('q'));
    return messages.length > 0;
  });
});

test('what the system refuses to send to is tried again and again', async () => {
  const { way, seen } = transport(53, false, '255.255.255.255');
  for (let i = 1; i <= 3; i++) {
    way.send(Buffer.from('q'));
    await eventually('it is told', () => seen.errors >= i);
  }
});

/** A DNS server by TCP whose connections the test serves. */
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    open.push(() => socket.destroy());
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => server.close());
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

test('by TCP messages have their lengths before them, however they are cut', async () => {
  let received = Buffer.alloc(0);
  const port = await listen((socket) => {
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 10) return;
      const answer = Buffer.from('\0\x03one\0\x00\0\x05three\0\x02xx', 'latin1');
      for (const byte of answer.subarray(0, 6)) socket.write(Buffer.from([byte]));
      socket.write(answer.subarray(6));
    });
  });
  const { way, messages } = transport(port, true);
  way.send(Buffer.from('abc'));
  way.send(Buffer.from('def'));
  await eventually('all have come', () => messages.length === 4);
  assert.equal(messages, ['one', '', 'three', 'xx']);
  assert.is(received.toString('latin1'), '\0\x03abc\0\x03def');
});

test('by TCP a connection that is gone is made anew', async () => {
  let connections = 0;
  const port = await listen((socket) => {
    connections++;
    if (connections < 3) socket.resetAndDestroy();
    else socket.pipe(socket);
  });
  const { way, messages } = transport(port, true);
  await eventually('it is answered at last', () => {
    way.send(Buffer.from('q'));
    return messages.length > 0;
  });
  assert.is(connections, 3);
});

test('by TCP a server that takes nothing is not asked without end', async () => {
  const port = await listen((socket) => socket.pause());
  const { way } = transport(port, true);
  const large = Buffer.alloc(60_000);
  await eventually('enough is enough', () => !way.send(large));
});

test.run();
