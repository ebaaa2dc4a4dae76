/** The service manager: what it is told with `-Ws`, and what it says of the unit file. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TURBO_LB } from '../cli/turbo.js';
import {
  bothEngines,
  eventually,
  freePort,
  type RunningProcess,
  runProcess,
  scratchFolder,
  startProcess,
  startTurbo,
  withProcesses,
} from '../harness.js';

const UNIT = new URL('../../../examples/turbo-lb.service', import.meta.url);

/** Somebody who listens as the service manager does, and what was said there. */
async function manager(kind: 'path' | 'abstract'): Promise<{ name: string; process: RunningProcess }> {
  const path = join(scratchFolder(), 'notify');
  const address = kind === 'path' ? `UNIX-RECV:${path}` : `ABSTRACT-RECV:${path}`;
  const process = await startProcess('socat', ['-d', '-d', '-u', address, 'STDOUT'], {
    readyWhen: /starting data transfer loop/,
  });
  return { name: kind === 'path' ? path : `@${path}`, process };
}

async function configuration(...global: string[]): Promise<string> {
  const config = join(scratchFolder(), 'f.cfg');
  const lines = ['global', ' nbthread 1', ' maxconn 100', ...global, 'defaults', ' mode tcp'];
  lines.push(' timeout connect 1s', ' timeout client 1s', ' timeout server 1s');
  lines.push('listen l', ` bind 127.0.0.1:${await freePort()}`, ' server s 127.0.0.1:1');
  writeFileSync(config, `${lines.join('\n')}\n`);
  return config;
}

for (const kind of ['path', 'abstract'] as const) {
  test(`-Ws says when it is ready and when it ends, to a socket by ${kind}`, () =>
    withProcesses(async () => {
      const { name, process: heard } = await manager(kind);
      const env = { NOTIFY_SOCKET: name, WATCHDOG_USEC: '40000' };
      const args = ['-Ws', '-f', await configuration(' user nobody', ` chroot ${scratchFolder()}`, ' daemon')];
      const balancer = await startTurbo(args, { env, readyWhen: () => heard.stdout !== '' });
      assert.match(heard.stdout, new RegExp(`^READY=1\nMAINPID=${balancer.pid}\nSTATUS=Ready\\.\n`));
      await eventually('the watchdog is fed again and again', () => heard.stdout.split('WATCHDOG=1').length > 3);
      assert.equal(await balancer.stop('SIGTERM'), { code: 0, signal: null });
      await eventually('the end is known', () => heard.stdout.includes('STOPPING=1'));
      const said = balancer.stderr.split('\n').map((line) => line.replace(/ +\(\d+\) /, ' '));
      assert.equal(said.slice(-4), [
        '[NOTICE] : Loading success.',
        '[WARNING] : Exiting Master process...',
        '[WARNING] : All workers exited. Exiting... (0)',
        '',
      ]);
    }));
}

test('a reload is told when it begins, and how it ended', () =>
  withProcesses(async () => {
    const { name, process: heard } = await manager('path');
    const config = await configuration();
    const env = { NOTIFY_SOCKET: name, WATCHDOG_USEC: '600000000' };
    const balancer = await startTurbo(['-Ws', '-f', config], { env });
    const said = (text: RegExp) => eventually(`${text} is said`, () => text.test(heard.stdout));
    await said(/^READY=1\n/);
    balancer.child.kill('SIGUSR2');
    // while files are read the main thread is busy, and the manager waits longer for its pings
    const begins = 'RELOADING=1\nSTATUS=Reloading Configuration\\.\nMONOTONIC_USEC=\\d+\nWATCHDOG_USEC=6000000000\n';
    const again = 'WATCHDOG_USEC=600000000\n';
    await said(new RegExp(`STATUS=Ready\\.\n${again}${begins}READY=1\nMAINPID=\\d+\nSTATUS=Ready\\.\n${again}$`));
    writeFileSync(config, 'nonsense\n');
    balancer.child.kill('SIGUSR2');
    await said(new RegExp(`${begins}READY=1\nSTATUS=Reload failed!\n${again}$`));
  }));

test('a soft stop is told when it begins, and without -Ws nothing is told', () =>
  withProcesses(async () => {
    const { name, process: heard } = await manager('path');
    const env = { NOTIFY_SOCKET: name };
    const loaded = (one: RunningProcess) => eventually('it is loaded', () => one.stderr.includes('Loading success.'));
    const quiet = await startTurbo(['-W', '-f', await configuration()], { env });
    await loaded(quiet);
    await quiet.stop();
    const balancer = await startTurbo(['-Ws', '-f', await configuration()], { env });
    await loaded(balancer);
    balancer.child.kill('SIGUSR1');
    assert.equal(await balancer.exited, { code: 0, signal: null });
    await eventually('the end is known', () => heard.stdout.includes('STOPPING=1'));
    assert.is(heard.stdout.match(/READY=1/g)?.length, 1);
  }));

test('a manager that is not there is said, and no reason not to serve', () =>
  withProcesses(async () => {
    const env = { NOTIFY_SOCKET: '/nonexistent/notify' };
    const balancer = await startTurbo(['-Ws', '-f', await configuration()], { env });
    await eventually('it is loaded', () => balancer.stderr.includes('Loading success.'));
    assert.match(balancer.stderr, 'the service manager cannot be notified: connect: no such file or directory (ENOENT)');
  }));

/** The unit file with a program that is there. */
function unit(): string {
  const file = join(scratchFolder(), 'turbo-lb.service');
  writeFileSync(file, readFileSync(UNIT, 'utf8').replaceAll('/usr/bin/turbo-lb', '/bin/true'));
  return file;
}

test('systemd-analyze finds nothing wrong with the unit, and little exposed', async () => {
  const file = unit();
  const [, page] = /^Documentation=file:.*\/node_modules\/turbo-lb\/(.*)$/m.exec(readFileSync(file, 'utf8')) ?? [];
  assert.ok(page !== undefined && existsSync(fileURLToPath(new URL(`../../../${page}`, import.meta.url))), page);
  const verified = await runProcess('systemd-analyze', ['verify', '--man=no', file]);
  assert.equal([verified.code, verified.stdout, verified.stderr], [0, '', '']);
  // 35 is 3.5 of 10: the service starts as root, and serves the network.
  const { code, stdout } = await runProcess('systemd-analyze', ['security', '--offline=true', '--threshold=35', file]);
  assert.is(code, 0, stdout.split('\n').slice(-2).join('\n'));
});

test('systemd-analyze finds a mistake, if there is one', async () => {
  const file = unit();
  writeFileSync(file, readFileSync(file, 'utf8').replace('ProtectSystem=strict', 'ProtectSystem=stricter'));
  assert.match((await runProcess('systemd-analyze', ['verify', '--man=no', file])).stderr, 'stricter');
});

test("what is added to keepalived's unit is right", async () => {
  const folder = scratchFolder();
  const addition = new URL('../../../examples/ha/keepalived-restart.conf', import.meta.url);
  const file = join(folder, 'keepalived.service');
  mkdirSync(`${file}.d`);
  writeFileSync(file, '[Service]\nType=notify\nExecStart=/bin/true\n');
  writeFileSync(`${file}.d/restart.conf`, readFileSync(addition));
  const verified = await runProcess('systemd-analyze', ['verify', '--man=no', file]);
  assert.equal([verified.code, verified.stdout, verified.stderr], [0, '', '']);
});

/** The system calls that the unit's filter lets through, its sets written out. */
async function allowedCalls(): Promise<Set<string>> {
  const [, filter] = /^SystemCallFilter=(.*)$/m.exec(readFileSync(UNIT, 'utf8')) ?? [];
  const { stdout } = await runProcess('systemd-analyze', ['syscall-filter', '--no-pager']);
  const sets = new Map<string, string[]>();
  let name = '';
  for (const line of stdout.split('\n')) {
    if (line.startsWith('@')) name = line;
    else if (/^ +[@\w]/.test(line)) sets.set(name, [...(sets.get(name) ?? []), line.trim()]);
  }
  const calls = (word: string): string[] => (word.startsWith('@') ? (sets.get(word) ?? []).flatMap(calls) : [word]);
  return new Set((filter ?? '').split(' ').flatMap(calls));
}

bothEngines('no system call of a whole life is one that the unit forbids', async (engine) => {
  const allowed = await allowedCalls();
  assert.ok(allowed.has('read') && !allowed.has('mount'), 'the sets are read');
  const folder = scratchFolder();
  const [trace, pidfile, socket] = ['trace', 'pid', 'admin.sock'].map((name) => join(folder, name));
  const global = [' user nobody', ' group nogroup', ` chroot ${folder}`, ` stats socket ${socket} level admin`];
  const config = await configuration(...global);
  const words = ['-Ws', '-f', config, '-p', pidfile, '--io-engine', engine];
  const traced = await startProcess('strace', ['-f', '-c', '-o', trace, process.execPath, TURBO_LB, ...words], {
    env: { NOTIFY_SOCKET: (await manager('path')).name },
    readyWhen: /Loading success\./,
  });
  const [, port] = /127\.0\.0\.1:(\d+)/.exec(readFileSync(config, 'utf8')) ?? [];
  await runProcess('curl', ['--silent', `http://127.0.0.1:${port}/`]);
  const pid = Number(readFileSync(pidfile, 'utf8'));
  process.kill(pid, 'SIGUSR2');
  await eventually('it has reloaded', () => traced.stderr.split('Loading success.').length > 2);
  await runProcess(process.execPath, [TURBO_LB, 'ctl', '--socket', socket, 'show info', 'show activity']);
  process.kill(pid, 'SIGTERM');
  await traced.exited;
  const made = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => /^ *\d+\.\d/.test(line))
    .map((line) => line.trim().split(/ +/).at(-1) as string)
    .filter((name) => name !== 'total');
  assert.ok(made.includes('setuid') && made.includes('chroot') && made.length > 40, made.join(' '));
  assert.equal(
    made.filter((name) => !allowed.has(name)),
    [],
  );
});

test.run();
