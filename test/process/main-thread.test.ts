/** A main thread that meets a defect, or that nobody listens to: the process ends at once, or goes on. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TURBO_LB, turbo } from '../cli/turbo.js';
import { eventually, scratchFolder } from '../harness.js';
import { dial, echo, interop, serve } from '../interop/support/peers.js';
import { startService } from '../interop/support/service.js';

const FAILING_MAIN = new URL('../master/fixtures/failing-main.js', import.meta.url);

for (const failure of ['throw', 'reject'])
  interop(
    `the main thread fails (${failure}): it is said once, on standard error and in the logs, and the process ends`,
    async (engine) => {
      const server = await serve(echo);
      const folder = scratchFolder();
      const [marker, log] = ['fail', 'log'].map((name) => join(folder, name));
      const service = await startService(engine, {
        servers: [server.address],
        global: ['log stdout format raw local0'],
        stdout: log,
        env: { NODE_OPTIONS: `--import ${FAILING_MAIN}`, TEST_FAILURE: failure, TEST_FAILURE_MARKER: marker },
      });
      const client = await dial(service.port);
      await client.echoes('hello');
      writeFileSync(marker, '');
      assert.equal(await service.process.exited, { code: 1, signal: null });
      await client.over();
      assert.match(
        service.process.stderr,
        /\[ALERT\] .* the main thread died, the process ends: Error: planted failure\n {3}\| +at .*fail/,
      );
      assert.is(service.said('the main thread died'), 1, service.process.stderr);
      assert.match(readFileSync(log, 'utf8'), /^the main thread died, the process ends: Error: planted failure \| at .*fail.*$/m);
    },
  );

/** What takes standard error, and takes nothing. */
const DEAF = { 'a full disk': '2>/dev/full', 'a reader that is gone': '2> >(head -1 >/dev/null)' };

for (const [what, redirection] of Object.entries(DEAF))
  test(`standard error goes to ${what}: the balancer starts, serves, and obeys`, async () => {
    const folder = scratchFolder();
    const [file, socket] = [join(folder, 'lb.cfg'), join(folder, 'control.sock')];
    writeFileSync(
      file,
      `global\n  stats socket ${socket} level admin\ndefaults\n  mode tcp\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\nlisten t\n  bind unix@${folder}/in\n  server s1 127.0.0.1:1\n`,
    );
    const words = [process.execPath, TURBO_LB, '-db', '-f', file, '--workers', '1'].map((word) => `'${word}'`).join(' ');
    const child = spawn('bash', ['-c', `exec ${words} ${redirection}`], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    try {
      const ctl = (command: string) => turbo(['ctl', '--socket', socket, command]);
      await eventually('it answers', async () => child.exitCode !== null || (await ctl('show info')).code === 0);
      for (const state of ['maint', 'ready', 'maint']) assert.is((await ctl(`set server t/s1 state ${state}`)).code, 0);
      assert.match((await ctl('show stat')).stdout, /^t,s1,.*,MAINT,/m);
      child.kill('SIGTERM');
      assert.equal(await ended, [null, 'SIGTERM']);
    } finally {
      child.kill('SIGKILL');
    }
  });

test.run();
