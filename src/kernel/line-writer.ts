/**
 * Lines to a descriptor that this process was started with: a pipe, a terminal, a file or a socket.
 * Never waits: a bounded buffer keeps what is not taken yet, lines that no longer fit are refused,
 * and only whole lines are ever refused. Several threads may write to the same descriptor: what is
 * written at once holds whole lines and at most PIPE_BUF bytes, which a pipe never mixes (pipe(7)).
 */
import { fstatSync } from 'node:fs';
import type { Holdings } from './engine.js';
import {
  EAGAIN,
  EINTR,
  F_GETFL,
  F_SETFL,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  O_CLOEXEC,
  O_NONBLOCK,
  O_WRONLY,
  PIPE_BUF,
} from './sys/constants.js';
import { sys } from './sys/libc.js';
import { allocate, type Region } from './sys/memory.js';

const NEWLINE = 10;

/** Writes lines to one descriptor. */
export class LineWriter {
  /** Why lines were last lost: `-errno`, or 0. */
  failure = 0;
  private readonly region: Region;
  private readonly fd: number;
  private readonly isSocket: boolean;
  /** `fd` was opened here. */
  private readonly owned: boolean;
  private head = 0;
  private tail = 0;

  /** @param room bytes that may wait */
  constructor(
    given: number,
    private readonly room: number,
    private readonly holdings: Holdings,
  ) {
    this.region = allocate(room);
    holdings.holdMemory(this.region.address, this.region.length);
    this.isSocket = isSocket(given);
    this.fd = this.isSocket ? given : nonBlocking(given, this.region, holdings);
    this.owned = this.fd !== given;
  }

  /** Bytes that wait to be written. */
  get waiting(): number {
    return this.tail - this.head;
  }

  /** Takes a line of two pieces and a newline; false when it does not fit any more. */
  add(from: Uint8Array, header: number, headerLength: number, body: number, bodyLength: number): boolean {
    const length = headerLength + bodyLength + 1;
    if (this.tail + length > this.room) this.moveUp();
    if (this.tail + length > this.room) {
      this.failure = -EAGAIN;
      return false;
    }
    this.copy(from, header, headerLength);
    this.copy(from, body, bodyLength);
    this.region.u8[this.tail++] = NEWLINE;
    return true;
  }

  /** Writes what the descriptor takes now; answers how many lines were lost because it is broken. */
  flush(): number {
    while (this.head < this.tail) {
      const written = this.write(this.region.address + this.head, this.chunk());
      if (written >= 0) this.head += written;
      else if (written === -EAGAIN) break;
      else if (written !== -EINTR) return this.lose(written);
    }
    if (this.head === this.tail) this.head = this.tail = 0;
    return 0;
  }

  /** Closes what was opened here; the descriptor itself belongs to the process. */
  close(): void {
    if (!this.owned) return;
    this.holdings.drop(this.fd);
    sys.close(this.fd);
  }

  private write(address: number, length: number): number {
    if (this.isSocket) return sys.send(this.fd, address, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sys.write(this.fd, address, length);
  }

  /** Whole lines of at most PIPE_BUF bytes; a longer line alone. */
  private chunk(): number {
    const { head, tail, region } = this;
    if (tail - head <= PIPE_BUF) return tail - head;
    const last = region.u8.lastIndexOf(NEWLINE, head + PIPE_BUF - 1);
    const end = last >= head ? last : region.u8.indexOf(NEWLINE, head);
    return end + 1 - head;
  }

  /** The descriptor is broken: nothing of what waits will ever be read. */
  private lose(failure: number): number {
    let lines = 0;
    for (let at = this.head; at < this.tail; at++) if (this.region.u8[at] === NEWLINE) lines++;
    this.head = this.tail = 0;
    this.failure = failure;
    return lines;
  }

  private moveUp(): void {
    this.region.u8.copyWithin(0, this.head, this.tail);
    this.tail -= this.head;
    this.head = 0;
  }

  private copy(from: Uint8Array, at: number, length: number): void {
    const { u8 } = this.region;
    for (let i = 0; i < length; i++) u8[this.tail + i] = from[at + i];
    this.tail += length;
  }
}

/** Whether a descriptor is a socket; one that is not open is none, and writing to it will say so. */
function isSocket(fd: number): boolean {
  return sys.fcntl(fd, F_GETFL, 0) >= 0 && fstatSync(fd).isSocket();
}

/**
 * The same pipe or terminal, opened once more: O_NONBLOCK belongs to the opening, and set on the
 * one that was inherited it would surprise the other programs that have it. Where that is not
 * allowed, it is set all the same. Files never block in this sense and keep their position.
 */
function nonBlocking(fd: number, scratch: Region, holdings: Holdings): number {
  const flags = sys.fcntl(fd, F_GETFL, 0);
  if (flags < 0 || fstatSync(fd).isFile()) return fd;
  const path = Buffer.from(`/proc/self/fd/${fd}\0`, 'latin1');
  scratch.u8.set(path);
  const again = sys.open(scratch.address, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (again >= 0) {
    holdings.hold(again);
    return again;
  }
  sys.fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  return fd;
}
