/** `turbo-lb demo`: three servers in turn, a port that is free, and nothing left behind. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bothEngines, eventually, freePort, httpGet, type RunningProcess, startProcess, withProcesses } from '../harness.js';
import { TURBO_LB } from './turbo.js';

const startDemo = (args: readonly string[]): Promise<RunningProcess> =>
  startProcess(process.execPath, [TURBO_LB, 'demo', ...args], { readyWhen: /Ctrl-C/ });

/** The only child of a process: of the demo, its servers. */
function childOf(parent: number): number {
  const threads = readdirSync(`/proc/${parent}/task`);
  const children = threads.flatMap((thread) => readFileSync(`/proc/${parent}/task/${thread}/children`, 'utf8').trim().split(' '));
  const pids = children.filter((text) => text !== '').map(Number);
  if (pids.length !== 1) throw new Error(`process ${parent} has the children [${pids.join()}]`);
  return pids[0];
}

/** A zombie that nobody has waited for has ended too. */
function hasEnded(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return true;
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].startsWith('Z');
}

bothEngines('three servers answer in turn at the address that it names', async (engine) => {
  const port = await freePort();
  const demo = await startDemo(['--bind', `127.0.0.1:${port}`, '--workers', '1', '--io-engine', engine]);
  assert.match(demo.stdout, `http://127.0.0.1:${port}/`);
  const names: string[] = [];
  for (let i = 0; i < 6; i++) {
    const answer = await httpGet(`http://127.0.0.1:${port}/`);
    names.push(/app\d/.exec(answer.body.toString())?.[0] ?? '');
  }
  assert.equal(names, ['app1', 'app2', 'app3', 'app1', 'app2', 'app3']);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
  test(`after ${signal} the servers are gone`, () =>
    withProcesses(async () => {
      // in a session of its own, out of reach of whoever cleans up after the test's process group
      const words = [process.execPath, TURBO_LB, 'demo', '--bind', `127.0.0.1:${await freePort()}`];
      const session = await startProcess('setsid', ['--wait', ...words], { readyWhen: /Ctrl-C/ });
      const demo = childOf(session.pid);
      const servers = childOf(demo);
      try {
        assert.not(hasEnded(servers));
        process.kill(demo, signal);
        await eventually('the servers have ended', () => hasEnded(servers));
        await session.exited;
        assert.not.match(session.stderr, 'turbo-lb:');
      } finally {
        for (const pid of [demo, servers]) if (!hasEnded(pid)) process.kill(pid, 'SIGKILL');
      }
    }));
}

test('without its servers the demo ends and says why', () =>
  withProcesses(async () => {
    const demo = await startDemo(['--bind', `127.0.0.1:${await freePort()}`]);
    process.kill(childOf(demo.pid), 'SIGKILL');
    await demo.exited;
    assert.match(demo.stderr, 'the demo servers have ended');
  }));

test('without --bind two demos take two ports, and the second one says so', () =>
  withProcesses(async () => {
    const first = await startDemo([]);
    const second = await startDemo([]);
    const [, one] = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(first.stdout) ?? [];
    const [, other] = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(second.stdout) ?? [];
    assert.ok(Number(one) >= 8080 && Number(other) > Number(one), `${one} ${other}`);
    assert.match(second.stdout, `Port 8080 is taken, this demo listens on ${other}`);
  }));

test.run();
