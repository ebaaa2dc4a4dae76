/**
 * One io_uring: set-up, mapping, submission entries and the walk over completions
 * (io_uring(7), io_uring_setup(2), io_uring_enter(2)). It knows the layout of the rings and
 * nothing of sockets.
 */
import { SystemCallError } from '../errno.js';
import {
  EAGAIN,
  EBUSY,
  EINTR,
  ETIME,
  IORING_ENTER_EXT_ARG,
  IORING_ENTER_GETEVENTS,
  IORING_FEAT_EXT_ARG,
  IORING_FEAT_NODROP,
  IORING_FEAT_SINGLE_MMAP,
  IORING_OFF_SQ_RING,
  IORING_OFF_SQES,
  IORING_SETUP_CLAMP,
  IORING_SETUP_CQSIZE,
  IORING_SETUP_DEFER_TASKRUN,
  IORING_SETUP_SINGLE_ISSUER,
  IORING_SETUP_SUBMIT_ALL,
  MAP_POPULATE,
  MAP_SHARED,
  SYS_io_uring_enter,
  SYS_io_uring_register,
  SYS_io_uring_setup,
} from '../sys/constants.js';
import { sys } from '../sys/libc.js';
import { allocate, mapDescriptor, type Region } from '../sys/memory.js';

/** sizeof(struct io_uring_sqe) and io_uring_cqe, in 32-bit words. */
export const SQE_WORDS = 16;
export const CQE_WORDS = 4;
/** sizeof(struct io_uring_params) and where its parts begin, in bytes. */
export const PARAMS_SIZE = 120;
export const PARAMS_FEATURES = 20;
export const PARAMS_SQ_OFF = 40;
export const PARAMS_CQ_OFF = 80;
/** struct io_uring_getevents_arg, and the timespec it points to, in our scratch memory. */
export const GETEVENTS_ARG_SIZE = 24;
const SCRATCH_TIMESPEC = 64;
const AT_TIMESPEC = SCRATCH_TIMESPEC >> 2;
/** Its `min_wait_usec`, padding before Linux 6.12. */
const AT_MIN_WAIT = 3;
/** IORING_FEAT_MIN_TIMEOUT of <linux/io_uring.h>, which distributions' headers do not have yet. */
const FEAT_MIN_TIMEOUT = 1 << 15;
/** How long completions are waited for to come together (us): a fraction of what a busy turn takes anyway. */
const PATIENCE_US = 100;
/** Submissions that may be refused in a row (EINTR, EAGAIN, EBUSY) before the ring counts as stuck. */
const SUBMIT_TRIES = 100;
/** Stands for ever where the kernel wants a number (ms). */
const LONG_MS = 3_600_000;

/** Words of a submission entry (struct io_uring_sqe), to be added to the index `entry()` gives. */
export const SQE_OP = 0; // opcode | flags << 8 | ioprio << 16
export const SQE_FD = 1;
export const SQE_OFF_LOW = 2;
export const SQE_OFF_HIGH = 3;
export const SQE_ADDR_LOW = 4;
export const SQE_ADDR_HIGH = 5;
export const SQE_LEN = 6;
export const SQE_OP_FLAGS = 7;
export const SQE_USER_LOW = 8;
export const SQE_USER_HIGH = 9;
export const SQE_BUF_GROUP = 10;

/** What a ring shares with the kernel, for whoever must free it after its thread died. */
export interface RingHandles {
  readonly fd: number;
  readonly regions: readonly Region[];
}

/** The rings of one io_uring instance, mapped; for the thread that opened it alone. */
export class Ring implements RingHandles {
  readonly fd: number;
  readonly regions: readonly Region[];
  /** The submission entries, as 32-bit words. */
  readonly sqe: Int32Array;
  /** The completion entries and ring heads, as 32-bit words. */
  readonly words: Int32Array;
  readonly cqMask: number;
  /** Where completion entry 0 begins in `words`. */
  readonly cqBase: number;
  private readonly sqEntries: number;
  private readonly sqMask: number;
  private readonly sqTail: number;
  private readonly cqHead: number;
  private readonly cqTail: number;
  private readonly scratch: Region;
  /** The kernel can wait for several completions without holding back a single one for long. */
  private readonly canBePatient: boolean;
  private tail: number;
  private submitted: number;

  /**
   * Opens a ring for the calling thread alone.
   * @param entries submission entries; a fuller turn submits in between
   * @param cqEntries completion entries; when they overflow the kernel keeps the rest for us
   */
  constructor(entries: number, cqEntries: number) {
    this.scratch = allocate(4096);
    const params = this.scratch;
    params.view.setUint32(4, cqEntries, true);
    params.view.setUint32(
      8,
      IORING_SETUP_CQSIZE |
        IORING_SETUP_CLAMP |
        IORING_SETUP_SUBMIT_ALL |
        IORING_SETUP_SINGLE_ISSUER |
        IORING_SETUP_DEFER_TASKRUN,
      true,
    );
    const fd = sys.syscall(SYS_io_uring_setup, entries, params.address, 0, 0, 0, 0);
    if (fd < 0) {
      this.scratch.unmap();
      throw new SystemCallError('io_uring_setup', fd);
    }
    this.fd = fd;
    const word = (offset: number): number => params.view.getUint32(offset, true);
    const needed = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG;
    if ((word(PARAMS_FEATURES) & needed) !== needed) {
      sys.close(fd);
      this.scratch.unmap();
      throw new Error('io_uring lacks SINGLE_MMAP, NODROP or EXT_ARG');
    }
    this.canBePatient = (word(PARAMS_FEATURES) & FEAT_MIN_TIMEOUT) !== 0;
    this.sqEntries = word(0);
    const cqCount = word(4);
    this.sqTail = word(PARAMS_SQ_OFF + 4) >> 2;
    this.cqHead = word(PARAMS_CQ_OFF) >> 2;
    this.cqTail = word(PARAMS_CQ_OFF + 4) >> 2;
    this.sqMask = this.sqEntries - 1;
    this.cqMask = cqCount - 1;
    const sqArray = word(PARAMS_SQ_OFF + 24);
    const cqes = word(PARAMS_CQ_OFF + 20);
    this.cqBase = cqes >> 2;
    const ringLength = Math.max(cqes + cqCount * CQE_WORDS * 4, sqArray + this.sqEntries * 4);
    const flags = MAP_SHARED | MAP_POPULATE;
    const ring = mapDescriptor(fd, ringLength, IORING_OFF_SQ_RING, flags);
    const entriesRegion = mapDescriptor(fd, this.sqEntries * SQE_WORDS * 4, IORING_OFF_SQES, flags);
    this.regions = [ring, entriesRegion, this.scratch];
    this.words = ring.i32;
    this.sqe = entriesRegion.i32;
    // The kernel reads entry numbers through an array; ours are always in order.
    for (let i = 0; i < this.sqEntries; i++) this.words[(sqArray >> 2) + i] = i;
    this.tail = this.words[this.sqTail];
    this.submitted = this.tail;
    // From here on the scratch memory holds the argument of a bounded wait.
    this.scratch.u8.fill(0, 0, PARAMS_SIZE);
    this.scratch.setU64(16, this.scratch.address + SCRATCH_TIMESPEC);
  }

  /** The word index of a free submission entry. The caller sets every word it uses and those of before. */
  entry(): number {
    if (((this.tail - this.submitted) | 0) >= this.sqEntries) this.makeRoom();
    const index = (this.tail & this.sqMask) * SQE_WORDS;
    this.tail = (this.tail + 1) | 0;
    return index;
  }

  /** Submits until an entry is free. Throws SystemCallError when the kernel takes none. */
  private makeRoom(): void {
    for (let tries = 0; tries < SUBMIT_TRIES; tries++) {
      this.submit();
      if (((this.tail - this.submitted) | 0) < this.sqEntries) return;
    }
    throw new SystemCallError('io_uring_enter', EBUSY);
  }

  /** Hands the entries over without waiting. */
  submit(): void {
    this.enter(0, 0, 0, 0);
  }

  /**
   * Hands the entries over and waits for one completion; `timeoutMs` as in Engine.wait.
   * @param patience completions worth waiting for up to PATIENCE_US before one is enough; 1: none
   */
  submitAndWait(timeoutMs: number, patience: number): void {
    if (timeoutMs === 0) {
      this.enter(0, IORING_ENTER_GETEVENTS, 0, 0);
    } else if (timeoutMs < 0 && (patience === 1 || !this.canBePatient)) {
      this.enter(1, IORING_ENTER_GETEVENTS, 0, 0);
    } else {
      this.setTimeout(timeoutMs < 0 ? LONG_MS : timeoutMs);
      const wanted = this.canBePatient ? patience : 1;
      this.scratch.i32[AT_MIN_WAIT] = wanted > 1 ? PATIENCE_US : 0;
      this.enter(wanted, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, this.scratch.address, GETEVENTS_ARG_SIZE);
    }
  }

  private setTimeout(timeoutMs: number): void {
    const words = this.scratch.i32;
    const seconds = (timeoutMs / 1000) | 0;
    words[AT_TIMESPEC] = seconds;
    words[AT_TIMESPEC + 2] = (timeoutMs - seconds * 1000) * 1_000_000;
  }

  private enter(wanted: number, flags: number, argument: number, size: number): void {
    this.words[this.sqTail] = this.tail;
    const count = (this.tail - this.submitted) | 0;
    const result = sys.syscall(SYS_io_uring_enter, this.fd, count, wanted, flags, argument, size);
    if (result >= 0) {
      this.submitted = (this.submitted + result) | 0;
      return;
    }
    // Nothing was taken; the next call submits again. EBUSY, EAGAIN: completions must be read first.
    if (result === -EINTR || result === -ETIME || result === -EBUSY || result === -EAGAIN) return;
    throw new SystemCallError('io_uring_enter', result);
  }

  // The kernel touches the rings only inside our own io_uring_enter (DEFER_TASKRUN): plain loads
  // and stores suffice below.

  /** First completion not yet taken; compare with `completionsEnd()` by !==, it wraps. */
  completionsBegin(): number {
    return this.words[this.cqHead];
  }

  completionsEnd(): number {
    return this.words[this.cqTail];
  }

  /** Everything before `head` has been read: the kernel may reuse it. */
  completionsTaken(head: number): void {
    this.words[this.cqHead] = head;
  }

  /** io_uring_register(2): a result or `-errno`. */
  register(opcode: number, argument: number, count: number): number {
    return sys.syscall(SYS_io_uring_register, this.fd, opcode, argument, count, 0, 0);
  }

  /** Ends the ring and every operation in it. */
  close(): void {
    for (const region of this.regions) region.unmap();
    sys.close(this.fd);
  }
}
