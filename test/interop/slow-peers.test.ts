/**
 * A side that does not read holds the other one up; it neither fills the balancer's memory nor
 * loses a byte once it reads on.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULTS } from '../../src/plan/plan.js';
import { QUEUE_MAX } from '../../src/proxy/relay.js';
import { countersOf, eventually } from '../harness.js';
import { balance } from './support/balancers.js';
import { dial, interop, type Peer, serve, silent } from './support/peers.js';

const BYTES = 200_000_000;
const BLOCK = Buffer.from(Uint8Array.from({ length: 1_000_003 }, (_, i) => (i * 2_654_435_761) >>> 13));

/** The third number of net.ipv4.tcp_rmem or tcp_wmem: bytes that one socket's buffer may grow to. */
function bufferMax(name: 'tcp_rmem' | 'tcp_wmem'): number {
  return Number(readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8').trim().split(/\s+/)[2]);
}

/** Bytes that may lie in the kernel between writer and reader: two connections, each with two buffers. */
const KERNEL_BYTES_MAX = 2 * (bufferMax('tcp_rmem') + bufferMax('tcp_wmem'));
/** What a direction of the balancer holds: its queue (one receive more may be under way), or a pipe. */
const RELAY_BYTES_MAX = 2 * QUEUE_MAX * DEFAULTS.tune.bufsize + DEFAULTS.tune.pipesize;
/** A writer that hands over more has been read by a balancer without back-pressure. */
const TAKEN_BYTES_MAX = KERNEL_BYTES_MAX + RELAY_BYTES_MAX + BLOCK.length;
/** Resident memory may grow by what code compiles to, not with the bytes under way. */
const RSS_GROWTH_MAX = 32 << 20;
/** Looks of 10 ms without progress after which a writer counts as held up. */
const STILL_LOOKS = 50;

/** Writes as fast as it is let; `taken` are the bytes that left this process. */
class Pump {
  readonly sha256: string;
  private written = 0;

  constructor(private readonly peer: Peer) {
    const hash = createHash('sha256');
    for (let at = 0; at < BYTES; at += BLOCK.length) hash.update(BLOCK.subarray(0, BYTES - at));
    this.sha256 = hash.digest('hex');
    peer.socket.on('drain', () => this.run());
    this.run();
  }

  get taken(): number {
    return this.peer.socket.bytesWritten - this.peer.socket.writableLength;
  }

  private run(): void {
    while (this.written < BYTES) {
      const block = BLOCK.subarray(0, BYTES - this.written);
      this.written += block.length;
      if (!this.peer.socket.write(block)) return;
    }
    this.peer.socket.end();
  }
}

/** Resolves when the writer makes no progress any more. */
async function heldUp(pump: Pump): Promise<void> {
  let before = -1;
  let still = 0;
  await eventually('the writer is held up', () => {
    still = pump.taken === before ? still + 1 : 0;
    before = pump.taken;
    return still === STILL_LOOKS;
  });
}

/** `writer` pumps to `reader`, which reads nothing at first and then everything. */
async function pumpThrough(writer: Peer, reader: Peer, pid: number): Promise<void> {
  const rssBefore = countersOf(pid).rssBytes;
  reader.socket.pause();
  const pump = new Pump(writer);
  await heldUp(pump);
  assert.ok(pump.taken > 0);
  assert.ok(pump.taken <= TAKEN_BYTES_MAX, `${pump.taken} bytes taken, at most ${TAKEN_BYTES_MAX}`);
  const grown = countersOf(pid).rssBytes - rssBefore;
  assert.ok(grown <= RSS_GROWTH_MAX, `resident memory grew by ${grown} bytes`);
  reader.socket.resume();
  await reader.hearsEnd();
  assert.is(reader.bytes, BYTES);
  assert.is(reader.digest(), pump.sha256);
}

/** A client and the server's end of its connection. */
async function pair(engine: 'uring' | 'epoll'): Promise<{ client: Peer; server: Peer; pid: number }> {
  const server = await serve(silent);
  const { port, pid } = await balance(engine, [server.address]);
  const client = await dial(port);
  return { client, server: await server.peer(0), pid };
}

interop('a client that does not read for a while holds the server up, and gets every byte', async (engine) => {
  const { client, server, pid } = await pair(engine);
  await pumpThrough(server, client, pid);
});

interop('a server that does not read for a while holds the client up, and gets every byte', async (engine) => {
  const { client, server, pid } = await pair(engine);
  await pumpThrough(client, server, pid);
});

test.run();
