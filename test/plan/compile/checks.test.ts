/** Which rules of checks hold where sections `defaults` and proxies both have some. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findingsOf, planOf } from '../../harness/plans.js';

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

test('HTTP checks do not offer a protocol that they do not speak', () => {
  const text = (lines: string, options: string): string =>
    `backend b\n mode tcp\n timeout connect 1s\n timeout server 1s\n ${lines}\n server s 127.0.0.1:1 check check-ssl verify none ${options}`;
  const alpnOf = (lines: string, options: string): unknown => {
    const [{ check, servers }] = planOf(text(lines, options)).backends;
    return [servers[0].check.alpn, ...check.steps.flatMap((step) => (step.kind === 'connect' ? [step.alpn] : []))];
  };
  const connect = (alpn: string): string => `option httpchk\n http-check connect ssl alpn ${alpn}`;
  assert.equal(findingsOf(text('option httpchk', 'check-alpn h2')), [
    "alert [f.cfg:6] : 'server b/s' : 'check-alpn' : 'h2' is not supported in checks",
  ]);
  assert.equal(findingsOf(text('option httpchk', 'check-alpn h2,http/1.1')), [
    "warning [f.cfg:6] : 'server b/s' : 'check-alpn' : 'h2' is not offered, checks speak HTTP/1: http/1.1 is.",
  ]);
  assert.equal(findingsOf(text(connect('h2'), '')), [
    "alert config : parsing [f.cfg:6] : 'http-check connect' : 'alpn' : 'h2' is not supported in checks",
  ]);
  assert.equal(alpnOf('option httpchk', 'check-alpn h2,http/1.1'), [['http/1.1'], []]);
  assert.equal(alpnOf(connect('h2,http/1.1'), ''), [[], ['http/1.1']]);
  assert.equal(alpnOf('option tcp-check\n tcp-check connect ssl alpn h2', 'check-alpn h2'), [['h2'], ['h2']]);
  assert.equal(alpnOf('', 'check-alpn h2'), [['h2'], []]);
});

test.run();
