/** Lists of sessions while workers come and go: what is shown is whole, and whoever asks is answered. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, freePort } from '../../harness.js';
import { dial, interop, serve, silent } from '../../interop/support/peers.js';
import { mortal, planFor } from '../../master/support/running.js';
import { pieces, said } from './support/said.js';

/** Several pages of each worker. */
const SESSIONS = 600;

interop('a worker dies in the middle of the list', async (engine) => {
  const [server, port] = [await serve(silent), await freePort()];
  const sections = `listen l\n  bind 127.0.0.1:${port}\n  server s ${server.address}\n`;
  await mortal(planFor(engine, sections, { global: '  maxconn 1000\n' }), async (balancer, strike) => {
    for (let i = 0; i < SESSIONS; i++) await dial(port);
    await eventually('all are there', () => server.open === SESSIONS);
    let text = '';
    for await (const piece of pieces(balancer, 'show sess all')) {
      if (text === '') await strike();
      text += piece;
    }
    assert.match(text, /^0x(?:.|\n)*\n {2}res=\(.*\)\n$/, 'whole sessions only');
    const shown = text.match(/^0x/gm)?.length ?? 0;
    assert.ok(shown < SESSIONS, 'those of the dead worker are gone');
    await eventually('the others are all there', async () => {
      const left = ((await said(balancer, 'show sess')).match(/^0x/gm) ?? []).length;
      return left > 0 && left === server.open;
    });
  });
});

test.run();
