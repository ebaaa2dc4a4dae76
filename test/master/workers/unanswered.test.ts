/** A worker that fails over a question: nobody but the one who asks notices. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, freePort } from '../../harness.js';
import { dial, echo, interop, serve } from '../../interop/support/peers.js';
import { planFor, running } from '../support/running.js';

const UNANSWERING_WORKER = new URL('../fixtures/unanswering-worker.js', import.meta.url);

interop('a defect in an answer is told, and costs no connection', async (engine) => {
  const server = await serve(echo);
  const port = await freePort();
  const plan = planFor(engine, `listen l\n  bind 127.0.0.1:${port}\n  server s ${server.address}\n`, { workers: 1 });
  const body: Parameters<typeof running>[1] = async (balancer, said) => {
    const client = await dial(port);
    await client.echoes('before');
    assert.is(await balancer.ask(0, { kind: 'holdings' }), null);
    await eventually('it is told', () => said.some((text) => /worker 0 cannot answer: Error: planted failure\n/.test(text)));
    await client.echoes('after');
    assert.ok(await balancer.ask(0, { kind: 'sessions', from: 0 }), 'other questions are answered');
    assert.not.ok(said.some((text) => text.includes('died')));
    client.socket.destroy();
  };
  await running(plan, body, UNANSWERING_WORKER);
});

test.run();
