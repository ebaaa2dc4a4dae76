/**
 * Endpoints and sessions: pooled objects of one fixed shape. An endpoint is one socket with what
 * waits to be sent to it; a session is a client's endpoint and a server's. A slot is reused only
 * when the kernel holds no operation on it.
 */
import { NO_BUFFER } from '../kernel/buffers.js';
import type { Engine } from '../kernel/engine.js';
import { HostAddress } from '../kernel/host-address.js';
import { NO_PIPE } from '../kernel/pipes.js';
import { COUNTER } from '../shared/counters.js';
import { ROW_DOUBLES, STAT } from '../shared/statistics-layout.js';
import { NO_SERVER } from './balance/balancer.js';
import type { Generation } from './generation.js';
import type { GrantTaker } from './grants.js';
import type { StoredSample } from './samples/sample.js';
import type { StickKeyNote } from './stick/stickiness.js';

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
  /** What is queued for it waits: for a decision about it, or for the connection. */
  held = false;
  /** Its socket is closed with a reset, whatever the other one's is. */
  resetsOnClose = false;
  /** Buffers waiting to be sent to it, the one in the kernel first. */
  head = NO_BUFFER;
  tail = NO_BUFFER;
  queued = 0;
  /** Bytes of the first buffer that are sent already. */
  sentOfHead = 0;
  /** The pipe that holds bytes read from it, and how many. */
  pipe = NO_PIPE;
  pipeBytes = 0;
  /** Bytes received from it. */
  received = 0;
  /** When bytes last moved, in wrapping milliseconds. */
  activeAt = 0;
  /** Inactivity after which it is given up, in milliseconds; 0: never. */
  timeoutMs = 0;
  /** The other endpoint of the session. */
  peer: Endpoint;

  constructor(
    readonly slot: number,
    readonly session: Session,
    /** The counter of bytes received from it, one of COUNTER, and the statistic, one of STAT. */
    readonly bytesCounter: number,
    readonly bytesStat: number,
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
    this.held = false;
    this.resetsOnClose = false;
    this.head = NO_BUFFER;
    this.tail = NO_BUFFER;
    this.queued = 0;
    this.sentOfHead = 0;
    this.pipe = NO_PIPE;
    this.pipeBytes = 0;
    this.received = 0;
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
/** Waits in a queue for a connection to a server (`proxy/dispatch.ts`). */
export const QUEUED = 20;
/** Connected, it waits for a buffer to put the PROXY header in. */
export const AWAITING_HEADER = 21;
/** Waits for the PROXY header. */
export const HANDSHAKE = 10;
/** What the client has sent is inspected before a server is chosen. */
export const INSPECTING = 11;

/** "No backend": none has been assigned yet, or there is none. */
export const NO_BACKEND = -1;

// How an attempt to connect failed.
export const FAILED_NOT = 0;
/** It was refused, or could not be made at all. */
export const FAILED_REFUSED = 1;
export const FAILED_TIMEOUT = 2;

/**
 * Why sessions of a server were ended as a whole: it went down, another one came up, an operator said
 * so. An established session leaves no second letter then, as with HAProxy.
 */
export type ShutdownCause = 'D' | 'U' | 'K';

/**
 * Why a session ended, in the two letters of HAProxy's termination state (configuration manual,
 * 8.5): who ended it (C client, S server, c/s their timeouts, R resources, K killed), and when
 * (C connecting, D data).
 */
export type Termination =
  | '--'
  | `${ShutdownCause}-`
  | `${'C' | 'S' | 'P' | 'L' | 'R' | 'I' | 'D' | 'U' | 'K' | 'c' | 's'}${'R' | 'Q' | 'C' | 'H' | 'D' | 'L' | 'T'}`;

/** A time that was not reached, as log lines show it. */
export const NOT_REACHED = -1;

/** The row of who is not there, or not counted: what is added to it is lost. */
export const NOWHERE: Float64Array = new Float64Array(new SharedArrayBuffer(ROW_DOUBLES * 8));

/** A client, the server it was given, and how far they have come. */
export class Session {
  readonly client: Endpoint;
  readonly server: Endpoint;
  state = IDLE;
  /** The plan that it began with, and everything made of that, to its end; null: in the pool. */
  generation: Generation | null = null;
  /** Indexes are of that plan. */
  frontend = 0;
  /** Index of the backend, or NO_BACKEND. */
  backend = NO_BACKEND;
  /** The server chosen, or NO_SERVER. */
  chosen = NO_SERVER;
  /** Hash of the client's address, for algorithms that need it. */
  sourceHash = 0;
  /** Connection attempts that failed. */
  failures = 0;
  /** The connect was given up by its timer. */
  timedOut = false;
  /** The server was chosen by `use-server` or a stick table: others only after `option redispatch` has let it go. */
  insists = false;
  /** It is counted among the connections of the server chosen. */
  counted = false;
  /** It is, but has no connection: the last attempt failed, and the next one is due later. */
  pausing = false;
  /** Who hears of what is granted to it; null: it has never waited in a queue. */
  waitsFor: GrantTaker | null = null;
  /** The server that was let go for another one, or NO_SERVER. */
  former = NO_SERVER;
  /** It counts among those that are read while they wait for a server. */
  readsAhead = false;
  /** Why its first attempt failed, one of FAILED_*: that is what its end is put down to. */
  firstFailure = FAILED_NOT;
  /** The sockets are closed with a reset. */
  resetting = false;
  termination: Termination = '--';
  /** It has passed the rules `connection` and `session`: only then is it one that is counted and logged. */
  admitted = false;
  /** The client begins with a PROXY header. */
  expectsProxy = false;
  /** What was wrong with it, an index in PROXY_ERRORS; 0: nothing. */
  proxyError = 0;
  /** The inspection under way waits no longer. */
  delayOver = false;
  /** The client shall not notice that its connection is closed (`silent-drop`). */
  vanishing = false;

  // What log lines, rules and fetches speak of.
  /** Made when somebody asks for it the first time, and kept: where nothing is logged or matched, nobody does. */
  private sourceAddress: HostAddress | null = null;
  sourceKnown = false;
  private destinationAddress: HostAddress | null = null;
  destinationKnown = false;
  /** The bind it came through, an index in its frontend's. */
  bind = 0;
  /** When it was accepted: in the engine's wrapping milliseconds, and in milliseconds since 1970. */
  acceptedAt = 0;
  acceptDateMs = 0;
  /** Number of the session in this process, from 0 (%rt, unique ids); a worker counts its own. */
  serial = 0;
  /** Milliseconds of each phase; NOT_REACHED: %Th, %Tw, %Tc. */
  handshakeMs = 0;
  waitMs = NOT_REACHED;
  connectMs = NOT_REACHED;
  /** Connections retried to the same server, and whether another one was chosen (%rc). */
  retries = 0;
  redispatched = false;
  /** How many were before it in the queues when it was queued (%sq, %bq). */
  serverQueuePosition = 0;
  backendQueuePosition = 0;
  /** Its place in queues: `set-priority-class`, and `set-priority-offset` in milliseconds. */
  priorityClass = 0;
  priorityOffsetMs = 0;
  /** Whether its line has been written (`logasap`, or at its end). */
  logged = false;
  /** Level of its line, an index in LEVELS, or -1 as usual (`set-log-level`); -2: silent. */
  logLevel = -1;
  /** Captured samples by slot; null where nothing was captured, or the whole when there are none. */
  captures: (string | null)[] | null = null;
  /** Variables of scopes `sess` and `txn`, by whole name; null while there are none. */
  variables: Map<string, StoredSample> | null = null;
  /** Counters that track an entry of a stick table: bit `1 << counter`. */
  tracked = 0;
  /** Keys under which its server is to be remembered (`stick store-request`); null while there are none. */
  stickKeys: StickKeyNote[] | null = null;

  /** Rows of statistics, indexed by STAT, of its frontend, bind, backend and server; NOWHERE: it has none. */
  ofFrontend = NOWHERE;
  ofBind = NOWHERE;
  ofBackend = NOWHERE;
  ofServer = NOWHERE;

  /** In the pool: the next free session. */
  nextFree: Session | null = null;

  constructor(readonly index: number) {
    this.client = new Endpoint(2 * index, this, COUNTER.bytesFromClients, STAT.bytesIn);
    this.server = new Endpoint(2 * index + 1, this, COUNTER.bytesFromServers, STAT.bytesOut);
    this.client.peer = this.server;
    this.server.peer = this.client;
  }

  reset(): void {
    this.client.reset();
    this.server.reset();
    this.state = IDLE;
    this.generation = null;
    this.frontend = 0;
    this.backend = NO_BACKEND;
    this.chosen = NO_SERVER;
    this.sourceHash = 0;
    this.failures = 0;
    this.timedOut = false;
    this.insists = false;
    this.counted = false;
    this.pausing = false;
    this.waitsFor = null;
    this.former = NO_SERVER;
    this.readsAhead = false;
    this.firstFailure = FAILED_NOT;
    this.resetting = false;
    this.termination = '--';
    this.admitted = false;
    this.expectsProxy = false;
    this.proxyError = 0;
    this.delayOver = false;
    this.vanishing = false;
    this.sourceKnown = false;
    this.destinationKnown = false;
    this.bind = 0;
    this.acceptedAt = 0;
    this.acceptDateMs = 0;
    this.serial = 0;
    this.handshakeMs = 0;
    this.waitMs = NOT_REACHED;
    this.connectMs = NOT_REACHED;
    this.retries = 0;
    this.redispatched = false;
    this.serverQueuePosition = 0;
    this.backendQueuePosition = 0;
    this.priorityClass = 0;
    this.priorityOffsetMs = 0;
    this.logged = false;
    this.logLevel = -1;
    this.captures = null;
    this.variables = null;
    this.tracked = 0;
    this.stickKeys = null;
    this.ofFrontend = NOWHERE;
    this.ofBind = NOWHERE;
    this.ofBackend = NOWHERE;
    this.ofServer = NOWHERE;
  }

  /** The client's address, or what a PROXY header or a rule has put in its place; see `readSource`. */
  get source(): HostAddress {
    this.sourceAddress ??= new HostAddress();
    return this.sourceAddress;
  }

  /** Where the client connected to; see `readDestination`. */
  get destination(): HostAddress {
    this.destinationAddress ??= new HostAddress();
    return this.destinationAddress;
  }

  /** The client's address, asked of the kernel the first time. */
  readSource(engine: Engine): HostAddress {
    if (!this.sourceKnown) {
      engine.peerAddress(this.client.fd, this.source);
      this.sourceKnown = true;
    }
    return this.source;
  }

  /** Where the client connected to, asked of the kernel the first time. */
  readDestination(engine: Engine): HostAddress {
    if (!this.destinationKnown) {
      engine.localAddress(this.client.fd, this.destination);
      this.destinationKnown = true;
    }
    return this.destination;
  }
}

/** Whether a session waits for its server, in whatever way; one that is over does not. */
export function isUnconnected({ state }: Session): boolean {
  return state === QUEUED || state === CONNECTING || state === RETRY_WAIT || state === AWAITING_HEADER;
}

/** How the log names the end of a session that somebody has closed. */
export function killed({ state, backend }: Session): Termination {
  if (state === RELAYING) return 'K-';
  if (state === QUEUED) return 'KQ';
  return backend === NO_BACKEND ? 'KR' : 'KC';
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

  /** All sessions there are, those that are not in use too. */
  get all(): readonly Session[] {
    return this.sessions;
  }

  /** The session of an index. */
  session(index: number): Session {
    return this.sessions[index];
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
