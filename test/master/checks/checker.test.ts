/** Checks of several servers on a clock of the test's own: when they come, and what they tell. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Checker } from '../../../src/master/checks/checker.js';
import type { CheckResult } from '../../../src/master/checks/result.js';
import type { Clock } from '../../../src/master/server-states.js';
import { DEFAULT_BACKEND, defaultServer, type ServerPlan } from '../../../src/plan/plan.js';

/** A clock that is moved by hand. */
class HandClock implements Clock {
  private time = 0;
  private readonly timers = new Set<{ at: number; call: () => void }>();

  now(): number {
    return this.time;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.time + ms, call };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Lets time pass; between two timers, promises are kept. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      const next = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.call();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.time = end;
  }
}

const OK: CheckResult = { status: 'L4OK', info: '', durationMs: 1 };
const REFUSED: CheckResult = { status: 'L4CON', info: 'refused', durationMs: 1 };

function server(name: string, change: Partial<ServerPlan['check']> = {}, plan: Partial<ServerPlan> = {}): ServerPlan {
  const whole = defaultServer(name, 1, { family: 'ipv4', host: '127.0.0.1', port: 1 }, 1);
  return { ...whole, ...plan, check: { ...whole.check, enabled: true, interMs: 1000, ...change } };
}

/** A checker over servers whose results the test decides; what it did and told, as text. */
function observe(servers: readonly ServerPlan[], check: (name: string) => CheckResult | Promise<CheckResult>) {
  const clock = new HandClock();
  const checks: string[] = [];
  const changes: string[] = [];
  const owner = {
    onHealthChange: ({ server: index }: { server: number }, up: boolean) => {
      changes.push(`${clock.now()} ${servers[index].name} ${up ? 'up' : 'down'}`);
    },
  };
  const checker = new Checker([{ ...DEFAULT_BACKEND, servers }], owner, clock, async ({ name }) => {
    checks.push(`${clock.now()} ${name}`);
    return check(name);
  });
  return { clock, checks, changes, checker };
}

test('first checks are spread over an interval, and each server keeps its pace', async () => {
  const { clock, checks, checker } = observe([server('a'), server('b')], () => OK);
  checker.start();
  await clock.pass(2500);
  assert.equal(checks, ['0 a', '500 b', '1000 a', '1500 b', '2000 a', '2500 b']);
});

test('only servers with `check` are checked, not those that follow others or are disabled', async () => {
  const servers = [
    server('plain', { enabled: false }),
    server('follower', {}, { track: { backend: 0, server: 0 } }),
    server('off', {}, { disabled: true }),
    server('checked'),
  ];
  const { clock, checks, checker } = observe(servers, () => OK);
  checker.start();
  await clock.pass(100);
  assert.equal(checks, ['0 checked']);
  assert.is(checker.healthOf({ backend: 0, server: 0 }), null);
  assert.ok(checker.healthOf({ backend: 0, server: 3 })?.up);
});

test('a server that fails and recovers is told once each time', async () => {
  let well = true;
  const { clock, changes, checker } = observe([server('a', { rise: 2, fall: 3 })], () => (well ? OK : REFUSED));
  checker.start();
  await clock.pass(500);
  well = false;
  await clock.pass(5000);
  assert.equal(changes, ['3000 a down']);
  well = true;
  await clock.pass(5000);
  assert.equal(changes, ['3000 a down', '7000 a up']);
});

test('a check that takes longer than the interval is not joined by another', async () => {
  let finish: (result: CheckResult) => void = () => undefined;
  const { clock, checks, checker } = observe([server('a')], () => new Promise((resolve) => (finish = resolve)));
  checker.start();
  await clock.pass(3500);
  assert.equal(checks, ['0 a']);
  finish(OK);
  await new Promise((resolve) => setImmediate(resolve));
  await clock.pass(0);
  assert.equal(checks, ['0 a', '3500 a']);
});

const AT_A = { backend: 0, server: 0 };

/** How often connections have to fail `error-limit` times until a server with one good check is down, by `on-error`. */
const ON_ERROR = [
  ['mark-down', 1],
  ['sudden-death', 2],
  ['fail-check', 3],
] as const;

for (const [onError, times] of ON_ERROR) {
  test(`on-error ${onError} takes a server down that passes its checks, at time ${times}`, async () => {
    const { clock, changes, checker } = observe([server('a', { onError, rise: 2, fall: 3 })], () => OK);
    checker.start();
    await clock.pass(10);
    for (let time = 1; time < times; time++) checker.suspect(AT_A);
    assert.equal(changes, []);
    checker.suspect(AT_A);
    assert.equal(changes, ['10 a down']);
    await clock.pass(2000);
    assert.equal(changes, ['10 a down', '2000 a up']);
  });
}

test('on-error fastinter only brings the next check forward, as the others do', async () => {
  for (const onError of ['fastinter', 'fail-check'] as const) {
    const { clock, checks, changes, checker } = observe([server('a', { onError, fastinterMs: 100 })], () => OK);
    checker.start();
    await clock.pass(500);
    checker.suspect(AT_A);
    await clock.pass(110);
    assert.equal(checks, ['0 a', '600 a']);
    await clock.pass(1000);
    assert.equal(checks, ['0 a', '600 a', '1600 a'], 'and once only');
    assert.equal(changes, []);
  }
});

test('a server without checks is not suspected', () => {
  const { changes, checker } = observe([server('a', { enabled: false })], () => OK);
  checker.suspect(AT_A);
  assert.equal(changes, []);
});

test('after the end nothing is checked and nothing is told', async () => {
  let finish: (result: CheckResult) => void = () => undefined;
  const { clock, checks, changes, checker } = observe([server('a')], () => new Promise((resolve) => (finish = resolve)));
  checker.start();
  await clock.pass(10);
  checker.stop();
  finish(REFUSED);
  await clock.pass(10_000);
  assert.equal(checks, ['0 a']);
  assert.equal(changes, []);
});

test.run();
