/**
 * The targets of one proxy, or of the process: which of them get a line, by its level and by
 * sampling, and the header that each of them wants (keyword `log`, configuration manual, 4.2;
 * RFC 3164, RFC 5424).
 */
import type { WallClock } from '../../kernel/wall-clock.js';
import type { LogTargetPlan } from '../../plan/logging.js';
import type { DateWriter } from './dates.js';
import { bytesOf, type Line } from './line.js';
import type { LogTransport } from './transport.js';

const LESS = 60;
const GREATER = 62;
const SPACE = 32;
const DASH = 45;

/** Writes the body, or the structured data, of a line. */
export type WriteBody<T> = (line: Line, subject: T) => void;

/** What headers hold beside the level. */
export interface HeaderSources {
  readonly pid: number;
  readonly dates: DateWriter;
  readonly clock: WallClock;
}

/** Bytes that a line to these targets takes at most, with the headers for all of them. */
export function roomFor(targets: readonly LogTargetPlan[], longest: number): number {
  return 2 * longest + targets.reduce((sum, { length }) => sum + length, 0);
}

/** The longest line that any of the targets takes. */
export function longestOf(targets: readonly LogTargetPlan[]): number {
  return targets.reduce((most, { length }) => Math.max(most, length), 0);
}

/** Writes the header of one format. */
type WriteHeader = (line: Line, level: number) => void;

/** One target with what it needs at hand. */
class Target {
  readonly output: number;
  readonly writeHeader: WriteHeader;
  readonly structured: boolean;
  /** Lines seen, modulo the size of a sample. */
  private seen = 0;

  constructor(
    readonly plan: LogTargetPlan,
    tag: string,
    hostname: string | null,
    sources: HeaderSources,
    transport: LogTransport,
  ) {
    this.output = transport.outputOf(plan.target);
    this.writeHeader = headerWriter(plan, tag, hostname, sources);
    this.structured = plan.format === 'rfc5424';
  }

  /** Whether a line of that level is for it; lines are counted for sampling. */
  takes(level: number): boolean {
    const { maxLevel, sample } = this.plan;
    if (level > maxLevel) return false;
    if (sample === null) return true;
    const number = this.seen + 1;
    this.seen = number % sample.size;
    for (let i = 0; i < sample.ranges.length; i++)
      if (number >= sample.ranges[i].first && number <= sample.ranges[i].last) return true;
    return false;
  }
}

/** All targets of a proxy. */
export class TargetList<T> {
  private readonly targets: readonly Target[];
  private readonly hasStructured: boolean;
  private readonly takers: Uint8Array;

  /**
   * @param structuredData of rfc5424; null: "-"
   * @param longest bytes of the longest line of the process
   */
  constructor(
    plans: readonly LogTargetPlan[],
    tag: string,
    hostname: string | null,
    sources: HeaderSources,
    private readonly transport: LogTransport,
    private readonly structuredData: WriteBody<T> | null,
    private readonly longest: number,
  ) {
    this.targets = plans.map((plan) => new Target(plan, tag, hostname, sources, transport));
    this.hasStructured = this.targets.some((target) => target.structured);
    this.takers = new Uint8Array(plans.length);
  }

  get isEmpty(): boolean {
    return this.targets.length === 0;
  }

  /** Sends a line to all targets that want one of its level. Nothing is written when there is none. */
  send(level: number, body: WriteBody<T>, subject: T, nowMs: number): void {
    if (!this.ask(level)) return;
    const { line } = this.transport;
    const start = this.transport.reserve(nowMs);
    line.begin(start, this.longest - 1);
    body(line, subject);
    const end = line.at;
    if (this.hasStructured) this.writeStructured(subject);
    const structuredEnd = line.at;
    for (let i = 0; i < this.targets.length; i++)
      if (this.takers[i] === 1) this.dress(this.targets[i], level, start, end, structuredEnd);
    this.transport.keep(line.at);
  }

  private ask(level: number): boolean {
    let any = false;
    for (let i = 0; i < this.targets.length; i++) {
      const takes = this.targets[i].takes(level);
      this.takers[i] = takes ? 1 : 0;
      any = any || takes;
    }
    return any;
  }

  /** The structured data and the space after it. */
  private writeStructured(subject: T): void {
    const { line } = this.transport;
    line.begin(line.at, this.longest);
    const start = line.at;
    this.structuredData?.(line, subject);
    if (line.at === start) line.byte(DASH);
    line.byte(SPACE);
  }

  /** Writes the header of one target and hands the line over, cut to the target's length. */
  private dress(target: Target, level: number, start: number, end: number, structuredEnd: number): void {
    const { line } = this.transport;
    const { length, minLevel } = target.plan;
    const header = line.at;
    line.begin(header, length);
    target.writeHeader(line, Math.max(level, minLevel));
    let room = length - (line.at - header);
    if (target.structured) {
      const structured = structuredEnd - end;
      if (structured > room)
        room = 0; // without its data the line would be read wrongly: HAProxy leaves out both
      else {
        line.u8.copyWithin(line.at, end, structuredEnd);
        line.at += structured;
        room -= structured;
      }
    }
    this.transport.add(target.output, header, line.at - header, start, Math.min(end - start, room));
  }
}

function headerWriter(
  { format, facility }: LogTargetPlan,
  tag: string,
  hostname: string | null,
  { pid, dates, clock }: HeaderSources,
): WriteHeader {
  const priority = (line: Line, value: number): void => {
    line.byte(LESS);
    line.integer(value);
    line.byte(GREATER);
  };
  const iso = (line: Line): void => {
    clock.read();
    dates.iso(line, clock.seconds, clock.microseconds);
    line.byte(SPACE);
  };
  const facilityBits = facility * 8;
  switch (format) {
    case 'rfc3164':
    case 'local': {
      const host = format === 'rfc3164' ? `${hostname ?? 'localhost'} ` : '';
      const name = bytesOf(` ${host}${tag}[${pid}]: `);
      return (line, level) => {
        priority(line, facilityBits + level);
        dates.syslog(line, Math.floor(Date.now() / 1000));
        line.bytes(name);
      };
    }
    case 'rfc5424': {
      const name = bytesOf(`${hostname ?? '-'} ${tag} ${pid} - `);
      return (line, level) => {
        priority(line, facilityBits + level);
        line.text('1 ');
        iso(line);
        line.bytes(name);
      };
    }
    case 'priority':
      return (line, level) => priority(line, facilityBits + level);
    case 'short':
      return priority;
    case 'timed':
      return (line, level) => {
        priority(line, level);
        iso(line);
      };
    case 'iso':
      return iso;
    case 'raw':
      return () => undefined;
  }
}
