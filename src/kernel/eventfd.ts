/**
 * eventfd(2): the descriptor with which one thread wakes another out of `Engine.wait`. Signals
 * add up until the waiter reads them, so that none is lost and many cost one wake-up.
 */
import { SystemCallError } from './errno.js';
import { EAGAIN, EFD_CLOEXEC, EFD_NONBLOCK } from './sys/constants.js';
import { sys } from './sys/libc.js';

/** Opens an eventfd with nothing signalled. Throws SystemCallError. */
export function openEventfd(): number {
  const fd = sys.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throw new SystemCallError('eventfd', fd);
  return fd;
}

/** Wakes whoever waits on an eventfd, from any thread of the process. Throws SystemCallError. */
export function signalEventfd(fd: number): void {
  const result = sys.eventfdWrite(fd, 1);
  // EAGAIN: the counter is full of signals nobody read yet; the waiter wakes all the same.
  if (result < 0 && result !== -EAGAIN) throw new SystemCallError('eventfd_write', result);
}
