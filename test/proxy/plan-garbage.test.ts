import { deserialize, getHeapStatistics, serialize, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { GARBAGE_MAX, PlanGarbage } from '../../src/proxy/plan-garbage.js';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

function used(): number {
  return getHeapStatistics().used_heap_size;
}

test('plan after plan without a return to the event loop, the heap has a bound', () => {
  const bytes = serialize(
    Array.from({ length: 50_000 }, (_, i) => ({ name: `s${i}`, address: { host: `10.0.0.${i}`, port: i } })),
  );
  gc();
  const before = used();
  const plans: unknown[] = [deserialize(bytes), deserialize(bytes)];
  gc();
  const plan = (used() - before) / 2;
  const garbage = new PlanGarbage(gc);
  const bound = 2 * used() + GARBAGE_MAX + 6 * plan; // reading a plan leaves garbage, too
  let most = 0;
  for (let i = 0; i < 60; i++) {
    garbage.tidy();
    plans.push(deserialize(bytes));
    plans.shift(); // one in force, and the one before it
    most = Math.max(most, used());
  }
  assert.is(plans.length, 2);
  assert.ok(most < bound, `${most} bytes at most, ${bound} permitted, a plan has ${plan}`);
});

test('little garbage is left alone', () => {
  gc();
  let collections = 0;
  const garbage = new PlanGarbage(() => collections++);
  for (let i = 0; i < 10; i++) garbage.tidy();
  assert.is(collections, 0);
  const plan = new Array<number>(Math.ceil((GARBAGE_MAX + 2 * used()) / 8)).fill(0.5);
  garbage.tidy();
  assert.ok(collections > 0);
  assert.ok(plan.length > 0);
});

test.run();
