/** The gates of many: who goes on under another plan keeps its count, whatever is new around it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createGates, openGates } from '../../src/shared/gates.js';

const WORKERS = 2;

test('who has a limit has a gate, and so has everybody who may be given one', () => {
  const limits = openGates(createGates([3, 0, 5], WORKERS, false, null)).map((gate) => gate?.max);
  assert.equal(limits, [3, undefined, 5]);
  const always = openGates(createGates([3, 0], WORKERS, true, null));
  assert.is(always[0]?.max, 3);
  assert.ok((always[1]?.max ?? 0) > 1_000_000);
});

test('a thousand gates share one buffer, and do not share a word', () => {
  const limits = Array.from({ length: 1000 }, (_, i) => i + 1);
  const memory = createGates(limits, WORKERS, true, null);
  assert.is(memory.pieces.buffers.length, 1);
  const gates = openGates(memory);
  for (const [i, gate] of gates.entries()) for (let n = 0; n < i % 3; n++) assert.ok(gate?.enterAs(n % WORKERS));
  assert.equal(
    openGates(memory).map((gate) => gate?.current),
    limits.map((_, i) => i % 3),
  );
  for (const gate of gates) gate?.leaveAll(0, () => undefined);
  assert.equal(
    gates.map((gate) => gate?.current),
    limits.map((_, i) => (i % 3 === 2 ? 1 : 0)),
  );
});

test('who goes on keeps count and limit for the time being; the others begin anew', () => {
  const before = createGates([4, 0, 6], WORKERS, false, null);
  const [first, , third] = openGates(before);
  first?.enter();
  third?.enter();
  third?.enter();
  // In another order: the third, one without a limit so far, somebody new, and the first, which has none any more.
  const next = createGates([9, 7, 8, 0], WORKERS, false, { gates: before, from: [2, 1, -1, 0] });
  const gates = openGates(next);
  assert.equal(
    gates.map((gate) => gate && [gate.current, gate.max]),
    [[2, 6], [0, 7], [0, 8], null],
  );
  third?.leave(1, () => undefined);
  assert.is(gates[0]?.current, 1, 'both plans count in the same place');
  const last = openGates(createGates([5], WORKERS, false, { gates: next, from: [0] }));
  assert.is(last[0]?.current, 1);
});

test.run();
