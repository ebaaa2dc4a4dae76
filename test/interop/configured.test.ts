/** `turbo-lb -f` with a configuration that is right: it runs, in the foreground and as a daemon, and takes over from another. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { turbo } from '../cli/turbo.js';
import {
  type EngineChoice,
  eventually,
  freePort,
  isAlive,
  isListening,
  runProcess,
  scratchFolder,
  startProcess,
  startTurbo,
  withProcesses,
} from '../harness.js';
import { closeAll, dial, interop, named, serve } from './support/peers.js';
import { askSocket } from './support/runtime.js';
import { TURBO_LB } from './support/twins.js';

test.after.each(closeAll);

interface Files {
  readonly config: string;
  readonly pidfile: string;
  readonly port: number;
}

/** A listen in front of one server that says `served`. */
async function listen(engine: EngineChoice, ...global: string[]): Promise<Files> {
  const server = await serve(named('served'));
  const port = await freePort();
  const folder = scratchFolder();
  const pidfile = join(folder, 'pid');
  const lines = [
    'global',
    ` tune.io-engine ${engine}`,
    ' nbthread 1',
    ' maxconn 100',
    ...global.map((line) => ` ${line}`),
    'defaults',
    ' mode tcp',
    ' timeout connect 5s',
    ' timeout client 1m',
    ' timeout server 1m',
    'frontend web',
    ` bind 127.0.0.1:${port}`,
    ' default_backend servers',
    'backend servers',
    ` server a ${server.address}`,
  ];
  const config = join(folder, 'haproxy.cfg');
  writeFileSync(config, `${lines.join('\n')}\n`);
  return { config, pidfile, port };
}

interop('a configuration runs in the foreground, and a daemon stays there with -db', async (engine) => {
  const { config, port, pidfile } = await listen(engine, 'daemon');
  await startTurbo(['-db', '-f', config, '-p', pidfile], { readyWhen: () => isListening(port) });
  await (await dial(port)).hears('served');
  assert.not(existsSync(pidfile), 'in the foreground there is none, as in HAProxy');
});

interop('a daemon leaves its parent once it listens, and the next one takes over from it', async (engine) => {
  const { config, port, pidfile } = await listen(engine);
  const pid = (): number => Number(readFileSync(pidfile, 'utf8'));
  const pids: number[] = [];
  try {
    const first = await turbo(['-D', '-f', config, '-p', pidfile]);
    assert.equal([first.code, first.stdout], [0, '']);
    pids.push(pid());
    assert.ok(isAlive(pids[0]));
    const client = await dial(port);
    await client.hears('served');
    const second = await turbo(['-D', '-f', config, '-p', pidfile, '-sf', String(pids[0])]);
    assert.is(second.code, 0, second.stderr);
    pids.push(pid());
    assert.is.not(pids[1], pids[0]);
    // For a moment clients may still come to the first one, which must not have to wait for them then.
    const other = await dial(port);
    await other.hears('served');
    other.socket.end();
    assert.ok(isAlive(pids[0]), 'the first one serves the client that it has');
    client.socket.end();
    await eventually('the first one has ended', () => !isAlive(pids[0]));
    await (await dial(port)).hears('served');
  } finally {
    for (const running of pids.filter(isAlive)) process.kill(running, 'SIGKILL');
  }
});

interop('a daemon has its file from a pipe, and is in the folder of -C, as its parent was', async (engine) => {
  const { config, port, pidfile } = await listen(engine);
  const [folder, file] = [dirname(config), basename(config)];
  const shell = `cd "$1" && cat "$2/$3" | "$4" "$5" -D -q -C "$2" -f /dev/stdin -p ${basename(pidfile)}`;
  const words = [dirname(folder), basename(folder), file, process.execPath, TURBO_LB];
  const { code, stderr } = await runProcess('sh', ['-c', shell, 'sh', ...words]);
  assert.equal([code, stderr], [0, '']);
  const pid = Number(readFileSync(pidfile, 'utf8'));
  try {
    await (await dial(port)).hears('served');
  } finally {
    process.kill(pid, 'SIGKILL');
    await eventually('it has ended', () => !isAlive(pid));
  }
});

interop('a daemon that cannot start says so through its parent, once', async (engine) => {
  const { config, port } = await listen(engine, 'nbproc 1');
  const holder = await serve(named('other'), { port, host: '127.0.0.1' });
  assert.ok(holder);
  const { code, stderr } = await turbo(['-D', '-f', config]);
  assert.is(code, 1);
  assert.match(stderr, `protocol tcpv4: cannot bind socket (Address already in use) for [127.0.0.1:${port}].\n`);
  assert.is(stderr.match(/nbproc is not supported/g)?.length, 1);
});

interop('all addresses that cannot be bound are named in one run', async (engine) => {
  const { config, port } = await listen(engine);
  await serve(named('other'), { port, host: '127.0.0.1' });
  const more = `frontend more\n bind 127.0.0.1:${port}\n bind /nonexistent/sock\nlisten both\n bind 127.0.0.1:${port}\n`;
  writeFileSync(config, `${readFileSync(config, 'utf8')}${more}`);
  const { code, stderr } = await turbo(['-f', config]);
  assert.is(code, 1);
  const used = `protocol tcpv4: cannot bind socket (Address already in use) for [127.0.0.1:${port}].`;
  const alerts = stderr.split('\n').filter((line) => line.startsWith('[ALERT]'));
  assert.equal(
    alerts.map((line) => line.replace(/^\[ALERT\] +\(\d+\) : /, '')),
    [
      `Binding [${config}:11] for frontend web: ${used}`,
      `Binding [${config}:16] for frontend more: ${used}`,
      `Binding [${config}:17] for frontend more: protocol unix_stream: cannot bind UNIX socket (No such file or directory) for [/nonexistent/sock].`,
      `Binding [${config}:19] for proxy both: ${used}`,
      '[turbo-lb.main()] Some protocols failed to start their listeners! Exiting.',
    ],
  );
});

interop('a clean start says nothing, with -V or -d what it listens on', async (engine) => {
  for (const [word, said] of [
    ['-db', ''],
    ['-V', 'listening on '],
    ['-d', 'listening on '],
  ]) {
    const { config, port } = await listen(engine, 'chroot /', 'user root');
    const balancer = await startTurbo([word, '-f', config], { readyWhen: () => isListening(port) });
    await (await dial(port)).hears('served');
    await eventually('it says so', () => balancer.stderr.includes(said));
    assert.is(balancer.stderr.split('\n').length, said === '' ? 1 : 2, balancer.stderr);
    await balancer.stop();
  }
});

test('-c checks without starting: codes and texts as HAProxy has them', async () => {
  const { config } = await listen('epoll');
  assert.equal(pick(await turbo(['-c', '-f', config])), [0, '', '']);
  assert.equal(pick(await turbo(['-c', '-V', '-f', config])), [0, 'Configuration file is valid\n', '']);
  const warned = join(scratchFolder(), 'warned.cfg');
  writeFileSync(warned, `global\n nbproc 1\n${readFileSync(config, 'utf8')}`);
  const { code, stdout } = await turbo(['-c', '-f', warned]);
  assert.equal([code, stdout], [0, 'Warnings were found.\n']);
  assert.is((await turbo(['-c', '-dW', '-f', warned])).code, 1);
});

test('a configuration without a listener: code 2 for a check, as HAProxy, and no start', async () => {
  const path = join(scratchFolder(), 'f.cfg');
  writeFileSync(path, 'global\n');
  const ours = await turbo(['-c', '-f', path]);
  const theirs = await runProcess('haproxy', ['-c', '-f', path]);
  assert.equal(pick(ours), pick(theirs));
  assert.is(ours.code, 2);
  const started = await turbo(['-f', path]);
  assert.is(started.code, 1);
  assert.match(started.stderr, "No enabled listener found (check for 'bind' directives) ! Exiting.");
});

test('a reload to a file without any listener is refused', () =>
  withProcesses(async () => {
    const { config, port } = await listen('epoll');
    const running = await startTurbo(['-W', '-db', '-f', config], { readyWhen: () => isListening(port) });
    await eventually('it is ready', () => running.stderr.includes('Loading success.'));
    writeFileSync(config, 'backend b\n');
    running.child.kill('SIGUSR2');
    await eventually('it says why', () => running.stderr.includes('No enabled listener found'));
    assert.is(isListening(port), true);
  }));

test('a stats socket is listener enough: checks of servers can be watched without a frontend', async () => {
  const folder = scratchFolder();
  const [path, socket] = [join(folder, 'f.cfg'), join(folder, 'admin')];
  writeFileSync(
    path,
    `global\n stats socket ${socket} level admin\nbackend b\n mode tcp\n timeout server 1s\n timeout connect 1s\n server s 127.0.0.1:1 check\n`,
  );
  assert.is((await turbo(['-c', '-f', path])).code, 0);
  await withProcesses(async () => {
    await startProcess(process.execPath, [TURBO_LB, '-db', '-f', path], { readyWhen: () => existsSync(socket) });
    await eventually('its server is down', async () => /^b,s,.*,DOWN,/m.test(await askSocket(socket, 'show stat\n')));
    assert.match(await askSocket(socket, 'reload\n'), 'Success=1');
  });
});

function pick({ code, stdout, stderr }: { code: number | null; stdout: string; stderr: string }): unknown[] {
  return [code, stdout, stderr];
}

test.run();
