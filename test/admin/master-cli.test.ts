/** The master's socket: prefixes, prompts, and what its commands answer. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { newSession, type ProcessControl } from '../../src/admin/command.js';
import { MASTER_COMMANDS } from '../../src/admin/commands/master.js';
import { masterPrompt, prefixOf } from '../../src/admin/master-cli.js';
import type { LoadBalancer } from '../../src/master/balancer.js';

const CONTROL: ProcessControl = {
  reloads: 5,
  failedReloads: 2,
  lastReloadFailed: false,
  lastReloadAt: performance.now() - 90_061_500,
  lastLoadText: 'right\n',
  lastAttemptText: 'wrong\n',
  reload: () => Promise.resolve({ ok: false, text: 'wrong\n' }),
};

const balancer = { life: { uptimeMs: 3_700_000 }, formerAges: [{ reloads: 3, ms: 61_500 }] } as unknown as LoadBalancer;

async function answer(name: string, control?: ProcessControl): Promise<string> {
  const command = MASTER_COMMANDS.find((candidate) => candidate.name === name);
  const call = { balancer, session: newSession({ isMaster: true, level: 'admin' }), words: [], payload: null };
  return String(await command?.run({ ...call, ...(control && { control }) }));
}

test('prefixes name the master, the worker, or nobody', () => {
  assert.equal(prefixOf(['show', 'proc'], 7), { kind: 'none' });
  assert.equal(prefixOf(['@1', 'show', 'info'], 7), { kind: 'target', target: 'worker', stays: false });
  assert.equal(prefixOf(['@!7'], 7), { kind: 'target', target: 'worker', stays: true });
  assert.equal(prefixOf(['@@1', 'x'], 7), { kind: 'target', target: 'worker', stays: true });
  assert.equal(prefixOf(['@'], 7), { kind: 'target', target: 'master', stays: true });
  assert.equal(prefixOf(['@master', 'help'], 7), { kind: 'target', target: 'master', stays: false });
  for (const word of ['@2', '@!8', '@x']) assert.equal(prefixOf([word, 'x'], 7), { kind: 'unknown', word });
});

test('the prompt tells who answers and what has failed', () => {
  const session = newSession({ isMaster: true });
  assert.is(masterPrompt(session, CONTROL), 'master> ');
  assert.is(masterPrompt({ ...session, expert: true }, { ...CONTROL, lastReloadFailed: true }), 'master(e)[ReloadFailed]> ');
  assert.is(masterPrompt({ ...session, expert: true, experimental: true }, CONTROL), 'master(xe)> ');
  assert.is(masterPrompt({ ...session, target: 'worker' }, CONTROL), `${process.pid}> `);
});

test('show proc has one process in two roles, whatever is done to the clock', async () => {
  const { now } = Date;
  Date.now = () => now() + 7_200_000;
  const text = await answer('show proc', CONTROL).finally(() => (Date.now = now));
  const lines = text.split('\n').map((line) => line.replaceAll(String(process.pid), 'PID'));
  assert.is(lines[0], '#<PID>          <type>          <reloads>       <uptime>        <version>      ');
  assert.match(lines[1], /^PID +master {10}5 \[failed: 2\] {3}0d01h01m40s {5}\d/);
  assert.is(lines[2], '# workers');
  assert.match(lines[3], /^PID +worker {10}0 {15}1d01h01m01s {5}\d/);
  assert.is(lines[4], '# old workers');
  assert.match(lines[5], /^PID +worker {10}3 {15}0d00h01m01s {5}\d/);
  assert.is(lines[6], '');
});

test('reload answers with its result and what was said', async () => {
  assert.is(await answer('reload', CONTROL), 'Success=0\n--\nwrong\n');
  assert.is(await answer('reload', { ...CONTROL, reload: () => Promise.resolve({ ok: true, text: '' }) }), 'Success=1\n--\n');
  assert.match(await answer('reload'), /^Success=0\n--\nThere is no configuration file/);
});

test.run();
