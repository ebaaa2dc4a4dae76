/**
 * Two balancers with keepalived in front of one address, as `examples/ha` has them, in network
 * namespaces: how long a client sees no answer when the balancer, or the host's network, fails, and
 * that it misses none when the change is planned.
 */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TURBO_LB } from '../cli/turbo.js';
import { eventually, type RunningProcess, runProcess, scratchFolder, withProcesses } from '../harness.js';
import { Network } from './support/namespaces.js';

const VIRTUAL = '192.0.2.10';
const EXAMPLES = fileURLToPath(new URL('../../../examples/ha/', import.meta.url));
const CLIENT = fileURLToPath(new URL('fixtures/steady-client.js', import.meta.url));
/** Between two answers with advert_int 1, in milliseconds. */
const GAP_MS_MAX = 5000;
/** Between two answers when nothing fails: a loaded machine's hiccup, in milliseconds. */
const HICCUP_MS_MAX = 1500;

interface Host {
  readonly balancer: RunningProcess;
  readonly keepalived: RunningProcess;
  readonly leave: string;
}

/** turbo-lb and keepalived on a host, by the example files; `edit` is what the operator changes in keepalived's. */
async function startHost(network: Network, host: 'a' | 'b', edit: (conf: string) => string): Promise<Host> {
  const folder = scratchFolder();
  const [socket, check, leave, file] = ['lb.sock', 'check', 'leave', 'lb.cfg'].map((name) => join(folder, name));
  writeFileSync(
    file,
    `global
  stats socket ${socket} level admin
defaults
  mode tcp
  timeout connect 1s
  timeout client 2s
  timeout server 2s
frontend web
  bind :80
  default_backend app
backend app
  server s1 192.0.2.1:9000
`,
  );
  assert.is((await network.run(host, 'sysctl', '--load', `${EXAMPLES}sysctl-turbo-lb-ha.conf`)).code, 0);
  const node = process.execPath;
  const balancer = await network.start(host, node, [TURBO_LB, '-f', file, '-db'], { readyWhen: () => existsSync(socket) });
  const script = readFileSync(`${EXAMPLES}check-turbo-lb`, 'utf8')
    .replace('/usr/bin/turbo-lb', `${node} ${TURBO_LB}`)
    .replace('/run/turbo-lb/admin.sock', socket);
  writeFileSync(check, script);
  chmodSync(check, 0o755);
  const conf = edit(readFileSync(`${EXAMPLES}keepalived-${host}.conf`, 'utf8'))
    .replace('/etc/keepalived/check-turbo-lb', check)
    .replaceAll('/run/turbo-lb.leave', leave)
    .replace('/etc/keepalived/notify-turbo-lb', '/bin/true');
  writeFileSync(join(folder, 'keepalived.conf'), conf);
  const pidfiles = ['-p', 'main.pid', '-r', 'vrrp.pid', '-c', 'checkers.pid'].map((word) =>
    word.endsWith('.pid') ? join(folder, word) : word,
  );
  const words = ['--dont-fork', '--log-console', '--log-detail', '-f', join(folder, 'keepalived.conf'), ...pidfiles];
  const keepalived = await network.start(host, 'keepalived', words);
  return { balancer, keepalived, leave };
}

interface Seen {
  readonly answers: number;
  readonly lost: number;
  readonly again: number;
  readonly longestGapMs: number;
}

/** Questions that the client has under way at once, each with an answer that takes its time: some are under way at any moment. */
const AT_ONCE = 8;
const ANSWER_SECONDS = 0.2;

/** Both hosts, and a client that has its answers from `a`; then `fail`, and what the client has seen once `b` serves. */
async function failover(
  boundMs: number,
  fail: (network: Network, a: Host) => Promise<void> | void,
  edit = (conf: string): string => conf,
): Promise<Seen> {
  const network = new Network({ client: 1, a: 11, b: 12 });
  try {
    await network.start('client', 'socat', ['TCP-LISTEN:9000,fork,reuseaddr', `SYSTEM:sleep ${ANSWER_SECONDS}; cat`]);
    const a = await startHost(network, 'a', edit);
    await eventually('a has the address', () => network.has('a', VIRTUAL));
    await startHost(network, 'b', edit);
    const client = await network.start('client', process.execPath, [CLIENT, VIRTUAL, '80', String(boundMs), String(AT_ONCE)], {
      readyWhen: /first answer/,
    });
    await fail(network, a);
    await eventually('b has the address', () => network.has('b', VIRTUAL));
    await eventually('b serves', async () => (await network.run('client', process.execPath, '-e', ASK_ONCE)).code === 0);
    await client.stop();
    const line = client.stdout.trim().split('\n').at(-1) ?? '';
    return JSON.parse(line) as Seen;
  } finally {
    network.remove();
  }
}

/** Exit code 0 when the virtual address answers. */
const ASK_ONCE = `const s=require('node:net').connect(80,'${VIRTUAL}',()=>s.write('x'));s.once('data',()=>process.exit(0));s.once('error',()=>process.exit(1));setTimeout(()=>process.exit(1),1000)`;

test('the balancer is killed: the other host has the address in less than five seconds', () =>
  withProcesses(async () => {
    const seen = await failover(500, (_network, { balancer }) => balancer.kill());
    assert.ok(seen.lost > 0, 'the client has noticed');
    assert.ok(seen.longestGapMs < GAP_MS_MAX, JSON.stringify(seen));
  }));

test('the host is cut off: the other one takes over in less than five seconds', () =>
  withProcesses(async () => {
    const seen = await failover(500, (network) => network.unplug('a'));
    assert.ok(seen.lost > 0, 'the client has noticed');
    assert.ok(seen.longestGapMs < GAP_MS_MAX, JSON.stringify(seen));
  }));

test('keepalived is killed, and leaves its address behind: the other host takes over in less than five seconds', () =>
  withProcesses(async () => {
    const seen = await failover(500, (_network, { keepalived }) => keepalived.kill());
    assert.ok(seen.longestGapMs < GAP_MS_MAX, JSON.stringify(seen));
  }));

const PLANNED: Readonly<Record<string, (conf: string) => string>> = {
  'as the files are': (conf) => conf,
  'with nopreempt': (conf) =>
    conf.replace('state MASTER', 'state BACKUP').replace('# nopreempt', 'nopreempt').replace('    weight -20\n', ''),
};
for (const [how, edit] of Object.entries(PLANNED)) {
  test(`a planned change, ${how}: the address moves while both serve, and no request is lost`, () =>
    withProcesses(async () => {
      const seen = await failover(
        GAP_MS_MAX,
        async (network, { balancer, leave }) => {
          writeFileSync(leave, '');
          await eventually('the address has moved', () => network.has('b', VIRTUAL) && !network.has('a', VIRTUAL));
          assert.equal(await balancer.stop('SIGUSR1'), { code: 0, signal: null });
          rmSync(leave);
        },
        edit,
      );
      assert.is(seen.lost, 0, JSON.stringify(seen));
      assert.ok(seen.again <= AT_ONCE, JSON.stringify(seen));
      assert.ok(seen.longestGapMs < HICCUP_MS_MAX, JSON.stringify(seen));
    }));
}

test('keepalived finds nothing wrong with the examples', () =>
  withProcesses(async () => {
    for (const host of ['a', 'b']) {
      const conf = join(scratchFolder(), 'keepalived.conf');
      const installed = readFileSync(`${EXAMPLES}keepalived-${host}.conf`, 'utf8').replace(
        /\/etc\/keepalived\/[\w-]+/g,
        '/bin/true',
      );
      writeFileSync(conf, installed);
      const checked = await runProcess('keepalived', ['--config-test', '-f', conf]);
      assert.equal({ host, ...checked }, { host, code: 0, signal: null, stdout: '', stderr: '' });
    }
  }));

/** What `turbo-lb` may be when the check runs it, and what the check then says while the balancer is there. */
const PROGRAMS: Readonly<Record<string, { command: string; code: number }>> = {
  'it is missing': { command: '/nonexistent/turbo-lb', code: 0 },
  'it is in pieces': { command: `${process.execPath} /nonexistent/main.js`, code: 0 },
  'it cannot ask': { command: `${process.execPath} ${TURBO_LB}`, code: 1 },
};
for (const [how, { command, code }] of Object.entries(PROGRAMS)) {
  test(`the check, while npm replaces the program: ${how}`, () =>
    withProcesses(async () => {
      const folder = scratchFolder();
      const [file, check] = ['lb.cfg', 'check'].map((name) => join(folder, name));
      writeFileSync(file, `global\n  stats socket ${folder}/lb.sock\nlisten web\n  mode tcp\n  bind ${folder}/web.sock\n`);
      const text = readFileSync(`${EXAMPLES}check-turbo-lb`, 'utf8');
      writeFileSync(check, text.replace('/usr/bin/turbo-lb', command).replace('/run/turbo-lb/admin.sock', `${folder}/no.sock`));
      const script = `"$0" "$1" -f "$2" -db >/dev/null 2>&1 & pid=$!
        until [ -S ${folder}/lb.sock ]; do sleep 0.05; done
        sh ${check} 2>/dev/null; echo "running: $?"; kill $pid; wait $pid; sh ${check} 2>/dev/null; echo "ended: $?"`;
      const words = ['--pid', '--fork', '--mount-proc', 'sh', '-c', script, process.execPath, TURBO_LB, file];
      assert.is((await runProcess('unshare', words)).stdout, `running: ${code}\nended: 1\n`);
    }));
}

test("a script of the guides', killall -0, finds the process, also under HAProxy's name", () =>
  withProcesses(async () => {
    const folder = scratchFolder();
    const file = join(folder, 'lb.cfg');
    writeFileSync(
      file,
      `global\n  stats socket ${folder}/lb.sock\ndefaults\n  mode tcp\nlisten web\n  bind ${folder}/web.sock\n`,
    );
    const script = `"$0" "$1" -f "$2" -db --proc-name haproxy >/dev/null 2>&1 & pid=$!
      until [ -S ${folder}/lb.sock ]; do sleep 0.05; done
      killall -0 haproxy; echo "running: $?"; kill $pid; wait $pid; killall -q -0 haproxy; echo "ended: $?"`;
    // a process namespace of its own: other balancers on this machine do not count
    const words = ['--pid', '--fork', '--mount-proc', 'sh', '-c', script, process.execPath, TURBO_LB, file];
    assert.is((await runProcess('unshare', words)).stdout, 'running: 0\nended: 1\n');
  }));

test.run();
