/** Checks of several servers on a clock of the test's own: when they come, and what they do. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CheckResult } from '../../../src/master/checks/result.js';
import type { ServerPlan } from '../../../src/plan/plan.js';
import { STATE_DOWN } from '../../../src/shared/servers.js';
import { backend, OK, observe, REFUSED, server, settled } from './support/lab.js';

const A = { backend: 0, server: 0 };
const one = (servers: readonly ServerPlan[], check: Parameters<typeof observe>[1]) => observe([backend('b', servers)], check);
const shortly = (lines: readonly string[]) => lines.flatMap((line) => /Server b\/(\w+ is \w+)/.exec(line)?.[1] ?? []);

test('first checks are spread over an interval, and each server keeps its pace', async () => {
  const { clock, checks } = one([server('a'), server('b')], () => OK);
  await clock.pass(2500);
  assert.equal(checks, ['0 a', '500 b', '1000 a', '1500 b', '2000 a', '2500 b']);
});

test('only servers with `check` are checked, not those that follow others or are disabled', async () => {
  const servers = [
    server('plain', { enabled: false }),
    server('follower', {}, { track: { backend: 0, server: 3 } }),
    server('off', {}, { disabled: true }),
    server('checked'),
  ];
  const { clock, checks, records } = one(servers, () => OK);
  await clock.pass(900);
  assert.equal(checks, ['500 checked']);
  assert.is(records.server(A).check.configured, false);
  assert.is(records.leader({ backend: 0, server: 1 }).check.status, 'L4OK');
});

test('a server that fails and recovers is told once each time', async () => {
  let well = true;
  const { clock, lines, states } = one([server('a', { rise: 2, fall: 3 })], () => (well ? OK : REFUSED));
  await clock.pass(500);
  well = false;
  await clock.pass(2000);
  assert.is(states.state(A), 0);
  await clock.pass(3000);
  assert.equal(shortly(lines), ['a is DOWN']);
  well = true;
  await clock.pass(1000);
  assert.equal(shortly(lines), ['a is DOWN']);
  await clock.pass(1000);
  assert.equal(shortly(lines), ['a is DOWN', 'a is UP']);
});

test('the next check is due an interval after the last one has ended', async () => {
  let finish: (result: CheckResult) => void = () => undefined;
  const { clock, checks, records } = one([server('a')], () => new Promise((resolve) => (finish = resolve)));
  await clock.pass(3500);
  assert.equal(checks, ['0 a']);
  assert.is(records.server(A).check.inFlight, true);
  finish(OK);
  await settled();
  assert.is(records.server(A).check.inFlight, false);
  await clock.pass(1000);
  assert.equal(checks, ['0 a', '4500 a']);
});

test('checks that take a moment do not lengthen the pace, and those in short intervals begin to the millisecond', async () => {
  const { clock, checks } = one([server('a'), server('b', { interMs: 70 })], async () => {
    await clock.pass(3);
    return OK;
  });
  await clock.pass(5100);
  const begun = (name: string): number[] => checks.filter((line) => line.endsWith(` ${name}`)).map(Number.parseFloat);
  assert.equal(begun('a'), [0, 1000, 2000, 3000, 4000, 5000]);
  const short = begun('b');
  assert.equal(new Set(short.slice(1).map((at, i) => at - short[i])), new Set([73]));
});

test('checks begin together while there is little traffic, and one by one while there is much', async () => {
  let busy = false;
  const servers = Array.from({ length: 200 }, (_, i) => server(`s${i}`));
  const { clock, checks } = observe(
    [backend('b', servers)],
    () => OK,
    undefined,
    null,
    () => busy,
  );
  /** In how many milliseconds of a second checks begin. */
  const moments = async (): Promise<number> => {
    checks.length = 0;
    await clock.pass(1000);
    assert.is(checks.length, 200);
    return new Set(checks.map((line) => line.split(' ')[0])).size;
  };
  await clock.pass(1003); // seconds that begin and end between steps of the grid
  assert.is(await moments(), 50);
  busy = true;
  await clock.pass(1000);
  assert.is(await moments(), 200);
  busy = false;
  await clock.pass(1000);
  assert.is(await moments(), 50);
});

/** How often connections have to fail `error-limit` times until a server with one good check is down, by `on-error`. */
const ON_ERROR = [
  ['mark-down', 1],
  ['sudden-death', 2],
  ['fail-check', 3],
] as const;

for (const [onError, times] of ON_ERROR) {
  test(`on-error ${onError} takes a server down that passes its checks, at time ${times}`, async () => {
    const { clock, lines, checker, records } = one([server('a', { onError, rise: 2, fall: 3 })], () => OK);
    await clock.pass(10);
    for (let time = 1; time < times; time++) checker.suspect(A);
    assert.equal(shortly(lines), []);
    checker.suspect(A);
    assert.equal(shortly(lines), ['a is DOWN']);
    assert.match(
      lines[0],
      /reason: Health analyze, info: "Detected 10 consecutive errors, last one was: L4 unsuccessful connection"\. 0/,
    );
    assert.equal([records.server(A).suspicions, records.server(A).check.status], [times, 'HANA']);
    await clock.pass(2000);
    assert.equal(shortly(lines), ['a is DOWN', 'a is UP']);
  });
}

test('on-error fastinter only brings the next check forward, as the others do', async () => {
  for (const onError of ['fastinter', 'fail-check'] as const) {
    const { clock, checks, lines, checker } = one([server('a', { onError, fastinterMs: 100 })], () => OK);
    await clock.pass(500);
    checker.suspect(A);
    await clock.pass(110);
    assert.equal(checks, ['0 a', '600 a']);
    await clock.pass(1000);
    assert.equal(checks, ['0 a', '600 a', '1600 a'], 'and once only');
    assert.equal(lines, []);
  }
});

test('a good check between them keeps failures of connections from adding up', async () => {
  const {
    clock,
    groups: [group],
  } = one([server('a', { observe: 'layer4', errorLimit: 2 })], () => OK);
  await clock.pass(10);
  for (let time = 0; time < 3; time++) {
    assert.is(group.noteFailure(0), false);
    await clock.pass(1000);
  }
  group.noteFailure(0);
  assert.is(group.noteFailure(0), true);
});

test('a server without checks is not suspected', () => {
  const { lines, checker } = one([server('a', { enabled: false })], () => OK);
  checker.suspect(A);
  assert.equal(lines, []);
});

test('in maintenance a server is not checked; after it, at once, and the first failure counts', async () => {
  let result = OK;
  const { clock, checks, lines, states, records } = one([server('a')], () => result);
  await clock.pass(500);
  states.setMaintenance(A);
  await clock.pass(3000);
  assert.equal(checks, ['0 a']);
  result = REFUSED;
  states.setReady(A);
  assert.is(states.state(A), 0);
  await clock.pass(0);
  assert.equal(checks, ['0 a', '3500 a']);
  assert.equal(shortly(lines), ['a is going', 'a is UP', 'a is DOWN']);
  assert.is(records.server(A).downs, 2);
});

test('health and its checks are what the operator says, until the next result', async () => {
  const { clock, checks, lines, states, checker } = one(
    [server('a'), server('f', {}, { track: A }), server('x', { enabled: false })],
    () => OK,
  );
  await clock.pass(10);
  assert.is(checker.setHealth(A, 'down'), null);
  assert.match(lines[0], /^Server b\/a is DOWN, changed from CLI\. 2 active and 0 backup servers left\./);
  await clock.pass(2000);
  assert.is(states.state(A), 0);
  checker.disableHealth(A);
  checker.setHealth(A, 'stopping');
  checks.length = 0;
  await clock.pass(5000);
  assert.equal(checks, []);
  assert.match(lines.at(-2) ?? '', /^Server b\/a is stopping, changed from CLI\. 2 active/);
  assert.match(lines.at(-1) ?? '', /^Server b\/f is stopping via b\/a\. 1 active/);
  assert.is(checker.enableHealth(A), null);
  await clock.pass(2000);
  assert.is(states.state(A), 0);
  assert.is(checker.setHealth({ backend: 0, server: 1 }, 'up'), 'cannot change health on a tracking server.');
  assert.is(checker.enableHealth({ backend: 0, server: 2 }), 'Health check was not configured on this server, cannot enable.');
  assert.is(checker.enableAgent(A), 'Agent was not configured on this server, cannot enable.');
  assert.is(checker.setAgent(A, 'up'), 'agent checks are not enabled on this server.');
});

test('option log-health-checks tells of every change, and the lines of states no reason', async () => {
  const results = [OK, OK, REFUSED, { ...REFUSED, status: 'L4TOUT', info: '' } as const, REFUSED, OK, OK];
  const { clock, lines } = observe(
    [backend('b', [server('a'), server('c', { enabled: false })], { logHealthChecks: true })],
    () => results.shift() ?? OK,
  );
  await clock.pass(9000);
  assert.equal(lines, [
    'Health check for server b/a succeeded, reason: Layer4 check passed, check duration: 1ms, status: 3/3 UP.',
    'Health check for server b/a failed, reason: Layer4 connection problem, info: "refused", check duration: 1ms, status: 2/3 UP.',
    'Health check for server b/a failed, reason: Layer4 timeout, check duration: 1ms, status: 1/3 UP.',
    'Health check for server b/a failed, reason: Layer4 connection problem, info: "refused", check duration: 1ms, status: 0/2 DOWN.',
    'Server b/a is DOWN. 1 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.',
    'Health check for server b/a succeeded, reason: Layer4 check passed, check duration: 1ms, status: 1/2 DOWN.',
    'Health check for server b/a succeeded, reason: Layer4 check passed, check duration: 1ms, status: 3/3 UP.',
    'Server b/a is UP. 2 active and 0 backup servers online. 0 sessions requeued, 0 total in queue.',
  ]);
});

test('a drain is a change of its server, and no downtime', async () => {
  const { states, clock, records } = one([server('a')], () => OK);
  await clock.pass(5000);
  states.setDrain(A);
  await clock.pass(3000);
  const record = records.server(A);
  assert.equal([record.secondsInState(clock.now()), record.secondsDown(clock.now()), record.downs], [3, 0, 0]);
  states.setReady(A);
  assert.equal([record.secondsInState(clock.now()), record.secondsDown(clock.now()), record.downs], [0, 0, 0]);
});

test('a weight that leaves a backend without servers is an alarm, as is a server that goes down', () => {
  const { states, lines, records } = one([server('a'), server('c')], () => OK);
  states.setWeight(A, 0);
  assert.equal(lines, []);
  states.setWeight({ backend: 0, server: 1 }, 0);
  states.setWeight({ backend: 0, server: 1 }, 0);
  states.setWeight(A, 1);
  states.setWeight(A, 0);
  const alarm = "[ALERT]    backend 'b' has no server available!";
  assert.equal(lines, [alarm, alarm]);
  assert.is(records.backend(0).downs, 2);
});

test('sessions of a server that goes down are ended where that is asked for, and those of backups when it is back', async () => {
  let result = OK;
  const marks = { onMarkedDown: 'shutdown-sessions', onMarkedUp: 'shutdown-backup-sessions' } as const;
  const servers = [
    server('a', marks),
    server('x', { enabled: false }, { backup: true }),
    server('y', { enabled: false }, { backup: true }),
  ];
  const { clock, ended, states } = one(servers, () => result);
  await clock.pass(10);
  result = REFUSED;
  await clock.pass(3000);
  assert.equal(ended, ['a D']);
  result = OK;
  await clock.pass(2000);
  assert.equal(ended, ['a D', 'x U', 'y U']);
  states.setMaintenance(A);
  assert.equal(ended.slice(3), ['a D']);
});

test('a next plan goes on with the health, the results and the counts of servers of the same names', async () => {
  const first = observe([backend('b', [server('gone'), server('a')])], (name) => (name === 'a' ? REFUSED : OK));
  await first.clock.pass(4000);
  first.watch.stop();
  const next = observe(
    [backend('new', []), backend('b', [server('a', { rise: 5 }), server('fresh')])],
    () => OK,
    first.clock,
    first,
  );
  const record = next.records.server({ backend: 1, server: 0 });
  assert.equal([record.check.status, record.check.health.score, record.downs, record.failedChecks], ['L4CON', 0, 1, 1]);
  assert.is(record.secondsInState(first.clock.now()), 3);
  assert.equal([next.records.server({ backend: 1, server: 1 }).check.status], ['INI']);
});

test('a next plan checks in its own intervals: what a longer one has put off is not waited for', async () => {
  const [rare, usual] = [server('a', { interMs: 60_000 }), server('c', { interMs: 2000 })];
  const first = observe([backend('b', [rare, usual])], () => OK);
  await first.clock.pass(1500);
  first.watch.stop();
  const next = observe([backend('b', [server('a'), usual])], () => OK, first.clock, first);
  await first.clock.pass(3000);
  assert.equal(first.checks, ['0 a', '1000 c']);
  assert.equal(next.checks, ['1500 a', '2500 a', '3000 c', '3500 a', '4500 a']);
});

test('maintenance that comes and goes with the file stops checks and begins them anew', async () => {
  const rising = { rise: 1, fall: 2 };
  const [on, off] = [server('a', rising), server('a', rising, { disabled: true })];
  let result = OK;
  let lab = observe([backend('b', [off])], () => result);
  const { clock } = lab;
  const reload = (plan: ReturnType<typeof server>): void => {
    lab.watch.stop();
    lab = observe([backend('b', [plan])], () => result, clock, lab);
  };
  const record = () => lab.records.server({ backend: 0, server: 0 });
  await clock.pass(5000);
  reload(on);
  await clock.pass(3000);
  assert.ok(lab.checks.length > 1, 'it is checked once it is not disabled any more');
  assert.equal([record().secondsInState(clock.now()), record().secondsDown(clock.now())], [3, 5]);
  reload(off);
  await clock.pass(3000);
  assert.equal([lab.checks, record().check.paused, record().secondsInState(clock.now())], [[], true, 3]);
  assert.is(lab.records.backend(0).secondsDown(clock.now()), 8);
  result = REFUSED;
  reload(on);
  await clock.pass(1000);
  assert.equal([lab.checks.length, lab.states.state(A) & STATE_DOWN], [1, STATE_DOWN], 'the first failure counts');
});

test('an agent that was sent elsewhere stays there over a reload, unless the file moves it', async () => {
  const agentAt = (port: number) => server('a', { agent: { port, interMs: 1000, elsewhere: null, send: '' } });
  const first = observe([backend('b', [agentAt(1)])], () => OK);
  const address = { family: 'ipv4', host: '127.0.0.9', port: 7 } as const;
  assert.is(first.checker.setAgentAddress(A, address, 7), null);
  first.watch.stop();
  const next = observe([backend('b', [agentAt(1)])], () => OK, first.clock, first);
  assert.equal(next.checker.agentTarget(A), { address, port: 7 });
  next.watch.stop();
  const moved = observe([backend('b', [agentAt(2)])], () => OK, first.clock, next);
  assert.equal(moved.checker.agentTarget(A), { address: null, port: 2 });
});

test('after the end nothing is checked and nothing is told', async () => {
  let finish: (result: CheckResult) => void = () => undefined;
  const { clock, checks, lines, watch } = one([server('a')], () => new Promise((resolve) => (finish = resolve)));
  await clock.pass(10);
  watch.stop();
  finish(REFUSED);
  await clock.pass(10_000);
  assert.equal(checks, ['0 a']);
  assert.equal(lines, []);
});

test.run();
