/** What the program does before anything else: its name, and SIGUSR1 without a debugger. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bothEngines, freePort, runProcess, startProcess, startTurbo, withProcesses } from '../harness.js';

const EARLY = new URL('../../src/cli/early.js', import.meta.url).href;

bothEngines('ps, pgrep and killall know it as turbo-lb', async (engine) => {
  const balancer = await startTurbo(['--bind', `127.0.0.1:${await freePort()}`, '--server', '127.0.0.1:1'], { engine });
  assert.is(readFileSync(`/proc/${balancer.pid}/comm`, 'utf8'), 'turbo-lb\n');
  const listed = await runProcess('pgrep', ['-x', 'turbo-lb']);
  assert.ok(listed.stdout.split('\n').includes(String(balancer.pid)), listed.stdout);
});

test('SIGUSR1 opens no debugger, and is remembered', () =>
  withProcesses(async () => {
    const code = `
      const { early } = await import('${EARLY}');
      process.once('SIGUSR1', () => { console.log('remembered ' + early.softStop); process.exit(); });
      setInterval(() => {}, 1000);
      console.log('armed ' + early.softStop);`;
    const program = await startProcess(process.execPath, ['--input-type=module', '-e', code], { readyWhen: /armed false/ });
    program.child.kill('SIGUSR1');
    await program.exited;
    assert.match(program.stdout, 'remembered true');
    assert.is(program.stderr, '');
  }));

test('a debugger that a SIGUSR1 opened before is closed again, and the signal counts', () =>
  withProcesses(async () => {
    const code = `
      const inspector = await import('node:inspector');
      inspector.open(0, '127.0.0.1');
      const opened = inspector.url() !== undefined;
      const { early } = await import('${EARLY}');
      console.log([opened, inspector.url() === undefined, early.softStop].join());
      process.exit();`;
    const program = await runProcess(process.execPath, ['--input-type=module', '-e', code]);
    assert.is(program.stdout, 'true,true,true\n');
  }));

test('a debugger that was asked for stays', () =>
  withProcesses(async () => {
    const code = `
      const inspector = await import('node:inspector');
      const { early } = await import('${EARLY}');
      console.log([inspector.url() !== undefined, early.softStop].join());
      process.exit();`;
    const program = await runProcess(process.execPath, ['--inspect=127.0.0.1:0', '--input-type=module', '-e', code]);
    assert.is(program.stdout, 'true,false\n');
  }));

test.run();
