/**
 * One side ends its stream and goes on listening, as ssh and many scripts do: the other side's
 * answer still arrives, whoever ends first and whoever ends the rest.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freePort, isListening, runProcess, startProcess } from '../harness.js';
import { balance } from './support/balancers.js';
import { dial, interop, serve, silent } from './support/peers.js';

/** More than all buffers between two sockets take, so that the end waits behind data. */
const MUCH = 'x'.repeat(8 << 20);

interop('a client that has ended its stream still gets the answer', async (engine) => {
  const server = await serve(silent);
  const { port } = await balance(engine, [server.address]);
  const client = await dial(port);
  client.socket.end('question');
  const peer = await server.peer(0);
  await peer.hearsEnd();
  assert.is(peer.heard, 'question');
  assert.not(client.sawEnd);
  for (const part of ['first ', 'second']) {
    peer.socket.write(part);
    await client.hears(part);
  }
  peer.socket.end();
  assert.equal([await client.closed, await peer.closed], ['end', 'end']);
  assert.is(client.heard, 'first second');
});

interop('a server that has ended its stream still gets the rest', async (engine) => {
  const server = await serve((peer) => peer.socket.end('greeting'));
  const { port } = await balance(engine, [server.address]);
  const client = await dial(port);
  await client.hearsEnd();
  assert.is(client.heard, 'greeting');
  const peer = await server.peer(0);
  for (const part of ['first ', 'second']) {
    client.socket.write(part);
    await peer.hears(part);
  }
  assert.not(peer.sawEnd);
  client.socket.end();
  assert.equal([await client.closed, await peer.closed], ['end', 'end']);
  assert.is(peer.heard, 'first second');
});

interop('the end follows much data in either direction, both at once', async (engine) => {
  const server = await serve((peer) => peer.socket.end(MUCH));
  const { port } = await balance(engine, [server.address]);
  const client = await dial(port);
  client.socket.end(MUCH);
  const peer = await server.peer(0);
  assert.equal([await client.closed, await peer.closed], ['end', 'end']);
  assert.equal([client.bytes, peer.bytes], [MUCH.length, MUCH.length]);
});

interop('both ends at once, without a byte, end the session', async (engine) => {
  const server = await serve((peer) => peer.socket.end());
  const { port } = await balance(engine, [server.address]);
  const client = await dial(port);
  client.socket.end();
  const peer = await server.peer(0);
  assert.equal([await client.closed, await peer.closed], ['end', 'end']);
});

interop('socat sends its input, ends, and prints what a shell answers after the end', async (engine) => {
  const serverPort = await freePort();
  // The command sees the end of its input before it answers: the half-close came through.
  await startProcess('socat', [`TCP-LISTEN:${serverPort},bind=127.0.0.1,reuseaddr,fork`, 'SYSTEM:sort; echo done'], {
    readyWhen: () => isListening(serverPort),
  });
  const { port } = await balance(engine, [`127.0.0.1:${serverPort}`]);
  const script = `printf 'pear\\napple\\n' | socat -t 20 - TCP:127.0.0.1:${port}`;
  const { code, stdout, stderr } = await runProcess('sh', ['-c', script]);
  assert.is(code, 0, stderr);
  assert.is(stdout, 'apple\npear\ndone\n');
});

interop('socat as a server ends first and still takes what the client sends', async (engine) => {
  const serverPort = await freePort();
  const listener = await startProcess(
    'socat',
    ['-t', '20', '-u', `TCP-LISTEN:${serverPort},bind=127.0.0.1,reuseaddr,shut-down`, 'STDOUT'],
    { readyWhen: () => isListening(serverPort) },
  );
  const { port } = await balance(engine, [`127.0.0.1:${serverPort}`]);
  const client = await dial(port);
  client.socket.write('part one, ');
  client.socket.end('part two');
  assert.is(await client.closed, 'end');
  const { code } = await listener.exited;
  assert.is(code, 0, listener.stderr);
  assert.is(listener.stdout, 'part one, part two');
});

test.run();
