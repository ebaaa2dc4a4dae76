/** A host that misbehaves: a full disk, a syslog that is gone, a clock that jumps. Service goes on, and what happened is said once. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { turbo } from '../cli/turbo.js';
import { countersOf, eventually, freePort, type RunningProcess, scratchFolder, startProcess, withProcesses } from '../harness.js';
import { dial, echo, interop, serve } from './support/peers.js';
import { type Service, startService } from './support/service.js';

const disks = new Set<string>();
process.on('exit', () => {
  for (const disk of disks) spawnSync('umount', ['-l', disk]);
});

/** A disk of 64 KiB that is full but for what `leave` says; `free` makes room. */
function fullDisk(): { path: string; free(): void; release(): void } {
  const path = scratchFolder();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path], { encoding: 'utf8' });
  if (mounted.status !== 0) throw new Error(mounted.stderr);
  disks.add(path);
  const ballast = join(path, 'ballast');
  writeFileSync(join(path, 'log'), '');
  spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k']);
  return {
    path,
    free: () => rmSync(ballast),
    release: () => {
      spawnSync('umount', ['-l', path]);
      disks.delete(path);
    },
  };
}

async function oneSession(service: Service, text: string): Promise<void> {
  const client = await dial(service.port);
  await client.echoes(text);
  client.socket.end();
  await client.over();
}

interop(
  'the disk of the log is full: sessions go on, lines are dropped and counted, said once, and come again',
  async (engine) => {
    const disk = fullDisk();
    try {
      const server = await serve(echo);
      const service = await startService(engine, {
        servers: [server.address],
        proxy: ['log stdout format raw local0', 'option tcplog'],
        stdout: join(disk.path, 'log'),
      });
      await oneSession(service, 'first');
      const before = await service.heldAtRest(0);
      for (let turn = 0; turn < 20; turn++) await oneSession(service, `session ${turn}`);
      await eventually('lines are counted', async () => Number((await service.info()).get('DroppedLogs')) >= 20);
      await service.holdsAgain(before);
      assert.is(service.process.stderr.split('are dropped').length - 1, 1, service.process.stderr);
      assert.match(service.process.stderr, /No space left|no space left|ENOSPC/);
      disk.free();
      await eventually('a line is written', async () => {
        await oneSession(service, 'again');
        return readFileSync(join(disk.path, 'log'), 'utf8').includes(' t t/s1 ');
      });
    } finally {
      disk.release();
    }
  },
);

interop(
  'syslog goes away and comes back: sessions go on, lines are dropped and counted, said once, and come again',
  async (engine) => {
    const socket = join(scratchFolder(), 'log.sock');
    const receive = (): Promise<RunningProcess> =>
      startProcess('socat', ['-u', `UNIX-RECV:${socket}`, '-'], { readyWhen: () => existsSync(socket) });
    const server = await serve(echo);
    const first = await receive();
    // one worker, whose socket to syslog is open before
    const service = await startService(engine, {
      workers: 1,
      servers: [server.address],
      proxy: [`log ${socket} local0`, 'option tcplog'],
    });
    await oneSession(service, 'first');
    await eventually('its line has come', () => first.stdout.includes(' t t/s1 '));
    const before = await service.heldAtRest(0);
    await first.stop('SIGKILL');
    rmSync(socket, { force: true });
    for (let turn = 0; turn < 20; turn++) await oneSession(service, `session ${turn}`);
    await eventually('lines are counted', async () => Number((await service.info()).get('DroppedLogs')) >= 20);
    assert.is(service.said('are dropped'), 1, service.process.stderr);
    const second = await receive();
    await eventually('a line has come', async () => {
      await oneSession(service, 'again');
      return second.stdout.includes(' t t/s1 ');
    });
    assert.is(service.said('are dropped'), 1, service.process.stderr);
    await service.holdsAgain(before);
  },
);

test('the disk of the pidfile is full: the start says so, and serves', () =>
  withProcesses(async () => {
    const disk = fullDisk();
    try {
      const folder = scratchFolder();
      const file = join(folder, 'lb.cfg');
      writeFileSync(
        file,
        `global\n  stats socket ${folder}/control.sock\ndefaults\n  mode tcp\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\nlisten t\n  bind 127.0.0.1:${await freePort()}\n`,
      );
      const { code, stderr } = await turbo(['-f', file, '-D', '-p', join(disk.path, 'pid')]);
      assert.is(stderr.match(/Cannot write pidfile .*pid: no space left on device \(ENOSPC\)/g)?.length, 1, stderr);
      assert.is(code, 0);
      const info = await turbo(['ctl', '-f', file, 'show info']);
      process.kill(Number(/^Pid: (\d+)$/m.exec(info.stdout)?.[1]), 'SIGTERM');
    } finally {
      disk.release();
    }
  }));

interop(
  'the process is stopped for longer than its timeouts: sessions and servers stay, silence counts from then on',
  async (engine) => {
    const server = await serve(echo);
    const service = await startService(engine, {
      servers: [`${server.address} check inter 1s fall 1 maxconn 1`],
      proxy: ['timeout client 2s', 'timeout server 2s', 'timeout queue 2s'],
    });
    const before = await service.heldAtRest(0);
    const first = await dial(service.port);
    await first.echoes('before');
    const second = await dial(service.port);
    await eventually('it waits', async () => (await service.stat('BACKEND')).number('qcur') === 1);
    process.kill(service.process.pid, 'SIGSTOP');
    first.socket.end('over'); // and so there is a place
    const echoed = second.echoes('in between');
    await delay(3500);
    process.kill(service.process.pid, 'SIGCONT');
    await echoed;
    assert.is(first.heard, 'beforeover');
    assert.is((await service.stat('s1')).text('status'), 'UP');
    assert.is(service.said('is DOWN'), 0, service.process.stderr);
    await second.over(); // by its timeout
    await service.holdsAgain(before);
  },
);

const FAKETIME = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib/faketime']
  .flatMap((folder) => [`${folder}/faketime/libfaketimeMT.so.1`, `${folder}/libfaketimeMT.so.1`])
  .find((path) => existsSync(path));

interop(
  'the clock jumps a day ahead and a day back: sessions stay, timeouts and checks go by time that passes',
  async (engine) => {
    assert.ok(FAKETIME !== undefined, 'faketime is installed');
    const clock = join(scratchFolder(), 'clock');
    writeFileSync(clock, '+0');
    const server = await serve(echo);
    const service = await startService(engine, {
      servers: [`${server.address} check inter 200ms`],
      proxy: ['timeout client 4s', 'timeout server 4s'],
      env: {
        LD_PRELOAD: FAKETIME ?? '',
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    });
    const yearNow = async (): Promise<number> => Number(/date_now: (\d+)/.exec(await service.ctl('show activity'))?.[1]);
    const before = await service.heldAtRest(0);
    const idle = await dial(service.port);
    await idle.echoes('before');
    const cpu = (): number => countersOf(service.process.pid).userMs + countersOf(service.process.pid).systemMs;
    for (const jump of ['+86400', '-86400']) {
      writeFileSync(clock, jump);
      const real = Date.now() / 1000;
      await eventually('the clock has jumped', async () => Math.abs((await yearNow()) - real - Number(jump)) < 60);
      const used = cpu();
      await delay(300);
      assert.ok(cpu() - used < 300, `${cpu() - used} ms of CPU in 300 ms`);
      await idle.echoes(`after ${jump}`);
      const last = (await service.stat('s1')).number('lastsess');
      assert.ok(last !== null && last >= 0 && last < 60, `last session ${last} s ago`);
      await oneSession(service, 'another');
      const checks = (await service.stat('s1')).number('lastchg');
      assert.ok(checks !== null && checks < 3600, `status changed ${checks} s ago`);
      assert.is((await service.stat('s1')).text('status'), 'UP');
      assert.match((await service.info()).get('Uptime') ?? '', /^0d 0h0[0-2]m/);
    }
    await server.close();
    await eventually('checks go on', async () => (await service.stat('s1')).text('status') === 'DOWN');
    assert.is(service.said('Server t/s1 is DOWN'), 1, service.process.stderr);
    await service.ctl('disable health t/s1');
    await idle.over(); // by its timeout
    await service.holdsAgain(before);
  },
);

test.run();
