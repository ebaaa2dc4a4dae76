/** Many things that are due: each is called once, at its time, and timers are as few as times. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Agenda, type Due } from '../../../src/master/checks/agenda.js';
import { HandClock } from '../support/hand-clock.js';

interface Thing extends Due {
  readonly name: string;
}

const thing = (name: string): Thing => ({ name, dueAt: null });

function lab(then: (agenda: Agenda<Thing>, one: Thing) => void = () => undefined) {
  const clock = new HandClock();
  const called: string[] = [];
  const agenda = new Agenda<Thing>(clock, { stepMs: 10, most: 3 }, (one) => {
    called.push(`${clock.now()} ${one.name}`);
    then(agenda, one);
  });
  return { clock, called, agenda };
}

test('what is due at the same time shares a timer', () => {
  const { clock, called, agenda } = lab();
  const [a, b, c] = [thing('a'), thing('b'), thing('c')];
  for (const [one, at] of [
    [a, 10],
    [b, 10],
    [c, 20],
  ] as const)
    agenda.set(one, at);
  assert.is(clock.pending, 2);
  assert.is(a.dueAt, 10);
  clock.passAtOnce(100);
  assert.equal(called, ['10 a', '10 b', '20 c']);
  assert.is(a.dueAt, null);
});

test('what is moved or removed is not called at its former time, and the last one takes its timer along', () => {
  const { clock, called, agenda } = lab();
  const [a, b] = [thing('a'), thing('b')];
  agenda.set(a, 10);
  agenda.set(b, 10);
  agenda.set(a, 30);
  agenda.remove(b);
  agenda.remove(b);
  assert.is(clock.pending, 1);
  clock.passAtOnce(100);
  assert.equal(called, ['30 a']);
  agenda.set(a, 200);
  agenda.clear();
  assert.is(clock.pending, 0);
});

test('one that is called may make itself due again, and move another one of the same time', () => {
  const b = thing('b');
  let moved = false;
  const { clock, called, agenda } = lab((own, one) => {
    if (one.name === 'a' && !moved) {
      moved = true;
      own.set(one, 10); // at once
      own.set(b, 20);
    }
  });
  agenda.set(thing('a'), 10);
  agenda.set(b, 10);
  clock.passAtOnce(100);
  assert.equal(called, ['10 a', '10 a', '20 b']);
});

test('what has become due while the process stood still is called by and by, in its order, once', async () => {
  const { clock, called, agenda } = lab();
  const things = Array.from({ length: 10 }, (_, i) => thing(`${i}`));
  for (const [i, one] of things.entries()) agenda.set(one, 10 * (1 + (i >> 1)));
  await clock.stall(1005);
  assert.equal(called, ['1005 0', '1005 1', '1005 2']);
  agenda.remove(things[4]);
  agenda.set(things[9], 1010);
  clock.passAtOnce(1000);
  const rest = ['1010 3', '1010 5', '1010 9', '1020 6', '1020 7', '1020 8'];
  assert.equal(called.slice(3).sort(), rest);
  assert.is(clock.pending, 0);
  assert.ok(things.every(({ dueAt }) => dueAt === null));
});

test.run();
