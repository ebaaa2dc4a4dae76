/** RLIMIT_NOFILE as the process itself and /proc see it. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { getNofileLimit, setNofileLimit } from '../../src/kernel/limits.js';
import { EINVAL } from '../../src/kernel/sys/constants.js';

/** What the kernel prints, proc(5). */
function fromProc(): { soft: number; hard: number } {
  const [, soft, hard] = /^Max open files +(\S+) +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  const number = (text: string) => (text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text));
  return { soft: number(soft), hard: number(hard) };
}

test('the limit is the one of /proc/self/limits', () => {
  assert.equal(getNofileLimit(), fromProc());
});

test('a soft limit is set for the whole process, and set back', () => {
  const before = getNofileLimit();
  assert.is(setNofileLimit({ soft: before.soft - 1, hard: before.hard }), 0);
  assert.equal(fromProc(), { soft: before.soft - 1, hard: before.hard });
  assert.is(setNofileLimit(before), 0);
  assert.equal(getNofileLimit(), before);
});

test('a soft limit above the hard one is refused and changes nothing', () => {
  const before = getNofileLimit();
  assert.is(setNofileLimit({ soft: before.hard + 1, hard: before.hard }), -EINVAL);
  assert.equal(getNofileLimit(), before);
});

test('no limit is Infinity, which the kernel never grants for descriptors', () => {
  const before = getNofileLimit();
  assert.ok(setNofileLimit({ soft: Number.POSITIVE_INFINITY, hard: Number.POSITIVE_INFINITY }) < 0, 'fs.nr_open bounds it');
  assert.equal(getNofileLimit(), before);
});

test.run();
