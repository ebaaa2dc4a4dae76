/**
 * An engine under test, with both ends of its connections on this thread: completions are
 * recorded, and a test takes them one by one. At the end everything must have been given back.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type EncodedAddress, encodeAddresses, type SocketAddress } from '../../../src/kernel/address.js';
import {
  BUFFER_SHIFT,
  type CompletionHandler,
  type Engine,
  type EngineOptions,
  FLAG_BUFFER,
  FLAG_MORE,
  OP_ACCEPT,
  OP_CONNECT,
  OP_RECEIVE,
  OPERATION_NAMES,
} from '../../../src/kernel/engine.js';
import { errnoName } from '../../../src/kernel/errno.js';
import { localAddress, openListener } from '../../../src/kernel/listener.js';
import { openEngine } from '../../../src/kernel/probe.js';
import { ENOBUFS, IPPROTO_TCP, MSG_DONTWAIT, MSG_NOSIGNAL, TCP_NODELAY } from '../../../src/kernel/sys/constants.js';
import { sys } from '../../../src/kernel/sys/libc.js';
import { allocate } from '../../../src/kernel/sys/memory.js';
import { Ledger } from './ledger.js';

/** How long one turn waits, and how many turns a completion may take: 10 s, far more than any needs. */
const TURN_MS = 2;
const TURNS_MAX = 5000;
/** Turns after which something that should not happen is taken not to happen. */
const QUIET_TURNS = 5;

/** Enough buffers that the kernel's ring of io_uring leaves some to send from. */
const DEFAULTS = { slots: 64, bufferCount: 300, bufferSize: 4096, pipesMax: 2, pipeSize: 65536, wakeFd: -1 } as const;

/** Loopback, any free port. */
export const LOOPBACK: SocketAddress = { family: 'ipv4', host: '127.0.0.1', port: 0 };

/** What `onCompletion` was told. */
export interface Completion {
  readonly op: number;
  readonly slot: number;
  readonly result: number;
  readonly flags: number;
}

/** One end of a connection. */
export interface End {
  readonly slot: number;
  readonly fd: number;
}

/** Runs a test on both engines, with the same assertions. */
export function onBothEngines(
  title: string,
  body: (lab: Lab) => void | Promise<void>,
  options: Partial<EngineOptions> = {},
): void {
  for (const name of ['uring', 'epoll'] as const) {
    test(`${title} (${name})`, async () => {
      const lab = new Lab(name, options);
      try {
        await body(lab);
        lab.settle();
      } finally {
        lab.end();
      }
      lab.ledger.assertBalanced();
    });
  }
}

export class Lab implements CompletionHandler {
  readonly engine: Engine;
  readonly ledger = new Ledger();
  /** Completions that no test has taken yet. */
  readonly pending: Completion[] = [];
  private readonly descriptors = new Set<number>();
  private readonly scratch = allocate(1 << 20);
  private slots = 0;

  constructor(
    readonly name: 'uring' | 'epoll',
    options: Partial<EngineOptions>,
  ) {
    this.engine = openEngine(name, { ...DEFAULTS, ...options, holdings: this.ledger });
  }

  onCompletion(op: number, slot: number, result: number, flags: number): void {
    if (op === OP_ACCEPT && result >= 0) this.descriptors.add(result);
    this.pending.push({ op, slot, result, flags });
  }

  newSlot(): number {
    return this.slots++;
  }

  /** Turns the loop until the condition holds. */
  until(what: string, condition: () => boolean): void {
    for (let turn = 0; turn < TURNS_MAX; turn++) {
      if (condition()) return;
      this.engine.wait(TURN_MS, this);
    }
    assert.unreachable(`did not happen: ${what}; at hand: ${this.pending.map(describe).join('; ') || 'nothing'}`);
  }

  /** The next completion of that operation, taken out of `pending`. */
  next(op: number, slot: number): Completion {
    const find = () => this.pending.findIndex((one) => one.op === op && one.slot === slot);
    this.until(`${OPERATION_NAMES[op]} on slot ${slot}`, () => find() >= 0);
    return this.pending.splice(find(), 1)[0];
  }

  /** Asserts how an operation ends: with this result, and for good. */
  ends(op: number, slot: number, result: number): void {
    const completion = this.next(op, slot);
    assert.is(describe(completion), describe({ op, slot, result, flags: 0 }));
  }

  /** Asserts that nothing completes on these slots while the loop turns some more. */
  quiet(...slots: number[]): void {
    for (let turn = 0; turn < QUIET_TURNS; turn++) this.engine.wait(1, this);
    const loud = this.pending.filter(({ slot }) => slots.includes(slot));
    assert.equal(loud.map(describe), [], 'nothing was to complete');
  }

  /** The bytes of a receive completion as text; gives its buffer back. */
  text({ op, slot, result, flags }: Completion): string {
    assert.ok((flags & FLAG_BUFFER) !== 0 && result > 0, `data expected, not ${describe({ op, slot, result, flags })}`);
    const text = Buffer.from(this.bytes(flags, result)).toString('latin1');
    this.engine.buffers.give(flags >>> BUFFER_SHIFT);
    return text;
  }

  /** Receives that many bytes as text; asks again whenever the buffers at hand ran out. */
  receiveAll(end: End, bytes: number): string {
    let received = '';
    while (received.length < bytes) {
      const completion = this.next(OP_RECEIVE, end.slot);
      if (completion.result === -ENOBUFS) this.engine.receive(end.slot, end.fd);
      else received += this.text(completion);
    }
    return received;
  }

  /** The bytes that lie in the buffer of a completion; the buffer stays taken. */
  bytes(flags: number, length: number): Uint8Array {
    const buffer = flags >>> BUFFER_SHIFT;
    this.engine.buffers.length[buffer] = length;
    return this.engine.buffers.bytes(buffer);
  }

  /** Takes a buffer and puts text into it. */
  filled(text: string): { buffer: number; length: number } {
    const { buffers } = this.engine;
    const buffer = buffers.take();
    assert.ok(buffer >= 0, 'the lab has a buffer left to send from');
    buffers.length[buffer] = text.length;
    buffers.bytes(buffer).set(Buffer.from(text, 'latin1'));
    return { buffer, length: text.length };
  }

  /** Listens; `address` is filled in with what the kernel chose. */
  listen(address: SocketAddress = LOOPBACK, backlog = 16): { fd: number; encoded: EncodedAddress; address: SocketAddress } {
    const fd = this.own(openListener({ address, backlog, reusePort: false }));
    const bound = localAddress(fd);
    return { fd, encoded: this.encode(bound), address: bound };
  }

  encode(address: SocketAddress): EncodedAddress {
    const { region, encoded } = encodeAddresses([address]);
    this.ledger.holdMemory(region.address, region.length);
    return encoded[0];
  }

  /** A new socket of the engine. */
  socket(address: EncodedAddress): number {
    const fd = this.engine.openSocket(address);
    assert.ok(fd >= 0, `a socket, not ${errnoName(fd)}`);
    this.descriptors.add(fd);
    return fd;
  }

  /** Two ends of one connection. */
  pair(address: SocketAddress = LOOPBACK): { client: End; server: End } {
    const listener = this.listen(address);
    const accepting = this.newSlot();
    this.engine.acceptOnce(accepting, listener.fd);
    const client = { slot: this.newSlot(), fd: this.socket(listener.encoded) };
    this.engine.connect(client.slot, client.fd, listener.encoded);
    this.ends(OP_CONNECT, client.slot, 0);
    const server = { slot: this.newSlot(), fd: this.next(OP_ACCEPT, accepting).result };
    this.close(listener.fd);
    return { client, server };
  }

  /** Sends text past the engine, all of it. */
  write(fd: number, text: string, flags = 0): void {
    this.scratch.u8.set(Buffer.from(text, 'latin1'));
    assert.is(sys.send(fd, this.scratch.address, text.length, flags | MSG_NOSIGNAL), text.length);
  }

  /** Receives past the engine: text, '' at the end of the stream or when there is nothing. */
  read(fd: number, length: number): string {
    const result = sys.recv(fd, this.scratch.address, length, MSG_DONTWAIT);
    return Buffer.from(this.scratch.u8.subarray(0, Math.max(0, result))).toString('latin1');
  }

  /** Fills a connection until its sender can send no more, and answers how many bytes went in. */
  stuff(fd: number): number {
    let total = 0;
    for (let refused = 0; refused < 3; ) {
      const result = sys.send(fd, this.scratch.address, 65536, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (result > 0) total += result;
      else refused++;
      this.engine.wait(1, this); // what is on its way to the peer makes room once more
    }
    return total;
  }

  /** TCP_NODELAY of a socket. */
  noDelay(fd: number): number {
    this.scratch.i32[1] = 4;
    assert.is(sys.getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, this.scratch.address, this.scratch.address + 4), 0);
    return this.scratch.i32[0];
  }

  /** Sees to it that a descriptor is closed at the end. */
  own(fd: number): number {
    this.ledger.hold(fd);
    this.descriptors.add(fd);
    return fd;
  }

  close(fd: number): void {
    assert.ok(this.descriptors.delete(fd), `${fd} is open`);
    this.engine.close(fd);
  }

  /** Lets what was asked for last happen, and asserts that no defect was counted. */
  settle(): void {
    this.engine.wait(0, this);
    assert.is(this.engine.stats.internalErrors, 0, 'internal errors');
  }

  /** Closes and frees everything. */
  end(): void {
    for (const fd of this.descriptors) this.engine.close(fd);
    this.engine.wait(0, this);
    this.engine.stop();
    this.ledger.unmapAll();
    this.scratch.unmap();
  }
}

/** A completion for people. */
export function describe({ op, slot, result, flags }: Completion): string {
  const more = (flags & FLAG_MORE) !== 0 ? ' MORE' : '';
  const buffer = (flags & FLAG_BUFFER) !== 0 ? ' BUFFER' : '';
  return `${OPERATION_NAMES[op]} on slot ${slot}: ${result < 0 ? errnoName(result) : result}${more}${buffer}`;
}
