/**
 * A UNIX datagram socket that stays connected to a receiver: what is sent there needs no path any more,
 * which a chroot would hide. For notifications to the service manager (sd_notify(3)).
 */
import { encodeAddresses, type SocketAddress } from './address.js';
import { SystemCallError } from './errno.js';
import { limitWaiting } from './socket-timeout.js';
import { MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_DGRAM } from './sys/constants.js';
import { sys } from './sys/libc.js';
import { allocate } from './sys/memory.js';

/** How long a receiver that takes nothing is waited for, in milliseconds. */
const PATIENCE_MS = 1000;

/** Sends texts, one datagram each. */
export class NotifySocket {
  private readonly fd: number;

  /** Connects. Throws SystemCallError when nobody receives there. */
  constructor(address: SocketAddress & { family: 'unix' }) {
    const { region, encoded } = encodeAddresses([address]);
    const [{ family, address: at, length }] = encoded;
    this.fd = sys.socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (this.fd >= 0) limitWaiting(this.fd, PATIENCE_MS);
    const result = this.fd < 0 ? this.fd : sys.connect(this.fd, at, length);
    region.unmap();
    if (result >= 0) return;
    if (this.fd >= 0) sys.close(this.fd);
    throw new SystemCallError(this.fd < 0 ? 'socket' : 'connect', result);
  }

  /** Sends a text; waits a little for room, since a notification should not get lost. 0 or `-errno`. */
  send(text: string): number {
    const bytes = Buffer.from(text);
    const memory = allocate(bytes.length);
    memory.u8.set(bytes);
    const result = sys.send(this.fd, memory.address, bytes.length, MSG_NOSIGNAL);
    memory.unmap();
    return Math.min(0, result);
  }

  close(): void {
    sys.close(this.fd);
  }
}
