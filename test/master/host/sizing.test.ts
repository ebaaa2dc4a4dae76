/** Descriptors for connections, and connections for descriptors. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { getNofileLimit, setNofileLimit } from '../../../src/kernel/limits.js';
import {
  applySizing,
  type Demand,
  type DescriptorLimit,
  demandOf,
  descriptorLimit,
  descriptorsFor,
  maxconnFor,
  planSizing,
  sizedPlan,
} from '../../../src/master/host/sizing.js';
import { StartError } from '../../../src/master/start-error.js';
import { QUICK_DEFAULTS, quickPlan } from '../../../src/plan/quick.js';
import { systemTree } from './system-tree.js';

const DEMAND: Demand = { maxconn: 0, workers: 2, listeners: 2, checks: 0, pipes: 256 };
const limit = (soft: number, hard: number, ceiling = hard): DescriptorLimit => ({ soft, hard, ceiling });
const withMaxconn = (maxconn: number): Demand => ({ ...DEMAND, maxconn });

test('never under HAProxy’s 2 x maxconn + 18, whatever the load', () => {
  const bare: Demand = { maxconn: 0, workers: 1, listeners: 0, checks: 0, pipes: 0 };
  for (const maxconn of [1, 100, 20_000, 1_000_000]) {
    assert.ok(descriptorsFor(bare, maxconn) >= 2 * maxconn + 18);
    assert.ok(descriptorsFor(DEMAND, maxconn) >= 2 * maxconn + 18);
  }
});

test('each listener, check and pipe of each worker is counted', () => {
  const base = descriptorsFor(DEMAND, 10_000);
  assert.is(descriptorsFor({ ...DEMAND, listeners: 12 }, 10_000) - base, 10);
  assert.is(descriptorsFor({ ...DEMAND, checks: 7 }, 10_000) - base, 7);
  assert.is(descriptorsFor({ ...DEMAND, pipes: 255 }, 10_000) - base, -2 * DEMAND.workers);
});

test('few connections do not keep descriptors for many pipes', () => {
  assert.is(planSizing(withMaxconn(1000), limit(20_000, 20_000)).pipes, 125);
  assert.is(planSizing(withMaxconn(1), limit(20_000, 20_000)).pipes, 1);
  assert.is(planSizing(withMaxconn(5000), limit(20_000, 20_000)).pipes, 256);
});

test('the connections for a number of descriptors fit, and one more would not', () => {
  for (let descriptors = 100; descriptors < 40_000; descriptors += 37) {
    const maxconn = maxconnFor(DEMAND, descriptors);
    assert.ok(maxconn > 0, `${descriptors}`);
    assert.ok(descriptorsFor(DEMAND, maxconn) <= descriptors, `${descriptors}`);
    assert.ok(descriptorsFor(DEMAND, maxconn + 1) > descriptors, `${descriptors}`);
  }
});

test('without a maxconn the hard limit decides, close to what HAProxy derives from it', () => {
  const sized = planSizing({ ...DEMAND, pipes: 0 }, limit(1024, 20_000));
  assert.is(sized.limit.soft, 20_000);
  assert.equal(sized.warnings, []);
  // HAProxy 2.6 with 2 threads and 2 listeners: 9991
  assert.ok(sized.maxconn <= 9991 && sized.maxconn > 9900, `${sized.maxconn}`);
});

test('a limit of a thousand million, as container engines set it, is not taken at its word', () => {
  const sized = planSizing(DEMAND, limit(1_073_741_816, 1_073_741_816));
  assert.is(sized.limit.soft, 1_048_576);
  assert.is(planSizing(withMaxconn(100), limit(1_073_741_816, 1_073_741_816)).limit.soft, 1_048_576);
});

test('what was asked for in so many words may go beyond that', () => {
  const sized = planSizing(withMaxconn(2_000_000), limit(1024, 1_073_741_816));
  assert.is(sized.maxconn, 2_000_000);
  assert.is(sized.limit.soft, sized.needed);
  assert.equal(sized.warnings, []);
});

test('the soft limit is raised to what is needed, and left when it is higher', () => {
  const raised = planSizing(withMaxconn(5000), limit(1024, 20_000));
  assert.equal(raised.limit, { soft: raised.needed, hard: 20_000 });
  assert.is(planSizing(withMaxconn(100), limit(20_000, 20_000)).limit.soft, 20_000);
});

test('with the privilege the hard limit is raised too', () => {
  const sized = planSizing(withMaxconn(50_000), limit(1024, 4096, 1_048_576));
  assert.equal(sized.limit, { soft: sized.needed, hard: sized.needed });
  assert.is(sized.maxconn, 50_000);
});

test('without it maxconn is lowered, and the warning names the number to permit', () => {
  const sized = planSizing(withMaxconn(50_000), limit(1024, 4096));
  assert.equal(sized.limit, { soft: 4096, hard: 4096 });
  assert.ok(sized.maxconn > 0 && 2 * sized.maxconn < 4096);
  assert.is(sized.needed, descriptorsFor(DEMAND, 50_000));
  assert.is(sized.warnings.length, 1);
  assert.match(sized.warnings[0], `ulimit -n ${sized.needed}`);
  assert.match(sized.warnings[0], `lowered to ${sized.maxconn}`);
});

test('a limit without room for one connection is an error that names the least one', () => {
  assert.throws(
    () => planSizing(DEMAND, limit(20, 20)),
    (error: unknown) => error instanceof StartError && /ulimit -n \d+/.test(error.message),
  );
});

test('IP listeners are counted for each worker, UNIX listeners once', () => {
  const plan = quickPlan({
    ...QUICK_DEFAULTS,
    binds: [
      { address: { family: 'ipv4', host: '127.0.0.1', port: 80 }, origin: '--bind a' },
      { address: { family: 'ipv6', host: '::1', port: 80 }, origin: '--bind b' },
      { address: { family: 'unix', path: '/run/c', abstract: false }, origin: '--bind c' },
    ],
    servers: [],
    maxconn: 123,
  });
  const demand = demandOf(plan, 4);
  assert.is(demand.listeners, 9);
  assert.is(demand.maxconn, 123);
});

test('the sized plan carries the numbers that were decided', () => {
  const plan = quickPlan({ ...QUICK_DEFAULTS, binds: [], servers: [] });
  const sized = sizedPlan(plan, planSizing(withMaxconn(1000), limit(20_000, 20_000)));
  assert.is(sized.process.maxconn, 1000);
  assert.is(sized.process.tune.pipes, 125);
  assert.is(sized.process.tune.bufsize, plan.process.tune.bufsize);
});

test('only CAP_SYS_RESOURCE lifts the ceiling from the hard limit to fs.nr_open', () => {
  const files = (capabilities: string) => ({
    'proc/self/status': `Name:\tx\nCapEff:\t${capabilities}\n`,
    'proc/sys/fs/nr_open': '99999999\n',
  });
  assert.is(descriptorLimit(systemTree(files('0000000001000000'))).ceiling, 99_999_999);
  assert.is(descriptorLimit(systemTree(files('000001fffeffffff'))).ceiling, getNofileLimit().hard);
});

test('a kernel that refuses to raise the hard limit is believed', () => {
  const asked: number[] = [];
  const calls = {
    get: () => limit(1024, 4096, 1_048_576),
    set: ({ hard }: { hard: number }) => {
      asked.push(hard);
      return hard > 4096 ? -1 : 0;
    },
  };
  const sized = applySizing(withMaxconn(50_000), calls);
  assert.equal(asked, [descriptorsFor(DEMAND, 50_000), 4096]);
  assert.equal(sized.limit, { soft: 4096, hard: 4096 });
  assert.is(sized.warnings.length, 1);
});

test('a kernel that refuses even the limit we have is an error', () => {
  assert.throws(
    () => applySizing(DEMAND, { get: () => limit(1024, 4096), set: () => -1 }),
    (error: unknown) => error instanceof StartError && /RLIMIT_NOFILE/.test(error.message),
  );
});

test('the decision takes effect on this process', () => {
  const before = getNofileLimit();
  assert.is(setNofileLimit({ soft: 1000, hard: before.hard }), 0);
  const sized = applySizing(withMaxconn(500));
  assert.is(getNofileLimit().soft, sized.limit.soft);
  assert.ok(sized.limit.soft >= sized.needed && sized.needed > 1000);
  assert.is(setNofileLimit(before), 0);
});

test('ulimit-n bounds descriptors, and raises the limit where that is permitted', () => {
  const sized = planSizing({ ...DEMAND, descriptorsMax: 5000 }, limit(1024, 20_000));
  assert.equal(sized.limit, { soft: 5000, hard: 20_000 });
  assert.ok(sized.maxconn < 2500);
  assert.equal(sized.warnings, []);
  const refused = planSizing({ ...DEMAND, descriptorsMax: 50_000 }, limit(1024, 20_000));
  assert.equal(refused.limit, { soft: 20_000, hard: 20_000 });
  assert.equal(refused.warnings, ['Cannot raise FD limit to 50000, limit is 20000.']);
  const tooLow = planSizing({ ...DEMAND, maxconn: 10_000, descriptorsMax: 5000 }, limit(1024, 20_000));
  assert.match(tooLow.warnings[0], /maxconn lowered to/);
});

test('memory bounds connections, and is refused when it is less than the process itself takes', () => {
  const within = (memoryMax: number, maxconn = 0) => {
    const plan = quickPlan({ ...QUICK_DEFAULTS, binds: [], servers: [] });
    return { ...plan, process: { ...plan.process, memoryMax: memoryMax * 2 ** 20, maxconn } };
  };
  const demand = demandOf(within(512), 2);
  const { maxconn } = planSizing(demand, limit(1024, 1_000_000));
  assert.is(maxconn, demand.connectionsMax);
  assert.ok(maxconn > 4000 && maxconn < 7000, String(maxconn));
  assert.ok(sizedPlan(within(512), planSizing(demand, limit(1024, 1_000_000))).process.tune.buffers * 2 * 16384 < 512 * 2 ** 20);
  const lowered = planSizing(demandOf(within(512, 100_000), 2), limit(1024, 1_000_000));
  assert.is(lowered.maxconn, maxconn);
  assert.equal(lowered.warnings, [`maxconn 100000 needs more memory than -m allows: lowered to ${maxconn}.`]);
  assert.throws(() => demandOf(within(64), 2), /-m 64 is too little: with 2 workers the process takes about \d+ MB/);
});

test.run();
