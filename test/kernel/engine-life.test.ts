/** Both engines: cancelling, retiring, waking and waiting. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OP_ACCEPT, OP_CONNECT, OP_POLL_IN, OP_POLL_OUT, OP_RECEIVE, OP_SEND, OP_WAKE } from '../../src/kernel/engine.js';
import { openEventfd, signalEventfd } from '../../src/kernel/eventfd.js';
import { ECANCELED, ENOBUFS } from '../../src/kernel/sys/constants.js';
import { sys } from '../../src/kernel/sys/libc.js';
import { type Lab, onBothEngines } from './support/lab.js';

/** Cancels, and asserts that the operation ends so in a later turn, not inside the call. */
function cancelled(lab: Lab, slot: number, op: number): void {
  lab.quiet(slot);
  lab.engine.cancel(slot, op);
  assert.equal(lab.pending, [], 'completions are delivered by wait alone');
  lab.ends(op, slot, -ECANCELED);
}

for (const once of [false, true]) {
  onBothEngines(`cancelling a ${once ? 'single' : 'multishot'} receive, then receiving again`, (lab) => {
    const { client, server } = lab.pair();
    const receive = () => (once ? lab.engine.receiveOnce(server.slot, server.fd) : lab.engine.receive(server.slot, server.fd));
    receive();
    cancelled(lab, server.slot, OP_RECEIVE);
    lab.write(client.fd, 'later');
    lab.quiet(server.slot);
    receive();
    assert.is(lab.text(lab.next(OP_RECEIVE, server.slot)), 'later');
  });

  onBothEngines(`cancelling a ${once ? 'single' : 'multishot'} accept, then accepting again`, (lab) => {
    const listener = lab.listen();
    const [slot, client] = [lab.newSlot(), lab.newSlot()];
    const accept = () => (once ? lab.engine.acceptOnce(slot, listener.fd) : lab.engine.accept(slot, listener.fd));
    accept();
    cancelled(lab, slot, OP_ACCEPT);
    lab.engine.connect(client, lab.socket(listener.encoded), listener.encoded);
    lab.ends(OP_CONNECT, client, 0);
    lab.quiet(slot);
    accept();
    assert.ok(lab.next(OP_ACCEPT, slot).result >= 0);
  });
}

onBothEngines('cancelling a connection attempt that nobody answers', (lab) => {
  const listener = lab.listen(undefined, 0); // its queue takes one; further attempts hang
  const slots = Array.from({ length: 4 }, () => lab.newSlot());
  for (const slot of slots) lab.engine.connect(slot, lab.socket(listener.encoded), listener.encoded);
  lab.ends(OP_CONNECT, slots[0], 0);
  lab.pending.length = 0;
  cancelled(lab, slots[3], OP_CONNECT);
});

onBothEngines('cancelling polls', (lab) => {
  const { client, server } = lab.pair();
  lab.engine.pollIn(server.slot, server.fd);
  cancelled(lab, server.slot, OP_POLL_IN);
  lab.stuff(client.fd);
  lab.engine.pollOut(client.slot, client.fd);
  cancelled(lab, client.slot, OP_POLL_OUT);
});

onBothEngines('cancelling a send that does not get off at all', (lab) => {
  const { client } = lab.pair();
  lab.stuff(client.fd);
  const { buffer, length } = lab.filled('never');
  lab.engine.send(client.slot, client.fd, buffer, 0, length);
  cancelled(lab, client.slot, OP_SEND);
  lab.engine.buffers.give(buffer);
});

onBothEngines(
  'cancelling a send that is under way tells how much of it is sent',
  (lab) => {
    const { client, server } = lab.pair();
    const { buffers } = lab.engine;
    lab.engine.send(client.slot, client.fd, buffers.take(), 0, buffers.size);
    lab.quiet(client.slot);
    lab.engine.cancel(client.slot, OP_SEND);
    const { result } = lab.next(OP_SEND, client.slot);
    assert.ok(result > 0 && result < buffers.size, `${result}`);
    let left = result;
    lab.until('exactly that much arrives', () => {
      left -= lab.read(server.fd, 1 << 20).length;
      return left <= 0;
    });
    lab.quiet();
    assert.is(left, 0);
    assert.is(lab.read(server.fd, 1), '');
  },
  { bufferSize: 16 << 20, bufferCount: 3 },
);

onBothEngines('cancelling what is not under way does nothing', (lab) => {
  const { server } = lab.pair();
  for (const op of [OP_ACCEPT, OP_CONNECT, OP_RECEIVE, OP_SEND, OP_POLL_IN, OP_POLL_OUT]) lab.engine.cancel(server.slot, op);
  lab.quiet(server.slot);
});

onBothEngines('two operations of different kinds on one slot end separately', (lab) => {
  const { client, server } = lab.pair();
  lab.stuff(server.fd);
  const { buffer, length } = lab.filled('stuck');
  lab.engine.send(server.slot, server.fd, buffer, 0, length);
  lab.engine.receive(server.slot, server.fd);
  lab.quiet(server.slot);
  lab.engine.cancel(server.slot, OP_SEND);
  lab.ends(OP_SEND, server.slot, -ECANCELED);
  lab.write(client.fd, 'still received');
  assert.is(lab.text(lab.next(OP_RECEIVE, server.slot)), 'still received');
  lab.engine.buffers.give(buffer);
});

onBothEngines('a completion for a retired generation is dropped and counted', (lab) => {
  const { client, server } = lab.pair();
  lab.engine.receive(server.slot, server.fd);
  lab.quiet(server.slot);
  lab.engine.cancel(server.slot, OP_RECEIVE);
  lab.engine.retire(server.slot); // too early: the operation has not completed
  lab.quiet(server.slot);
  assert.is(lab.engine.stats.lateCompletions, 1);
  lab.engine.receive(server.slot, server.fd); // a new generation of the same slot
  lab.write(client.fd, 'new');
  assert.is(lab.text(lab.next(OP_RECEIVE, server.slot)), 'new');
  assert.is(lab.engine.stats.lateCompletions, 1);
});

onBothEngines('a slot that was retired serves another connection', (lab) => {
  const { engine } = lab;
  const [first, second] = [lab.pair(), lab.pair()];
  engine.receive(first.server.slot, first.server.fd);
  lab.write(first.client.fd, 'first');
  assert.is(lab.text(lab.next(OP_RECEIVE, first.server.slot)), 'first');
  engine.cancel(first.server.slot, OP_RECEIVE);
  lab.ends(OP_RECEIVE, first.server.slot, -ECANCELED);
  engine.retire(first.server.slot);
  lab.write(first.client.fd, 'for nobody');
  engine.receive(first.server.slot, second.server.fd);
  lab.quiet(first.server.slot);
  lab.write(second.client.fd, 'second');
  assert.is(lab.text(lab.next(OP_RECEIVE, first.server.slot)), 'second');
});

onBothEngines('a descriptor that a slot was retired from has no effect on what the slot does next', (lab) => {
  const { client, server } = lab.pair();
  lab.engine.receiveOnce(server.slot, server.fd);
  lab.write(client.fd, 'seen');
  lab.text(lab.next(OP_RECEIVE, server.slot));
  lab.engine.retire(server.slot);
  const listener = lab.listen(undefined, 0);
  for (let i = 0; i < 3; i++) lab.engine.connect(lab.newSlot(), lab.socket(listener.encoded), listener.encoded);
  lab.engine.connect(server.slot, lab.socket(listener.encoded), listener.encoded); // hangs: the queue is full
  lab.write(client.fd, 'readable, and writable, is the old descriptor');
  lab.quiet(server.slot);
});

onBothEngines('a slot and a descriptor number are used again together', (lab) => {
  const first = lab.pair();
  lab.engine.receive(first.server.slot, first.server.fd);
  lab.close(first.client.fd);
  lab.ends(OP_RECEIVE, first.server.slot, 0);
  lab.close(first.server.fd);
  lab.engine.retire(first.server.slot);
  lab.engine.wait(0, lab); // an engine may close as late as its next turn
  const second = lab.pair();
  const again = [second.client, second.server].find(({ fd }) => fd === first.server.fd);
  assert.ok(again, 'the kernel gives the lowest numbers again');
  const other = again === second.client ? second.server : second.client;
  lab.engine.retire(again.slot);
  lab.engine.receive(first.server.slot, again.fd);
  lab.quiet(first.server.slot);
  lab.write(other.fd, 'new');
  assert.is(lab.text(lab.next(OP_RECEIVE, first.server.slot)), 'new');
});

onBothEngines('waiting is bounded, and ends without a completion when nothing happens', (lab) => {
  const { stats } = lab.engine;
  for (const timeoutMs of [0, 1, 30, 1200]) {
    const before = stats.turns;
    lab.engine.wait(timeoutMs, lab);
    assert.is(stats.turns, before + 1);
  }
  assert.equal(lab.pending, []);
  assert.is(stats.completions, 0);
});

onBothEngines('the clock counts milliseconds up, as a 32-bit integer', (lab) => {
  const begin = lab.engine.nowMs();
  const hostBegin = process.hrtime.bigint();
  lab.until('30 ms of the host', () => process.hrtime.bigint() - hostBegin >= 30_000_000n);
  const now = lab.engine.nowMs();
  assert.is(now, now | 0);
  assert.ok(((now - begin) | 0) >= 29, `${(now - begin) | 0} ms, at least 29 have passed`);
});

onBothEngines('completions delivered are counted', (lab) => {
  const { client, server } = lab.pair();
  const before = lab.engine.stats.completions;
  lab.engine.receive(server.slot, server.fd);
  lab.write(client.fd, 'one');
  lab.text(lab.next(OP_RECEIVE, server.slot));
  assert.is(lab.engine.stats.completions, before + 1);
});

/** In another thread: waits for the word, and then a little, before it signals the eventfd; some times. */
const WAKER = `
  const { workerData, parentPort } = require('node:worker_threads');
  import(workerData.module).then(({ signalEventfd }) => {
    parentPort.postMessage('ready');
    for (let round = 1; round <= workerData.rounds; round++) {
      Atomics.wait(workerData.word, 0, round - 1);
      if (workerData.pauseMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, workerData.pauseMs);
      signalEventfd(workerData.fd);
    }
  });
`;

async function startWaker(word: Int32Array, rounds: number, pauseMs: number): Promise<Worker> {
  const module = new URL('../../src/kernel/eventfd.js', import.meta.url).href;
  const worker = new Worker(WAKER, { eval: true, workerData: { module, word, fd: wakeFd, rounds, pauseMs } });
  await once(worker, 'message');
  return worker;
}

const wakeFd = openEventfd();
onBothEngines(
  'another thread wakes one that waits without a bound, again and again',
  async (lab) => {
    const rounds = 3;
    const word = new Int32Array(new SharedArrayBuffer(4));
    const worker = await startWaker(word, rounds, 0);
    for (let round = 1; round <= rounds; round++) {
      Atomics.store(word, 0, round);
      Atomics.notify(word, 0);
      while (lab.pending.length === 0) lab.engine.wait(-1, lab);
      lab.ends(OP_WAKE, 0, 0);
    }
    await worker.terminate();
  },
  { wakeFd },
);

onBothEngines(
  'a wait without a bound does not sleep while there is something to deliver',
  async (lab) => {
    const { client, server } = lab.pair();
    let left = lab.stuff(client.fd);
    const word = new Int32Array(new SharedArrayBuffer(4));
    const guard = await startWaker(word, 1, 5000);
    Atomics.store(word, 0, 1);
    Atomics.notify(word, 0);
    lab.engine.receive(server.slot, server.fd);
    while (left > 0) {
      lab.engine.wait(-1, lab);
      assert.not(
        lab.pending.some(({ op }) => op === OP_WAKE),
        'the guard had to end the sleep',
      );
      for (const completion of lab.pending.splice(0)) {
        if (completion.result === -ENOBUFS) lab.engine.receive(server.slot, server.fd);
        else left -= lab.text(completion).length;
      }
    }
    await guard.terminate();
  },
  { wakeFd },
);

onBothEngines(
  'what nobody asked for does not keep the loop busy',
  async (lab) => {
    const listener = lab.listen();
    const [slot, client] = [lab.newSlot(), lab.newSlot()];
    lab.engine.acceptOnce(slot, listener.fd);
    for (const one of [client, lab.newSlot()]) {
      lab.engine.connect(one, lab.socket(listener.encoded), listener.encoded); // the second stays in the queue
      lab.ends(OP_CONNECT, one, 0);
    }
    const accepted = lab.next(OP_ACCEPT, slot).result;
    const deserted = lab.listen();
    const acceptor = lab.newSlot();
    lab.engine.accept(acceptor, deserted.fd);
    cancelled(lab, acceptor, OP_ACCEPT);
    const late = lab.newSlot();
    lab.engine.connect(late, lab.socket(deserted.encoded), deserted.encoded); // so does this one
    lab.ends(OP_CONNECT, late, 0);
    const { client: near, server: far } = lab.pair();
    lab.engine.receiveOnce(far.slot, far.fd);
    lab.write(near.fd, 'received');
    assert.is(lab.text(lab.next(OP_RECEIVE, far.slot)), 'received');
    lab.write(near.fd, 'left lying');
    lab.engine.shutdownWrite(near.fd);
    lab.engine.shutdownWrite(accepted);
    const poller = lab.newSlot();
    lab.engine.pollOut(poller, accepted);
    assert.ok(lab.next(OP_POLL_OUT, poller).result > 0);
    lab.quiet();
    const before = lab.engine.stats.turns;
    const word = new Int32Array(new SharedArrayBuffer(4));
    const worker = await startWaker(word, 1, 50);
    Atomics.store(word, 0, 1);
    Atomics.notify(word, 0);
    while (lab.pending.length === 0) lab.engine.wait(-1, lab);
    lab.ends(OP_WAKE, 0, 0);
    await worker.terminate();
    const turns = lab.engine.stats.turns - before;
    assert.ok(turns < 10, `${turns} turns until the wake-up 50 ms later`);
  },
  { wakeFd },
);

onBothEngines(
  'a wake-up from before the wait is not lost, and many count once',
  (lab) => {
    signalEventfd(wakeFd);
    signalEventfd(wakeFd);
    while (lab.pending.length === 0) lab.engine.wait(-1, lab);
    lab.ends(OP_WAKE, 0, 0);
    lab.quiet(0);
  },
  { wakeFd },
);

onBothEngines('what happens before stop() is closed with it', (lab) => {
  const pipe = lab.engine.takePipe();
  assert.ok(pipe >= 0);
  assert.ok(lab.ledger.descriptors.size >= 3, 'the engine and both ends of the pipe; the lab asserts that all go');
});

test.after(() => {
  sys.close(wakeFd);
});

test.run();
