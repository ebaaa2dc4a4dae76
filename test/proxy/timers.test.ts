/** The timer wheel against a naive model, through random operations, jumps and the wrap of the clock. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TimerWheel } from '../../src/proxy/timers.js';
import { Random } from '../sim/random.js';

/** How late a timer may fire (ms): the wheel's tick. */
const TICK_MS = 4;
const TIMERS = 40;

/** A clock that wraps as the engine's does, and one that does not. */
class Clock {
  elapsed = 0;
  constructor(private readonly base: number) {}
  get now(): number {
    return (this.base + this.elapsed) | 0;
  }
}

/** Each timer's due time in milliseconds that do not wrap, -1 for none. */
type Model = number[];

function compareWithModel(seed: number, base: number): void {
  const random = new Random(seed);
  const clock = new Clock(base);
  const wheel = new TimerWheel(TIMERS, clock.now);
  const due: Model = new Array<number>(TIMERS).fill(-1);
  const delays = [0, 1, 3, 50, 1000, 16_384, 20_000, 3_600_000, 86_400_000];
  const owner = {
    onTimer(timer: number): void {
      assert.ok(due[timer] >= 0, `timer ${timer} fired and was not armed`);
      assert.ok(clock.elapsed >= due[timer], `timer ${timer} fired ${due[timer] - clock.elapsed} ms early`);
      due[timer] = -1;
      if (random.chance(20)) arm(random.below(TIMERS));
      if (random.chance(10)) disarm(random.below(TIMERS));
    },
  };
  function arm(timer: number): void {
    const delay = random.pick(delays) + random.below(10);
    due[timer] = clock.elapsed + delay;
    wheel.arm(timer, clock.now, delay);
  }
  function disarm(timer: number): void {
    due[timer] = -1;
    wheel.disarm(timer);
  }
  for (let step = 0; step < 300; step++) {
    if (random.chance(50)) arm(random.below(TIMERS));
    if (random.chance(20)) disarm(random.below(TIMERS));
    const wait = wheel.delay(clock.now);
    const next = Math.min(...due.filter((at) => at >= 0));
    assert.is(wait < 0, next === Number.POSITIVE_INFINITY, 'the loop sleeps for ever only when nothing is armed');
    if (wait >= 0) assert.ok(clock.elapsed + wait <= next + TICK_MS, 'the loop sleeps past the next timer');
    clock.elapsed += random.chance(60) && wait >= 0 ? wait : random.pick([0, 1, 2, 5, 100, 5000, 16_384, 70_000, 7_200_000]);
    wheel.advance(clock.now, owner);
    for (const [timer, at] of due.entries()) {
      assert.is(wheel.isArmed(timer), at >= 0, `timer ${timer} at step ${step}`);
      assert.ok(at < 0 || at > clock.elapsed - TICK_MS, `timer ${timer} is ${clock.elapsed - at} ms late`);
    }
    assert.is(wheel.size, due.filter((at) => at >= 0).length);
  }
}

for (const [name, base] of [
  ['near zero', 0],
  ['where the clock becomes negative', 0x7fff_ff00],
  ['where the clock passes zero', -500],
] as const) {
  test(`random operations ${name} agree with a list of due times`, () => {
    for (let seed = 1; seed <= 100; seed++) compareWithModel(seed, base);
  });
}

/** Everything that fires when time moves to `now`. */
function fired(wheel: TimerWheel, now: number): number[] {
  const timers: number[] = [];
  wheel.advance(now, { onTimer: (timer) => timers.push(timer) });
  return timers;
}

test('arming again replaces the former time', () => {
  const wheel = new TimerWheel(2, 0);
  wheel.arm(0, 0, 100);
  wheel.arm(0, 0, 1000);
  assert.equal(fired(wheel, 500), []);
  assert.equal(fired(wheel, 1004), [0]);
  assert.is(wheel.size, 0);
});

test('timers that are put off fire so much later, and those armed afterwards in their time', () => {
  const wheel = new TimerWheel(2, 0);
  wheel.arm(0, 0, 100);
  wheel.putOff(200, 5000);
  wheel.arm(1, 200, 300);
  assert.ok(wheel.delay(200) <= 300);
  assert.equal(fired(wheel, 480), []);
  assert.equal(fired(wheel, 504), [1]);
  assert.equal(fired(wheel, 5080), []);
  assert.equal(fired(wheel, 5104), [0]);
});

test('a timer of more than one revolution fires in its turn, not before', () => {
  const wheel = new TimerWheel(1, 0);
  wheel.arm(0, 0, 50_000);
  for (let now = 0; now < 50_000; now += 250) assert.equal(fired(wheel, now), []);
  assert.equal(fired(wheel, 50_004), [0]);
});

test('a timer armed by a timer does not fire in the same moment', () => {
  const wheel = new TimerWheel(2, 0);
  let count = 0;
  wheel.arm(0, 0, 10);
  wheel.advance(20, {
    onTimer(timer) {
      count++;
      wheel.arm(timer, 20, 0);
    },
  });
  assert.is(count, 1);
  assert.is(wheel.size, 1);
});

test('a timer that disarms the next one of its bucket keeps it from firing', () => {
  const wheel = new TimerWheel(3, 0);
  for (const timer of [0, 1, 2]) wheel.arm(timer, 0, 8);
  const timers: number[] = [];
  wheel.advance(12, {
    onTimer(timer) {
      timers.push(timer);
      for (const other of [0, 1, 2]) wheel.disarm(other);
    },
  });
  assert.is(timers.length, 1);
  assert.is(wheel.size, 0);
});

test('after a month without any timer the next one is in time', () => {
  const wheel = new TimerWheel(1, 0);
  const monthLater = (30 * 86_400_000) | 0;
  wheel.arm(0, monthLater, 100);
  assert.equal(fired(wheel, (monthLater + 50) | 0), []);
  assert.equal(fired(wheel, (monthLater + 104) | 0), [0]);
});

test('the longest timeout that can be configured does not fire at once', () => {
  const wheel = new TimerWheel(2, 3);
  wheel.arm(1, 3, 10);
  wheel.arm(0, 5, 0x7fff_ffff);
  assert.equal(fired(wheel, 100), [1]);
  assert.ok(wheel.isArmed(0));
});

test.run();
