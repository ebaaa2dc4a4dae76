/** What workers are told of changed patterns: little, and whatever comes after what, all of them find what there is. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Pattern, Patterns } from '../../src/master/patterns.js';
import type { PatternForm, PatternListPlan } from '../../src/plan/expression.js';
import type { Plan } from '../../src/plan/plan.js';
import { LivePatterns, type PatternChange } from '../../src/proxy/samples/match/live.js';
import { matchCast } from '../../src/proxy/samples/match/patterns.js';
import { Sample } from '../../src/proxy/samples/sample.js';
import { patternList } from '../proxy/samples/support/patterns.js';
import { Random } from '../sim/random.js';

const planOf = (list: PatternListPlan): Plan => ({ patternLists: [list] }) as unknown as Plan;

/** A worker's map: what a text finds in it; null: nothing. */
class Worker {
  private readonly live: LivePatterns;
  private readonly value: (text: string) => string | null;

  constructor({ entries, form }: PatternListPlan) {
    this.live = new LivePatterns(entries, form);
    const { set } = this.live;
    const values = this.live.list(([, value]) => value);
    this.value = (text) => {
      const number = set.current.find(sampleOf(text, form));
      return number < 0 ? null : values.current[number];
    };
  }

  change(change: PatternChange): void {
    this.live.change(change);
  }

  find(text: string): string | null {
    return this.value(text);
  }
}

function sampleOf(text: string, { match }: PatternForm): Sample {
  const sample = new Sample();
  sample.setString(text);
  assert.ok(matchCast(match)(sample));
  return sample;
}

/** The master's side of a map, two workers, and how many entries they were told of. */
function farm(list: PatternListPlan) {
  const workers = [new Worker(list), new Worker(list)];
  const told = { entries: 0 };
  const patterns = new Patterns(planOf(list), async (_list, change) => {
    if ('entries' in change) told.entries += change.entries.length;
    for (const worker of workers) worker.change(change);
  });
  const [reference] = patterns.references;
  /** One dies, and another one begins with what there is. */
  const replace = (index: number): void => {
    workers[index] = new Worker(patterns.planAsItIs().patternLists[0]);
  };
  return { workers, told, reference, replace };
}

const ofKey =
  (wanted: string) =>
  ({ key }: Pattern): boolean =>
    key === wanted;
const many = (count: number): [string, string][] => Array.from({ length: count }, (_, i) => [`key${i}`, `${i}`]);

test('one entry of many is removed without sending the others', async () => {
  const { workers, told, reference } = farm(patternList(many(5000), { map: true }));
  assert.is(await reference.remove(ofKey('key7')), true);
  assert.is(await reference.remove(ofKey('key7')), false);
  assert.is(told.entries, 0);
  for (const worker of workers) assert.equal([worker.find('key7'), worker.find('key8')], [null, '8']);
  await reference.add(null, [['key7', 'again']]);
  assert.is(told.entries, 1);
  for (const worker of workers) assert.is(worker.find('key7'), 'again');
});

test('places that were left are given back in the end', async () => {
  const { workers, told, reference } = farm(patternList(many(10), { map: true }));
  for (let i = 0; i < 1500; i++) {
    await reference.add(null, [[`new${i}`, '']]);
    await reference.remove(ofKey(`new${i}`));
  }
  assert.is(told.entries, 1500 + 10, 'sent once anew');
  for (const worker of workers) assert.equal([worker.find('key9'), worker.find('new3')], ['9', null]);
});

const METHODS: readonly [match: PatternForm['match'], keys: readonly string[], texts: readonly string[]][] = [
  ['str', ['a', 'b', 'c'], ['a', 'b', 'c', 'd']],
  ['beg', ['a', 'ab', 'abc', 'b'], ['abcd', 'abx', 'ax', 'bx', 'x']],
  ['end', ['a', 'ba', 'cba', 'b'], ['dcba', 'xba', 'xa', 'xb', 'x']],
  ['sub', ['a', 'b', 'ab'], ['xabx', 'xa', 'xb', 'x']],
  ['dom', ['a', 'b', 'a.b'], ['a.b', 'c.a', 'c.b', 'ab']],
  ['reg', ['^a', 'b$', 'c'], ['ab', 'xb', 'ac', 'xcx', 'x']],
  ['int', ['1', '1:5', '4:9', '7'], ['1', '3', '4', '7', '9', '12']],
  [
    'ip',
    ['10.0.0.0/8', '10.1.0.0/8', '10.1.0.0/16', '10.1.1.1', '10.0.0.0/255.0.255.0'],
    ['10.1.1.1', '10.1.2.3', '10.9.0.5', '11.0.0.1'],
  ],
  [
    'ip',
    ['2001:db8::/32', '2001:db8:1::/48', '2001:db8:1::1', '2001:db8:1:2::/48', '::/0'],
    ['2001:db8:1::1', '2001:db8:1::2', '2001:db8::9', '2002::1'],
  ],
];

for (const [match, keys, texts] of METHODS) {
  test(`${match} ${keys[0]}: whatever is changed in whatever order, what is found is what a new worker finds`, async () => {
    const seed = Date.now() % 1_000_000;
    const random = new Random(seed);
    const list = patternList([[keys[0], 'first']], { map: true, match });
    const { workers, reference, replace } = farm(list);
    const key = (): string => keys[random.below(keys.length)];
    const acts: readonly (() => unknown)[] = [
      () => reference.add(null, [[key(), `v${random.below(1000)}`]]),
      () => reference.add(null, [[key(), `v${random.below(1000)}`]]),
      () => reference.remove(ofKey(key())),
      () => reference.remove(({ id }) => id === reference.entries[0]?.id),
      () => reference.setValue(ofKey(key()), `w${random.below(1000)}`),
      () => replace(random.below(workers.length)),
      () => (random.below(10) === 0 ? reference.clear(null) : null),
    ];
    for (let round = 0; round < 300; round++) {
      await acts[random.below(acts.length)]();
      const fresh = new Worker({ ...list, entries: reference.entries.map(({ key, value }) => [key, value]) });
      for (const text of texts) {
        const expected = fresh.find(text);
        const where = `seed ${seed}, round ${round}, '${text}'`;
        for (const worker of workers) assert.is(worker.find(text), expected, where);
        assert.is((await reference.find(list.form, sampleOf(text, list.form)))?.value ?? null, expected, where);
      }
    }
  });
}

test.run();
