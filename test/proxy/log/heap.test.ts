/** Writing and sending log lines leaves the heap as it was. */
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runProcess } from '../../harness.js';

const PROGRAM = fileURLToPath(new URL('./support/heap.js', import.meta.url));
const LINES = 100_000;
/** Young space so large that what one small object for each line would leave shows, uncollected. */
const FLAGS = ['--expose-gc', '--max-semi-space-size=64', '--min-semi-space-size=64'];

test('100,000 lines to two targets', async () => {
  const { code, stdout, stderr } = await runProcess(process.execPath, [...FLAGS, PROGRAM, String(LINES)]);
  assert.is(code, 0, stderr);
  const { allocated, kept } = JSON.parse(stdout) as { allocated: number; kept: number };
  // The date of each session, a number above 2^31, is an object of its own.
  assert.ok(allocated < LINES * 40, `${allocated} bytes allocated for ${LINES} lines`);
  assert.ok(kept < 64 * 1024, `${kept} bytes kept`);
});

test.run();
