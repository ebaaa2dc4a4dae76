/** Keys: what they change, and what they wish. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Sample } from '../../../src/admin/top/sample.js';
import { listed, press, type TopState, type Wish, withFailure, withSample } from '../../../src/admin/top/state.js';
import { watched } from './support.js';

/** Presses keys one after another; words of several letters are typed unless they name a key. */
function typed(state: TopState, ...keys: string[]): [TopState, Wish] {
  let result: [TopState, Wish] = [state, null];
  for (const key of keys) result = press(result[0], key, 5);
  return result;
}
const names = (state: TopState): string[] => listed(state).map(({ kind, name }) => `${kind[0]} ${name}`);
const selected = (state: TopState): string | null => state.selected;

test('the selection moves, stops at the ends, and stays with its line', () => {
  const [down] = typed(watched(), 'down', 'down');
  assert.is(selected(down), 'server app/s1');
  assert.is(selected(typed(down, 'up', 'k', 'k', 'k')[0]), 'frontend web/web');
  assert.is(selected(typed(down, 'G', 'pagedown', 'j')[0]), 'server a-backend-of-a-long-name/server-number-17');
  assert.is(selected(typed(down, 'end', 'g')[0]), 'frontend web/web');
  assert.is(selected(typed(down, 's')[0]), 'server app/s1');
});

test('a filter is typed, kept, and left', () => {
  const [typing] = typed(watched(), '/', 'S', '2');
  assert.equal(names(typing), ['s s2']);
  assert.equal(names(typed(typing, 'backspace', 'backspace')[0]), names(watched()));
  const [kept] = typed(typing, 'return');
  assert.equal([kept.filter, kept.typing], ['S2', null]);
  assert.equal(names(typed(kept, 'escape')[0]).length, 8);
  assert.equal(typed(watched(), '/', 'q', 'escape')[0].filter, '');
  assert.equal(names(typed(watched(), '/', 'u', 'p', 'space', '1', '/', '3', 'return')[0]), ['s s2']);
});

test('sorts and views turn around', () => {
  const order = ['sessions', 'rate', 'bytes', 'errors', 'queue', 'status', 'file'];
  let state = watched();
  for (const sort of order) {
    state = typed(state, 's')[0];
    assert.is(state.sort, sort);
  }
  assert.is(typed(state, 'S')[0].sort, 'status');
  assert.equal(names(typed(watched(), 'S')[0])[0], 's s3');
  assert.equal(names(typed(watched(), 'v')[0]), ['f web', 'b app', 'b a-backend-of-a-long-name']);
  assert.equal(names(typed(watched(), 'v', 'v', 'v')[0]), ['s s2', 's s3', 's s4']);
});

test('an action is asked about, and only y does it', () => {
  const [on] = typed(watched(), 'down', 'down', 'd');
  assert.equal(on.asking, { action: 'd', server: 'app/s1' });
  assert.equal(typed(on, 'y')[1], { server: 'app/s1', state: 'drain' });
  for (const key of ['n', 'escape', 'return', 'd', 'q']) {
    const [off, wish] = typed(on, key);
    assert.equal([off.asking, wish, off.message], [null, null, 'app/s1 is left as it is.']);
  }
  assert.is(typed(on, 'ctrl+c')[1], 'quit');
});

test('what is no server cannot be drained, and nothing can where nobody answers', () => {
  const [proxy] = typed(watched(), 'd');
  assert.is(proxy.asking, null);
  assert.match(proxy.message, 'Select a server first');
  const [lost] = typed(withFailure(watched(), 'gone', 'now'), 'down', 'down', 'm');
  assert.is(lost.asking, null);
  assert.match(lost.message, 'does not answer');
  assert.is(withSample(lost, watched().sample as Sample).message, '');
  assert.is(typed(proxy, 's')[0].message, '');
});

test('intervals, leaving, looking at once', () => {
  const [longer] = typed(watched(), '+');
  assert.equal([longer.intervalMs, longer.message], [2000, 'A look every 2s.']);
  const [shorter] = typed(watched(), '-', '-', '-', '-');
  assert.equal([shorter.intervalMs, shorter.message], [200, 'A look every 200ms.']);
  assert.equal(
    ['q', 'ctrl+z', 'space', 'x'].map((key) => typed(watched(), key)[1]),
    ['quit', 'suspend', 'sample', null],
  );
  const [help] = typed(watched(), '?', 'down');
  assert.equal([help.help, help.helpFrom], [true, 1]);
  assert.equal(typed(help, 'q'), [{ ...help, help: false }, null]);
});

test.run();
