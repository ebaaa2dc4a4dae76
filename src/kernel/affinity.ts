/**
 * The CPUs that a thread may run on, sched_setaffinity(2). Affinity belongs to a thread: each
 * worker calls this for itself.
 */
import { SystemCallError } from './errno.js';
import { EINVAL } from './sys/constants.js';
import { sys } from './sys/libc.js';
import { allocate } from './sys/memory.js';

/** Bytes of the mask: the kernel wants at least one bit for each CPU it was built for (8192 at most). */
const MASK_BYTES = 1024;
/** To the kernel, thread 0 is the one that calls. */
const CALLING_THREAD = 0;

/** The numbers of the CPUs that the calling thread may use, ascending. Throws SystemCallError. */
export function allowedCpus(): number[] {
  const mask = allocate(MASK_BYTES);
  const result = sys.schedGetaffinity(CALLING_THREAD, MASK_BYTES, mask.address);
  const cpus: number[] = [];
  for (let cpu = 0; cpu < MASK_BYTES * 8; cpu++) {
    if ((mask.u8[cpu >> 3] & (1 << (cpu & 7))) !== 0) cpus.push(cpu);
  }
  mask.unmap();
  if (result < 0) throw new SystemCallError('sched_getaffinity', result);
  return cpus;
}

/** Keeps the calling thread on these CPUs: 0 or `-errno` (EINVAL: none of them is one that the process may use). */
export function pinThread(cpus: readonly number[]): number {
  if (!cpus.every((cpu) => Number.isInteger(cpu) && cpu >= 0 && cpu < MASK_BYTES * 8)) return -EINVAL;
  const mask = allocate(MASK_BYTES);
  for (const cpu of cpus) mask.u8[cpu >> 3] |= 1 << (cpu & 7);
  const result = sys.schedSetaffinity(CALLING_THREAD, MASK_BYTES, mask.address);
  mask.unmap();
  return result;
}
