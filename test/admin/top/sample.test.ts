/** Rates and lines out of two samples. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { StatRow } from '../../../src/admin/client/tables.js';
import { type Entry, entriesOf, readSample } from '../../../src/admin/top/sample.js';
import { newState, withFailure, withSample } from '../../../src/admin/top/state.js';
import { answer, farm, sampleAt, watched } from './support.js';

const named = (entries: readonly Entry[], name: string, kind = 'server') => {
  const found = entries.find((entry) => entry.name === name && entry.kind === kind);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
};

test('rates are of the time that has passed, not of the interval', () => {
  const { entries } = watched();
  const web = named(entries, 'web', 'frontend');
  assert.equal([web.rate, web.bytesIn, web.bytesOut], [20, 10_000, 1_000_000]);
});

test('order: backends before their servers; listeners are left out', () => {
  const names = watched().entries.map(({ kind, name }) => `${kind} ${name}`);
  assert.equal(names.slice(0, 4), ['frontend web', 'backend app', 'server s1', 'server s2']);
  assert.is(names.length, 8);
});

test('what is not known is no zero: one sample, counters that were cleared, another process', () => {
  assert.is(named(entriesOf(sampleAt(1, farm(3)), null), 's1').rate, null);
  assert.is(named(entriesOf(sampleAt(2, farm(1)), sampleAt(1, farm(3))), 's1').rate, null);
  const before = withSample(newState('x', 1000), sampleAt(1, farm(1)));
  assert.is(named(withSample(before, sampleAt(2, farm(2), { Pid: 78 })).entries, 's1').rate, null);
  assert.is(named(withSample(before, sampleAt(2, farm(2))).entries, 's1').rate, 60);
});

test('errors: the sum, and whether it has grown', () => {
  const { entries } = watched();
  assert.equal([named(entries, 's2').errors, named(entries, 's2').freshErrors], [6, true]);
  assert.equal([named(entries, 's3').errors, named(entries, 's3').freshErrors], [0, false]);
});

test('checks without the mark of a running one; of a backend, its usable servers', () => {
  const { entries } = watched();
  assert.is(named(entries, 's2').check, 'L4TOUT');
  assert.is(named(entries, 'app', 'backend').check, '2/4 up');
});

test('usable servers fit their column, however many there are', () => {
  const checkOf = (usable: number, servers: number): string => {
    const names = Array.from({ length: servers }, (_, i) => ({ pxname: 'a', svname: `s${i}`, type: 2, status: 'UP' }));
    const backend = { pxname: 'a', svname: 'BACKEND', type: 1, status: 'UP', act: usable, bck: 0 };
    return named(entriesOf(sampleAt(1, [...names, backend]), null), 'a', 'backend').check;
  };
  assert.equal(
    [checkOf(9, 9), checkOf(9, 10), checkOf(50, 50), checkOf(99, 200), checkOf(0, 0)],
    ['9/9 up', '9/10', '50/50', '99/200', ''],
  );
  assert.equal([checkOf(200, 200), checkOf(499, 500)], ['100%', '99%']);
});

test('each line is looked at a few times, however many there are', () => {
  const looksPerLine = (proxies: number): number => {
    let looks = 0;
    const count = (row: StatRow): StatRow =>
      new Proxy(row, {
        get(target, name) {
          looks++;
          const found: unknown = Reflect.get(target, name);
          return typeof found === 'function' ? found.bind(target) : found;
        },
      });
    const rows = Array.from({ length: proxies }, (_, i) => ({ pxname: `a${i}`, svname: 'BACKEND', type: 1, act: 1 }));
    const servers = rows.map(({ pxname }) => ({ pxname, svname: 's', type: 2, status: 'UP' }));
    const sample = sampleAt(1, [...rows, ...servers]);
    entriesOf({ ...sample, rows: sample.rows.map(count) }, null);
    return looks / sample.rows.length;
  };
  assert.is(looksPerLine(500), looksPerLine(1));
});

test('what a server says of itself cannot reach the terminal', () => {
  const row = { pxname: 'a', svname: 's', type: 2, status: 'UP', last_chk: '\x1b[2Jboo\x07' };
  assert.is(entriesOf(sampleAt(1, [row]), null)[0].checkText, '?[2Jboo?');
});

test('other answers are no samples', () => {
  assert.is(readSample('Permission denied\n', 0), null);
  assert.is(readSample('', 0), null);
  assert.is(readSample(answer([]), 0)?.rows.length, 0);
});

test('without an answer the last one stays, and since when is kept', () => {
  const lost = withFailure(withFailure(watched(), 'gone', '10:00:00'), 'still gone', '10:00:05');
  assert.equal(lost.failure, { text: 'still gone', since: '10:00:00' });
  assert.is(lost.entries.length, 8);
  assert.is(withSample(lost, sampleAt(20, farm(3))).failure, null);
});

test.run();
