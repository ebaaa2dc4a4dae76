/**
 * The data plane of one worker: takes completions from the engine and passes each to the part that
 * waits for it, keeps the sessions, their timers and their end. `turn()` is one round of the loop.
 */
import type { EncodedAddress } from '../kernel/address.js';
import {
  type CompletionHandler,
  type Engine,
  OP_ACCEPT,
  OP_CONNECT,
  OP_POLL_IN,
  OP_POLL_OUT,
  OP_RECEIVE,
  OP_SEND,
  OP_WAKE,
} from '../kernel/engine.js';
import type { BackendPlan, FrontendPlan } from '../plan/plan.js';
import { COUNTER } from '../shared/counters.js';
import { Acceptor } from './acceptor.js';
import { Connector, type ConnectorOwner } from './connector.js';
import type { Lane } from './lane.js';
import { Relay, type RelayOwner } from './relay.js';
import { CLOSING, type Endpoint, NO_FD, RELAYING, type Session, SessionPool, type Termination } from './session.js';

/** A listening socket of this worker. */
export interface Listener {
  readonly fd: number;
  readonly frontend: number;
  readonly backlog: number;
}

/** Slots, and timers, of a data plane: two for each session, one for each listener. */
export function slotsNeeded(maxconn: number, listeners: number): number {
  return 2 * maxconn + listeners;
}

/** All sessions of one worker. */
export class DataPlane implements CompletionHandler, RelayOwner, ConnectorOwner {
  /** The present, in the engine's wrapping milliseconds; read at most once a turn. */
  nowMs: number;
  private clockRead = true;
  private woken = false;
  private draining = false;
  private readonly engine: Engine;
  private readonly relay: Relay;
  private readonly connector: Connector;
  private readonly sessions: SessionPool;
  private readonly acceptors: readonly Acceptor[];
  private readonly firstListenerSlot: number;

  /** @param addresses of all servers, backends in order, their servers in order */
  constructor(
    private readonly lane: Lane,
    listeners: readonly Listener[],
    addresses: readonly EncodedAddress[],
    sessionsMax: number,
  ) {
    this.engine = lane.engine;
    this.nowMs = lane.engine.nowMs();
    this.relay = new Relay(lane, this);
    this.connector = new Connector(lane, addresses, this);
    this.sessions = new SessionPool(sessionsMax);
    this.firstListenerSlot = 2 * sessionsMax;
    const onConnection = (fd: number, frontend: number): boolean => this.open(fd, frontend);
    this.acceptors = listeners.map(
      (listener, i) =>
        new Acceptor(lane, this.firstListenerSlot + i, listener.fd, listener.frontend, listener.backlog, onConnection),
    );
  }

  /** Begins to accept. */
  start(): void {
    for (const acceptor of this.acceptors) acceptor.resume();
  }

  /** Accepts no more; `idle` becomes true when the last session has ended. */
  drain(): void {
    this.draining = true;
    for (const acceptor of this.acceptors) acceptor.drain();
  }

  /** Draining, and nothing uses the listening sockets any more. */
  get refusing(): boolean {
    return this.draining && this.acceptors.every((acceptor) => acceptor.disarmed);
  }

  /** Draining, and nothing is left to do. */
  get idle(): boolean {
    return this.draining && this.sessions.size === 0 && this.acceptors.every((acceptor) => acceptor.quiet);
  }

  /** Sessions at the moment. */
  get sessionCount(): number {
    return this.sessions.size;
  }

  /** One round: waits, handles what there is, fires timers. True when somebody called `wake`. */
  turn(): boolean {
    const { engine, lane } = this;
    this.clockRead = false;
    engine.wait(this.relay.hungry ? 0 : lane.timers.delay(this.nowMs), this);
    this.readClock();
    lane.timers.advance(this.nowMs, this);
    this.relay.feedStarving();
    lane.counters[COUNTER.turns]++;
    lane.counters[COUNTER.lateCompletions] = engine.stats.lateCompletions;
    const woken = this.woken;
    this.woken = false;
    if (woken) this.resumeAccepting();
    return woken;
  }

  onCompletion(op: number, slot: number, result: number, flags: number): void {
    this.readClock();
    if (op === OP_WAKE) this.woken = true;
    else if (op === OP_ACCEPT) this.acceptors[slot - this.firstListenerSlot].onAccept(result, flags);
    else this.onEndpoint(op, this.sessions.endpoint(slot), result, flags);
  }

  onTimer(timer: number): void {
    if (timer >= this.firstListenerSlot) {
      this.acceptors[timer - this.firstListenerSlot].onTimer();
      return;
    }
    const endpoint = this.sessions.endpoint(timer);
    const { state } = endpoint.session;
    if (state === RELAYING) this.onInactive(endpoint);
    else if (state !== CLOSING) this.connector.onTimer(endpoint.session);
  }

  onConnected(session: Session): void {
    session.state = RELAYING;
    this.watch(session.client, this.frontendOf(session).clientTimeoutMs);
    this.watch(session.server, this.backendOf(session).serverTimeoutMs);
    this.relay.start(session);
  }

  onShutdown(endpoint: Endpoint): void {
    const { session } = endpoint;
    const isClient = endpoint === session.client;
    const fin = isClient ? this.frontendOf(session).clientFinTimeoutMs : this.backendOf(session).serverFinTimeoutMs;
    if (fin > 0) this.armInactivity(endpoint, fin);
  }

  finish(session: Session, termination: Termination): void {
    if (session.state === CLOSING) return;
    session.state = CLOSING;
    if (session.termination === '--') session.termination = termination; // the first reason is the reason
    this.lane.timers.disarm(session.client.slot);
    this.lane.timers.disarm(session.server.slot);
    this.cancelAll(session.client);
    this.cancelAll(session.server);
    this.releaseIfQuiet(session);
  }

  /** Takes over an accepted connection. */
  private open(fd: number, frontend: number): boolean {
    const session = this.sessions.take();
    if (session === null) return false; // the gate counts the same sessions: cannot happen
    const { counters } = this.lane;
    counters[COUNTER.sessionsTotal]++;
    counters[COUNTER.sessionsNow]++;
    session.frontend = frontend;
    session.backend = this.lane.plan.frontends[frontend].defaultBackend;
    session.client.fd = fd;
    this.connector.start(session);
    return true;
  }

  /** Somebody said that there may be places; those that this worker does not need are for others that wait. */
  private resumeAccepting(): void {
    for (const acceptor of this.acceptors) acceptor.resume();
    this.lane.tables.gate.passOn(this.lane.wakeWorker);
  }

  private onEndpoint(op: number, endpoint: Endpoint, result: number, flags: number): void {
    const { session } = endpoint;
    if (op === OP_RECEIVE) this.relay.onReceive(endpoint, result, flags);
    else if (op === OP_SEND) this.relay.onSend(endpoint, result);
    else if (op === OP_CONNECT) this.connector.onConnect(session, result);
    else if (op === OP_POLL_IN) this.relay.onPollIn(endpoint);
    else if (op === OP_POLL_OUT) this.relay.onPollOut(endpoint);
    if (session.state === CLOSING) this.releaseIfQuiet(session);
  }

  private cancelAll(endpoint: Endpoint): void {
    const bits = endpoint.pending & ~endpoint.cancelled;
    for (let op = OP_CONNECT; op <= OP_POLL_OUT; op++) {
      if ((bits & (1 << op)) !== 0) this.engine.cancel(endpoint.slot, op);
    }
    endpoint.cancelled |= bits;
  }

  /** Frees a session that is over when the kernel holds nothing of it any more. */
  private releaseIfQuiet(session: Session): void {
    const { client, server } = session;
    if (session.state !== CLOSING || (client.pending | server.pending) !== 0) return;
    this.relay.discard(client);
    this.relay.discard(server);
    this.closeSocket(client, session.resetting);
    this.closeSocket(server, session.resetting);
    this.connector.release(session);
    this.sessions.give(session);
    this.lane.counters[COUNTER.sessionsNow]--;
    this.lane.tables.gate.leave(1, this.lane.wakeWorker);
  }

  private closeSocket(endpoint: Endpoint, reset: boolean): void {
    if (endpoint.fd === NO_FD) return;
    if (reset) this.engine.resetOnClose(endpoint.fd);
    this.engine.close(endpoint.fd);
    this.engine.retire(endpoint.slot);
    endpoint.fd = NO_FD;
  }

  /** Begins to watch an established endpoint; `timeout tunnel` takes the place of the side's own. */
  private watch(endpoint: Endpoint, timeoutMs: number): void {
    const tunnel = this.backendOf(endpoint.session).tunnelTimeoutMs;
    endpoint.activeAt = this.nowMs;
    this.armInactivity(endpoint, tunnel > 0 ? tunnel : timeoutMs);
  }

  private armInactivity(endpoint: Endpoint, timeoutMs: number): void {
    endpoint.timeoutMs = timeoutMs;
    if (timeoutMs > 0) this.lane.timers.arm(endpoint.slot, this.nowMs, timeoutMs);
  }

  /** The timer of an endpoint fired: it is lazy, activity since then only moved `activeAt`. */
  private onInactive(endpoint: Endpoint): void {
    const { session } = endpoint;
    const left = (endpoint.activeAt + endpoint.timeoutMs - this.nowMs) | 0;
    if (left > 0) {
      this.lane.timers.arm(endpoint.slot, this.nowMs, left);
      return;
    }
    if (!this.relay.isWaitingFor(endpoint)) {
      this.lane.timers.arm(endpoint.slot, this.nowMs, endpoint.timeoutMs);
      return;
    }
    const isClient = endpoint === session.client;
    this.lane.counters[isClient ? COUNTER.clientTimeouts : COUNTER.serverTimeouts]++;
    this.finish(session, isClient ? 'cD' : 'sD');
  }

  private frontendOf(session: Session): FrontendPlan {
    return this.lane.plan.frontends[session.frontend];
  }

  private backendOf(session: Session): BackendPlan {
    return this.lane.plan.backends[session.backend];
  }

  private readClock(): void {
    if (this.clockRead) return;
    this.clockRead = true;
    this.nowMs = this.engine.nowMs();
  }
}
