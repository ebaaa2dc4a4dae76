/**
 * Descriptors from one process to another over a UNIX socket: control messages of type SCM_RIGHTS
 * (unix(7), cmsg(3)). What they are and what the bytes beside them mean, the caller knows.
 */

import { encodeAddresses, type SocketAddress } from './address.js';
import { MSGHDR_IOVEC_COUNT, MSGHDR_IOVECS } from './datagrams.js';
import { SystemCallError } from './errno.js';
import { limitWaiting } from './socket-timeout.js';
import {
  EINTR,
  MSG_CMSG_CLOEXEC,
  MSG_CTRUNC,
  MSG_NOSIGNAL,
  MSG_WAITALL,
  SCM_RIGHTS,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
} from './sys/constants.js';
import { sys } from './sys/libc.js';
import { allocate, type Region } from './sys/memory.js';

/** Descriptors in one message: the kernel takes 253 (SCM_MAX_FD), HAProxy sends 252. */
export const DESCRIPTORS_MAX = 252;
/** struct msghdr (sendmsg(2)): what `datagrams.ts` does not know of it. */
export const MSGHDR_CONTROL = 32;
export const MSGHDR_CONTROL_LENGTH = 40;
export const MSGHDR_FLAGS = 48;
export const MSGHDR_SIZE = 56;
/** struct cmsghdr: length, level, type, and then the descriptors. */
export const CMSGHDR_LEVEL = 8;
export const CMSGHDR_TYPE = 12;
export const CMSGHDR_SIZE = 16;

const IOVEC_AT = 64;
const CONTROL_AT = 128;
const CONTROL_SIZE = CMSGHDR_SIZE + 4 * (DESCRIPTORS_MAX + 4);
const DATA_AT = CONTROL_AT + CONTROL_SIZE;

/** Bytes, and the descriptors that came with them. */
export interface ReceivedDescriptors {
  readonly bytes: Uint8Array;
  readonly descriptors: readonly number[];
}

/** Sends bytes with descriptors, of which the receiver gets copies: how many bytes were taken, or `-errno` (EAGAIN). */
export function sendDescriptors(fd: number, bytes: Uint8Array, descriptors: readonly number[]): number {
  if (descriptors.length > DESCRIPTORS_MAX) throw new RangeError(`${descriptors.length} descriptors in one message`);
  const memory = message(bytes.length, descriptors.length === 0 ? 0 : CMSGHDR_SIZE + 4 * descriptors.length);
  memory.u8.set(bytes, DATA_AT);
  memory.setU64(CONTROL_AT, CMSGHDR_SIZE + 4 * descriptors.length);
  memory.view.setInt32(CONTROL_AT + CMSGHDR_LEVEL, SOL_SOCKET, true);
  memory.view.setInt32(CONTROL_AT + CMSGHDR_TYPE, SCM_RIGHTS, true);
  for (const [i, descriptor] of descriptors.entries()) memory.view.setInt32(CONTROL_AT + CMSGHDR_SIZE + 4 * i, descriptor, true);
  const result = again(() => sys.sendmsg(fd, memory.address, MSG_NOSIGNAL));
  memory.unmap();
  return result;
}

/**
 * Receives up to `max` bytes, all of them where `whole`, and what came with them. Throws
 * SystemCallError (EAGAIN: not in time); no bytes mean the end.
 */
export function receiveDescriptors(fd: number, max: number, whole = false): ReceivedDescriptors {
  const memory = message(max, CONTROL_SIZE);
  try {
    const result = again(() => sys.recvmsg(fd, memory.address, MSG_CMSG_CLOEXEC | (whole ? MSG_WAITALL : 0)));
    if (result < 0) throw new SystemCallError('recvmsg', result);
    const descriptors = descriptorsOf(memory);
    if ((memory.view.getInt32(MSGHDR_FLAGS, true) & MSG_CTRUNC) !== 0) {
      for (const descriptor of descriptors) sys.close(descriptor);
      throw new Error('more descriptors came than there is room for, or than this process may have');
    }
    return { bytes: memory.u8.slice(DATA_AT, DATA_AT + result), descriptors };
  } finally {
    memory.unmap();
  }
}

/** Connects to a UNIX socket; calls on the descriptor wait no longer than `timeoutMs`. Throws SystemCallError. */
export function connectStream(address: SocketAddress & { family: 'unix' }, timeoutMs: number): number {
  const { region, encoded } = encodeAddresses([address]);
  const fd = sys.socket(encoded[0].family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) limitWaiting(fd, timeoutMs);
  const result = fd < 0 ? fd : again(() => sys.connect(fd, encoded[0].address, encoded[0].length));
  region.unmap();
  if (result >= 0) return fd;
  if (fd >= 0) sys.close(fd);
  throw new SystemCallError(fd < 0 ? 'socket' : 'connect', result);
}

/** Room for a message, laid out. */
function message(bytes: number, control: number): Region {
  const memory = allocate(DATA_AT + bytes);
  memory.setU64(MSGHDR_IOVECS, memory.address + IOVEC_AT);
  memory.setU64(MSGHDR_IOVEC_COUNT, 1);
  memory.setU64(IOVEC_AT, memory.address + DATA_AT);
  memory.setU64(IOVEC_AT + 8, bytes);
  if (control > 0) memory.setU64(MSGHDR_CONTROL, memory.address + CONTROL_AT);
  memory.setU64(MSGHDR_CONTROL_LENGTH, control);
  return memory;
}

/** All that stand in a message that was received; the kernel makes one control message of them. */
function descriptorsOf(memory: Region): number[] {
  const received = memory.u64(MSGHDR_CONTROL_LENGTH);
  if (received < CMSGHDR_SIZE) return [];
  const { view } = memory;
  const isRights =
    view.getInt32(CONTROL_AT + CMSGHDR_LEVEL, true) === SOL_SOCKET &&
    view.getInt32(CONTROL_AT + CMSGHDR_TYPE, true) === SCM_RIGHTS;
  const count = isRights ? (memory.u64(CONTROL_AT) - CMSGHDR_SIZE) / 4 : 0;
  return Array.from({ length: count }, (_, i) => view.getInt32(CONTROL_AT + CMSGHDR_SIZE + 4 * i, true));
}

function again(call: () => number): number {
  for (;;) {
    const result = call();
    if (result !== -EINTR) return result;
  }
}
