/** Checks of servers that misbehave end in time and leave no socket, whatever the servers do, at whatever byte. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CheckEvaluation } from '../../../src/master/checks/evaluation.js';
import { Expectations } from '../../../src/master/checks/expectation.js';
import { RequestTexts } from '../../../src/master/checks/request.js';
import type { CheckResult } from '../../../src/master/checks/result.js';
import { CheckRuns } from '../../../src/master/checks/run.js';
import { CheckSockets } from '../../../src/master/checks/sockets.js';
import { planOf } from '../../harness/plans.js';

const REPLY = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello';
const PATIENCE_MS = 300;
/** Where an answer is to come. */
const LONG_MS = 10_000;

/** Checks a server once with the rules of a backend; the result, and the sockets that are left once it has done what it does. */
async function check(
  behave: (socket: Socket) => unknown,
  lines: string,
  options = '',
  patienceMs = PATIENCE_MS,
): Promise<{ result: CheckResult; left: number }> {
  const sockets = new Set<Socket>();
  const behaved: unknown[] = [];
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    behaved.push(behave(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const { result, left, stop } = await checkAt(port, lines, options, undefined, patienceMs);
  await Promise.all(behaved);
  stop();
  for (const socket of sockets) socket.destroy();
  server.close();
  return { result, left };
}

/** The same, of a server at that port; `meanwhile` keeps the thread once it is connected to. */
async function checkAt(
  port: number,
  lines: string,
  options: string,
  meanwhile = (): void => undefined,
  patienceMs = PATIENCE_MS,
): Promise<{ result: CheckResult; left: number; stop: () => void }> {
  const plan = planOf(`backend b\n mode tcp\n ${lines}\n server s 127.0.0.1:${port} check ${options}`);
  const checks = new CheckSockets();
  const evaluation = new CheckEvaluation(plan, {} as never);
  const common = {
    ...{
      sockets: checks,
      evaluation,
      expectations: new Expectations(evaluation),
      requests: new RequestTexts(),
      answerMax: 16384,
    },
    stateOf: () => '',
    onConnectTimeout: () => undefined,
  };
  const address = { family: 'ipv4', host: '127.0.0.1', port } as const;
  const [backend] = plan.backends;
  const order = { place: { backend: 0, server: 0 }, server: backend.servers[0], check: backend.check, address };
  const times = { connectMs: patienceMs, answerMs: 0, isRunning: true, read: null };
  const result = await new Promise<CheckResult>((resolve) => {
    new CheckRuns(common).begin({ ...order, ...times }, resolve);
    meanwhile();
  });
  return { result, left: checks.open, stop: () => checks.stop() };
}

/** In a thread of its own: accepts one connection, answers if it is to, resets it, and says so in `done`. */
const RESETTER = `
const { createServer } = require('node:net');
const { parentPort, workerData: { answer, done } } = require('node:worker_threads');
const server = createServer((socket) => {
  socket.on('close', () => { Atomics.store(done, 0, 1); Atomics.notify(done, 0); server.close(); });
  if (answer === '') socket.resetAndDestroy();
  else socket.write(answer, () => socket.resetAndDestroy());
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

test('a reset or an end at every byte of the reply', async () => {
  for (let bytes = 0; bytes <= REPLY.length; bytes += 3) {
    for (const how of ['resetAndDestroy', 'end'] as const) {
      const cut = (socket: Socket) => socket.once('data', () => socket.write(REPLY.slice(0, bytes), () => void socket[how]()));
      const { result, left } = await check(cut, 'option httpchk\n http-check expect string hello');
      assert.is(left, 0, `${how} after ${bytes}`);
      const whole = bytes >= REPLY.length;
      if (how === 'end') assert.is(result.status, whole ? 'L7OK' : 'L7RSP', `${how} after ${bytes}`);
      else assert.ok(whole || ['SOCKERR', 'L7RSP'].includes(result.status), `${result.status} after ${bytes}`);
    }
  }
});

/** Says the text in two segments, as nearly always, and goes on with what it hears. */
function inTwo(text: string, cut: number, goOn: (socket: Socket) => void): (socket: Socket) => void {
  return (socket) => {
    const bytes = Buffer.from(text, 'latin1');
    socket.setNoDelay().write(bytes.subarray(0, cut));
    setTimeout(() => {
      if (!socket.destroyed) socket.write(bytes.subarray(cut));
      goOn(socket);
    }, SEGMENT_MS);
  };
}

/** Between two segments: long enough for one to be read alone. */
const SEGMENT_MS = 15;

test('what servers say in two segments is what they say in one, wherever it is cut', async () => {
  const greeting = `J\0\0\0\x0a5.7.42\0\x01\0\0\0abcdefgh\0\xff\xf7\x21\x02\0\x7f\x80\x15${'\0'.repeat(10)}abcdefghijkl\0mysql_native_password\0`;
  const denial = '\x1f\0\0\x02\xff\x15\x04#28000Access denied for user';
  const denies = (socket: Socket): void => void socket.once('data', () => socket.write(Buffer.from(denial, 'latin1')));
  const serves = (socket: Socket): void =>
    void socket.on('data', (data) => socket.write(/^QUIT/.test(String(data)) ? '221 bye\r\n' : '250-mx.test\r\n250 SIZE\r\n'));
  const bindResponse = '\x30\x84\0\0\0\x10\x02\x01\x01\x61\x84\0\0\0\x07\x0a\x01\x31\x04\0\x04\0';
  const cases = [
    ['option mysql-check user u', greeting, denies, 'L7STS', 1045, '#28000Access denied for user'],
    ['option mysql-check', greeting, () => undefined, 'L7OK', 0, '5.7.42'],
    ['option mysql-check', '\x0b\0\0\0\xff\x69\x04Host bad', () => undefined, 'L7STS', 1129, 'Host bad'],
    ['option smtpchk', '220 mx.test ESMTP\r\n', serves, 'L7OK', 221, 'bye'],
    [
      'option ldap-check',
      bindResponse,
      () => undefined,
      'L7STS',
      49,
      'See RFC: http://tools.ietf.org/html/rfc4511#section-4.1.9',
    ],
  ] as const;
  for (const [lines, text, goOn, status, code, info] of cases) {
    for (const cut of [2, 5, 7, 9, 14, 16, text.length - 1]) {
      const { result } = await check(inTwo(text, cut, goOn), lines, '', LONG_MS);
      assert.equal([result.status, result.code, result.info], [status, code, info], `${lines}, cut at ${cut}`);
    }
  }
});

test('a message that ends too early says nothing', async () => {
  for (const [lines, text] of [
    ['option mysql-check', 'J\0\0\0\x0a5.7.42\0'],
    ['option ldap-check', '\x30\x1e\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0'],
  ]) {
    const { result } = await check((socket) => void socket.end(Buffer.from(text, 'latin1')), lines);
    assert.match(`${result.status} ${result.info}`, /^(L7RSP TCPCHK got an incomplete response at step|SOCKERR)/, lines);
  }
});

test('an answer before a reset is an answer, but nobody is left to go on with', async () => {
  const leaves = (socket: Socket): void =>
    void socket.once('data', () => socket.write('fine', () => setTimeout(() => socket.resetAndDestroy(), SEGMENT_MS)));
  const rules = 'option tcp-check\n tcp-check send x\n tcp-check expect';
  const cases = [
    ['! string ERR', 'L7OK', '(tcp-check)'],
    ['! string fine', 'L7RSP', "TCPCHK matched unwanted content 'fine' at step 2"],
    ['string "fine and more"', 'L7RSP', "TCPCHK did not match content 'fine and more' at step 2"],
    [
      '! string ERR\n tcp-check send y\n tcp-check expect string z',
      'SOCKERR',
      'ECONNRESET returned by OS (Connection reset by peer) at step 4',
    ],
  ];
  for (const [rest, status, info] of cases) {
    const { result, left } = await check(leaves, `${rules} ${rest}`);
    assert.equal([result.status, result.info.slice(0, info.length), left], [status, info, 0], rest);
  }
});

test("time in which the thread could not look is not the server's", async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined); // a check ends with a reset
    socket.once('data', () => socket.write(REPLY));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const never = new Int32Array(new SharedArrayBuffer(4));
  const stopped = (): void => void Atomics.wait(never, 0, 0, 2 * PATIENCE_MS);
  const { result, stop } = await checkAt((server.address() as { port: number }).port, 'option httpchk', '', stopped);
  stop();
  server.close();
  assert.is(result.status, 'L7OK', result.info);
});

test('silence, rubbish, a trickle and a flood', async () => {
  const flood = (socket: Socket): void => {
    const more = (): void => {
      while (!socket.destroyed && socket.write('x'.repeat(65536)));
    };
    socket.on('drain', more);
    more();
  };
  const trickle = (socket: Socket): void => {
    const timer = setInterval(() => socket.write('x'), 5);
    socket.once('close', () => clearInterval(timer));
  };
  const silent = (socket: Socket): void => void socket.resume();
  const cases = [
    [silent, 'option httpchk', '', 'L7TOUT'],
    [silent, '', 'check-ssl verify none', 'L6TOUT'],
    [flood, 'option httpchk', '', 'L7RSP'],
    [flood, '', 'check-ssl verify none', 'L6RSP'],
    [flood, 'option tcp-check\n tcp-check expect string y', '', 'L7RSP'],
    [trickle, 'option tcp-check\n tcp-check expect string y', '', 'L7TOUT'],
    [trickle, 'option redis-check', '', 'L7TOUT'],
  ] as const;
  for (const [behave, lines, options, status] of cases) {
    const { result, left } = await check(behave, lines, options);
    assert.equal([result.status, left], [status, 0], `${behave.name} ${lines} ${options}`);
  }
});

test('servers that note resets are left in order, others by a reset', async () => {
  const endings = async (lines: string, answer: string): Promise<string> => {
    const seen: string[] = [];
    const behave = (socket: Socket): Promise<void> => {
      socket.on('data', () => socket.write(Buffer.from(answer, 'latin1')));
      if (/smtp|mysql/.test(lines)) socket.write(Buffer.from(answer, 'latin1'));
      return new Promise((resolve) => {
        socket.once('end', () => seen.push('end')).once('error', () => seen.push('reset'));
        socket.once('close', () => resolve());
      });
    };
    await check(behave, lines);
    return seen.join();
  };
  const postgresql = 'R\0\0\0\x08\0\0\0\0';
  assert.is(await endings('option pgsql-check user u', postgresql), 'end');
  assert.is(await endings('option mysql-check', '\x0a\0\0\0\x0a5.7.42\0\x01\0\0'), 'end');
  assert.is(await endings('option smtpchk', '250 mx.test\r\n'), 'end');
  assert.is(await endings('option redis-check', '+PONG\r\n'), 'reset');
  assert.is(await endings('option tcp-check\n tcp-check connect\n tcp-check send x\n tcp-check expect string y', 'y'), 'reset');
  assert.is(
    await endings('option tcp-check\n tcp-check connect linger\n tcp-check send x\n tcp-check expect string y', 'y'),
    'end',
  );
});

test('a connection with TLS ends with its close_notify, and is not reset', async () => {
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=web.test', '-keyout', '-', '-out', '-'];
  const pem = execFileSync('openssl', request, { stdio: ['ignore', 'pipe', 'ignore'] });
  for (const lines of ['', 'option httpchk']) {
    const seen: string[] = [];
    const behave = (socket: Socket): Promise<void> => {
      // In TLS 1.3 the server has the last word, which may come too late to be read.
      const secured = new TLSSocket(socket, { isServer: true, key: pem, cert: pem, maxVersion: 'TLSv1.2' });
      secured.on('data', () => secured.write(REPLY)).on('end', () => seen.push('end'));
      for (const one of [socket, secured]) one.on('error', ({ message }) => seen.push(message));
      return new Promise((resolve) => void socket.once('close', () => resolve()));
    };
    await check(behave, lines, 'check-ssl verify none');
    assert.equal(seen, ['end'], lines);
  }
});

test('a server that closes at once', async () => {
  const { result, left } = await check((socket) => socket.destroy(), 'option tcp-check\n tcp-check expect string x');
  assert.is(left, 0);
  assert.ok(['L7RSP', 'SOCKERR'].includes(result.status), result.status);
});

test('a server that has reset before anybody looks has accepted, and may have answered', async () => {
  const cases = [
    ['', 'option tcp-check\n tcp-check expect string a', '', 'SOCKERR'],
    ['', 'option httpchk', '', 'SOCKERR'],
    ['', '', 'check-ssl verify none', 'L6RSP'],
    ['abc', 'option tcp-check\n tcp-check expect string abc', '', 'L7OK'],
  ] as const;
  for (const [answer, lines, options, status] of cases) {
    const done = new Int32Array(new SharedArrayBuffer(4));
    const server = new Worker(RESETTER, { eval: true, workerData: { answer, done } });
    const [port] = await once(server, 'message');
    const { result, left, stop } = await checkAt(port, lines, options, () => void Atomics.wait(done, 0, 0, 10_000));
    assert.equal([result.status, left], [status, 0], `${lines} ${options}: ${result.info}`);
    stop();
    await server.terminate();
  }
});

test.run();
