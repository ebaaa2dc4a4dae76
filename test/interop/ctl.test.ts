/** `turbo-lb ctl` and `turbo-lb alive` against the runtime socket and the master's socket of HAProxy. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TURBO_LB, turbo } from '../cli/turbo.js';
import { eventually, freePort, runProcess, scratchFolder, startProcess, withProcesses } from '../harness.js';
import { Terminal } from './support/terminal.js';

interface Running {
  readonly folder: string;
  readonly file: string;
  readonly admin: string;
  readonly user: string;
  readonly master: string;
  readonly tcp: string;
}

/** HAProxy with a worker, a socket of each level, a map, and a backend whose only server is down. */
async function start(): Promise<Running> {
  const folder = scratchFolder();
  const [admin, user, master] = ['admin', 'user', 'master'].map((name) => join(folder, `${name}.sock`));
  const [port, control, dead] = [await freePort(), await freePort(), await freePort()];
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(join(folder, 'hosts.map'), 'one 1\n');
  writeFileSync(
    file,
    `global
  stats socket ${user} level user
  stats socket ${admin} level admin
  stats socket 127.0.0.1:${control} level operator
defaults
  mode tcp
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend web
  bind 127.0.0.1:${port}
  tcp-request connection reject if { src,map(${folder}/hosts.map) -m found }
  default_backend app
backend app
  server s1 127.0.0.1:1
backend gone
  server s1 127.0.0.1:${dead} check inter 100ms fall 1
`,
  );
  await startProcess('haproxy', ['-W', '-db', '-S', master, '-f', file], {
    readyWhen: /Server gone\/s1 is DOWN/,
  });
  return { folder, file, admin, user, master, tcp: `127.0.0.1:${control}` };
}

/** Runs with standard input. */
function piped(input: string, words: readonly string[]): ReturnType<typeof runProcess> {
  return runProcess('sh', ['-c', 'printf %b "$0" | exec "$@"', input, process.execPath, TURBO_LB, ...words]);
}

test('answers are those of the socket, and exit codes tell errors', () =>
  withProcesses(async () => {
    const { admin, user } = await start();
    const info = await turbo(['ctl', '--socket', admin, 'show info', 'get weight app/s1']);
    assert.match(info.stdout, /^Name: HAProxy\n(.+\n)+\n1 \(initial 1\)\n$/);
    assert.is(info.code, 0);
    const silent = await turbo(['ctl', '--socket', admin, 'set server app/s1 weight 3; set server app/s1 state drain']);
    assert.equal([silent.code, silent.stdout.trim(), silent.stderr], [0, '', '']);
    const stopped = await turbo(['ctl', '--socket', admin, 'set server app/s9 weight 3', 'set server app/s1 weight 5']);
    assert.equal([stopped.code, stopped.stderr], [2, 'turbo-lb: 1 more command was not sent\n']);
    assert.match(stopped.stdout, /^No such server\.\n/);
    assert.match((await turbo(['ctl', '--socket', admin, 'get weight app/s1'])).stdout, /^3 \(initial 1\)/);
    const denied = await turbo(['ctl', '--socket', user, 'set server app/s1 weight 5']);
    assert.equal([denied.code, denied.stdout.trim()], [2, 'Permission denied']);
    assert.is((await turbo(['ctl', '--socket', admin, 'bogus'])).code, 2);
    const unquoted = await turbo(['ctl', '--socket', admin, 'get', 'weight', 'app/s1']);
    assert.is(unquoted.code, 2);
    assert.match(unquoted.stderr, /2 more commands were not sent\nturbo-lb: meant as one command\? ctl 'get weight app\/s1'\n$/);
    assert.match((await turbo(['ctl', '--socket', admin, 'help'])).stdout, /^The following commands are valid/);
  }));

test('payloads and lines come from standard input', () =>
  withProcesses(async () => {
    const { admin, folder } = await start();
    const map = `${folder}/hosts.map`;
    const added = await piped('two 2\nthree 3\n', ['ctl', '--socket', admin, `add map ${map} <<`, `show map ${map}`]);
    assert.is(added.code, 0, added.stdout + added.stderr);
    assert.match(added.stdout, /one 1\n\S+ two 2\n\S+ three 3\n/);
    const script = `# a comment\\nadd map ${map} <<\\nfour 4\\n\\nget map ${map} four\\n`;
    const read = await piped(script, ['ctl', '--socket', admin]);
    assert.match(read.stdout, /found=yes.*key="four".*value="4"/);
    assert.is(read.code, 0);
    const failing = await piped('show info\nset weight app/s9 1\nshow info\n', ['ctl', '--socket', admin]);
    assert.is(failing.code, 2);
  }));

test('the socket is found by file, environment and TCP; the master answers as well', () =>
  withProcesses(async () => {
    const { file, admin, master, tcp } = await start();
    // the file has a socket of level user first; the one of level admin is taken
    assert.is((await turbo(['ctl', '-f', file, 'set server app/s1 weight 2'])).code, 0);
    assert.is((await turbo(['ctl', 'show version'], { TURBO_LB_SOCKET: admin })).code, 0);
    assert.match((await turbo(['ctl', '--socket', tcp, 'show version'])).stdout, /^\d+\.\d+/);
    const proc = await turbo(['ctl', '--socket', master, 'show proc', '@1 get weight app/s1']);
    assert.match(proc.stdout, /^#<PID> +<type>(.*\n)+2 \(initial 1\)\n$/);
    assert.is((await turbo(['ctl', '--socket', master, '@1 set weight app/s9 1'])).code, 2);
  }));

test('who may not connect is told what to do', () =>
  withProcesses(async () => {
    const { admin } = await start();
    chmodSync(admin, 0o600);
    const words = [process.execPath, TURBO_LB, 'ctl', '--socket', admin, 'show info'];
    const denied = await runProcess('setpriv', ['--reuid=65534', '--clear-groups', ...words]);
    assert.is(denied.code, 1);
    assert.match(denied.stderr, /^turbo-lb: .*: permission denied: run this as root, or as a member of the group/);
  }));

test('alive: exit codes for scripts', () =>
  withProcesses(async () => {
    const { admin, user } = await start();
    assert.equal(await turbo(['alive', '--socket', user]), { code: 0, signal: null, stdout: '', stderr: '' });
    assert.is((await turbo(['alive', '--socket', user, '--frontend', 'web', '--backend', 'app'])).code, 0);
    const empty = await turbo(['alive', '--socket', user, '--backend', 'app', '--backend', 'gone']);
    assert.equal([empty.code, empty.stderr], [1, 'turbo-lb: not serving: backend gone has no usable server\n']);
    await turbo(['ctl', '--socket', admin, 'shutdown frontend web']);
    const closed = await turbo(['alive', '--socket', user]);
    assert.equal([closed.code, closed.stderr], [1, 'turbo-lb: not serving: no frontend is open\n']);
  }));

test('at a terminal: completion, history, payloads; Ctrl-C gives up what does not end', () =>
  withProcesses(async () => {
    const { admin, folder } = await start();
    const terminal = await Terminal.open([process.execPath, TURBO_LB, 'ctl', '--socket', admin]);
    await terminal.until(/Ctrl-D leaves\.\n>$/);
    terminal.keys('get wei');
    await terminal.until(/get wei$/);
    terminal.keys('Tab');
    await terminal.until(/get weight$/);
    terminal.keys('a');
    await terminal.until(/get weight a$/);
    terminal.keys('Tab');
    await terminal.until(/get weight app\/s1$/);
    terminal.keys('Enter');
    await terminal.until(/^> get weight app\/s1\n1 \(initial 1\)\n>/m);
    terminal.keys('Up', 'BSpace', 'BSpace', '9', 'Enter'); // a completed word has a blank behind it
    await terminal.until(/^> get weight app\/s9\nNo such server\.\n>/m);
    terminal.keys(
      `add map ${folder}/hosts.map <<`,
      'Enter',
      'five 5',
      'Enter',
      'Enter',
      `get map ${folder}/hosts.map five`,
      'Enter',
    );
    await terminal.until(/key="five"/);
    terminal.keys('shutdown sessions server app/s1; get weight app/s1', 'Enter');
    await terminal.until(/; get weight app\/s1\n1 \(initial 1\)\n>/);
    terminal.keys('show events buf0 -w', 'Enter');
    await terminal.until(/buf0 -w$/);
    terminal.keys('C-c');
    await terminal.until(/interrupted\n>$/);
    terminal.keys('prompt i', 'Enter'); // without a prompt, where does an answer end?
    await terminal.until(/prompt i\nThe prompt stays .*leaves\.\n>$/);
    terminal.keys('quit', 'Enter');
    await terminal.until(/^ended: 0$/m);
  }));

test('at a terminal: a balancer that hangs up is connected to anew', () =>
  withProcesses(async () => {
    const { master } = await start();
    const terminal = await Terminal.open([process.execPath, TURBO_LB, 'ctl', '--socket', master], { columns: 160 });
    await terminal.until(/^master>$/m);
    terminal.keys('@1 get weight a'); // commands and names of the worker, behind its prefix
    await terminal.until(/get weight a$/);
    terminal.keys('Tab');
    await terminal.until(/get weight app\/s1$/);
    terminal.keys('Enter');
    await terminal.until(/app\/s1\n1 \(initial 1\)\nmaster>$/);
    terminal.keys('reload', 'Enter'); // HAProxy 2.6 hangs up
    await terminal.until(/reload\n(?:.*\n)?.*closed the connection\nmaster>/);
    await eventually('it listens again', async () => (await turbo(['ctl', '--socket', master, 'show proc'])).code === 0);
    terminal.keys('show proc', 'Enter');
    await terminal.until(/connected anew.*\n#<PID>/);
    terminal.keys('C-d');
    await terminal.until(/^ended: 0$/m);
  }));

test.run();
