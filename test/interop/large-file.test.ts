/** A configuration of 100,000 lines with 5,000 backends is checked, and runs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { turbo } from '../cli/turbo.js';
import { largeConfig } from '../harness/large-config.js';
import { freePort, isListening, scratchFolder, startTurbo } from '../harness.js';
import { dial, interop, named, serve } from './support/peers.js';

const LINES = 100_000;
const BACKENDS = 5000;

interop('a file of 100,000 lines is right, and serves through its first and its last backend', async (engine) => {
  const first = await serve(named('first'));
  const last = await serve(named('last'));
  const ports = [await freePort(), await freePort()] as const;
  const servers = [first.address, last.address] as const;
  const text = largeConfig({ lines: LINES, backends: BACKENDS, ports, servers, global: [` tune.io-engine ${engine}`] });
  assert.is(text.split('\n').length - 1, LINES);
  const file = join(scratchFolder(), 'large.cfg');
  writeFileSync(file, text);
  const checked = await turbo(['-c', '-V', '-f', file]);
  assert.equal([checked.code, checked.stdout], [0, 'Configuration file is valid\n'], checked.stderr);
  await startTurbo(['-db', '-f', file], { readyWhen: () => isListening(ports[1]) });
  for (let i = 0; i < 4; i++) {
    await (await dial(ports[0])).hears('first');
    await (await dial(ports[1])).hears('last');
  }
});

test.run();
