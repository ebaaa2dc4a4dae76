/** What the C compiler of this machine makes of the system's headers: the judge of all numbers of the kernel floor. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProcess, scratchFolder } from '../../harness.js';

/** Every header that a constant or a struct of src/kernel comes from. */
const HEADERS = [
  'errno.h',
  'fcntl.h',
  'linux/bpf_common.h',
  'linux/filter.h',
  'linux/io_uring.h',
  'linux/limits.h',
  'netinet/in.h',
  'netinet/tcp.h',
  'poll.h',
  'sched.h',
  'stddef.h',
  'stdio.h',
  'sys/epoll.h',
  'sys/eventfd.h',
  'sys/mman.h',
  'linux/capability.h',
  'sys/prctl.h',
  'sys/resource.h',
  'sys/socket.h',
  'sys/syscall.h',
  'sys/un.h',
  'time.h',
];

/** Compiles and runs a program that prints each C expression, and answers their values as unsigned 64-bit numbers. */
export async function evaluate(expressions: readonly string[]): Promise<Map<string, bigint>> {
  const folder = scratchFolder();
  const source = join(folder, 'values.c');
  const program = join(folder, 'values');
  const prints = expressions.map((expression) => `  printf("%llu\\n", (unsigned long long)(${expression}));`);
  const includes = HEADERS.map((header) => `#include <${header}>`);
  writeFileSync(source, ['#define _GNU_SOURCE', ...includes, 'int main(void) {', ...prints, '  return 0;', '}', ''].join('\n'));
  await succeed('cc', ['-o', program, source]);
  const values = (await succeed(program, [])).trim().split('\n').map(BigInt);
  return new Map(expressions.map((expression, i) => [expression, values[i]]));
}

async function succeed(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProcess(command, args);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`);
  return stdout;
}
