/** The parts of the epoll engine by themselves: the queue of slots, the event set, and what events mean. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EventSet } from '../../src/kernel/epoll/event-set.js';
import { READY_END, READY_FAULT, READY_IN, READY_OUT, readinessOf } from '../../src/kernel/epoll/slots.js';
import { WorkQueue } from '../../src/kernel/epoll/work-queue.js';
import { openEventfd, signalEventfd } from '../../src/kernel/eventfd.js';
import {
  EBADF,
  ENOENT,
  EPOLLERR,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
} from '../../src/kernel/sys/constants.js';
import { sys } from '../../src/kernel/sys/libc.js';

function drained(queue: WorkQueue): number[] {
  const slots: number[] = [];
  while (queue.length > 0) slots.push(queue.shift());
  return slots;
}

test('slots leave the queue in the order in which they first came', () => {
  const queue = new WorkQueue(10);
  for (const slot of [3, 1, 3, 9, 1, 0]) queue.push(slot);
  assert.is(queue.length, 4);
  assert.equal(drained(queue), [3, 1, 9, 0]);
});

test('a slot taken out may come in again', () => {
  const queue = new WorkQueue(2);
  queue.push(1);
  queue.push(0);
  assert.is(queue.shift(), 1);
  queue.push(1);
  assert.equal(drained(queue), [0, 1]);
});

for (const slots of [1, 2, 3, 5, 64]) {
  test(`the queue holds all of ${slots} slots, round after round`, () => {
    const queue = new WorkQueue(slots);
    const all = Array.from({ length: slots }, (_, i) => i);
    for (let round = 0; round < 5; round++) {
      for (const slot of all) queue.push((slot + round) % slots);
      assert.equal(
        drained(queue),
        all.map((slot) => (slot + round) % slots),
      );
    }
  });
}

function withSet(body: (set: EventSet, fd: number) => void): void {
  const set = new EventSet();
  const fd = openEventfd();
  body(set, fd);
  sys.close(fd);
  set.close();
  set.region.unmap();
}

test('events carry the two numbers of their descriptor', () =>
  withSet((set, fd) => {
    assert.is(set.add(fd, EPOLLIN | EPOLLET, 17, -5), 0);
    assert.is(set.wait(0), 0);
    signalEventfd(fd);
    assert.is(set.wait(-1), 1);
    assert.equal([set.events(0), set.low(0), set.high(0)], [EPOLLIN, 17, -5]);
    assert.is(set.wait(0), 0, 'an edge is told once');
  }));

test('events of several descriptors lie side by side', () =>
  withSet((set, fd) => {
    const others = [openEventfd(), openEventfd()];
    for (const [i, one] of [fd, ...others].entries()) {
      set.add(one, EPOLLIN, i, 100 + i);
      signalEventfd(one);
    }
    assert.is(set.wait(-1), 3);
    const seen = [0, 1, 2].map((i) => [set.low(i), set.high(i)]).sort();
    assert.equal(seen, [
      [0, 100],
      [1, 101],
      [2, 102],
    ]);
    for (const one of others) sys.close(one);
  }));

test('rearming tells readiness once more', () =>
  withSet((set, fd) => {
    set.add(fd, EPOLLIN | EPOLLET, 1, 1);
    signalEventfd(fd);
    assert.is(set.wait(-1), 1);
    assert.is(set.rearm(fd, EPOLLIN | EPOLLET, 1, 2), 0);
    assert.is(set.wait(-1), 1);
    assert.is(set.high(0), 2);
  }));

test('adding what is watched replaces the old watch, an exclusive one too', () =>
  withSet((set, fd) => {
    signalEventfd(fd);
    assert.is(set.add(fd, EPOLLIN | EPOLLEXCLUSIVE, 1, 1), 0);
    assert.is(set.add(fd, EPOLLIN | EPOLLEXCLUSIVE, 2, 2), 0);
    assert.is(set.wait(-1), 1);
    assert.is(set.low(0), 2);
  }));

test('failures are answers', () =>
  withSet((set, fd) => {
    assert.is(set.add(-1, EPOLLIN, 0, 0), -EBADF);
    assert.is(set.rearm(fd, EPOLLIN, 0, 0), -ENOENT);
    assert.is(set.remove(fd), -ENOENT);
  }));

test('what events say about readiness', () => {
  assert.is(readinessOf(0), 0);
  assert.is(readinessOf(EPOLLIN), READY_IN);
  assert.is(readinessOf(EPOLLOUT), READY_OUT);
  assert.is(readinessOf(EPOLLIN | EPOLLRDHUP), READY_IN | READY_END);
  assert.is(readinessOf(EPOLLPRI), READY_IN | READY_END);
  const all = READY_IN | READY_OUT | READY_END | READY_FAULT;
  assert.is(readinessOf(EPOLLERR), all);
  assert.is(readinessOf(EPOLLHUP), all);
});

test.run();
