/** Pinning a thread: seen in /proc, undone at the end, and the other threads are left alone. */
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { allowedCpus, pinThread } from '../../src/kernel/affinity.js';
import { EINVAL } from '../../src/kernel/sys/constants.js';

/** `0-2,5` to [0, 1, 2, 5]. */
function cpuList(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** The CPUs of the main thread as the kernel prints them, proc(5). */
function fromProc(): number[] {
  return cpuList(/^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '');
}

test('the allowed CPUs are those of /proc/self/status', () => {
  assert.ok(allowedCpus().length > 0);
  assert.equal(allowedCpus(), fromProc());
});

test('a pinned thread has one CPU, and the main thread keeps its own', async () => {
  const before = fromProc();
  const cpu = before[before.length - 1];
  const module = new URL('../../src/kernel/affinity.js', import.meta.url).href;
  const worker = new Worker(
    `import('${module}').then(({ allowedCpus, pinThread }) =>
       require('node:worker_threads').parentPort.postMessage([pinThread([${cpu}]), allowedCpus()]))`,
    { eval: true },
  );
  const answer = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  assert.equal(answer, [0, [cpu]]);
  assert.equal(fromProc(), before);
  await worker.terminate();
});

test('a CPU that is not there is refused', () => {
  const before = allowedCpus();
  for (const cpu of [-1, 0.5, 8191, 8192]) assert.is(pinThread([cpu]), -EINVAL, `CPU ${cpu}`);
  assert.equal(allowedCpus(), before);
});

test.run();
