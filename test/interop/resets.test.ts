/** A reset on one side becomes a reset on the other, after the data that was sent before it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually } from '../harness.js';
import { watchedBalance } from './support/balancers.js';
import { dial, interop, type Peer, serve } from './support/peers.js';

/** A client and the server's end of its connection, both having said something. */
async function pair(engine: 'uring' | 'epoll'): Promise<{ client: Peer; server: Peer; noneLeft: () => Promise<unknown> }> {
  const listener = await serve(() => {});
  const balancer = await watchedBalance(engine, [listener.address]);
  const client = await dial(balancer.port);
  const server = await listener.peer(0);
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

  interop(`a reset of the ${side} reaches the ${other} after the data sent before it`, async (engine) => {
    const { noneLeft, ...peers } = await pair(engine);
    const [from, to] = [peers[side], peers[other]];
    const data = 'y'.repeat(100_000);
    from.socket.write(data);
    await to.receives(data.length);
    from.socket.write('the last words');
    await new Promise<void>((resolve) => from.socket.write('.', () => resolve()));
    await resetTravels(from, to);
    assert.is(to.bytes, data.length + 'the last words.'.length);
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

test.run();
