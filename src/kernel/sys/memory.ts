/**
 * Memory that the kernel may read and write: anonymous or descriptor-backed mappings with typed
 * views. JavaScript's own buffers move and are freed; these stay until `unmap`.
 */
import koffi from 'koffi';
import { SystemCallError } from '../errno.js';
import { MAP_ANONYMOUS, MAP_FIXED_NOREPLACE, MAP_PRIVATE, PROT_READ, PROT_WRITE } from './constants.js';
import { sys } from './libc.js';

/**
 * Addresses below 2^31 are small integers to V8: passing them to a system call allocates nothing.
 * From here upward is far enough above the program's heap (brk) to leave it room.
 */
const LOW_BEGIN = 0x4000_0000;
const LOW_END = 0x7fff_0000;
const LOW_TRIES = 64;

/** A mapped piece of memory; its owner unmaps it once, when nothing in the kernel uses it. */
export class Region {
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
  readonly view: DataView;

  constructor(
    readonly address: number,
    readonly length: number,
  ) {
    const buffer = koffi.view(address, length) as ArrayBuffer;
    this.i32 = new Int32Array(buffer, 0, length >> 2);
    this.u8 = new Uint8Array(buffer);
    this.view = new DataView(buffer);
  }

  /** Gives the memory back. Touching a view of it afterwards ends the process. */
  unmap(): void {
    const result = sys.munmap(this.address, this.length);
    if (result < 0) throw new SystemCallError('munmap', result);
  }

  /** The 64-bit value at a byte offset, exact up to 2^53. */
  u64(offset: number): number {
    return Number(this.view.getBigUint64(offset, true));
  }

  /** Stores a non-negative integer up to 2^53 as 64 bits. */
  setU64(offset: number, value: number): void {
    this.view.setBigUint64(offset, BigInt(value), true);
  }
}

/** A look at memory that somebody else owns, as a structure that libc answered with. */
export function viewMemory(address: number, length: number): DataView {
  return new DataView(koffi.view(address, length) as ArrayBuffer);
}

/** Zeroed private memory of `length` bytes, page-aligned, at a low address where one is free. */
export function allocate(length: number): Region {
  const protection = PROT_READ | PROT_WRITE;
  const flags = MAP_PRIVATE | MAP_ANONYMOUS;
  const step = Math.max(0x10_0000, Math.ceil(length / 0x10_0000) * 0x10_0000);
  for (let hint = LOW_BEGIN, n = 0; hint + length <= LOW_END && n < LOW_TRIES; hint += step, n++) {
    const low = sys.mmap(hint, length, protection, flags | MAP_FIXED_NOREPLACE, -1, 0);
    if (low === hint) return new Region(low, length);
    if (low > 0) sys.munmap(low, length); // before Linux 4.17 the flag is only a hint
  }
  return new Region(mapped(sys.mmap(0, length, protection, flags, -1, 0)), length);
}

/** Maps what a descriptor offers (the rings of io_uring). */
export function mapDescriptor(fd: number, length: number, offset: number, flags: number): Region {
  return new Region(mapped(sys.mmap(0, length, PROT_READ | PROT_WRITE, flags, fd, offset)), length);
}

function mapped(address: number): number {
  if (address < 0) throw new SystemCallError('mmap', address);
  return address;
}
