/**
 * Endpoints and sessions: pooled objects of one fixed shape. An endpoint is one socket with what
 * waits to be sent to it; a session is a client's endpoint and a server's. A slot is reused only
 * when the kernel holds no operation on it.
 */
import { NO_BUFFER } from '../kernel/buffers.js';
import { NO_PIPE } from '../kernel/pipes.js';
import { COUNTER } from '../shared/counters.js';
import { NO_SERVER } from './balance/balancer.js';

/** "No descriptor". */
export const NO_FD = -1;

// How an endpoint is read.
/** Multishot receive into pool buffers: for messages. */
export const READ_MULTISHOT = 0;
/** One receive at a time: for bulk data when no pipe is to be had. */
export const READ_ONCE = 1;
/** splice(2) through a pipe: for bulk data. */
export const READ_SPLICE = 2;

/** One socket of a session, and what waits to be sent to it. */
export class Endpoint {
  /** The socket, or NO_FD. */
  fd = NO_FD;
  /** Operations that the kernel holds: bit `1 << OP_*`. */
  pending = 0;
  /** Operations among them that were asked to end. */
  cancelled = 0;
  /** One of READ_*. */
  reading = READ_MULTISHOT;
  /** Full buffers received in a row. */
  fullReceives = 0;
  /** Waits for a free buffer. */
  starved = false;
  /** Its stream has ended (or failed): nothing more will be read. */
  ended = false;
  /** All that was read, and the end itself, has been passed on to the peer. */
  delivered = false;
  /** Nothing can be sent to it any more. */
  broken = false;
  /** Buffers waiting to be sent to it, the one in the kernel first. */
  head = NO_BUFFER;
  tail = NO_BUFFER;
  queued = 0;
  /** Bytes of the first buffer that are sent already. */
  sentOfHead = 0;
  /** The pipe that holds bytes read from it, and how many. */
  pipe = NO_PIPE;
  pipeBytes = 0;
  /** When bytes last moved, in wrapping milliseconds. */
  activeAt = 0;
  /** Inactivity after which it is given up, in milliseconds; 0: never. */
  timeoutMs = 0;
  /** The other endpoint of the session. */
  peer: Endpoint;

  constructor(
    readonly slot: number,
    readonly session: Session,
    /** The counter of bytes received from it, one of COUNTER. */
    readonly bytesCounter: number,
  ) {
    this.peer = this;
  }

  reset(): void {
    this.fd = NO_FD;
    this.pending = 0;
    this.cancelled = 0;
    this.reading = READ_MULTISHOT;
    this.fullReceives = 0;
    this.starved = false;
    this.ended = false;
    this.delivered = false;
    this.broken = false;
    this.head = NO_BUFFER;
    this.tail = NO_BUFFER;
    this.queued = 0;
    this.sentOfHead = 0;
    this.pipe = NO_PIPE;
    this.pipeBytes = 0;
    this.activeAt = 0;
    this.timeoutMs = 0;
  }
}

// States of a session.
export const IDLE = 0;
/** The connection to the server is being established. */
export const CONNECTING = 1;
/** Waits before connecting again. */
export const RETRY_WAIT = 2;
export const RELAYING = 3;
/** Waits for the kernel to give back the operations it holds. */
export const CLOSING = 4;

/**
 * Why a session ended, in the two letters of HAProxy's termination state (configuration manual,
 * 8.5): who ended it (C client, S server, c/s their timeouts, R resources, K killed), and when
 * (C connecting, D data).
 */
export type Termination = '--' | 'CD' | 'SD' | 'cD' | 'sD' | 'SC' | 'sC' | 'RC' | 'KD';

/** A client, the server it was given, and how far they have come. */
export class Session {
  readonly client: Endpoint;
  readonly server: Endpoint;
  state = IDLE;
  frontend = 0;
  backend = 0;
  /** The server chosen, or NO_SERVER. */
  chosen = NO_SERVER;
  /** Hash of the client's address, for algorithms that need it. */
  sourceHash = 0;
  /** Connection attempts that failed. */
  failures = 0;
  /** The connect was given up by its timer. */
  timedOut = false;
  /** The sockets are closed with a reset. */
  resetting = false;
  termination: Termination = '--';
  /** In the pool: the next free session. */
  nextFree: Session | null = null;

  constructor(readonly index: number) {
    this.client = new Endpoint(2 * index, this, COUNTER.bytesFromClients);
    this.server = new Endpoint(2 * index + 1, this, COUNTER.bytesFromServers);
    this.client.peer = this.server;
    this.server.peer = this.client;
  }

  reset(): void {
    this.client.reset();
    this.server.reset();
    this.state = IDLE;
    this.frontend = 0;
    this.backend = 0;
    this.chosen = NO_SERVER;
    this.sourceHash = 0;
    this.failures = 0;
    this.timedOut = false;
    this.resetting = false;
    this.termination = '--';
  }
}

/** Sessions made at a time when a new height of load is reached. */
const CHUNK = 64;

/** The sessions of a worker. It grows to the greatest load met and stays there. */
export class SessionPool {
  private readonly sessions: Session[] = [];
  private free: Session | null = null;
  private used = 0;

  /** @param max sessions at most: the process's maxconn */
  constructor(readonly max: number) {}

  /** Sessions in use. */
  get size(): number {
    return this.used;
  }

  /** A session to use, or null when there are `max`. */
  take(): Session | null {
    if (this.free === null && !this.grow()) return null;
    const session = this.free as Session;
    this.free = session.nextFree;
    session.nextFree = null;
    this.used++;
    return session;
  }

  /** Takes back a session of which the kernel holds nothing. */
  give(session: Session): void {
    session.reset();
    session.nextFree = this.free;
    this.free = session;
    this.used--;
  }

  /** The endpoint of a slot. */
  endpoint(slot: number): Endpoint {
    const session = this.sessions[slot >> 1];
    return (slot & 1) === 0 ? session.client : session.server;
  }

  private grow(): boolean {
    const first = this.sessions.length;
    const count = Math.min(CHUNK, this.max - first);
    for (let i = 0; i < count; i++) {
      const session = new Session(first + i);
      this.sessions[first + i] = session;
      session.nextFree = this.free;
      this.free = session;
    }
    return count > 0;
  }
}
