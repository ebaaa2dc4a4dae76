/**
 * Datagrams to several addresses, collected and then sent with one sendmmsg(2) for each address:
 * unconnected sockets, one for each family, so that a receiver that went away and comes back is
 * served again without anybody noticing. Never waits: what the kernel does not take is dropped, and
 * the caller hears how much.
 */
import { type SocketAddress, sockaddrBytes } from './address.js';
import type { Holdings } from './engine.js';
import { EINTR, EMSGSIZE, MSG_DONTWAIT, MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_DGRAM } from './sys/constants.js';
import { sys } from './sys/libc.js';
import { allocate, type Region } from './sys/memory.js';

/** sizeof(struct sockaddr_un), rounded up to whole words. */
const NAME_ROOM = 128;
/** struct iovec: base and length, 64 bits each. */
export const IOVEC_SIZE = 16;
export const IOVEC_LENGTH = 8;
/** struct mmsghdr, and what of the msghdr in it is used (recvmmsg(2), sendmsg(2)). */
export const MMSGHDR_SIZE = 64;
export const MSGHDR_NAME = 0;
export const MSGHDR_NAME_LENGTH = 8;
export const MSGHDR_IOVECS = 16;
export const MSGHDR_IOVEC_COUNT = 24;
/** A message is three pieces of memory: header, body, and the end that all messages have. */
const PIECES = 3;
const MESSAGE_SIZE = MMSGHDR_SIZE + PIECES * IOVEC_SIZE;

/** Datagrams to a fixed list of addresses, by their places in it. */
export class DatagramSender {
  /** Why messages to each address were last not sent: `-errno`, or 0. */
  readonly failures: Int32Array;
  private readonly pending: Int32Array;
  private readonly families: readonly number[];
  /** Sockets by family, opened when first needed. */
  private readonly sockets = new Map<number, number>();
  private readonly region: Region;
  private readonly messagesAt: number;

  /**
   * @param addresses where messages may go
   * @param max messages to one address that can be collected
   * @param end what every message ends with
   * @param holdings told of the memory and the sockets
   */
  constructor(
    addresses: readonly SocketAddress[],
    private readonly max: number,
    end: string,
    private readonly holdings: Holdings,
  ) {
    const count = addresses.length;
    this.failures = new Int32Array(count);
    this.pending = new Int32Array(count);
    const endAt = count * NAME_ROOM;
    this.messagesAt = endAt + Math.ceil(Math.max(1, end.length) / 16) * 16;
    this.region = allocate(this.messagesAt + count * max * MESSAGE_SIZE);
    holdings.holdMemory(this.region.address, this.region.length);
    this.region.u8.set(Buffer.from(end, 'latin1'), endAt);
    const names = addresses.map((address) => sockaddrBytes(address));
    for (const [i, name] of names.entries()) this.region.u8.set(name, i * NAME_ROOM);
    this.families = names.map((_, i) => this.region.view.getUint16(i * NAME_ROOM, true));
    for (const [i, name] of names.entries()) this.layOut(i, name.length, endAt, end.length);
  }

  /** No more can be collected for that address before it is sent. */
  isFull(target: number): boolean {
    return this.pending[target] === this.max;
  }

  /** Whether something is collected for that address. */
  hasMessages(target: number): boolean {
    return this.pending[target] > 0;
  }

  /** Collects a message; the memory of its pieces must stay as it is until `send`. */
  add(target: number, header: number, headerLength: number, body: number, bodyLength: number): void {
    const at = this.iovecAt(target, this.pending[target]++);
    this.setPiece(at, header, headerLength);
    this.setPiece(at + IOVEC_SIZE, body, bodyLength);
  }

  /** Sends what was collected for an address; answers how many messages were dropped. */
  send(target: number): number {
    const count = this.pending[target];
    this.pending[target] = 0;
    this.failures[target] = 0;
    const fd = this.socketOf(this.families[target]);
    if (fd < 0) return this.drop(target, fd, count);
    let dropped = 0;
    let next = 0;
    while (next < count) {
      const first = this.region.address + this.messageAt(target, next);
      const sent = sys.sendmmsg(fd, first, count - next, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent > 0) next += sent;
      else if (sent === -EMSGSIZE) {
        dropped += this.drop(target, sent, 1); // this one is too long; the others may not be
        next++;
      } else if (sent !== -EINTR) return dropped + this.drop(target, sent, count - next);
    }
    return dropped;
  }

  /** Closes the sockets. The memory stays the holdings' to free. */
  close(): void {
    for (const fd of this.sockets.values()) {
      this.holdings.drop(fd);
      sys.close(fd);
    }
    this.sockets.clear();
  }

  private drop(target: number, failure: number, count: number): number {
    this.failures[target] = failure;
    return count;
  }

  private socketOf(family: number): number {
    const known = this.sockets.get(family);
    if (known !== undefined) return known;
    const fd = sys.socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return fd;
    this.holdings.hold(fd);
    this.sockets.set(family, fd);
    return fd;
  }

  private messageAt(target: number, message: number): number {
    return this.messagesAt + target * this.max * MESSAGE_SIZE + message * MMSGHDR_SIZE;
  }

  private iovecAt(target: number, message: number): number {
    return this.messagesAt + target * this.max * MESSAGE_SIZE + this.max * MMSGHDR_SIZE + message * PIECES * IOVEC_SIZE;
  }

  /** Everything of the messages that never changes. */
  private layOut(target: number, nameLength: number, endAt: number, endLength: number): void {
    const { region } = this;
    for (let message = 0; message < this.max; message++) {
      const at = this.messageAt(target, message);
      const iovecs = this.iovecAt(target, message);
      region.setU64(at + MSGHDR_NAME, region.address + target * NAME_ROOM);
      region.view.setUint32(at + MSGHDR_NAME_LENGTH, nameLength, true);
      region.setU64(at + MSGHDR_IOVECS, region.address + iovecs);
      region.setU64(at + MSGHDR_IOVEC_COUNT, PIECES);
      this.setPiece(iovecs + 2 * IOVEC_SIZE, region.address + endAt, endLength);
    }
  }

  /** An address may lie above 2^32: two words, written without a BigInt. */
  private setPiece(at: number, address: number, length: number): void {
    const { i32 } = this.region;
    i32[at >> 2] = address | 0;
    i32[(at >> 2) + 1] = (address / 0x1_0000_0000) | 0;
    i32[(at + IOVEC_LENGTH) >> 2] = length;
  }
}
