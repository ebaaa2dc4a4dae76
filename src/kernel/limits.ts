/**
 * RLIMIT_NOFILE, getrlimit(2): one more than the highest descriptor number of the process. A
 * limit belongs to the process, whichever thread sets it.
 */
import { SystemCallError } from './errno.js';
import { RLIM_INFINITY, RLIMIT_NOFILE } from './sys/constants.js';
import { sys } from './sys/libc.js';
import { allocate, type Region } from './sys/memory.js';

/** Descriptors; Infinity where there is no limit. */
export interface NofileLimit {
  /** What counts now. */
  readonly soft: number;
  /** How far `soft` may be raised without privilege. */
  readonly hard: number;
}

/** sizeof(struct rlimit), and where its parts lie. */
const RLIMIT_BYTES = 16;
const AT_SOFT = 0;
const AT_HARD = 8;

/** The limit of this process. Throws SystemCallError. */
export function getNofileLimit(): NofileLimit {
  const memory = allocate(RLIMIT_BYTES);
  const result = sys.getrlimit(RLIMIT_NOFILE, memory.address);
  const limit = { soft: load(memory, AT_SOFT), hard: load(memory, AT_HARD) };
  memory.unmap();
  if (result < 0) throw new SystemCallError('getrlimit', result);
  return limit;
}

/** Sets the limit of this process: 0 or `-errno` (EPERM: above `hard`, or above fs.nr_open). */
export function setNofileLimit(limit: NofileLimit): number {
  const memory = allocate(RLIMIT_BYTES);
  store(memory, AT_SOFT, limit.soft);
  store(memory, AT_HARD, limit.hard);
  const result = sys.setrlimit(RLIMIT_NOFILE, memory.address);
  memory.unmap();
  return result;
}

function load(memory: Region, offset: number): number {
  const value = memory.view.getBigUint64(offset, true);
  return value === RLIM_INFINITY ? Number.POSITIVE_INFINITY : Number(value);
}

function store(memory: Region, offset: number, value: number): void {
  memory.view.setBigUint64(offset, value === Number.POSITIVE_INFINITY ? RLIM_INFINITY : BigInt(value), true);
}
