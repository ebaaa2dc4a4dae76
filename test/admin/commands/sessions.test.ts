/** Lists of sessions while workers come and go: what is shown is whole, and whoever asks is answered. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LoadBalancer } from '../../../src/master/balancer.js';
import { Log } from '../../../src/master/log.js';
import { planOf } from '../../harness/plans.js';
import { eventually, freePort, scratchFolder } from '../../harness.js';
import { dial, interop, serve, silent } from '../../interop/support/peers.js';
import { pieces, said } from './support/said.js';

const DYING_WORKER = new URL('../../master/fixtures/dying-worker.js', import.meta.url);
/** Several pages of each worker. */
const SESSIONS = 600;

interop('a worker dies in the middle of the list', async (engine) => {
  const [server, port] = [await serve(silent), await freePort()];
  const marker = join(scratchFolder(), 'die');
  process.env.TEST_DEATH_MARKER = marker;
  const plan = planOf(`global
  nbthread 2
  maxconn 1000
  tune.io-engine ${engine}
defaults
  timeout connect 5s
  timeout client 1m
  timeout server 1m
listen l
  bind 127.0.0.1:${port}
  server s 127.0.0.1:${server.port}
`);
  const balancer = new LoadBalancer(plan, { log: new Log({ write: () => undefined }), workerUrl: DYING_WORKER });
  await balancer.start();
  try {
    for (let i = 0; i < SESSIONS; i++) await dial(port);
    await eventually('all are there', () => server.open === SESSIONS);
    let text = '';
    for await (const piece of pieces(balancer, 'show sess all')) {
      if (text === '') {
        writeFileSync(marker, '');
        void balancer.ask(0, { kind: 'holdings' }); // wakes it
        await eventually('the worker has died', () => !existsSync(marker));
      }
      text += piece;
    }
    assert.match(text, /^0x(?:.|\n)*\n {2}res=\(.*\)\n$/, 'whole sessions only');
    const shown = text.match(/^0x/gm)?.length ?? 0;
    assert.ok(shown < SESSIONS, 'those of the dead worker are gone');
    await eventually('the others are all there', async () => {
      const left = ((await said(balancer, 'show sess')).match(/^0x/gm) ?? []).length;
      return left > 0 && left === server.open;
    });
  } finally {
    await balancer.stop();
    delete process.env.TEST_DEATH_MARKER;
  }
});

test.run();
