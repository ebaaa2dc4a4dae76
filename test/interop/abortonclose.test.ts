/**
 * Clients that leave before they have a server: with and without `option abortonclose`, with and
 * without having sent something, while they wait in a queue, for an answer, or for another attempt;
 * beside HAProxy.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { closeDescriptor } from '../../src/kernel/descriptors.js';
import { localAddress, openListener } from '../../src/kernel/listener.js';
import { eventually, freePort } from '../harness.js';
import { dial, echo, interop, type Peer, serve } from './support/peers.js';
import { type Job, local, type Now, planned, plannedHaproxy, type TellingBalancer } from './support/planned.js';

/** How a client leaves. */
const WAYS: Readonly<Record<string, (peer: Peer) => void>> = {
  'ends its stream': (peer) => void peer.socket.end(),
  resets: (peer) => void peer.socket.resetAndDestroy(),
};

interface Attempt {
  readonly sends: boolean;
  readonly way: string;
}

const ATTEMPTS: readonly Attempt[] = [false, true].flatMap((sends) => Object.keys(WAYS).map((way) => ({ sends, way })));

/** Says of each attempt how it was put down. */
async function attempts(balancer: TellingBalancer, waits: (before: Now) => Promise<void>): Promise<string[]> {
  const said: string[] = [];
  for (const [i, { sends, way }] of ATTEMPTS.entries()) {
    const before = await balancer.now();
    const client = await dial(balancer.port);
    if (sends) client.socket.write('something');
    await waits(before);
    WAYS[way](client);
    const line = (await balancer.lines(i + 1))[i];
    said.push(`${sends ? 'sends, ' : ''}${way}: ${line.server} ${line.termination} ${line.waitMs >= 0} ${line.connectMs < 0}`);
  }
  return said;
}

/** The same, with a look at the balancer that tells when the client may leave. */
async function attemptsOf(starting: Promise<TellingBalancer>, isSo: (now: Now, before: Now) => boolean): Promise<string[]> {
  const balancer = await starting;
  return attempts(balancer, async (before) => {
    await eventually('the session waits', async () => isSo(await balancer.now(), before));
  });
}

/** The same job with and without the option. */
function withOption(job: Job, abortOnClose: boolean): Job {
  return abortOnClose ? { ...job, lines: ['option abortonclose', ...job.lines] } : job;
}

for (const abortOnClose of [false, true]) {
  const title = abortOnClose ? 'with option abortonclose' : 'without the option';

  interop(`clients that leave the queue, ${title}`, async (engine) => {
    const outcomes: string[][] = [];
    for (const start of [(job: Job) => planned(engine, 2, job), (job: Job) => plannedHaproxy(2, job)]) {
      const server = await serve(echo);
      const job: Job = {
        lines: ['timeout queue 300ms', `server s1 ${server.address} maxconn 1`],
      };
      const balancer = await start(withOption(job, abortOnClose));
      const holder = await dial(balancer.port);
      await holder.echoes('mine');
      outcomes.push(await attempts(balancer, () => balancer.queues(1)));
      await balancer.queues(0);
    }
    assert.equal(outcomes[0], outcomes[1]);
  });

  interop(`clients that leave while the server does not answer, ${title}`, async (engine) => {
    const listener = openListener({ address: local(0), backlog: 0, reusePort: false });
    const { port } = localAddress(listener) as { port: number };
    await dial(port); // with a backlog of 0 there is room for one
    try {
      const job: Job = {
        lines: ['timeout connect 1s', 'retries 0', `server s1 127.0.0.1:${port}`],
      };
      const outcomes = await Promise.all(
        [planned(engine, 1, withOption(job, abortOnClose)), plannedHaproxy(1, withOption(job, abortOnClose))].map((starting) =>
          attemptsOf(starting, (now) => now.served === 1),
        ),
      );
      assert.equal(outcomes[0], outcomes[1]);
    } finally {
      closeDescriptor(listener);
    }
  });

  interop(`clients that leave between two attempts, ${title}`, async (engine) => {
    const port = await freePort();
    const job: Job = {
      lines: ['retries 1', `server s1 127.0.0.1:${port}`],
    };
    const outcomes = await Promise.all(
      [planned(engine, 1, withOption(job, abortOnClose)), plannedHaproxy(1, withOption(job, abortOnClose))].map((starting) =>
        attemptsOf(starting, (now, before) => now.retries > before.retries),
      ),
    );
    assert.equal(outcomes[0], outcomes[1]);
  });
}

test.run();
