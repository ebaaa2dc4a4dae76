/** Standard error as a pipe whose reader sleeps: what is kept for it, and what is not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const MODULE = new URL('../../../src/master/process/standard-error.js', import.meta.url);
const MEGABYTE = 1024 * 1024;

/** Says more than is kept, then tells that it has, and waits until everything has been read. */
const SPEAKER = `
  import { STANDARD_ERROR } from '${MODULE}';
  const line = 'x'.repeat(1023) + '\\n';
  for (let i = 0; i < 24 * 1024; i++) STANDARD_ERROR.write(line);
  process.stdout.write('said');
  await STANDARD_ERROR.written();
  STANDARD_ERROR.write('the end');
  await STANDARD_ERROR.written();
`;

test('a reader that sleeps is told later, as much as is kept for it, and everything again once it is awake', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SPEAKER], { stdio: ['ignore', 'pipe', 'pipe'] });
  await once(child.stdout, 'data');
  const heard = await text(child.stderr);
  const megabytes = heard.length / MEGABYTE;
  assert.ok(megabytes >= 16 && megabytes < 18, `${megabytes} MB were kept`);
  assert.equal([...new Set(heard.split('\n').map((line) => line.length))], [1023, 'the end'.length], 'lines are whole');
});

test.run();
