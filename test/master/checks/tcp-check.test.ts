/** Checks of real sockets: one that accepts, one that refuses, one that is not there, one that never answers. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { closeDescriptor } from '../../../src/kernel/descriptors.js';
import { localAddress, openListener } from '../../../src/kernel/listener.js';
import { type CheckResult, describe, verdictOf } from '../../../src/master/checks/result.js';
import { checkTcp } from '../../../src/master/checks/tcp-check.js';
import { freePort, scratchFolder } from '../../harness.js';

const never = new AbortController().signal;
const PATIENT_MS = 20_000;
const at = (port: number) => ({ family: 'ipv4', host: '127.0.0.1', port }) as const;

test('a server that accepts passes, and sees a reset', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const { port } = server.address() as { port: number };
  const result = await checkTcp(at(port), PATIENT_MS, never);
  assert.ok(verdictOf(result) === 'passed');
  assert.match(describe(result), /^reason: Layer4 check passed, check duration: \d+ms$/);
  const [socket] = await accepted;
  const [error] = await once(socket, 'error');
  assert.is(error.code, 'ECONNRESET');
  server.close();
});

test('a server that refuses is down, in the words of the system', async () => {
  const result = await checkTcp(at(await freePort()), PATIENT_MS, never);
  assert.is(result.status, 'L4CON');
  assert.match(
    describe(result),
    /^reason: Layer4 connection problem, info: "ECONNREFUSED returned by OS \(Connection refused\)", check duration: \d+ms$/,
  );
});

test('UNIX sockets, there and not there', async () => {
  const path = join(scratchFolder(), 'socket');
  const server = createServer((socket) => socket.on('error', () => undefined)).listen(path);
  await once(server, 'listening');
  assert.is(verdictOf(await checkTcp({ family: 'unix', path, abstract: false }, PATIENT_MS, never)), 'passed');
  server.close();
  const missing = await checkTcp({ family: 'unix', path: `${path}-none`, abstract: false }, PATIENT_MS, never);
  assert.is(missing.info, 'ENOENT returned by OS (No such file or directory)');
});

test('a server whose queue is full does not answer in time', async () => {
  const listener = openListener({ address: at(0), backlog: 0, reusePort: false });
  const address = localAddress(listener);
  const results: CheckResult[] = [];
  // The kernel queues one connection more than it was asked to, and drops what comes after it.
  for (let i = 0; i < 3; i++) results.push(await checkTcp(address, 200, never));
  assert.is(results[0].status, 'L4OK');
  assert.is(results[2].status, 'L4TOUT');
  assert.match(describe(results[2]), /^reason: Layer4 timeout, check duration: \d+ms$/);
  closeDescriptor(listener);
});

test.run();
