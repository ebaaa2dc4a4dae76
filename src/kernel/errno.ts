/** Names and sentences of error numbers, from Node's own table of the running system. */
import { getSystemErrorMap } from 'node:util';
import { sys } from './sys/libc.js';

/** The name of a positive or negative errno, as `ECONNREFUSED`; `errno 4711` when unknown. */
export function errnoName(errno: number): string {
  return getSystemErrorMap().get(-Math.abs(errno))?.[0] ?? `errno ${Math.abs(errno)}`;
}

/** One sentence for people: `address already in use (EADDRINUSE)`. */
export function errnoText(errno: number): string {
  const entry = getSystemErrorMap().get(-Math.abs(errno));
  return entry ? `${entry[1]} (${entry[0]})` : errnoName(errno);
}

/** The C library's words, strerror(3): `Connection refused`. What other programs on the host say, and tools look for. */
export function systemText(errno: number): string {
  return sys.strerror(Math.abs(errno));
}

/** A system call that had to succeed did not. `errno` is positive. */
export class SystemCallError extends Error {
  readonly errno: number;
  constructor(
    readonly syscall: string,
    errno: number,
  ) {
    super(`${syscall}: ${errnoText(errno)}`);
    this.errno = Math.abs(errno);
  }
}
