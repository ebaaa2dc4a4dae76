/** Which rules of checks hold where sections `defaults` and proxies both have some. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { planOf } from '../../harness/plans.js';

/** The statuses that a backend expects, with lines of its own and of its `defaults`. */
function expected(defaults: string, lines: string): string[] {
  const { check } = planOf(`defaults\n mode tcp\n${defaults}\nbackend b\n${lines}\n server s 127.0.0.1:1 check`).backends[0];
  return check.steps.flatMap((step) =>
    step.kind === 'expect' && step.pattern.kind === 'status' ? [step.pattern.ranges.map((range) => range.join('-')).join()] : [],
  );
}

const DEFAULTS = ' option httpchk GET /\n http-check expect status 404\n http-check disable-on-404';

test('expectations of defaults hold until the proxy has a rule or its own option', () => {
  assert.equal(expected(DEFAULTS, ''), ['404-404']);
  assert.equal(expected(DEFAULTS, ' http-check expect status 500'), ['500-500']);
  assert.equal(expected(DEFAULTS, ' option httpchk GET /own'), ['200-399']);
  assert.equal(expected(DEFAULTS, ' option httpchk GET /own\n http-check expect status 500'), ['500-500']);
  assert.equal(expected(DEFAULTS, ' http-check expect status 500\n option httpchk GET /own'), ['500-500']);
});

test.run();
