/** Frees what a thread left behind when it died: descriptors and mappings it can no longer free itself. */
import { SystemCallError } from './errno.js';
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
