/**
 * A gibibyte in each direction arrives unchanged, in bounded memory, while two hundred small
 * connections through the same worker go on being answered.
 */
import { Agent } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countersOf, freePort, httpGet, runProcess, scratchFolder, startNginx } from '../harness.js';
import { type Balancer, balance } from './support/balancers.js';
import { interop } from './support/peers.js';

const BYTES = 2 ** 30;
const SMALL_CONNECTIONS = 200;
/** Answers that each small connection must get while the gibibyte is on its way. */
const ANSWERS_MIN = 2;
/** A pause, so that the machine has time for the gibibyte. */
const BETWEEN_REQUESTS_MS = 20;
/** Between two looks at the memory. */
const RSS_LOOK_MS = 50;
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

/** nginx with the file, a small answer, and a folder for uploads. */
async function startWeb(): Promise<{ address: string; uploads: string }> {
  const port = await freePort();
  const uploads = scratchFolder();
  await startNginx(`
    user root;
    events { worker_connections 1024; }
    http {
      sendfile on;
      client_max_body_size 0;
      keepalive_requests 1000000000;
      server {
        listen 127.0.0.1:${port} backlog=1024;
        location = /small { return 200 "small"; }
        location = /gibibyte { root ${dirname(file)}; }
        location /uploads/ { alias ${uploads}/; dav_methods PUT; }
      }
    }`);
  return { address: `127.0.0.1:${port}`, uploads };
}

/** Keeps small connections busy until `transfer` is over; answers how many answers each of them got. */
async function answersDuring(url: string, transfer: Promise<unknown>): Promise<number[]> {
  let over = false;
  const ended = transfer.finally(() => {
    over = true;
  });
  const one = async (): Promise<number> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number>();
    let answers = 0;
    while (!over) {
      const { status, body, localPort } = await httpGet(`${url}/small`, { agent });
      assert.is(`${status} ${body}`, '200 small');
      ports.add(localPort);
      answers++;
      await delay(BETWEEN_REQUESTS_MS);
    }
    agent.destroy();
    assert.is(ports.size, 1, 'a small connection was cut');
    return answers;
  };
  const answers = await Promise.all(Array.from({ length: SMALL_CONNECTIONS }, one));
  await ended;
  return answers;
}

/** The most resident memory that a process has until `work` is over. */
async function rssMostDuring(pid: number, work: Promise<unknown>): Promise<number> {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, countersOf(pid).rssBytes);
  }, RSS_LOOK_MS);
  await work.finally(() => clearInterval(timer));
  return most;
}

/** Lets bash transfer; checks the digest it prints, the small connections, and the memory. */
async function transfers(balancer: Balancer, command: string): Promise<void> {
  const url = `http://127.0.0.1:${balancer.port}`;
  // Once around before memory is counted: code is compiled and pools have grown.
  await answersDuring(url, httpGet(`${url}/small`));
  const before = countersOf(balancer.pid).rssBytes;
  const transfer = runProcess('bash', ['-c', `set -eo pipefail; ${command}`]);
  const [answers, rssMost] = await Promise.all([answersDuring(url, transfer), rssMostDuring(balancer.pid, transfer)]);
  const { code, stdout, stderr } = await transfer;
  assert.is(code, 0, stderr);
  assert.is(stdout.split(' ')[0], sha256);
  assert.ok(Math.min(...answers) >= ANSWERS_MIN, `answers: ${answers}`);
  assert.ok(rssMost - before <= RSS_GROWTH_MAX, `resident memory grew by ${rssMost - before} bytes`);
}

interop('a gibibyte is downloaded', async (engine) => {
  const { address } = await startWeb();
  const balancer = await balance(engine, [address]);
  await transfers(balancer, `curl -sS http://127.0.0.1:${balancer.port}/gibibyte | sha256sum`);
});

interop('a gibibyte is uploaded', async (engine) => {
  const { address, uploads } = await startWeb();
  const balancer = await balance(engine, [address]);
  const url = `http://127.0.0.1:${balancer.port}/uploads/file`;
  await transfers(balancer, `curl -sS --fail -T ${file} -H Expect: ${url}; sha256sum ${uploads}/file; rm ${uploads}/file`);
});

test.run();
