/**
 * A gibibyte in each direction arrives unchanged, in bounded memory, while two hundred small
 * connections through the same worker go on being answered.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countersOf, httpGet, runProcess, scratchFolder } from '../harness.js';
import { type Balancer, balance } from './support/balancers.js';
import { interop } from './support/peers.js';

const BYTES = 2 ** 30;
const SMALL_CONNECTIONS = 200;
/** Answers that each small connection must get while the gibibyte is on its way. */
const ANSWERS_MIN = 2;
/** What a transfer may add to the resident memory: the buffer pool of a worker, to its last page. */
const RSS_GROWTH_MAX = 64 << 20;

/** The file, of which no two blocks are equal, and its sha256. */
async function makeFile(): Promise<{ file: string; sha256: string }> {
  const file = join(scratchFolder(), 'gibibyte');
  const cipher = 'openssl enc -aes-128-ctr -K 00 -iv 00 -in /dev/zero';
  const made = await runProcess('bash', ['-c', `${cipher} 2>/dev/null | head -c ${BYTES} > ${file}; sha256sum ${file}`]);
  return { file, sha256: made.stdout.split(' ')[0] };
}

const { file, sha256 } = await makeFile();

/** Sends the file, answers an upload with its sha256, and everything else shortly. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'PUT') {
    const hash = createHash('sha256');
    for await (const chunk of request) hash.update(chunk as Buffer);
    response.end(hash.digest('hex'));
  } else if (request.url === '/gibibyte') {
    response.setHeader('content-length', BYTES);
    await pipeline(createReadStream(file, { highWaterMark: 1 << 18 }), response);
  } else {
    response.end('small');
  }
}

/** Runs `body` with a balancer in front of the HTTP server. */
async function withServer(body: (address: string) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 1024, resolve));
  try {
    await body(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Keeps small connections busy until `transfer` is over; answers how many answers each of them got. */
async function answersDuring(balancer: Balancer, transfer: Promise<unknown>): Promise<{ answers: number[]; rssMost: number }> {
  let over = false;
  let rssMost = 0;
  const ended = transfer.finally(() => {
    over = true;
  });
  const one = async (): Promise<number> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number>();
    let answers = 0;
    while (!over) {
      const { status, body, localPort } = await httpGet(`http://127.0.0.1:${balancer.port}/`, { agent });
      assert.is(`${status} ${body}`, '200 small');
      ports.add(localPort);
      answers++;
      rssMost = Math.max(rssMost, countersOf(balancer.pid).rssBytes);
    }
    agent.destroy();
    assert.is(ports.size, 1, 'a small connection was cut');
    return answers;
  };
  const answers = await Promise.all(Array.from({ length: SMALL_CONNECTIONS }, one));
  await ended;
  return { answers, rssMost };
}

/** Lets curl transfer, and checks what it says, the small connections, and the memory. */
async function transfers(balancer: Balancer, command: string): Promise<void> {
  // Once around before memory is counted: code is compiled and pools have grown.
  await answersDuring(balancer, httpGet(`http://127.0.0.1:${balancer.port}/`));
  const before = countersOf(balancer.pid).rssBytes;
  const curl = runProcess('bash', ['-c', `set -o pipefail; ${command}`]);
  const { answers, rssMost } = await answersDuring(balancer, curl);
  const { code, stdout, stderr } = await curl;
  assert.is(code, 0, stderr);
  assert.is(stdout.slice(0, 64), sha256);
  assert.ok(Math.min(...answers) >= ANSWERS_MIN, `answers: ${answers}`);
  assert.ok(rssMost - before <= RSS_GROWTH_MAX, `resident memory grew by ${rssMost - before} bytes`);
}

interop('a gibibyte is downloaded', (engine) =>
  withServer(async (server) => {
    const balancer = await balance(engine, [server]);
    await transfers(balancer, `curl -sS http://127.0.0.1:${balancer.port}/gibibyte | sha256sum`);
  }),
);

interop('a gibibyte is uploaded', (engine) =>
  withServer(async (server) => {
    const balancer = await balance(engine, [server]);
    await transfers(balancer, `curl -sS -T ${file} -H Expect: http://127.0.0.1:${balancer.port}/`);
  }),
);

test.run();
