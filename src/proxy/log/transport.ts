/**
 * Where the log lines of one thread go: collects the lines of a turn and sends them, one system call
 * for each target. What a line looks like is no business of this file. Nothing here waits, and the
 * memory is fixed: lines that are not taken are lost and counted.
 */
import { formatAddress } from '../../kernel/address.js';
import { DatagramSender } from '../../kernel/datagrams.js';
import type { Holdings } from '../../kernel/engine.js';
import { LineWriter } from '../../kernel/line-writer.js';
import { allocate, type Region } from '../../kernel/sys/memory.js';
import type { LogTargetPlan } from '../../plan/logging.js';
import type { WorkerCounters } from '../../shared/counters.js';
import type { Notify } from '../lane.js';
import { Drops } from './drops.js';
import { Line } from './line.js';

/** Lines to one address in one system call. */
const MESSAGES_MAX = 64;
/** Bytes of lines of a turn, unless lines are very long. */
const AREA = 256 * 1024;
/** Bytes that may wait for a pipe, a terminal or a socket that was inherited. */
const WAITING_MAX = 64 * 1024;
/** How soon lines that wait for a pipe are tried again, in milliseconds. */
const RETRY_MS = 50;

type Destination = LogTargetPlan['target'];

/** What a thread's log lines go through. */
export interface TransportOptions {
  /** All targets that lines may go to. */
  readonly targets: readonly LogTargetPlan[];
  /** Bytes that one line with all its headers takes at most. */
  readonly room: number;
  readonly holdings: Holdings;
  readonly notify: Notify;
  /** This thread's counters, and those of all. */
  readonly row: Float64Array;
  readonly counters: WorkerCounters;
}

/** The outgoing lines of one thread. */
export class LogTransport {
  /** The memory in which lines are written. */
  readonly line: Line;
  /** Outputs by the text form of their destinations. */
  private readonly outputs = new Map<string, number>();
  private readonly datagrams: DatagramSender;
  private readonly writers: readonly LineWriter[];
  /** Outputs below are addresses, the others descriptors. */
  private readonly addressCount: number;
  private readonly drops: Drops;
  private readonly region: Region;
  private at = 0;
  /** Something was collected, or waits, since the last flush. */
  private dirty = false;
  private nowMs = 0;

  constructor(private readonly options: TransportOptions) {
    const { holdings } = options;
    const all = new Map(options.targets.map(({ target }) => [JSON.stringify(target), target]));
    const addresses = [...all.values()].flatMap((one) => (one.kind === 'socket' ? [one.address] : []));
    const descriptors = [...all.values()].flatMap((one) => (one.kind === 'fd' ? [one.fd] : []));
    this.addressCount = addresses.length;
    for (const [i, address] of addresses.entries()) this.outputs.set(JSON.stringify({ kind: 'socket', address }), i);
    for (const [i, fd] of descriptors.entries()) this.outputs.set(JSON.stringify({ kind: 'fd', fd }), addresses.length + i);
    this.region = allocate(Math.max(AREA, 4 * options.room));
    holdings.holdMemory(this.region.address, this.region.length);
    this.line = new Line(this.region.u8);
    this.datagrams = new DatagramSender(addresses, MESSAGES_MAX, '\n', holdings);
    this.writers = descriptors.map((fd) => new LineWriter(fd, Math.max(WAITING_MAX, 2 * options.room), holdings));
    const names = [...addresses.map(formatAddress), ...descriptors.map((fd) => `fd@${fd}`)];
    this.drops = new Drops(options.row, options.counters, options.notify, names);
  }

  /** The number of a destination that is one of the options' targets. */
  outputOf(destination: Destination): number {
    const key = destination.kind === 'fd' ? { kind: 'fd', fd: destination.fd } : { kind: 'socket', address: destination.address };
    return this.outputs.get(JSON.stringify(key)) as number;
  }

  /** A place with room for one line and its headers; what was collected is sent when there is none left. */
  reserve(nowMs: number): number {
    this.nowMs = nowMs;
    if (this.at + this.options.room > this.region.length) this.flush(nowMs);
    return this.at;
  }

  /** Says up to where the place was used; its bytes stay until they are sent. */
  keep(end: number): void {
    this.at = end;
  }

  /** Collects a line for an output; the pieces lie in the transport's memory. */
  add(output: number, header: number, headerLength: number, body: number, bodyLength: number): void {
    this.dirty = true;
    if (output >= this.addressCount) {
      this.addToWriter(output, header, headerLength, body, bodyLength);
      return;
    }
    const { address } = this.region;
    if (this.datagrams.isFull(output)) this.sendDatagrams(output, this.nowMs);
    this.datagrams.add(output, address + header, headerLength, address + body, bodyLength);
  }

  /** Sends what was collected. */
  flush(nowMs: number): void {
    if (!this.dirty) return;
    this.dirty = false;
    for (let output = 0; output < this.addressCount; output++)
      if (this.datagrams.hasMessages(output)) this.sendDatagrams(output, nowMs);
    for (let i = 0; i < this.writers.length; i++) this.write(i, nowMs);
    this.at = 0;
  }

  /** How long the loop may wait: not as long as usual when lines wait for a pipe to be read. */
  boundDelay(delayMs: number): number {
    if (!this.dirty) return delayMs;
    return delayMs < 0 ? RETRY_MS : Math.min(delayMs, RETRY_MS);
  }

  /** Closes what was opened here. */
  close(): void {
    this.drops.close();
    this.datagrams.close();
    for (const writer of this.writers) writer.close();
  }

  private addToWriter(output: number, header: number, headerLength: number, body: number, bodyLength: number): void {
    const writer = this.writers[output - this.addressCount];
    const { u8 } = this.region;
    if (writer.add(u8, header, headerLength, body, bodyLength)) return;
    this.write(output - this.addressCount, this.nowMs);
    if (!writer.add(u8, header, headerLength, body, bodyLength)) this.drops.lost(output, 1, writer.failure, this.nowMs);
  }

  private sendDatagrams(output: number, nowMs: number): void {
    const dropped = this.datagrams.send(output);
    if (dropped > 0) this.drops.lost(output, dropped, this.datagrams.failures[output], nowMs);
    else this.drops.passed(output, nowMs);
  }

  private write(index: number, nowMs: number): void {
    const writer = this.writers[index];
    if (writer.waiting === 0) return;
    const dropped = writer.flush();
    if (dropped > 0) this.drops.lost(this.addressCount + index, dropped, writer.failure, nowMs);
    else if (writer.waiting > 0) this.dirty = true;
    else this.drops.passed(this.addressCount + index, nowMs);
  }
}
