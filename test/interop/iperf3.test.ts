/** iperf3, which checks its own protocol, through the balancer: forward and reverse, several streams at once. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freePort, isListening, runProcess, startProcess } from '../harness.js';
import { balance } from './support/balancers.js';
import { interop } from './support/peers.js';

/** Streams beside the control connection; all must reach the one iperf3 server. */
const STREAMS = 4;
/** Bytes of all streams together: several times what buffers on the way can hold when the test is over. */
const BYTES = 512 << 20;
/** What must arrive of them: both ways at once, the test is over when the faster one is. */
const RECEIVED_MIN = BYTES / 64;

interface Summary {
  readonly error?: string;
  readonly end: { readonly streams: readonly unknown[]; readonly sum_received: { readonly bytes: number } };
}

async function iperf3(engine: 'uring' | 'epoll', workers: number, ...args: string[]): Promise<Summary> {
  const serverPort = await freePort();
  await startProcess('iperf3', ['-s', '-B', '127.0.0.1', '-p', String(serverPort)], {
    readyWhen: () => isListening(serverPort),
  });
  const { port } = await balance(engine, [`127.0.0.1:${serverPort}`], { workers });
  const common = ['-c', '127.0.0.1', '-p', String(port), '-P', String(STREAMS), '-n', String(BYTES), '-J'];
  const { stdout } = await runProcess('iperf3', [...common, ...args]);
  return JSON.parse(stdout);
}

for (const [direction, args] of Object.entries({ forward: [], reverse: ['-R'], 'both ways': ['--bidir'] })) {
  interop(`iperf3 runs ${direction} over ${STREAMS} streams`, async (engine) => {
    const { error, end } = await iperf3(engine, 2, ...args);
    assert.is(error, undefined);
    assert.is(end.streams.length, direction === 'both ways' ? 2 * STREAMS : STREAMS);
    assert.ok(end.sum_received.bytes > RECEIVED_MIN, `received ${end.sum_received.bytes} bytes`);
  });
}

test.run();
