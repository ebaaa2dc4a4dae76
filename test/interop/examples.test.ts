/** The configurations of `examples/`: turbo-lb and HAProxy have nothing to say of them, and they do what their comments say. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { turbo } from '../cli/turbo.js';
import { freePort, isListening, runProcess, scratchFolder, startTurbo } from '../harness.js';
import { dial, interop, named, serve } from './support/peers.js';

const FOLDER = fileURLToPath(new URL('../../../examples/', import.meta.url));
const CONFIGURATIONS = readdirSync(FOLDER).filter((name) => name.endsWith('.cfg'));

test('there are configurations among the examples', () => {
  assert.ok(CONFIGURATIONS.includes('l4-haproxy.cfg'));
});

for (const name of CONFIGURATIONS) {
  const path = join(FOLDER, name);

  test(`${name}: both take it without a word`, async () => {
    const ours = await turbo(['-c', '-V', '-dD', '-f', path]);
    assert.equal([ours.code, ours.stdout, ours.stderr], [0, 'Configuration file is valid\n', '']);
    const theirs = await runProcess('haproxy', ['-c', '-f', path]);
    assert.equal([theirs.code, theirs.stderr], [0, '']);
  });
}

/** Connections of one client within 10 s that l4-haproxy.cfg allows. */
const RATE_MAX = 50;

/** What a client hears first; '' when its connection is refused. */
async function answer(port: number): Promise<string> {
  try {
    const client = await dial(port);
    await client.receives(1);
    return client.heard.trim();
  } catch {
    return ''; // reset, perhaps before the client has seen that it was accepted
  }
}

interop('l4-haproxy.cfg balances, and refuses a client that comes too often', async (engine) => {
  const servers = [await serve(named('1')), await serve(named('2'))];
  const port = await freePort();
  const config = join(scratchFolder(), 'l4.cfg');
  const moved = readFileSync(join(FOLDER, 'l4-haproxy.cfg'), 'utf8')
    .replace('bind :5432', `bind 127.0.0.1:${port}`)
    .replace('192.0.2.11:5432', servers[0].address)
    .replace('192.0.2.12:5432', servers[1].address)
    .replace(/^global$/m, `global\n    tune.io-engine ${engine}\n    nbthread 2`);
  writeFileSync(config, moved);
  await startTurbo(['-f', config], { readyWhen: () => isListening(port) });
  const first = [await answer(port), await answer(port)];
  assert.equal(first.sort(), ['1', '2'], 'the server with the fewest sessions gets the next');
  const more = await Promise.all(Array.from({ length: RATE_MAX + 10 }, () => answer(port)));
  assert.ok(more.includes(''), 'some are refused');
  const served = more.filter((text) => text !== '').length;
  assert.ok(served > 0 && first.length + served <= RATE_MAX, `${served} more were served`);
});

test.run();
