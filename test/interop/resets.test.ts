/** A reset on one side becomes a reset on the other, after the data that was sent before it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually } from '../harness.js';
import { balance, watchedBalance } from './support/balancers.js';
import { dial, interop, type Peer, serve } from './support/peers.js';
import { listenRaw, receiveFrom } from './support/raw-socket.js';

/** A client and the server's end of its connection, known to be joined: a server that resets before is tried again. */
async function pair(engine: 'uring' | 'epoll'): Promise<{ client: Peer; server: Peer; noneLeft: () => Promise<unknown> }> {
  const listener = await serve((peer) => peer.socket.write('hello'));
  const balancer = await watchedBalance(engine, [listener.address]);
  const client = await dial(balancer.port);
  const server = await listener.peer(0);
  await client.hears('hello');
  const noneLeft = (): Promise<unknown> =>
    eventually('no session is left', async () => (await balancer.counters()).sessionsNow === 0);
  return { client, server, noneLeft };
}

/** `from` resets; the reset must arrive at `to`. */
async function resetTravels(from: Peer, to: Peer): Promise<void> {
  from.socket.resetAndDestroy();
  assert.is(await to.closed, 'ECONNRESET');
}

for (const side of ['client', 'server'] as const) {
  const other = side === 'client' ? 'server' : 'client';

  interop(`a reset of an idle ${side} reaches the ${other}`, async (engine) => {
    const { noneLeft, ...peers } = await pair(engine);
    await resetTravels(peers[side], peers[other]);
    await noneLeft();
  });

  interop(`a reset of the ${side} after the ${other} has ended its stream reaches it`, async (engine) => {
    const { noneLeft, ...peers } = await pair(engine);
    const [from, to] = [peers[side], peers[other]];
    to.socket.end('I am done');
    await from.hearsEnd();
    await resetTravels(from, to);
    await noneLeft();
  });

  interop(`a reset of the ${side} amid a stream to it stops the ${other}`, async (engine) => {
    const { noneLeft, ...peers } = await pair(engine);
    const [from, to] = [peers[side], peers[other]];
    const block = Buffer.alloc(1 << 20);
    const more = (): void => {
      while (!to.socket.destroyed && to.socket.write(block));
    };
    to.socket.on('drain', more);
    more();
    await from.receives(8 << 20);
    from.socket.resetAndDestroy();
    assert.match(await to.closed, /ECONNRESET|EPIPE/);
    await noneLeft();
  });
}

const LAST_WORDS = 'y'.repeat(20_000);

/** Says the last words and resets. The kernel has them before, and so has, on loopback, the other side. */
async function resetAfterData(peer: Peer): Promise<void> {
  await new Promise<void>((resolve) => peer.socket.write(LAST_WORDS, () => resolve()));
  peer.socket.resetAndDestroy();
}

interop('a reset of the server reaches the client after the data sent before it', async (engine) => {
  const server = await serve((peer) => void resetAfterData(peer));
  const { port } = await balance(engine, [server.address]);
  assert.equal(await receiveFrom(port), { bytes: LAST_WORDS.length, end: 'ECONNRESET' });
});

interop('a reset of the client reaches the server after the data sent before it', async (engine) => {
  const { address, received } = listenRaw();
  const { port } = await balance(engine, [address]);
  await resetAfterData(await dial(port));
  assert.equal(await received, { bytes: LAST_WORDS.length, end: 'ECONNRESET' });
});

test.run();
