/**
 * Who listens at TCP addresses, in whatever process (`/proc/net/tcp`, proc(5)). The files stay open, so
 * that they can be read again after a chroot.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { type SocketAddress, sockaddrBytes } from './address.js';

/** `st` of a socket that listens (include/net/tcp_states.h). */
const STATE_LISTEN = '0A';
/** Where the inode stands in a line: the columns of queues and of timers are pairs in one word. */
const INODE_COLUMN = 9;
/** Read at once, in bytes. */
const CHUNK = 16_384;
const FILES = { ipv4: '/proc/net/tcp', ipv6: '/proc/net/tcp6' } as const;

type Family = keyof typeof FILES;
type InternetAddress = Extract<SocketAddress, { host: string }>;

/** A socket that listens. */
interface Listening {
  readonly at: string;
  readonly inode: string;
}

/** The sockets that listen. */
export class ListeningSockets {
  private readonly files = new Map<Family, number>();

  /** A system without such a file, or one that hides it, has no such sockets. */
  constructor() {
    for (const family of ['ipv4', 'ipv6'] as const) {
      try {
        this.files.set(family, openSync(FILES[family], 'r'));
      } catch (error) {
        if (!['ENOENT', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    }
  }

  /** How many there are at each address at the moment; addresses as `listeningAt` writes them. */
  count(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { at } of this.all()) counts.set(at, (counts.get(at) ?? 0) + 1);
    return counts;
  }

  /**
   * Those that stand in the way of another one at this address, by their inodes, as the names of descriptors in
   * `/proc/PID/fd` have them: at the same, or at all addresses, of its port.
   */
  inTheWayOf(address: InternetAddress): string[] {
    const wanted = listeningAt(address);
    const port = wanted.slice(wanted.indexOf(':'));
    const isAny = (at: string): boolean => /^0+:/.test(at);
    return this.all().flatMap(({ at, inode }) =>
      at === wanted || (at.endsWith(port) && (isAny(at) || isAny(wanted))) ? [inode] : [],
    );
  }

  close(): void {
    for (const fd of this.files.values()) closeSync(fd);
    this.files.clear();
  }

  private all(): Listening[] {
    return [...this.files.values()].flatMap(listeningIn);
  }
}

/** An IP address as the kernel writes it: words of the host's order, and the port, in hexadecimal digits. */
export function listeningAt(address: InternetAddress): string {
  const bytes = sockaddrBytes(address);
  const host = address.family === 'ipv4' ? bytes.subarray(4, 8) : bytes.subarray(8, 24);
  const view = new DataView(host.buffer, host.byteOffset, host.length);
  let text = '';
  for (let at = 0; at < host.length; at += 4) text += digits(view.getUint32(at, true), 8);
  return `${text}:${digits(address.port, 4)}`;
}

function digits(value: number, count: number): string {
  return value.toString(16).toUpperCase().padStart(count, '0');
}

/** The kernel names those that listen first: the connections there may be behind them are not read. */
function listeningIn(fd: number): Listening[] {
  const chunk = Buffer.alloc(CHUNK);
  const found: Listening[] = [];
  let rest = '';
  for (let at = 0; ; ) {
    const length = readSync(fd, chunk, 0, CHUNK, at);
    if (length === 0) return found;
    at += length;
    const lines = (rest + chunk.toString('latin1', 0, length)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const columns = line.trim().split(/\s+/);
      const [number, at, , state] = columns;
      if (number === 'sl') continue; // the head
      if (state !== STATE_LISTEN) return found;
      found.push({ at, inode: columns[INODE_COLUMN] });
    }
  }
}
