/**
 * What the kernel keeps of a process and of its threads: their names, their turns, whether they leave
 * a core, and their end (prctl(2), sched_yield(2), setrlimit(2), _exit(2)).
 */
import { PR_SET_DUMPABLE, PR_SET_NAME, RLIM_INFINITY, RLIMIT_CORE } from './sys/constants.js';
import { sys } from './sys/libc.js';
import { allocate } from './sys/memory.js';

/** Bytes of a thread's name, without the NUL behind it. */
const NAME_MAX = 15;

/** Names the calling thread, as `ps -L` and `top -H` show it; what is longer is cut. */
export function nameThread(name: string): void {
  const memory = allocate(NAME_MAX + 1);
  memory.u8.set(new TextEncoder().encode(name).subarray(0, NAME_MAX));
  sys.prctl(PR_SET_NAME, memory.address); // cannot fail: the memory is there
  memory.unmap();
}

/** Lets another thread that waits for this processor go first; costs next to nothing when there is none. */
export function giveWay(): void {
  sys.schedYield(); // cannot fail on Linux
}

/** Lets the process leave a core although it has changed its user; 0, or the `-errno` of what was refused. */
export function allowCore(): number {
  const memory = allocate(16);
  memory.view.setBigUint64(0, RLIM_INFINITY, true);
  memory.view.setBigUint64(8, RLIM_INFINITY, true);
  const limited = sys.setrlimit(RLIMIT_CORE, memory.address);
  memory.unmap();
  const dumpable = sys.prctl(PR_SET_DUMPABLE, 1);
  return dumpable < 0 ? dumpable : limited;
}

/** Ends the process with this code and waits for no thread: `process.exit` waits for one in a call for ever. */
export function exitAtOnce(code: number): never {
  return sys.exit(code);
}
