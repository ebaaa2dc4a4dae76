/** Requests to reload: one at a time, at most one waits, and nobody gets the result of what was done before the request. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ReloadResult, Reloads } from '../../../src/master/process/reloads.js';

/** Reloads that end when told to. */
class Hand {
  readonly ends: ((ok: boolean) => void)[] = [];
  readonly reloads = new Reloads(
    () => new Promise<ReloadResult>((resolve) => this.ends.push((ok) => resolve({ ok, text: `number ${this.ends.length}` }))),
  );

  async settle(): Promise<void> {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }
}

test('requests during a reload are one reload after it', async () => {
  const hand = new Hand();
  const first = hand.reloads.request();
  const others = [hand.reloads.request(), hand.reloads.request(), hand.reloads.request()];
  assert.is(hand.ends.length, 1);
  hand.ends[0](false);
  assert.is((await first).ok, false);
  await hand.settle();
  assert.is(hand.ends.length, 2);
  const late = hand.reloads.request();
  hand.ends[1](true);
  assert.equal(await Promise.all(others), new Array(3).fill({ ok: true, text: 'number 2' }));
  await hand.settle();
  assert.is(hand.ends.length, 3, 'what came during the second is a third');
  hand.ends[2](true);
  assert.is((await late).text, 'number 3');
});

test('after the end of one, the next begins at once', async () => {
  const hand = new Hand();
  for (let i = 0; i < 3; i++) {
    const done = hand.reloads.request();
    assert.is(hand.ends.length, i + 1);
    hand.ends[i](true);
    await done;
    await hand.settle();
  }
});

test.run();
