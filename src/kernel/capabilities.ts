/**
 * Capabilities of the calling thread: the rights of root in pieces (capabilities(7)). Each thread has its own; a
 * new one begins with those of the thread that makes it.
 */
import { _LINUX_CAPABILITY_VERSION_3, PR_SET_KEEPCAPS } from './sys/constants.js';
import { sys } from './sys/libc.js';
import { allocate } from './sys/memory.js';

/** Bytes of `struct __user_cap_header_struct`, and of its two `struct __user_cap_data_struct` (capget(2)). */
const HEADER_SIZE = 8;
const DATA_SIZE = 12;
/** Where the first of them holds what is in force, and what may be. */
const EFFECTIVE = 0;
const PERMITTED = 4;

/** Lets the calling thread keep what it is permitted when it stops being root; 0 or `-errno`. */
export function keepCapabilities(): number {
  return sys.prctl(PR_SET_KEEPCAPS, 1);
}

/**
 * Leaves the calling thread these capabilities, in force, as far as it was permitted them, and no other; 0 or `-errno`.
 * @param wanted their numbers, below 32 (linux/capability.h)
 */
export function limitCapabilities(wanted: readonly number[]): number {
  const memory = allocate(HEADER_SIZE + 2 * DATA_SIZE);
  const { address, view } = memory;
  const data = address + HEADER_SIZE;
  view.setUint32(0, _LINUX_CAPABILITY_VERSION_3, true);
  const got = sys.capget(address, data);
  const permitted = view.getUint32(HEADER_SIZE + PERMITTED, true);
  memory.u8.fill(0, HEADER_SIZE);
  let mask = 0;
  for (const capability of wanted) mask |= permitted & (1 << capability);
  for (const set of [EFFECTIVE, PERMITTED]) view.setUint32(HEADER_SIZE + set, mask, true);
  const result = got < 0 ? got : sys.capset(address, data);
  memory.unmap();
  return result;
}
