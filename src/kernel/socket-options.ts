/**
 * getsockopt(2) and setsockopt(2) outside the data plane: numbers, names and programs of filters. Each
 * thread has one scratch region for them, since a start sets some ten options of each of thousands of
 * sockets. What they mean is their callers' business.
 */
import { SystemCallError } from './errno.js';
import { sys } from './sys/libc.js';
import { allocate, type Region } from './sys/memory.js';

/** struct sock_fprog and struct sock_filter (linux/filter.h). */
export const SOCK_FPROG_SIZE = 16;
export const SOCK_FPROG_FILTER = 8;
export const SOCK_FILTER_SIZE = 8;
/** Offsets in struct sock_filter. */
export const SOCK_FILTER_JT = 2;
export const SOCK_FILTER_JF = 3;
export const SOCK_FILTER_K = 4;

/** An instruction of a classic BPF program: code, offset of the jump if it holds, and if not, operand. */
export type Instruction = readonly [code: number, jt: number, jf: number, k: number];

/** Bytes of the longest value that is read or written: a program of 16 instructions. */
const VALUE_MAX = 16 * SOCK_FILTER_SIZE;
const AT_LENGTH = 0;
const AT_VALUE = 8;
const AT_PROGRAM = AT_VALUE + VALUE_MAX;

let region: Region | undefined;

function scratch(): Region {
  region ??= allocate(AT_PROGRAM + SOCK_FPROG_SIZE);
  return region;
}

/** Sets a number. Throws SystemCallError with the name of the call. */
export function setOption(fd: number, level: number, option: number, value: number, call: string): void {
  const memory = scratch();
  memory.i32[AT_VALUE / 4] = value;
  must(call, sys.setsockopt(fd, level, option, memory.address + AT_VALUE, 4));
}

/** Reads a number. Throws SystemCallError with the name of the call. */
export function getOption(fd: number, level: number, option: number, call: string): number {
  const memory = scratch();
  memory.i32[AT_LENGTH] = 4;
  must(call, sys.getsockopt(fd, level, option, memory.address + AT_VALUE, memory.address + AT_LENGTH));
  return memory.i32[AT_VALUE / 4];
}

/** Sets a text. Throws SystemCallError with the name of the call. */
export function setTextOption(fd: number, level: number, option: number, value: string, call: string): void {
  const memory = scratch();
  const bytes = new TextEncoder().encode(`${value}\0`);
  memory.u8.set(bytes, AT_VALUE);
  must(call, sys.setsockopt(fd, level, option, memory.address + AT_VALUE, bytes.length));
}

/** Reads a text of that many bytes at most. Throws SystemCallError with the name of the call. */
export function getTextOption(fd: number, level: number, option: number, lengthMax: number, call: string): string {
  const memory = scratch();
  memory.i32[AT_LENGTH] = lengthMax;
  must(call, sys.getsockopt(fd, level, option, memory.address + AT_VALUE, memory.address + AT_LENGTH));
  const bytes = memory.u8.slice(AT_VALUE, AT_VALUE + memory.i32[AT_LENGTH]);
  return new TextDecoder().decode(bytes).replace(/\0.*$/, '');
}

/** Attaches a classic BPF program by that option of SOL_SOCKET; 0, or `-errno`. */
export function attachProgram(fd: number, level: number, option: number, program: readonly Instruction[]): number {
  const memory = scratch();
  for (const [i, [code, jt, jf, k]] of program.entries()) {
    const at = AT_VALUE + i * SOCK_FILTER_SIZE;
    memory.view.setUint16(at, code, true);
    memory.view.setUint8(at + SOCK_FILTER_JT, jt);
    memory.view.setUint8(at + SOCK_FILTER_JF, jf);
    memory.view.setUint32(at + SOCK_FILTER_K, k, true);
  }
  memory.view.setUint16(AT_PROGRAM, program.length, true);
  memory.setU64(AT_PROGRAM + SOCK_FPROG_FILTER, memory.address + AT_VALUE);
  return sys.setsockopt(fd, level, option, memory.address + AT_PROGRAM, SOCK_FPROG_SIZE);
}

/** Detaches one; 0, or `-errno`. */
export function detachProgram(fd: number, level: number, option: number): number {
  return sys.setsockopt(fd, level, option, scratch().address + AT_VALUE, 4);
}

/** The result of a call that has to succeed. */
function must(call: string, result: number): void {
  if (result < 0) throw new SystemCallError(call, result);
}
