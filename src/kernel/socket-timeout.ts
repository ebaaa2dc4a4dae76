/** How long calls on a blocking socket wait (SO_RCVTIMEO, SO_SNDTIMEO; socket(7)). */
import { SystemCallError } from './errno.js';
import { SO_RCVTIMEO, SO_SNDTIMEO, SOL_SOCKET } from './sys/constants.js';
import { sys } from './sys/libc.js';
import { allocate } from './sys/memory.js';

/** sizeof(struct timeval): seconds and microseconds. */
const TIMEVAL_SIZE = 16;

/** Bounds both directions; a call that waited so long answers -EAGAIN. Throws SystemCallError. */
export function limitWaiting(fd: number, timeoutMs: number): void {
  const memory = allocate(TIMEVAL_SIZE);
  memory.setU64(0, Math.floor(timeoutMs / 1000));
  memory.setU64(8, (timeoutMs % 1000) * 1000);
  const results = [SO_RCVTIMEO, SO_SNDTIMEO].map((option) =>
    sys.setsockopt(fd, SOL_SOCKET, option, memory.address, TIMEVAL_SIZE),
  );
  memory.unmap();
  for (const result of results) if (result < 0) throw new SystemCallError('setsockopt', result);
}
