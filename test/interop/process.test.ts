/** How the process lives among others: pidfile, other users, a chroot, the background, its name. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ListeningSockets, listeningAt } from '../../src/kernel/listening.js';
import { groupId, userId } from '../../src/kernel/users.js';
import { TURBO_LB, turbo } from '../cli/turbo.js';
import { eventually, freePort, isAlive, isListening, runProcess, scratchFolder, startTurbo, withProcesses } from '../harness.js';
import { statusOf } from './support/daemons.js';
import { closeAll, dial, echo, interop, serve } from './support/peers.js';

test.after.each(closeAll);

/** A file with these lines in `global`, listening on a new port in front of an echo. */
async function configuration(...global: string[]): Promise<{ config: string; port: number; folder: string }> {
  const server = await serve(echo);
  const port = await freePort();
  const folder = scratchFolder();
  const config = join(folder, 'f.cfg');
  const lines = ['global', ...['nbthread 1', 'maxconn 100', ...global].map((line) => ` ${line}`)];
  const times = ['connect', 'client', 'server'].map((name) => ` timeout ${name} 1m`);
  lines.push('defaults', ' mode tcp', ...times, 'listen l', ` bind 127.0.0.1:${port}`, ` server s ${server.address}`);
  writeFileSync(config, `${lines.join('\n')}\n`);
  return { config, port, folder };
}

/** A test that ends the programs it started. */
function alone(name: string, body: () => Promise<void>): void {
  test(name, () => withProcesses(body));
}

function runTurboCtl(socket: string, command: string): ReturnType<typeof turbo> {
  return turbo(['ctl', '--socket', socket, command]);
}

/** Runs `body` with the daemon of a pidfile, and ends it. */
async function withDaemon(pidfile: string, body: (pid: number) => Promise<void>): Promise<void> {
  const pid = Number(readFileSync(pidfile, 'utf8'));
  try {
    await body(pid);
  } finally {
    process.kill(pid, 'SIGKILL');
    await eventually('it has ended', () => !isAlive(pid));
  }
}

interop('a daemon has left the terminal, its rights and the file system, and says its pid', async (engine) => {
  const { config, port, folder } = await configuration(`tune.io-engine ${engine}`, 'user nobody', 'group daemon', 'daemon');
  const jail = join(folder, 'jail');
  const [pidfile, precious] = [join(folder, 'pid'), join(folder, 'precious')];
  writeFileSync(precious, 'not a pid');
  symlinkSync(precious, pidfile);
  mkdirSync(jail);
  writeFileSync(config, readFileSync(config, 'utf8').replace('global\n', `global\n chroot ${jail}\n pidfile ${pidfile}\n`));
  const { code, stderr } = await turbo(['-f', config]);
  assert.equal([code, stderr], [0, '']);
  assert.is(statSync(pidfile).mode & 0o777, 0o644);
  await withDaemon(pidfile, async (pid) => {
    await (await dial(port)).echoes('hello');
    const status = statusOf(pid);
    assert.equal(status.Uid.split(/\s+/)[0], String(userId('nobody')));
    assert.equal(status.Gid.split(/\s+/)[0], String(groupId('daemon')));
    assert.equal([status.Groups.trim(), status.CapEff, status.CapPrm], ['', '0000000000000000', '0000000000000000']);
    assert.is(readlinkSync(`/proc/${pid}/root`), jail);
    const { stdout } = await runProcess('ps', ['-o', 'sid=,tty=', '-p', String(pid)]);
    assert.equal(stdout.trim().split(/\s+/), [String(pid), '?']);
    for (const fd of [0, 1, 2]) assert.is(readlinkSync(`/proc/${pid}/fd/${fd}`).split('/').at(-1), 'null');
  });
  assert.ok(existsSync(pidfile), 'it stays, as that of HAProxy');
  assert.is(readFileSync(precious, 'utf8'), 'not a pid', 'a link that was there is not followed');
});

test('a link in a folder that the process cannot write is followed to its pidfile, as the owner of the folder wants', async () => {
  const { config, folder } = await configuration();
  const [pidfile, target] = [join(folder, 'pid'), join(folder, 'elsewhere')];
  writeFileSync(target, 'an earlier pid');
  symlinkSync(target, pidfile);
  chmodSync(target, 0o666);
  chmodSync(folder, 0o755);
  const { code, stderr } = await turboUnprivileged(['-D', '-f', config, '-p', pidfile]);
  assert.equal([code, stderr], [0, '']);
  await withDaemon(target, async (pid) => {
    assert.is(statusOf(pid).Uid.split(/\s+/)[0], String(userId('daemon')));
    assert.is(readlinkSync(pidfile), target, 'it stays a link');
  });
});

/** The roots of the main thread and of the first worker. */
function rootsOf(pid: number): string[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  const worker = threads.find((tid) => readFileSync(`/proc/${pid}/task/${tid}/comm`, 'utf8') === 'turbo-lb/w0\n');
  return [`${pid}`, `${worker}`].map((tid) => readlinkSync(`/proc/${pid}/task/${tid}/root`));
}

for (const masterWorker of [true, false]) {
  const name = masterWorker
    ? 'with -W the workers alone are behind a chroot, and a reload works, looking up names'
    : 'behind a chroot there is no reload';
  interop(name, async (engine) => {
    const { config, port, folder } = await configuration(`tune.io-engine ${engine}`, 'user nobody', 'group daemon');
    const [jail, control, other] = [join(folder, 'jail'), join(folder, 'admin.sock'), await freePort()];
    mkdirSync(jail);
    const app = await serve(echo, { path: join(jail, 'app.sock') });
    chmodSync(join(jail, 'app.sock'), 0o777);
    const text = readFileSync(config, 'utf8').replace(
      'global\n',
      `global\n chroot ${jail}\n stats socket ${control} level admin\n`,
    );
    writeFileSync(config, `${text} server u /app.sock check inter 50ms weight 256\n`);
    const balancer = await startTurbo(['-f', config, ...(masterWorker ? ['-W'] : [])], { readyWhen: () => isListening(port) });
    const column = async (): Promise<string> => (await runTurboCtl(control, 'show stat l 4 -1')).stdout;
    await eventually('a check has gone where workers go', async () => /^l,u,.*,UP,.*,L4OK,/m.test(await column()));
    for (let i = 0; i < 3; i++) await (await dial(port)).echoes('hello');
    assert.is(statusOf(balancer.pid).Uid.split(/\s+/)[0], String(userId('nobody')));
    assert.equal(rootsOf(balancer.pid), [masterWorker ? '/' : jail, jail]);
    assert.ok(app.peers.length > 0, 'a worker reaches the socket by the path of the file');
    const more = `$& \n bind 127.0.0.1:${other}\n server n localhost:${other} backup`; // a name that /etc/hosts has
    writeFileSync(config, readFileSync(config, 'utf8').replace(` bind 127.0.0.1:${port}`, more));
    const { stdout } = await runTurboCtl(control, 'reload');
    assert.match(stdout, masterWorker ? /^Success=1$/m : /^Success=0$/m, stdout);
    assert.is(isListening(other), masterWorker);
    if (masterWorker) await (await dial(other)).echoes('anew');
    else assert.match(stdout, 'from where it cannot read its files: start it anew, with -W if it is to reload');
  });
}

/** All commands that show something and need no more words, from what `help` says. */
function showing(help: string): string[] {
  return [...help.matchAll(/^ {2}(show(?: [a-z-]+)+)(?: \[.*\])* *:/gm)].map(([, command]) => command);
}

for (const masterWorker of [true, false]) {
  interop(`everything can be shown behind a chroot${masterWorker ? ' of workers' : ''}, and SIGQUIT obeyed`, async (engine) => {
    const { config, port, folder } = await configuration(`tune.io-engine ${engine}`, 'user nobody', 'group daemon');
    const [jail, control] = [join(folder, 'jail'), join(folder, 'admin.sock')];
    mkdirSync(jail);
    const global = `global\n chroot ${jail}\n stats socket ${control} level admin\n`;
    writeFileSync(config, readFileSync(config, 'utf8').replace('global\n', global));
    const balancer = await startTurbo(['-f', config, ...(masterWorker ? ['-W'] : [])], { readyWhen: () => isListening(port) });
    const client = await dial(port);
    await client.echoes('hello');
    const commands = showing((await runTurboCtl(control, 'help')).stdout);
    assert.ok(commands.includes('show activity') && commands.includes('show pools'), commands.join(', '));
    const shown = await turbo(['ctl', '--socket', control, ...commands]);
    assert.match(shown.stdout, /^heapBytes: [1-9]/m);
    assert.match(shown.stdout, /^arrayBytes: [1-9]/m);
    balancer.child.kill('SIGQUIT');
    await eventually('the pools are told', () => balancer.stderr.includes('Dumping pools usage'));
    await client.echoes('still there');
    assert.not.match(balancer.stderr, ' died');
  });
}

interop('with -W a process of another user reads files of root again, and binds a port below 1024', async (engine) => {
  const { config, port, folder } = await configuration(`tune.io-engine ${engine}`, 'user nobody', 'group daemon');
  const [control, host] = [join(folder, 'admin.sock'), `127.${(process.pid >> 8) & 255}.${process.pid & 255}.${engine.length}`];
  const text = readFileSync(config, 'utf8').replace('global\n', `global\n stats socket ${control} level admin\n`);
  writeFileSync(config, text);
  chmodSync(folder, 0o711);
  chmodSync(config, 0o600);
  await startTurbo(['-f', config, '-W'], { readyWhen: () => isListening(port) });
  writeFileSync(config, text.replace('listen l\n', `$& bind ${host}:80\n`));
  const { stdout } = await runTurboCtl(control, 'reload');
  assert.match(stdout, /^Success=1$/m, stdout);
  await (await dial({ host, port: 80 })).echoes('hello');
});

alone('without -W a process of another user says why it cannot bind a port below 1024, or a path', async () => {
  const { config, port, folder } = await configuration('user nobody', 'group daemon');
  const control = join(folder, 'admin.sock');
  const text = readFileSync(config, 'utf8').replace('global\n', `global\n stats socket ${control} level admin\n`);
  writeFileSync(config, text);
  for (const readable of [folder, config]) chmodSync(readable, 0o755);
  await startTurbo(['-f', config], { readyWhen: () => isListening(port) });
  writeFileSync(config, text.replace('listen l\n', `$& bind 127.0.0.1:80\n bind ${join(folder, 'web.sock')}\n`));
  const { stdout } = await runTurboCtl(control, 'reload');
  assert.match(stdout, /^Success=0$/m, stdout);
  assert.match(stdout, /Binding \[.*\] for proxy l: protocol tcpv4: cannot bind socket \(Permission denied\)/);
  assert.match(stdout, 'only a process started with -W keeps for that');
  assert.match(stdout, `the process is user ${userId('nobody')} now, who must be allowed to write in that folder`);
});

/** As `turbo`, by a user without any rights. */
function turboUnprivileged(words: readonly string[]): ReturnType<typeof turbo> {
  const identity = ['--reuid', 'daemon', '--regid', 'daemon', '--clear-groups', '--'];
  return runProcess('setpriv', [...identity, process.execPath, TURBO_LB, ...words]);
}

test('where the system gives no more threads, the start fails and says what to do', async () => {
  const { config } = await configuration();
  writeFileSync(config, readFileSync(config, 'utf8').replace('nbthread 1', 'nbthread 12'));
  // Of a user who runs nothing else; Node has a dozen threads of its own.
  const user = ['--reuid', '61234', '--regid', '61234', '--clear-groups', '--'];
  const words = ['--nproc=18', '--', 'setpriv', ...user, process.execPath, TURBO_LB, '-f', config];
  const { code, stderr } = await runProcess('prlimit', words);
  assert.is(code, 1);
  assert.match(stderr, /\[turbo-lb\.main\(\)\] The system gives no thread for worker \d+ \(EAGAIN\): .*TasksMax/);
  assert.is(stderr.match(/ALERT/g)?.length, 1, stderr);
});

/** Lines of `global` with which a start fails, and what is said, once, to whoever started it. */
const FAILURES: readonly [line: string, text: RegExp][] = [
  ['chroot /nonexistent', /Cannot chroot\(\/nonexistent\): no such file or directory \(ENOENT\)\./],
  ['pidfile /nonexistent/pid', /Cannot create pidfile \/nonexistent\/pid: no such file or directory \(ENOENT\)/],
];

for (const [line, text] of FAILURES) {
  test(`a daemon with '${line}' does not start, and its parent says so`, async () => {
    const { config, port } = await configuration(line, 'daemon');
    const { code, stderr } = await turbo(['-f', config]);
    assert.is(code, 1);
    assert.match(stderr, text);
    assert.is(stderr.match(/ALERT/g)?.length, 1, stderr);
    assert.not(isListening(port));
  });
}

test('with -W, too, a chroot that is not there ends the start', async () => {
  const { config, port } = await configuration('chroot /nonexistent', 'user nobody');
  const { code, stderr } = await turbo(['-W', '-f', config]);
  assert.is(code, 1);
  assert.match(stderr, '[turbo-lb.main()] Cannot chroot(/nonexistent): no such file or directory (ENOENT).');
  assert.is(stderr.match(/ALERT/g)?.length, 1, stderr);
  assert.not(isListening(port));
});

test('a user who may not become another one does not start', async () => {
  const { config } = await configuration('user nobody');
  const { code, stderr } = await turboUnprivileged(['-f', config]);
  assert.is(code, 1);
  assert.match(stderr, `[turbo-lb.main()] Cannot set uid ${userId('nobody')}: `);
});

alone('in the foreground there is no pidfile, so none that could fail', async () => {
  const { config, port } = await configuration();
  const process = await startTurbo(['-f', config, '-p', '/nonexistent/pid'], { readyWhen: () => isListening(port) });
  await process.stop();
  assert.not.match(process.stderr, /ALERT|pidfile/);
  const { code, stderr } = await turbo(['-W', '-f', config, '-p', '/nonexistent/pid']);
  assert.is(code, 1);
  assert.match(stderr, 'Cannot create pidfile /nonexistent/pid');
});

alone('a full disk for the pidfile is said, and no reason not to serve', async () => {
  const { config, port } = await configuration();
  const process = await startTurbo(['-W', '-f', config, '-p', '/dev/full'], { readyWhen: () => isListening(port) });
  await eventually('it says so', () =>
    process.stderr.includes('Cannot write pidfile /dev/full: no space left on device (ENOSPC)'),
  );
  await (await dial(port)).echoes('hello');
});

alone('the keyword master-worker is as -W', async () => {
  const { config, folder } = await configuration('master-worker no-exit-on-failure');
  const pidfile = join(folder, 'pid');
  const process = await startTurbo(['-f', config, '-p', pidfile], { readyWhen: /Loading success\./ });
  assert.is(readFileSync(pidfile, 'utf8'), `${process.pid}\n`);
  assert.equal(await process.stop('SIGTERM'), { code: 0, signal: null });
});

alone('--proc-name is what killall and pgrep find; threads have names', async () => {
  const { config, port } = await configuration();
  const process = await startTurbo(['-f', config, '--proc-name', 'haproxy'], { readyWhen: () => isListening(port) });
  await (await dial(port)).echoes('hello');
  for (const [command, ...words] of [
    ['pgrep', '-x', 'haproxy'],
    ['pidof', 'haproxy'],
  ]) {
    const { stdout } = await runProcess(command, words);
    assert.ok(stdout.split(/\s/).includes(String(process.pid)), command);
  }
  const { stdout: shown } = await runProcess('ps', ['-o', 'args=', '-p', String(process.pid)]);
  assert.is(shown, `haproxy -f ${config} --proc-name haproxy\n`);
  const threads = await runProcess('ps', ['-L', '-o', 'comm=', '-p', String(process.pid)]);
  assert.ok(threads.stdout.split('\n').includes('turbo-lb/w0'), threads.stdout);
});

alone("the master's socket answers through a soft stop, and tells of configurations by which sessions go on", async () => {
  const { config, port, folder } = await configuration(`stats socket ${join(scratchFolder(), 'stats.sock')}`);
  const socket = join(folder, 'master.sock');
  const { child, ...turbo } = await startTurbo(['-W', '-db', '-S', socket, '-f', config], {
    readyWhen: () => isListening(port),
  });
  const ask = async (command: string): Promise<string> => (await runTurboCtl(socket, command)).stdout;
  const oldWorkers = async (): Promise<string[]> =>
    (await ask('show proc'))
      .split('# old workers\n')[1]
      .split('\n')
      .filter((line) => line !== '');
  const clients = [await dial(port)];
  await clients[0].echoes('by the first');
  assert.equal(await oldWorkers(), []);
  for (let reload = 1; reload < 3; reload++) {
    assert.match(await ask('reload'), /^Success=1/);
    clients.push(await dial(port));
    await clients[reload].echoes('by another');
  }
  const rows = await oldWorkers();
  assert.equal(
    rows.map((row) => row.split(/\s+/).slice(0, 3)),
    [1, 2].map((ago) => [String(child.pid), 'worker', String(ago)]),
  );
  clients[0].socket.end();
  await clients[0].over();
  await eventually('the first one is given up', async () => (await oldWorkers()).length === 1);
  child.kill('SIGUSR1');
  await eventually('it listens no more', () => !isListening(port));
  assert.match(await ask('show proc'), /master/);
  assert.match(await ask('@1 show info'), /^Stopping: 1$.*^Listeners: 0$/ms);
  const frontends = (await ask('@1 show stat')).split('\n').filter((row) => row.includes(',FRONTEND,'));
  assert.equal(new Set(frontends.map((row) => row.split(',')[17])), new Set(['STOP']));
  assert.match(
    await ask(`@1 enable frontend ${frontends[0].split(',')[0]}`),
    /^Frontend was previously shut down, cannot enable\.$/m,
  );
  await clients[1].echoes('still there');
  for (const client of clients) client.socket.end();
  await turbo.exited;
  assert.is(existsSync(socket), false);
});

alone('a daemon keeps what was said at its start, findings included, and says it once', async () => {
  const { config, folder } = await configuration(`stats socket ${join(scratchFolder(), 'stats.sock')}`, 'close-spread-time 1m');
  const socket = join(folder, 'master.sock');
  const { code, stderr } = await turbo(['-D', '-W', '-S', socket, '-f', config, '-p', join(folder, 'pid')]);
  assert.is(code, 0, stderr);
  await withDaemon(join(folder, 'pid'), async () => {
    const finding = /'close-spread-time' is accepted and has no effect/g;
    assert.is(stderr.match(finding)?.length, 1);
    assert.is((await runTurboCtl(socket, '@1 show startup-logs')).stdout.match(finding)?.length, 1);
  });
});

alone('noreuseport: all workers accept from one socket, which nobody else can have besides', async () => {
  const { config, port } = await configuration('nbthread 2', 'noreuseport');
  const turbo = await startTurbo(['-db', '-f', config], { readyWhen: () => isListening(port) });
  const sockets = new ListeningSockets();
  assert.is(sockets.count().get(listeningAt({ family: 'ipv4', host: '127.0.0.1', port })), 1);
  const clients = await Promise.all(Array.from({ length: 20 }, () => dial(port)));
  for (const client of clients) await client.echoes('hello');
  const other = await runProcess(process.execPath, [TURBO_LB, '-dR', '-db', '-f', config]);
  assert.match(other.stderr, /cannot bind socket \(Address already in use\)/);
  turbo.child.kill('SIGUSR1');
  for (const client of clients) client.socket.end();
  await turbo.exited;
  sockets.close();
});

alone('root without chroot or user is warned', async () => {
  const { config, port } = await configuration();
  const process = await startTurbo(['-f', config], { readyWhen: () => isListening(port) });
  await eventually('both are said', () => (process.stderr.match(/was started as root without any/g)?.length ?? 0) === 2);
});

test.run();
