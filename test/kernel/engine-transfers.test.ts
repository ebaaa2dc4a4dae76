/** Both engines: bytes arrive whole and in order, buffers run out and come back, slow readers are waited for. */
import { createHash, randomFillSync } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BUFFER_SHIFT, FLAG_BUFFER, FLAG_MORE, OP_POLL_IN, OP_POLL_OUT, OP_RECEIVE, OP_SEND } from '../../src/kernel/engine.js';
import { NO_PIPE } from '../../src/kernel/pipes.js';
import { EAGAIN, ECANCELED, ECONNRESET, ENOBUFS, MSG_OOB } from '../../src/kernel/sys/constants.js';
import { type End, type Lab, onBothEngines } from './support/lab.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const BUFFER_SIZE = 4096;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

onBothEngines('a multishot receive goes on: every piece has MORE and a buffer of its own', (lab) => {
  const { client, server } = lab.pair();
  lab.engine.receive(server.slot, server.fd);
  const buffers = new Set<number>();
  for (const word of ['one', 'two', 'three']) {
    lab.write(client.fd, word);
    const { result, flags } = lab.next(OP_RECEIVE, server.slot);
    assert.is(flags & (FLAG_MORE | FLAG_BUFFER), FLAG_MORE | FLAG_BUFFER);
    assert.is(Buffer.from(lab.bytes(flags, result)).toString(), word);
    buffers.add(flags >>> BUFFER_SHIFT);
  }
  assert.is(buffers.size, 3, 'none was given back, so none was used twice');
  for (const buffer of buffers) lab.engine.buffers.give(buffer);
});

onBothEngines('a single receive takes one piece and leaves the rest', (lab) => {
  const { client, server } = lab.pair();
  lab.write(client.fd, `${'a'.repeat(BUFFER_SIZE)}rest`);
  lab.engine.receiveOnce(server.slot, server.fd);
  const first = lab.next(OP_RECEIVE, server.slot);
  assert.is(first.flags & FLAG_MORE, 0);
  assert.is(lab.text(first), 'a'.repeat(BUFFER_SIZE));
  lab.quiet(server.slot);
  lab.engine.receiveOnce(server.slot, server.fd);
  assert.is(lab.text(lab.next(OP_RECEIVE, server.slot)), 'rest');
  lab.engine.receiveOnce(server.slot, server.fd);
  lab.quiet(server.slot);
  lab.close(client.fd);
  lab.ends(OP_RECEIVE, server.slot, 0);
});

onBothEngines('more than fits the buffers of one turn arrives in order', (lab) => {
  const { client, server } = lab.pair();
  const sent = Buffer.from(randomFillSync(new Uint8Array(40 * BUFFER_SIZE + 17))).toString('latin1');
  lab.write(client.fd, sent);
  lab.engine.receive(server.slot, server.fd);
  const received = lab.receiveAll(server, sent.length);
  assert.ok(received === sent, 'the same bytes');
});

onBothEngines('a busy connection lets a quiet one have its turn', (lab) => {
  const [busy, calm] = [lab.pair(), lab.pair()];
  const bytes = lab.stuff(busy.client.fd);
  lab.engine.receive(busy.server.slot, busy.server.fd);
  lab.engine.receive(calm.server.slot, calm.server.fd);
  lab.write(calm.client.fd, 'calm');
  lab.until('the quiet one is served', () => lab.pending.some(({ slot }) => slot === calm.server.slot));
  const first = lab.pending.findIndex(({ slot }) => slot === calm.server.slot);
  assert.ok(first <= 40, `${first} receives of the busy one came first`); // io_uring itself bounds a multishot at 32
  assert.is(lab.text(lab.next(OP_RECEIVE, calm.server.slot)), 'calm');
  lab.receiveAll(busy.server, bytes);
});

onBothEngines('every buffer comes back, whatever receiving came to', (lab) => {
  const total = lab.engine.freeBuffers();
  const [full, ended, reset, quiet] = [lab.pair(), lab.pair(), lab.pair(), lab.pair()];
  for (const { server } of [full, ended, reset, quiet]) lab.engine.receive(server.slot, server.fd);
  lab.write(full.client.fd, 'f'.repeat(3 * BUFFER_SIZE)); // fills its buffers exactly: one more look finds nothing
  lab.receiveAll(full.server, 3 * BUFFER_SIZE);
  lab.close(ended.client.fd);
  lab.ends(OP_RECEIVE, ended.server.slot, 0);
  lab.engine.resetOnClose(reset.client.fd);
  lab.close(reset.client.fd);
  lab.ends(OP_RECEIVE, reset.server.slot, -ECONNRESET);
  lab.engine.cancel(quiet.server.slot, OP_RECEIVE);
  lab.ends(OP_RECEIVE, quiet.server.slot, -ECANCELED);
  lab.quiet();
  assert.is(lab.engine.freeBuffers(), total);
});

onBothEngines(
  'no buffer is free: receiving ends with ENOBUFS, and nothing is lost once there are some',
  (lab) => {
    const { client, server } = lab.pair();
    const sent = 'abcdefghijkl';
    lab.engine.receive(server.slot, server.fd);
    const held: { flags: number; result: number }[] = [];
    for (const letter of sent) {
      lab.write(client.fd, letter);
      const completion = lab.next(OP_RECEIVE, server.slot);
      if (completion.result === -ENOBUFS) {
        assert.is(completion.flags & FLAG_MORE, 0);
        break;
      }
      held.push(completion);
    }
    assert.is(held.length, 8, 'all buffers are with the caller');
    assert.is(lab.engine.freeBuffers(), 0);
    let received = '';
    const take = ({ flags, result }: { flags: number; result: number }) => {
      received += Buffer.from(lab.bytes(flags, result)).toString();
      lab.engine.buffers.give(flags >>> BUFFER_SHIFT);
    };
    for (const completion of held) take(completion);
    lab.engine.receive(server.slot, server.fd);
    lab.write(client.fd, sent.slice(9));
    while (received.length < sent.length) take(lab.next(OP_RECEIVE, server.slot));
    assert.is(received, sent);
    lab.engine.wait(0, lab);
    assert.is(lab.engine.freeBuffers(), 8, 'every buffer came back');
  },
  { bufferCount: 8 },
);

onBothEngines('urgent data in the middle of the stream strands nothing behind it', (lab) => {
  const { client, server } = lab.pair();
  lab.write(client.fd, 'before');
  lab.write(client.fd, '!', MSG_OOB);
  lab.write(client.fd, 'after');
  lab.engine.receive(server.slot, server.fd);
  assert.is(lab.receiveAll(server, 'beforeafter'.length), 'beforeafter');
});

onBothEngines(
  'a send larger than all socket buffers arrives whole, however slowly it is read',
  (lab) => {
    const { client, server } = lab.pair();
    const { buffers } = lab.engine;
    const buffer = buffers.take();
    buffers.length[buffer] = buffers.size;
    randomFillSync(buffers.bytes(buffer));
    const hash = createHash('sha256');
    lab.engine.send(client.slot, client.fd, buffer, 0, buffers.size);
    lab.quiet(client.slot); // the reader does not read yet
    let read = 0;
    lab.until('the reader has all', () => {
      const piece = Buffer.from(lab.read(server.fd, 100 * KIB), 'latin1');
      hash.update(piece);
      read += piece.length;
      return read === buffers.size;
    });
    lab.ends(OP_SEND, client.slot, buffers.size);
    assert.is(hash.digest('hex'), sha256(buffers.bytes(buffer)));
  },
  { bufferSize: 16 * MIB, bufferCount: 3 },
);

onBothEngines('sends one after the other arrive in the order in which they completed', (lab) => {
  const { client, server } = lab.pair();
  let sent = '';
  for (let i = 0; i < 20; i++) {
    const { buffer, length } = lab.filled(`${i};`);
    lab.engine.send(client.slot, client.fd, buffer, 0, length);
    lab.ends(OP_SEND, client.slot, length);
    lab.engine.buffers.give(buffer);
    sent += `${i};`;
  }
  assert.is(lab.read(server.fd, 1000), sent);
});

onBothEngines('poll-in waits for data and sees what a partial splice left', (lab) => {
  const { engine } = lab;
  const { client, server } = lab.pair();
  const pipe = engine.takePipe();
  engine.pollIn(server.slot, server.fd);
  lab.quiet(server.slot);
  lab.write(client.fd, 'x'.repeat(1000));
  assert.ok(lab.next(OP_POLL_IN, server.slot).result > 0);
  assert.is(engine.spliceIn(server.fd, pipe, 400), 400);
  engine.pollIn(server.slot, server.fd); // no new data comes, but there is some
  assert.ok(lab.next(OP_POLL_IN, server.slot).result > 0);
  assert.is(engine.spliceIn(server.fd, pipe, 4000), 600);
  assert.is(engine.spliceIn(server.fd, pipe, 4000), -EAGAIN);
  engine.pollIn(server.slot, server.fd);
  lab.quiet(server.slot);
  lab.close(client.fd);
  assert.ok(lab.next(OP_POLL_IN, server.slot).result > 0);
  assert.is(engine.spliceIn(server.fd, pipe, 4000), 0);
  engine.discardPipe(pipe);
});

onBothEngines('receiving after polling, and polling after receiving, strands nothing', (lab) => {
  const { engine } = lab;
  const { client, server } = lab.pair();
  const pipe = engine.takePipe();
  engine.receiveOnce(server.slot, server.fd);
  lab.write(client.fd, 'received');
  assert.is(lab.text(lab.next(OP_RECEIVE, server.slot)), 'received');
  lab.write(client.fd, 'spliced, then received');
  engine.pollIn(server.slot, server.fd);
  assert.ok(lab.next(OP_POLL_IN, server.slot).result > 0);
  assert.is(engine.spliceIn(server.fd, pipe, 9), 9);
  engine.receive(server.slot, server.fd);
  assert.is(lab.text(lab.next(OP_RECEIVE, server.slot)), 'then received');
  lab.write(client.fd, 'end');
  assert.is(lab.text(lab.next(OP_RECEIVE, server.slot)), 'end');
  engine.discardPipe(pipe);
});

onBothEngines('poll-out completes at once with room, and without it when there is some again', (lab) => {
  const { engine } = lab;
  const { client, server } = lab.pair();
  engine.pollOut(client.slot, client.fd);
  assert.ok(lab.next(OP_POLL_OUT, client.slot).result > 0);
  let left = lab.stuff(client.fd);
  engine.pollOut(client.slot, client.fd);
  lab.quiet(client.slot);
  lab.until('the reader has all', () => {
    left -= lab.read(server.fd, MIB).length;
    return left === 0;
  });
  assert.ok(lab.next(OP_POLL_OUT, client.slot).result > 0);
});

/** Moves bytes from one socket to another as the relay does in bulk: a pipe, and polls when it gets stuck. */
class Splicer {
  private inPipe = 0;
  done = false;

  constructor(
    private readonly lab: Lab,
    private readonly from: End,
    private readonly to: End,
    private readonly pipe: number,
  ) {}

  begin(): void {
    this.lab.engine.pollIn(this.from.slot, this.from.fd);
  }

  /** Takes its completions and goes on. */
  turn(): void {
    const { pending } = this.lab;
    for (let i = pending.length - 1; i >= 0; i--) {
      const { op, slot } = pending[i];
      if (op !== OP_POLL_IN && op !== OP_POLL_OUT) continue;
      assert.is(slot, op === OP_POLL_IN ? this.from.slot : this.to.slot);
      pending.splice(i, 1);
      this.move();
    }
  }

  private move(): void {
    while (!this.done) {
      const stuck = this.inPipe > 0 ? this.moveOut() : this.moveIn();
      if (stuck) return;
    }
  }

  /** True when it has to wait for room. */
  private moveOut(): boolean {
    const { engine } = this.lab;
    const written = engine.spliceOut(this.pipe, this.to.fd, this.inPipe, false);
    if (written === -EAGAIN) engine.pollOut(this.to.slot, this.to.fd);
    else assert.ok(written > 0);
    this.inPipe -= Math.max(0, written);
    return written < 0;
  }

  /** True when it has to wait for data. */
  private moveIn(): boolean {
    const { engine } = this.lab;
    const read = engine.spliceIn(this.from.fd, this.pipe, 256 * KIB);
    if (read === -EAGAIN) engine.pollIn(this.from.slot, this.from.fd);
    else assert.ok(read >= 0);
    this.inPipe += Math.max(0, read);
    if (read === 0) {
      engine.shutdownWrite(this.to.fd);
      this.done = true;
    }
    return read < 0;
  }
}

onBothEngines(
  '8 MiB go through a pipe between two sockets unchanged',
  (lab) => {
    const { engine } = lab;
    const [up, down] = [lab.pair(), lab.pair()];
    const buffer = engine.buffers.take();
    engine.buffers.length[buffer] = engine.buffers.size;
    const source = engine.buffers.bytes(buffer);
    randomFillSync(source);
    const pipe = engine.takePipe();
    const splicer = new Splicer(lab, up.server, down.client, pipe);
    splicer.begin();
    engine.send(up.client.slot, up.client.fd, buffer, 0, source.length);
    const hash = createHash('sha256');
    let [read, closed] = [0, false];
    lab.until('all has arrived', () => {
      splicer.turn();
      if (!closed && lab.pending.some(({ op }) => op === OP_SEND)) {
        engine.shutdownWrite(up.client.fd);
        closed = true;
      }
      const piece = Buffer.from(lab.read(down.server.fd, MIB), 'latin1');
      hash.update(piece);
      read += piece.length;
      return splicer.done && read === source.length;
    });
    lab.ends(OP_SEND, up.client.slot, source.length);
    assert.is(hash.digest('hex'), sha256(source));
    engine.givePipe(pipe);
  },
  { bufferSize: 8 * MIB, bufferCount: 3 },
);

onBothEngines('an engine without pipes says so', (lab) => assert.is(lab.engine.takePipe(), NO_PIPE), { pipesMax: 0 });

test.run();
