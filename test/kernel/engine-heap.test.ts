/** Both engines: relaying messages allocates nothing, neither garbage nor what stays. */
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bothEngines, runProcess } from '../harness.js';

const PROGRAM = fileURLToPath(new URL('./support/echo-heap.js', import.meta.url));
const MESSAGES = 200_000;
/** Young space so large that garbage of even one small object each message would show, uncollected. */
const FLAGS = ['--expose-gc', '--max-semi-space-size=64', '--min-semi-space-size=64'];

bothEngines('200,000 echoed messages leave the heap as it was', async (engine) => {
  const { code, stdout, stderr } = await runProcess(process.execPath, [...FLAGS, PROGRAM, engine, String(MESSAGES)]);
  assert.is(code, 0, stderr);
  const { received, allocated, kept } = JSON.parse(stdout) as { received: number; allocated: number; kept: number };
  assert.ok(received >= MESSAGES);
  // One object a message would be 12 bytes at least; compiling and asking for statistics take some 300 KB in all.
  assert.ok(allocated < MESSAGES * 4, `${allocated} bytes allocated for ${MESSAGES} messages`);
  assert.ok(kept < 64 * 1024, `${kept} bytes kept`);
});

test.run();
