/** That there is no address or port to connect from is said once a minute for each backend. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EADDRINUSE, EADDRNOTAVAIL, ECONNREFUSED } from '../../src/kernel/sys/constants.js';
import { DEFAULT_BACKEND, DEFAULT_PROCESS } from '../../src/plan/plan.js';
import { SourceTrouble } from '../../src/proxy/source-trouble.js';

function trouble(): { told: string[]; trouble: SourceTrouble } {
  const told: string[] = [];
  const backends = ['one', 'two'].map((name) => ({ ...DEFAULT_BACKEND, name }));
  const plan = { process: DEFAULT_PROCESS, frontends: [], backends, proxyIds: [], acls: [], patternLists: [], tables: [] };
  return { told, trouble: new SourceTrouble({ plan, notify: (severity, text) => told.push(`${severity}: ${text}`) }) };
}

test('once a minute for each backend', () => {
  const { told, trouble: one } = trouble();
  const start = 0x7fff_fff0; // the clock wraps meanwhile
  for (const at of [0, 1, 59_999]) one.metBind(0, -EADDRINUSE, (start + at) | 0);
  one.metConnect(1, -EADDRNOTAVAIL, start);
  one.metConnect(1, -EADDRNOTAVAIL, start);
  one.metBind(0, -EADDRNOTAVAIL, (start + 60_000) | 0);
  assert.equal(told, [
    'alert: Cannot bind to source address before connect() for backend one: address already in use (EADDRINUSE).',
    'alert: Connect() failed for backend two: no free ports.',
    'alert: Cannot bind to source address before connect() for backend one: address not available (EADDRNOTAVAIL).',
  ]);
});

test('a server that refuses is none', () => {
  const { told, trouble: one } = trouble();
  one.metConnect(0, -ECONNREFUSED, 0);
  assert.equal(told, []);
});

test.run();
