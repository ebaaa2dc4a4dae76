/** The harness itself: what it starts is ready, is seen, and is gone afterwards. */
import { existsSync } from 'node:fs';
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  bothEngines,
  countersOf,
  ENGINES,
  eventually,
  freePort,
  httpGet,
  isAlive,
  isListening,
  runProcess,
  scratchFolder,
  startProcess,
  withProcesses,
} from '../harness.js';

/** A program that runs until it is told to end. */
const FOREVER = ['-e', 'console.log("up"); setInterval(() => {}, 1000)'];
/** The same, with a child of its own, whose number it prints. */
const FAMILY = [
  '-e',
  `const c = require('node:child_process').spawn('sleep', ['1000']); console.log('child', c.pid, 'up'); setInterval(() => {}, 1000)`,
];

const gone = (pid: number) => eventually(`process ${pid} is gone`, () => !isAlive(pid));

test('a program is ready when its output says so, and is stopped by SIGTERM', async () => {
  const started = await startProcess(process.execPath, FOREVER, { readyWhen: /up/ });
  assert.ok(started.running);
  assert.equal(await started.stop(), { code: null, signal: 'SIGTERM' });
  assert.not(started.running);
});

test('a program that ends before it is ready is reported with what it said', async () => {
  try {
    await startProcess(process.execPath, ['-e', 'console.error("no luck"); process.exit(3)'], { readyWhen: /up/ });
  } catch (error) {
    assert.match(String(error), /node: ended with exit code 3\nno luck/);
    return;
  }
  assert.unreachable('it was taken for ready');
});

test('a program that is not there is an error', async () => {
  const outcome = await startProcess('no-such-program', []).catch((error) => error.code);
  assert.is(outcome, 'ENOENT');
});

test('a program is run to its end, its streams kept apart', async () => {
  const { code, stdout, stderr } = await runProcess('sh', ['-c', 'echo out; echo err >&2; exit 4']);
  assert.equal({ code, stdout, stderr }, { code: 4, stdout: 'out\n', stderr: 'err\n' });
});

test('what a test started is gone when it has thrown, children included', async () => {
  let pids: number[] = [];
  const outcome = await withProcesses(async () => {
    const started = await startProcess(process.execPath, FAMILY, { readyWhen: /up/ });
    pids = [started.pid, Number(/child (\d+)/.exec(started.stdout)?.[1])];
    assert.ok(pids.every(isAlive));
    started.stdout = ''; // keeps the test's own output short
    throw new Error('planted');
  }).catch((error) => error.message);
  assert.is(outcome, 'planted');
  for (const pid of pids) await gone(pid);
});

test('what was started before a test stays', async () => {
  const before = await startProcess(process.execPath, FOREVER, { readyWhen: /up/ });
  await withProcesses(async () => {
    await startProcess(process.execPath, FOREVER, { readyWhen: /up/ });
  });
  assert.ok(before.running);
  await before.stop();
});

test('a condition that never holds is an error with a name', async () => {
  const outcome = await eventually('the moon is blue', () => false, 30).catch((error) => error.message);
  assert.is(outcome, 'not within 30 ms: the moon is blue');
  assert.is(await eventually('it is 7', () => 7), 7);
});

test('free ports differ, and are not free once somebody listens', async () => {
  const ports = [await freePort(), await freePort()];
  assert.is.not(ports[0], ports[1]);
  const server = createServer().listen(ports[0], '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  assert.ok(isListening(ports[0]));
  assert.not(isListening(ports[1]));
  await new Promise((resolve) => server.close(resolve));
  assert.not(isListening(ports[0]));
});

test('requests share a connection when the agent keeps it alive', async () => {
  const server = createServer((request, response) => response.end(`${request.method} ${request.url}`)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const answers = [
    await httpGet(url, { agent }),
    await httpGet(url, { agent }),
    await httpGet(url, { method: 'POST', body: 'x' }),
  ];
  agent.destroy();
  await new Promise((resolve) => server.close(resolve));
  assert.equal(
    answers.map(({ status, body }) => `${status} ${body}`),
    ['200 GET /a', '200 GET /a', '200 POST /a'],
  );
  assert.is(answers[0].localPort, answers[1].localPort);
  assert.is.not(answers[0].localPort, answers[2].localPort);
});

test('counters of this very process are plausible', () => {
  const { userMs, systemMs, rssBytes, fds, threads } = countersOf(process.pid);
  assert.ok(userMs + systemMs > 0);
  assert.ok(rssBytes > 10_000_000);
  assert.ok(fds > 3);
  assert.ok(threads > 1);
});

test('a scratch folder is there', () => {
  assert.ok(existsSync(scratchFolder()));
});

const seen: string[] = [];
bothEngines('a body runs for each engine', async (engine) => {
  seen.push(engine);
});

test('both engines were run', () => {
  assert.equal(seen, ENGINES);
});

test.run();
