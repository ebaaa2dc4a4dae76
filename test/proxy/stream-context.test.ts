/** The view of queued bytes: over one buffer and several, from the middle of the first, no further than a buffer's size. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BufferPool, NO_BUFFER } from '../../src/kernel/buffers.js';
import { Session } from '../../src/proxy/session.js';
import { QueueView, queuedBytes } from '../../src/proxy/stream-context.js';

const SIZE = 16;

/** A queue of these pieces, of which `sent` bytes are gone. */
function queueOf(pieces: readonly string[], sent = 0): { view: QueueView; pool: BufferPool; session: Session } {
  const pool = new BufferPool(8, SIZE);
  const session = new Session(0);
  const sink = session.server;
  for (const piece of pieces) {
    const buffer = pool.take();
    pool.length[buffer] = piece.length;
    pool.bytes(buffer).set(Buffer.from(piece, 'latin1'));
    if (sink.head === NO_BUFFER) sink.head = buffer;
    else pool.next[sink.tail] = buffer;
    sink.tail = buffer;
    sink.queued++;
  }
  sink.sentOfHead = sent;
  const view = new QueueView(pool);
  view.turn(sink, false);
  return { view, pool, session };
}

for (const [pieces, sent] of [
  [['hello world'], 0],
  [['hello world'], 6],
  [['hel', 'lo ', 'wor', 'ld'], 0],
  [['hel', 'lo ', 'wor', 'ld'], 2],
  [['0123456789abcdef', 'ghij'], 10],
  [[], 0],
] as const) {
  test(`${JSON.stringify(pieces)} from ${sent} on reads as one text`, () => {
    const { view, pool, session } = queueOf(pieces, sent);
    const whole = pieces.join('').slice(sent);
    assert.is(queuedBytes(pool, session.server), whole.length);
    assert.is(view.length, whole.length);
    assert.is(view.complete, false);
    for (let offset = 0; offset <= whole.length; offset++) {
      assert.is(view.byte(offset), offset < whole.length ? whole.charCodeAt(offset) : -1);
      for (let length = 0; length <= whole.length + 2; length++)
        assert.is(view.read(offset, length), whole.slice(offset, offset + length), `${offset}+${length}`);
    }
    pool.unmap();
  });
}

test('no more than the size of a buffer is seen', () => {
  const { view } = queueOf(['0123456789abcdef', '0123456789abcdef']);
  assert.is(view.length, SIZE);
  assert.is(view.read(0, 100), '0123456789abcdef');
  assert.is(view.byte(SIZE), -1);
});

test('bytes are characters of the same number', () => {
  const { view } = queueOf(['\0\x7f\x80\xff']);
  assert.equal(
    [0, 1, 2, 3].map((i) => view.byte(i)),
    [0, 0x7f, 0x80, 0xff],
  );
  assert.is(view.read(0, 4), '\0\x7f\x80\xff');
});

test('nothing is seen of nobody', () => {
  const { view } = queueOf(['hello']);
  view.turn(null, true);
  assert.equal([view.length, view.complete, view.read(0, 5), view.byte(0)], [0, true, '', -1]);
});

test.run();
