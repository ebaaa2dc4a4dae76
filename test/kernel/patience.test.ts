/** When a turn waits for several completions, and when it has learnt not to. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Patience } from '../../src/kernel/uring/patience.js';

/** Turns that all bring as many as that, whatever was asked for; what each asked for. */
function turns(patience: Patience, count: number, completions: number): number[] {
  return Array.from({ length: count }, () => {
    const wanted = patience.next();
    patience.learn(completions);
    return wanted;
  });
}

test('completions that come one at a time are waited for one at a time', () => {
  assert.equal(new Set(turns(new Patience(), 1000, 1)), new Set([1]));
});

test('where many come, as many again are waited for, up to a bound', () => {
  const patience = new Patience();
  const wanted = turns(patience, 100, 40);
  assert.is(wanted[0], 1);
  assert.equal(wanted.slice(50), Array(50).fill(32));
});

test('a wait in vain is not repeated for a while, and each time for longer', () => {
  const wanted = turns(new Patience(), 4000, 6);
  const patient = wanted.flatMap((count, turn) => (count > 1 ? [turn] : []));
  const pauses = patient.slice(1).map((turn, i) => turn - patient[i] - 1);
  assert.equal(pauses.slice(0, 4), [8, 16, 32, 64]);
  assert.ok(pauses.every((pause) => pause <= 1024));
  assert.ok(patient.length > 8, 'it is tried again and again');
});

test('a wait that was worth it is followed by others, and forgives those in vain', () => {
  const patience = new Patience();
  turns(patience, 500, 6);
  turns(patience, 2000, 40);
  assert.equal(turns(patience, 20, 40), Array(20).fill(32));
  turns(patience, 1, 20);
  const after = turns(patience, 9, 40);
  assert.equal(after, [...Array(8).fill(1), 32]);
});

test('in a hurry, nothing is waited for', () => {
  const patience = new Patience();
  turns(patience, 100, 40);
  patience.hurry();
  assert.is(patience.next(), 1);
});

test.run();
