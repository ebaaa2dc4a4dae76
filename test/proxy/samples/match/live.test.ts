/** Entries that change while rules look into them: single ones in place, all of them in one step. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PatternForm } from '../../../../src/plan/expression.js';
import { type LivePatterns, livePatterns } from '../../../../src/proxy/samples/match/live.js';
import { matchCast } from '../../../../src/proxy/samples/match/patterns.js';
import { Sample } from '../../../../src/proxy/samples/sample.js';
import { patternList } from '../support/patterns.js';

type Method = PatternForm['match'];

const file = (match: Method, ...entries: [string, string][]): LivePatterns => livePatterns(patternList(entries, { match }));

/** The value that a text finds; null: none. */
function reader(live: LivePatterns, method: Method): (text: string) => string | null {
  const { set } = live;
  const values = live.list(([, value]) => value);
  return (text) => {
    const sample = new Sample();
    sample.setString(text);
    const number = matchCast(method)(sample) ? set.current.find(sample) : -1;
    return number < 0 ? null : values.current[number];
  };
}

const METHODS: readonly [method: Method, key: string, text: string][] = [
  ['str', 'abc', 'abc'],
  ['beg', 'ab', 'abc'],
  ['end', 'bc', 'abc'],
  ['sub', 'b', 'abc'],
  ['dir', 'b', '/a/b/c'],
  ['dom', 'b', 'a.b.c'],
  ['reg', '^a.c$', 'abc'],
  ['int', '5:7', '6'],
  ['len', '3', 'abc'],
  ['ip', '10.0.0.0/8', '10.1.2.3'],
  ['ip', '2001:db8::/32', '2001:db8::1'],
];

for (const [method, key, text] of METHODS) {
  test(`${method} ${key}: added, changed, replaced, emptied`, () => {
    const live = file(method);
    const find = reader(live, method);
    assert.is(find(text), null);
    live.change({
      kind: 'append',
      entries: [
        [key, 'one'],
        [key, 'other'],
      ],
    });
    assert.is(find(text), 'one', 'the first of equal ones');
    live.change({ kind: 'value', places: [0, 9], value: 'two' });
    assert.is(find(text), 'two');
    live.change({ kind: 'begin' });
    live.change({ kind: 'part', entries: [] });
    assert.is(find(text), 'two', 'nothing changes before the swap');
    live.change({ kind: 'part', entries: [[key, 'three']] });
    live.change({ kind: 'swap' });
    assert.is(find(text), 'three');
    live.change({ kind: 'begin' });
    live.change({ kind: 'swap' });
    assert.is(find(text), null);
  });
}

test('longer prefixes that come later win, and case where it does not matter', () => {
  const networks = file('ip', ['10.0.0.0/8', 'wide']);
  const find = reader(networks, 'ip');
  networks.change({ kind: 'append', entries: [['10.1.0.0/16', 'narrow']] });
  assert.equal([find('10.1.1.1'), find('10.2.1.1')], ['narrow', 'wide']);
  const names = livePatterns(patternList([], { match: 'end', ignoreCase: true }));
  const findName = reader(names, 'end');
  names.change({ kind: 'append', entries: [['.Example.COM', 'x']] });
  assert.is(findName('www.example.com'), 'x');
});

test('one set of a list, however often it is asked for', () => {
  const list = patternList([['a', '1']]);
  assert.is(livePatterns(list).set, livePatterns(list).set);
});

test('the end of a new content whose beginning was not heard of changes nothing', () => {
  const live = file('str', ['a', '1']);
  const find = reader(live, 'str');
  live.change({ kind: 'part', entries: [['b', '2']] });
  live.change({ kind: 'swap' });
  assert.equal([find('a'), find('b')], ['1', null]);
});

test.run();
