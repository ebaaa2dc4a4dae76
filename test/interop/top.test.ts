/** `turbo-lb top` in a terminal, beside HAProxy: what it shows, what its keys do, and how it leaves. */
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TURBO_LB, turbo } from '../cli/turbo.js';
import { eventually, freePort, type RunningProcess, runProcess, scratchFolder, startProcess, withProcesses } from '../harness.js';
import { Terminal } from './support/terminal.js';

interface Watched {
  readonly port: number;
  readonly admin: string;
  readonly user: string;
  readonly process: RunningProcess;
  start(): Promise<RunningProcess>;
}

/** HAProxy in front of two servers, of which one is there. */
async function watched(): Promise<Watched> {
  const folder = scratchFolder();
  const [admin, user] = ['admin', 'user'].map((name) => join(folder, `${name}.sock`));
  const [port, alive, dead] = [await freePort(), await freePort(), await freePort()];
  await startProcess('socat', [`TCP-LISTEN:${alive},fork,reuseaddr,bind=127.0.0.1`, 'EXEC:cat']);
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  stats socket ${admin} level admin
  stats socket ${user} level user
defaults
  mode tcp
  option contstats
  timeout connect 5s
  timeout client 50s
  timeout server 50s
frontend web
  bind 127.0.0.1:${port}
  default_backend app
backend app
  server alive1 127.0.0.1:${alive}
  server dead1 127.0.0.1:${dead} check inter 100ms fall 1
`,
  );
  const start = () => startProcess('haproxy', ['-db', '-f', file], { readyWhen: /Server app\/dead1 is DOWN/ });
  return { port, admin, user, process: await start(), start };
}

const open = (socket: string, ...words: string[]): Promise<Terminal> =>
  Terminal.open([process.execPath, TURBO_LB, 'top', '--socket', socket, '--interval', '200ms', ...words]);

test('states, sessions and rates; selecting, filtering, draining and making ready', () =>
  withProcesses(async () => {
    const { port, admin } = await watched();
    const terminal = await open(admin);
    await terminal.until(/^>F web +OPEN .*\n B app +UP .* 1\/2 up\n {4}alive1 +no check .*\n {4}dead1 +DOWN .* L4CON/m);
    const client = connect(port, '127.0.0.1')
      .on('error', () => client.destroy())
      .resume();
    const sending = setInterval(() => client.write('x'.repeat(10_000)), 20);
    await terminal.until(/^ {4}alive1 +no check +1 .* \d+(\.\d+)?[kM]/m);
    clearInterval(sending);
    client.destroy();
    terminal.keys('/');
    terminal.keys('alive');
    await terminal.until(/^>S app\/alive1 .*\n\n(.*\n)*\/alive_/m);
    terminal.keys('Enter', 'd');
    await terminal.until(/^Drain app\/alive1\? \(y\/n\)/m);
    terminal.keys('n');
    await terminal.until(/app\/alive1 is left as it is\./);
    terminal.keys('d', 'y');
    await terminal.until(/^>S app\/alive1 +DRAIN (?:.*\n)*\napp\/alive1 is set to drain\./m);
    assert.match((await turbo(['ctl', '--socket', admin, 'show stat'])).stdout, /^app,alive1,.*,DRAIN,/m);
    terminal.keys('m', 'y');
    await terminal.until(/^>S app\/alive1 +MAINT /m);
    terminal.keys('r', 'y');
    await terminal.until(/^>S app\/alive1 +no check /m);
    terminal.keys('q');
    await terminal.until(/^ended: 0$/m);
  }));

test('a socket that permits only looking says so', () =>
  withProcesses(async () => {
    const { user } = await watched();
    const terminal = await open(user);
    await terminal.until(/alive1/);
    terminal.keys('Down', 'Down', 'd', 'y');
    await terminal.until(/^app\/alive1: denied: this socket is not of 'level admin'\.$/m);
  }));

test('a balancer that goes and comes back is shown, not died of', () =>
  withProcesses(async () => {
    const { admin, process: haproxy, start } = await watched();
    const terminal = await open(admin);
    await terminal.until(/^>F web/m);
    await haproxy.stop();
    await terminal.until(/\nNO ANSWER since \d\d:\d\d:\d\d: (?:nobody listens|there is no such socket).*\n.*\n>F web/);
    const again = await start();
    await terminal.until(new RegExp(`pid ${again.pid} .*\nconn .*\n.*\n>F web`));
  }));

test('resizing, help, and the other screen comes back at the end', () =>
  withProcesses(async () => {
    const { admin } = await watched();
    const terminal = await open(admin);
    await terminal.until(/^>F web/m);
    assert.equal([terminal.variable('alternate_on'), terminal.variable('cursor_flag')], ['1', '0']);
    terminal.resize(130, 20);
    await terminal.until(/CHECK +SINCE DOWNTIME/);
    terminal.resize(60, 10);
    await terminal.until(/^ NAME .{0,55}$/m);
    terminal.keys('?');
    await terminal.until(/^Keys$/m);
    terminal.keys('Escape');
    await terminal.until(/^>F web/m);
    terminal.keys('C-c');
    await terminal.until(/^ended: 0$/m);
    assert.equal([terminal.variable('alternate_on'), terminal.variable('cursor_flag')], ['0', '1']);
  }));

/** The number of the process that runs in a terminal's shell. */
async function childOf(pid: number): Promise<number> {
  return Number((await runProcess('pgrep', ['-P', String(pid)])).stdout.trim());
}

test('signals leave the terminal as it was', () =>
  withProcesses(async () => {
    const { admin } = await watched();
    for (const [signal, code] of [
      ['TERM', 143],
      ['HUP', 129],
      ['INT', 130],
    ] as const) {
      const terminal = await open(admin);
      await terminal.until(/^>F web/m);
      await runProcess('kill', [`-${signal}`, String(await childOf(terminal.pid))]);
      await terminal.until(new RegExp(`^ended: ${code}\\n0$`, 'm')); // 0: the terminal echoes
      assert.equal([terminal.variable('alternate_on'), terminal.variable('cursor_flag')], ['0', '1']);
    }
  }));

test('Ctrl-Z gives the terminal to the shell, SIGCONT takes it again', () =>
  withProcesses(async () => {
    const { admin } = await watched();
    const terminal = await open(admin);
    await terminal.until(/^>F web/m);
    const pid = await childOf(terminal.pid);
    terminal.keys('C-z');
    await eventually('it has left', () => terminal.variable('alternate_on') === '0');
    await runProcess('kill', ['-CONT', String(pid)]);
    await terminal.until(/^>F web/m);
    assert.is(terminal.variable('alternate_on'), '1');
    terminal.keys('q');
    await terminal.until(/^ended: 0$/m);
  }));

test('colours repeat words, and NO_COLOR leaves them out', () =>
  withProcesses(async () => {
    const { admin } = await watched();
    for (const [env, expected] of [
      [{ NO_COLOR: '' }, true],
      [{ NO_COLOR: '1' }, false],
    ] as const) {
      const words = [process.execPath, TURBO_LB, 'top', '--socket', admin];
      const terminal = await Terminal.open(words, { env });
      await terminal.until(/dead1 +DOWN/);
      assert.is(/\[(?:\d+;)*3[0-7]m/.test(terminal.styledScreen()), expected);
    }
  }));

test('one page for pipes, within 80 columns', () =>
  withProcesses(async () => {
    const { admin } = await watched();
    const { code, stdout, stderr } = await turbo(['top', '--socket', admin, '--interval', '100ms']);
    assert.equal([code, stderr], [0, '']);
    assert.match(stdout, /^ NAME +STATUS .*\n F web +OPEN +0 .*\n B app .*\n {4}alive1 .*\n {4}dead1 +DOWN .*\n$/m);
    assert.not.match(stdout, '\x1b');
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
    const wide = await turbo(['top', '--socket', admin, '--interval', '100ms'], { COLUMNS: '200' });
    assert.match(wide.stdout, / LAST CHECK\n/, 'as wide as it is told');
    const lost = await turbo(['top', '--once', '--socket', '/nonexistent/a.sock']);
    assert.equal([lost.code, lost.stdout], [1, '']);
    assert.match(lost.stderr, /^turbo-lb: \/nonexistent\/a\.sock: there is no such socket/);
  }));

test.run();
