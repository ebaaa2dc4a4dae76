/** The global limit of connections: exact whoever comes, and nobody waits for a place that is free. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ConnectionGate } from '../../src/shared/gate.js';
import type { GateThreadReport, GateThreads } from './support/gate-thread.js';
import { inThreads } from './support/threads.js';

const open = (maxconn: number, workers: number): ConnectionGate => new ConnectionGate(ConnectionGate.create(maxconn, workers));

/** Collects who is woken. */
function recorder(): { readonly woken: number[]; readonly wake: (worker: number) => void } {
  const woken: number[] = [];
  return { woken, wake: (worker) => woken.push(worker) };
}

for (const max of [1, 3]) {
  test(`four threads never hold more than ${max} places, and each gets what it waits for`, async () => {
    const connections = 4000;
    const shared: GateThreads = {
      gate: ConnectionGate.create(max, 4),
      words: new Int32Array(new SharedArrayBuffer(256)),
      connections,
    };
    const module = new URL('./support/gate-thread.js', import.meta.url);
    const reports = await inThreads<GateThreads, GateThreadReport>(module, 4, shared);
    for (const { lost, most, served } of reports) {
      assert.not(lost, 'a thread slept although a place was free');
      assert.ok(most <= max, `${most} places were taken`);
      assert.is(served, connections);
    }
    assert.is(new ConnectionGate(shared.gate).current, 0);
  });
}

test('nobody enters where the limit is nought, and who waits comes in when it is not any more', () => {
  const gate = open(3, 2);
  const { woken, wake } = recorder();
  assert.ok(gate.enterAs(0));
  gate.shut();
  gate.leaveAs(0, wake);
  assert.equal([gate.enterAs(0), gate.max, gate.current], [false, 0, 0]);
  gate.await(0, true);
  gate.max = 1;
  gate.passOn(wake);
  assert.equal(woken, [0]);
  assert.ok(gate.enterAs(0));
});

test('what a dead worker took is given back, and whoever waits is woken', () => {
  const gate = open(3, 2);
  const { woken, wake } = recorder();
  assert.equal([gate.enterAs(0), gate.enterAs(0), gate.enterAs(1), gate.enterAs(1)], [true, true, true, false]);
  gate.await(0, true);
  gate.await(1, true);
  gate.leaveAs(0, wake);
  gate.leaveAll(0, wake);
  assert.is(gate.current, 1);
  assert.equal(
    woken.filter((worker) => worker === 1),
    [1],
  );
  gate.leaveAll(0, wake);
  assert.is(gate.current, 1);
});

test('there are as many places as the limit says', () => {
  const gate = open(2, 1);
  assert.equal([gate.enter(), gate.enter(), gate.enter()], [true, true, false]);
  assert.is(gate.current, 2);
});

test('nobody is woken while nobody waits', () => {
  const gate = open(1, 2);
  const { woken, wake } = recorder();
  gate.enter();
  gate.leave(1, wake);
  assert.equal(woken, []);
});

test('a place goes to one who has a connection in hand, in turn', () => {
  const gate = open(3, 3);
  for (let i = 0; i < 3; i++) gate.enter();
  const { woken, wake } = recorder();
  gate.await(0, false);
  gate.await(1, true);
  gate.await(2, true);
  gate.leave(1, wake);
  assert.is(woken.length, 1);
  assert.ok(woken[0] === 1 || woken[0] === 2);
  gate.enter();
  gate.leave(1, wake);
  assert.equal([...woken].sort(), [1, 2]);
});

test('all that stopped accepting are woken when nobody has a connection in hand', () => {
  const gate = open(1, 3);
  gate.enter();
  const { woken, wake } = recorder();
  gate.await(0, false);
  gate.await(2, false);
  gate.leave(1, wake);
  assert.equal(woken, [0, 2]);
});

test('a worker that does not need the place it was woken for passes it on', () => {
  const gate = open(1, 2);
  gate.enter();
  const { woken, wake } = recorder();
  gate.await(0, true);
  gate.leave(1, wake);
  gate.await(1, false);
  assert.equal(woken, [0]);
  gate.passOn(wake);
  assert.equal(woken, [0, 1]);
});

test('no place is passed on while there is none', () => {
  const gate = open(1, 2);
  gate.enter();
  const { woken, wake } = recorder();
  gate.await(1, true);
  gate.passOn(wake);
  assert.equal(woken, []);
});

test('who no longer waits is not woken', () => {
  const gate = open(1, 2);
  gate.enter();
  const { woken, wake } = recorder();
  gate.await(0, true);
  gate.await(1, false);
  gate.forget(0);
  gate.forget(1);
  gate.leave(1, wake);
  assert.equal(woken, []);
});

test('all places of a worker that died come back at once', () => {
  const gate = open(4, 2);
  for (let i = 0; i < 4; i++) gate.enter();
  const { woken, wake } = recorder();
  gate.await(1, true);
  gate.leave(3, wake);
  assert.is(gate.current, 1);
  assert.equal(woken, [1]);
});

test('one thread alone tells of a shortage, and of its end', () => {
  const gate = open(1, 2);
  assert.not(gate.endShortage());
  assert.ok(gate.beginShortage());
  assert.not(gate.beginShortage());
  assert.ok(gate.endShortage());
  assert.not(gate.endShortage());
  assert.ok(gate.beginShortage());
});

test.run();
