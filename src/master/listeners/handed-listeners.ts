/**
 * Listening sockets of the process before this one (`-x`), taken over its runtime socket in HAProxy's
 * form, and the same form for who takes ours: the number of descriptors, then messages of up to 252 of
 * them with a description of each (network namespace, interface, options). HAProxy speaks it in both
 * directions, so that either can follow the other. Whose sockets they become, `listeners.ts` decides.
 */

import type { SocketAddress } from '../../kernel/address.js';
import { connectStream, DESCRIPTORS_MAX, receiveDescriptors, sendDescriptors } from '../../kernel/descriptor-passing.js';
import { closeDescriptor } from '../../kernel/descriptors.js';
import { errnoName, SystemCallError } from '../../kernel/errno.js';
import { boundInterface, isListener, isV6only, localAddress } from '../../kernel/listener.js';

/** The question; HAProxy takes no notice of further words. */
const REQUEST = '_getsocks';
/** What goes before the number of workers that ask. */
export const WORKERS_WORD = 'workers';
/** How long the other process may take for each step, in milliseconds; HAProxy waits as long. */
const PATIENCE_MS = 1000;
/** More sockets than that are no answer. */
const COUNT_MAX = 65_536;
/** Bytes that describe one descriptor at most: two names with their lengths, and options. */
const DESCRIPTION_MAX = 2 * 256 + 4;
const OPTIONS_BYTES = 4;
/** What HAProxy puts behind the path of a UNIX socket while it binds it; the socket keeps that name. */
const TEMPORARY_NAME = /\.\d+\.(tmp|bak)$/;

/** What is wanted of a socket that is to be taken over. */
export interface WantedListener {
  readonly address: SocketAddress;
  readonly interface: string | null;
  /** Of an IPv6 address; null: either will do. */
  readonly v6only: boolean | null;
}

/** One that was handed over and has not been taken yet. */
interface Handed {
  readonly fd: number;
  readonly key: string;
  readonly v6only: boolean;
}

/** Sockets of another process that wait to be taken. */
export class HandedListeners {
  private readonly waiting: Handed[];
  private readonly taken = new Set<number>();

  /** @param descriptors of any kind; those that do not listen are closed */
  constructor(descriptors: readonly number[]) {
    this.waiting = descriptors.flatMap((fd) => {
      if (isListener(fd))
        return [
          {
            fd,
            v6only: localAddress(fd).family === 'ipv6' && isV6only(fd),
            key: keyOf({ address: localAddress(fd), interface: boundInterface(fd) }),
          },
        ];
      closeDescriptor(fd);
      return [];
    });
  }

  /** Sockets that nobody has taken. */
  get left(): number {
    return this.waiting.length;
  }

  /** Takes a socket that listens there, the last one that came, as HAProxy does; it becomes the caller's. null: there is none (any more). */
  take(wanted: WantedListener): number | null {
    const key = keyOf(wanted);
    const { v6only } = wanted;
    const index = this.waiting.findLastIndex((one) => one.key === key && (v6only === null || v6only === one.v6only));
    if (index < 0) return null;
    const [{ fd }] = this.waiting.splice(index, 1);
    this.taken.add(fd);
    return fd;
  }

  /** One of these was taken: who handed it over may have it still. */
  gave(fd: number): boolean {
    return this.taken.has(fd);
  }

  /** Closes what nobody took. */
  close(): void {
    for (const { fd } of this.waiting.splice(0)) closeDescriptor(fd);
  }
}

/**
 * Asks a process for its listening sockets. Throws Error when it does not give them.
 * @param workers as many sockets of each address this process goes on with
 */
export function fetchListeners(path: string, workers: number): HandedListeners {
  const fd = connectStream({ family: 'unix', path, abstract: false }, PATIENCE_MS);
  const descriptors: number[] = [];
  try {
    must(sendDescriptors(fd, Buffer.from(`${REQUEST} ${WORKERS_WORD} ${workers}\n`), []));
    const { bytes } = receiveDescriptors(fd, 4, true);
    const count = bytes.length === 4 ? new DataView(bytes.buffer).getInt32(0, true) : -1;
    if (count < 0 || count > COUNT_MAX) throw new Error("it does not answer; its 'stats socket' needs 'expose-fd listeners'");
    while (descriptors.length < count) receiveSome(fd, count, descriptors);
    return new HandedListeners(descriptors);
  } catch (error) {
    for (const descriptor of descriptors) closeDescriptor(descriptor);
    const isSilent = error instanceof SystemCallError && errnoName(error.errno) === 'EAGAIN';
    throw isSilent ? new Error(`it has said nothing for ${PATIENCE_MS} ms: is the process stopped?`) : error;
  } finally {
    closeDescriptor(fd);
  }
}

/** One message; the other process waits to hear how many there were before. */
function receiveSome(fd: number, count: number, descriptors: number[]): void {
  const received = receiveDescriptors(fd, DESCRIPTORS_MAX * DESCRIPTION_MAX);
  if (received.descriptors.length === 0) throw new Error(`it handed over ${descriptors.length} of ${count} sockets`);
  const before = new Uint8Array(Int32Array.of(descriptors.length).buffer);
  descriptors.push(...received.descriptors);
  if (descriptors.length < count) must(sendDescriptors(fd, before, [])); // nobody waits to hear it after the last
}

function must(result: number): void {
  if (result < 0) throw new Error('it has closed the connection');
}

/** What is sent to who asks: first the count, then each message. */
export function handOverMessages(descriptors: readonly number[]): { bytes: Uint8Array; descriptors: readonly number[] }[] {
  const count = new Uint8Array(Int32Array.of(descriptors.length).buffer);
  const messages = [{ bytes: count, descriptors: [] as readonly number[] }];
  for (let at = 0; at < descriptors.length; at += DESCRIPTORS_MAX) {
    const some = descriptors.slice(at, at + DESCRIPTORS_MAX);
    messages.push({ bytes: Buffer.concat(some.map(description)), descriptors: some });
  }
  return messages;
}

/** No namespace, the interface, no options: who receives it looks at the socket itself. */
function description(fd: number): Buffer {
  const name = Buffer.from(boundInterface(fd) ?? '');
  return Buffer.concat([Buffer.of(0, name.length), name, Buffer.alloc(OPTIONS_BYTES)]);
}

/** The same for sockets that can take each other's place. */
function keyOf({ address, interface: device }: Omit<WantedListener, 'v6only'>): string {
  const place =
    address.family === 'unix' ? { ...address, path: address.path.replace(TEMPORARY_NAME, '').replace(/\0+$/, '') } : address;
  return JSON.stringify([place, device]);
}
