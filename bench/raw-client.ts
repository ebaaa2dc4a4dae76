/**
 * Raw TCP load: connections that each send 100 bytes, wait for the 100 bytes that come back, and
 * begin again. Prints one line of JSON at the end; latencies are microseconds.
 * Arguments: PORT CONNECTIONS SECONDS.
 */
import { connect, type Socket } from 'node:net';
import { build } from 'hdr-histogram-js';

const MESSAGE = Buffer.alloc(100, 'x');
const LATENCY_US_MAX = 60_000_000;

const [port, connections, seconds] = process.argv.slice(2).map(Number);
const histogram = build({ highestTrackableValue: LATENCY_US_MAX, numberOfSignificantValueDigits: 3 });
let bytes = 0;
let ending = false;

function exchange(socket: Socket): void {
  let received = 0;
  let sentAt = performance.now();
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    received += chunk.length;
    if (received < MESSAGE.length) return;
    received = 0;
    const now = performance.now();
    histogram.recordValue(Math.max(1, Math.round((now - sentAt) * 1000)));
    sentAt = now;
    if (!ending) socket.write(MESSAGE);
  });
  socket.write(MESSAGE);
}

function fail(reason: string): never {
  process.stderr.write(`raw-client: ${reason}\n`);
  process.exit(1);
}

const sockets = Array.from({ length: connections }, () => {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  socket.once('connect', () => exchange(socket));
  socket.on('error', (error) => fail(error.message));
  socket.on('close', () => ending || fail('a connection was closed'));
  return socket;
});

function report(startedAt: number): void {
  ending = true;
  const duration = Math.round((performance.now() - startedAt) * 1000);
  const at = (percentile: number): number => histogram.getValueAtPercentile(percentile);
  const result = { requests: histogram.totalCount, bytes, duration, failed: 0, p50: at(50), p99: at(99), p999: at(99.9) };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  for (const socket of sockets) socket.destroy();
}

setTimeout(report, seconds * 1000, performance.now());
