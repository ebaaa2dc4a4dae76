/** Descriptors and mappings that others opened: frees what a thread left behind when it died, and renames. */
import { SystemCallError } from './errno.js';
import { F_DUPFD_CLOEXEC } from './sys/constants.js';
import { sys } from './sys/libc.js';

/** Closes a descriptor whose owner is gone. Throws SystemCallError (EBADF: it was not open). */
export function closeDescriptor(fd: number): void {
  const result = sys.close(fd);
  if (result < 0) throw new SystemCallError(`close(${fd})`, result);
}

/** Unmaps memory whose owner is gone; no view of it may be used afterwards. Throws SystemCallError. */
export function freeMemory(address: number, length: number): void {
  const result = sys.munmap(address, length);
  if (result < 0) throw new SystemCallError('munmap', result);
}

/** Makes `fd` another name of what `to` means, dup2(2). Throws SystemCallError. */
export function redirect(to: number, fd: number): void {
  const result = sys.dup2(to, fd);
  if (result < 0) throw new SystemCallError('dup2', result);
}

/** Another descriptor of the same thing, closed on exec. Throws SystemCallError. */
export function duplicate(fd: number): number {
  const result = sys.fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (result < 0) throw new SystemCallError('fcntl(F_DUPFD_CLOEXEC)', result);
  return result;
}
