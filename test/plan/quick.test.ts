/** The Plan that flags amount to. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_PROCESS } from '../../src/plan/plan.js';
import { QUICK_DEFAULTS, type QuickFlags, quickPlan } from '../../src/plan/quick.js';

const FLAGS: QuickFlags = {
  ...QUICK_DEFAULTS,
  binds: [{ address: { family: 'ipv4', host: '127.0.0.1', port: 8080 }, origin: '--bind 127.0.0.1:8080' }],
  servers: [{ name: 'srv1', address: { family: 'ipv4', host: '127.0.0.1', port: 9001 }, weight: 1 }],
};

test('what is not said is as HAProxy has it', () => {
  const plan = quickPlan(FLAGS);
  assert.equal(plan.process, DEFAULT_PROCESS);
  const [backend] = plan.backends;
  assert.is(backend.balance.algorithm, 'roundrobin');
  assert.is(backend.retries, 3);
  assert.is(backend.redispatch, 0);
  assert.is(plan.frontends[0].binds[0].backlog, 10_000);
});

test('every timeout reaches its side', () => {
  const timeouts = { connectMs: 1, clientMs: 2, serverMs: 3, clientFinMs: 4, serverFinMs: 5, tunnelMs: 6 };
  const { frontends, backends } = quickPlan({ ...FLAGS, timeouts });
  assert.is(backends[0].connectTimeoutMs, 1);
  assert.is(frontends[0].clientTimeoutMs, 2);
  assert.is(backends[0].serverTimeoutMs, 3);
  assert.is(frontends[0].clientFinTimeoutMs, 4);
  assert.is(backends[0].serverFinTimeoutMs, 5);
  assert.is(backends[0].tunnelTimeoutMs, 6);
});

test('binds keep their order, their origin and the common backlog', () => {
  const other = { address: { family: 'unix', path: '/run/lb.sock', abstract: false }, origin: '--bind /run/lb.sock' } as const;
  const { frontends } = quickPlan({ ...FLAGS, binds: [...FLAGS.binds, other], backlog: 77 });
  const said = frontends[0].binds.map(({ address, origin, backlog, id }) => ({ address, origin, backlog, id }));
  assert.equal(said, [
    { ...FLAGS.binds[0], backlog: 77, id: 1 },
    { ...other, backlog: 77, id: 2 },
  ]);
});

test('redispatch means the last attempt', () => {
  assert.is(quickPlan({ ...FLAGS, redispatch: true }).backends[0].redispatch, -1);
});

test('the plan goes to another thread unchanged, and every index in it exists', () => {
  const plan = quickPlan(FLAGS);
  assert.equal(structuredClone(plan), plan);
  for (const frontend of plan.frontends) assert.ok(plan.backends[frontend.defaultBackend]);
});

test.run();
