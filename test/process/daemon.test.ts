/**
 * The process in the background and the one that waits for it: what becomes of a start when either ends
 * before it is over. The start is held up at a pidfile that nobody reads yet.
 */
import { closeSync, constants, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TURBO_LB } from '../cli/turbo.js';
import {
  eventually,
  freePort,
  isAlive,
  isListening,
  type RunningProcess,
  runProcess,
  scratchFolder,
  startProcess,
  withProcesses,
} from '../harness.js';
import { closeAll, dial, echo, serve } from '../interop/support/peers.js';

test.after.each(closeAll);

/** A start that does not go on until somebody lets it. */
interface HeldStart {
  /** The one that waits. */
  readonly parent: RunningProcess;
  /** In the background. */
  readonly pid: number;
  readonly port: number;
  letGo(): void;
}

/** Runs `body` with one; nothing of it is left afterwards. */
async function withHeldStart(body: (start: HeldStart) => Promise<void>): Promise<void> {
  const server = await serve(echo);
  const port = await freePort();
  const folder = scratchFolder();
  const [config, pidfile] = [join(folder, 'f.cfg'), join(folder, 'pid')];
  const timeouts = ['connect', 'client', 'server'].map((name) => ` timeout ${name} 1m`);
  const listen = ['listen l', ` bind 127.0.0.1:${port}`, ` server s ${server.address}`];
  writeFileSync(config, ['global', ' nbthread 1', ' maxconn 100', 'defaults', ...timeouts, ...listen, ''].join('\n'));
  await runProcess('mkfifo', [pidfile]);
  let reader: number | null = null;
  await withProcesses(async () => {
    const said = /\((\d+)\) : .*was started as root without any 'user'/;
    const parent = await startProcess(process.execPath, [TURBO_LB, '-D', '-f', config, '-p', pidfile], { readyWhen: said });
    const pid = Number(said.exec(parent.stderr)?.[1]);
    const letGo = (): void => {
      reader ??= openSync(pidfile, constants.O_RDONLY | constants.O_NONBLOCK);
    };
    try {
      await body({ parent, pid, port, letGo });
    } finally {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
      await eventually('nothing is left', () => !isAlive(pid));
    }
  });
  if (reader !== null) closeSync(reader);
}

/** The one that waits is no more; the other one may have its output still. */
async function ended({ parent }: HeldStart): Promise<void> {
  await eventually('the command has ended', () => !parent.running);
}

test('a daemon serves although the process that waited for it was killed', () =>
  withHeldStart(async (start) => {
    start.parent.child.kill('SIGKILL');
    await ended(start);
    start.letGo();
    await eventually('it serves', () => isListening(start.port));
    await start.parent.exited; // it has let go of the terminal, as the last thing of a start
    await (await dial(start.port)).echoes('hello');
    assert.ok(isAlive(start.pid));
  }));

for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR1'] as const)
  test(`${signal} to the process that waits ends the start, and leaves nothing in the background`, () =>
    withHeldStart(async (start) => {
      start.parent.child.kill(signal);
      start.letGo();
      await eventually('the daemon has ended', () => !isAlive(start.pid));
      const exit = await start.parent.exited;
      assert.equal(exit, signal === 'SIGUSR1' ? { code: 0, signal: null } : { code: null, signal });
      assert.not(isListening(start.port));
      assert.not.match(start.parent.stderr, 'ALERT');
    }));

test('a daemon that is killed as it starts is said to be', () =>
  withHeldStart(async (start) => {
    process.kill(start.pid, 'SIGKILL');
    assert.equal(await start.parent.exited, { code: 1, signal: null });
    assert.match(start.parent.stderr, 'The process in the background was ended by SIGKILL as it started.');
  }));

test('a daemon that cannot be started for want of descriptors is said to be', () =>
  withProcesses(async () => {
    const folder = scratchFolder();
    const [config, preload] = [join(folder, 'f.cfg'), join(folder, 'greedy.mjs')];
    writeFileSync(config, `listen l\n mode tcp\n bind 127.0.0.1:${await freePort()}\n`);
    const greedy = `import child from 'node:child_process';
      import { openSync } from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { spawn } = child;
      child.spawn = (...words) => { try { for (;;) openSync('/dev/null'); } catch {} return spawn(...words); };
      syncBuiltinESMExports();`;
    writeFileSync(preload, greedy);
    const words = [process.execPath, '--import', preload, TURBO_LB, '-D', '-f', config];
    const { code, stderr } = await runProcess('bash', ['-c', 'ulimit -n 300; exec "$0" "$@"', ...words]);
    assert.is(code, 1);
    assert.match(stderr, /\[ALERT\] +\(\d+\) : cannot start the process in the background: EMFILE\n$/);
  }));

test.run();
