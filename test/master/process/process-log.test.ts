/** The process's own lines, in HAProxy's words and to the targets of the proxy they are about. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ProcessLog, pausedMessages, stoppedMessages } from '../../../src/master/process/process-log.js';
import type { Plan } from '../../../src/plan/plan.js';
import { statisticsNames } from '../../../src/plan/statistics-names.js';
import { ProxyTable } from '../../../src/shared/proxies.js';
import { allocateStatistics } from '../../../src/shared/statistics.js';
import { planOf, Receiver, targetOf, udp } from '../../proxy/log/support/lab.js';

/** A frontend `fe`, a listen `li` and a backend `be`. */
function threeProxies(): Plan {
  const base = planOf({});
  const [fe] = base.frontends;
  const [be] = base.backends;
  return { ...base, frontends: [fe, { ...fe, name: 'li', id: 3 }], backends: [{ ...be, name: 'li', id: 3 }, be] };
}

test('to the targets of the proxy, or of the process', async () => {
  const receiver = await Receiver.open();
  const target = udp(receiver.port);
  const base = planOf({ targets: [targetOf(target, { format: 'local', facility: 17 })], tag: 'fe-tag' });
  const [be] = base.backends;
  const own = { targets: [targetOf(target, { format: 'local', facility: 19 })], tag: 'be-tag', hostname: null };
  const backends = [be, { ...be, name: 'own', log: own }, { ...be, name: 'fe', log: own }];
  const logTargets = [targetOf(target, { format: 'rfc3164', maxLevel: 4 })];
  const plan = { ...base, backends, process: { ...base.process, logTargets, logHostname: 'here' } };
  const log = new ProcessLog(plan, assert.unreachable);
  log.write('notice', 'not for everybody');
  log.write('alert', 'of nobody in particular');
  log.write('alert', 'Server be/s1 is DOWN', 'be');
  log.write('alert', 'Server own/s1 is DOWN', 'own');
  log.write('alert', 'Server fe/s1 is DOWN', 'fe');
  new ProcessLog({ ...plan, backends: [be] }, assert.unreachable).write('warning', 'Proxy fe stopped', 'fe');
  const lines = (await receiver.take(4)).map((line) => line.replace(/>.{15} /, '>DATE ').replace(/\[\d+\]/, '[PID]'));
  assert.equal(lines, [
    '<129>DATE here haproxy[PID]: of nobody in particular\n',
    '<153>DATE be-tag[PID]: Server own/s1 is DOWN\n',
    '<153>DATE be-tag[PID]: Server fe/s1 is DOWN\n',
    '<140>DATE fe-tag[PID]: Proxy fe stopped\n',
  ]);
  assert.equal(receiver.lines, []);
  log.close();
  receiver.close();
});

test('what cannot be delivered is counted and said', () => {
  const base = planOf({});
  const address = { family: 'unix', path: '/nonexistent/log', abstract: false } as const;
  const said: string[] = [];
  const logTargets = [targetOf({ kind: 'socket', address })];
  const log = new ProcessLog({ ...base, process: { ...base.process, logTargets } }, (_, text) => said.push(text));
  log.write('info', 'a');
  log.write('info', 'b');
  assert.is(log.dropped, 2);
  assert.equal(said, ['log lines to unix@/nonexistent/log are dropped: no such file or directory (ENOENT)']);
  log.close();
});

test('a path that is too long from outside the root of the workers is said once, and left out', () => {
  const base = planOf({});
  const address = { family: 'unix', path: `/${'p'.repeat(100)}`, abstract: false } as const;
  const targets = [targetOf({ kind: 'socket', address })];
  const backends = base.backends.map((be) => ({ ...be, log: { ...be.log, targets } }));
  const said: string[] = [];
  const plan = { ...base, backends, process: { ...base.process, logTargets: targets } };
  const log = new ProcessLog(plan, (severity, text) => said.push(`${severity}: ${text}`), '/var/lib/jail');
  log.write('alert', 'to nobody');
  log.close();
  assert.equal(said, [
    `warning: the master cannot log to /var/lib/jail${address.path}: with 'chroot', the path has 108 bytes or more`,
  ]);
  assert.is(log.dropped, 0);
});

test('paths are those that workers see from their root', () => {
  const base = planOf({});
  const address = { family: 'unix', path: '/log', abstract: false } as const;
  const targets = [targetOf({ kind: 'socket', address })];
  const [fe] = base.frontends;
  const plan = {
    ...base,
    frontends: [{ ...fe, log: { ...fe.log, targets } }],
    process: { ...base.process, logTargets: targets },
  };
  const said: string[] = [];
  const log = new ProcessLog(plan, (_, text) => said.push(text), '/nonexistent/jail');
  log.write('info', 'a');
  log.write('info', 'a', fe.name);
  assert.equal(said, ['log lines to unix@/nonexistent/jail/log are dropped: no such file or directory (ENOENT)']);
  log.close();
});

test('without targets nothing happens', () => {
  const log = new ProcessLog(planOf({}), assert.unreachable);
  log.write('info', 'a');
  assert.is(log.dropped, 0);
  log.close();
});

test('proxies that end, in the order and the words of HAProxy', () => {
  const plan = threeProxies();
  const counts = new ProxyTable(allocateStatistics(statisticsNames(plan), 1), 0);
  for (const one of [counts.frontends[0], counts.frontends[0], counts.frontends[1], counts.backends[0], counts.backends[1]])
    one.enter(0);
  assert.equal(
    stoppedMessages(plan, counts).map(({ text }) => text),
    [
      'Proxy fe stopped (cumulated conns: FE: 2, BE: 0).',
      'Proxy li stopped (cumulated conns: FE: 1, BE: 1).',
      'Proxy be stopped (cumulated conns: FE: 0, BE: 1).',
    ],
  );
});

test('proxies that pause and go on', () => {
  const texts = (what: 'Paused' | 'Resumed') => pausedMessages(threeProxies(), what).map(({ text }) => text);
  assert.equal(texts('Paused'), ['Paused frontend fe.', 'Paused proxy li.']);
  assert.equal(texts('Resumed'), ['Resumed frontend fe.', 'Resumed proxy li.']);
});

test.run();
