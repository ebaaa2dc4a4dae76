/**
 * One epoll instance (epoll(7)): the descriptors it watches, each with two numbers of ours, and
 * the events of the last wait. It knows the layout of struct epoll_event and nothing of slots.
 */
import { SystemCallError } from '../errno.js';
import { EEXIST, EINTR, EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD } from '../sys/constants.js';
import { sys } from '../sys/libc.js';
import { allocate, type Region } from '../sys/memory.js';

/**
 * struct epoll_event in 32-bit words: the events, then 64 bits of data. It is packed on x86-64,
 * so that 32-bit programs see the same, and naturally aligned everywhere else
 * (<linux/eventpoll.h>, EPOLL_PACKED).
 */
export const EVENT_WORDS = process.arch === 'x64' ? 3 : 4;
export const EVENT_DATA_WORD = process.arch === 'x64' ? 1 : 2;

/** Events taken in one wait: what is left over comes with the next one. */
const EVENTS_MAX = 512;

/** One epoll instance and the memory for its events. */
export class EventSet {
  readonly fd: number;
  readonly region: Region;
  private readonly words: Int32Array;
  /** The event that epoll_ctl reads, behind those that epoll_wait writes. */
  private readonly argument = EVENTS_MAX * EVENT_WORDS;
  private readonly argumentAddress: number;

  /** Throws SystemCallError. */
  constructor() {
    const fd = sys.epollCreate1(EPOLL_CLOEXEC);
    if (fd < 0) throw new SystemCallError('epoll_create1', fd);
    this.fd = fd;
    this.region = allocate((EVENTS_MAX + 1) * EVENT_WORDS * 4);
    this.words = this.region.i32;
    this.argumentAddress = this.region.address + this.argument * 4;
  }

  /**
   * Watches a descriptor, whatever was asked of it before; what it is ready for already is
   * reported too. Answers 0 or `-errno`.
   */
  add(fd: number, interest: number, low: number, high: number): number {
    this.setArgument(interest, low, high);
    const result = sys.epollCtl(this.fd, EPOLL_CTL_ADD, fd, this.argumentAddress);
    if (result !== -EEXIST) return result;
    // Not EPOLL_CTL_MOD: what was added with EPOLLEXCLUSIVE cannot be modified.
    this.remove(fd);
    return sys.epollCtl(this.fd, EPOLL_CTL_ADD, fd, this.argumentAddress);
  }

  /** Reports once more what a watched descriptor is ready for now. Answers 0 or `-errno`. */
  rearm(fd: number, interest: number, low: number, high: number): number {
    this.setArgument(interest, low, high);
    return sys.epollCtl(this.fd, EPOLL_CTL_MOD, fd, this.argumentAddress);
  }

  /** Stops watching a descriptor. Answers 0 or `-errno`. */
  remove(fd: number): number {
    return sys.epollCtl(this.fd, EPOLL_CTL_DEL, fd, this.argumentAddress);
  }

  /** Waits for events, at most `timeoutMs` (-1: for ever), and answers how many there are. */
  wait(timeoutMs: number): number {
    const count = sys.epollWait(this.fd, this.region.address, EVENTS_MAX, timeoutMs);
    if (count >= 0) return count;
    if (count === -EINTR) return 0;
    throw new SystemCallError('epoll_wait', count);
  }

  /** EPOLLIN and so on of event `i`. */
  events(i: number): number {
    return this.words[i * EVENT_WORDS];
  }

  /** The numbers that the descriptor of event `i` was added with. */
  low(i: number): number {
    return this.words[i * EVENT_WORDS + EVENT_DATA_WORD];
  }

  high(i: number): number {
    return this.words[i * EVENT_WORDS + EVENT_DATA_WORD + 1];
  }

  /** Stops watching everything. The memory stays: it is freed with all that the worker held. */
  close(): void {
    sys.close(this.fd);
  }

  private setArgument(interest: number, low: number, high: number): void {
    this.words[this.argument] = interest;
    this.words[this.argument + EVENT_DATA_WORD] = low;
    this.words[this.argument + EVENT_DATA_WORD + 1] = high;
  }
}
