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
import type { ConnectionGate } from '../shared/gate.js';
import { Acceptor, type Listener } from './acceptor.js';
import { Connector, type ConnectorOwner } from './connector.js';
import { Inspection, type InspectionOwner } from './inspection.js';
import type { Lane } from './lane.js';
import { PlanDecisions } from './plan-decisions.js';
import { PROXY_ERRORS } from './proxy-protocol.js';
import { Relay, type RelayOwner } from './relay.js';
import {
  CLOSING,
  CONNECTING,
  type Endpoint,
  HANDSHAKE,
  INSPECTING,
  isUnconnected,
  NO_FD,
  NOT_REACHED,
  RELAYING,
  type Session,
  SessionPool,
  type ShutdownCause,
  type Termination,
} from './session.js';
import { StickRules } from './stick/stick-rules.js';
import type { Stickiness } from './stick/stickiness.js';
import { StreamContext } from './stream-context.js';

/** Slots of a data plane: two for each session, one for each listener. */
export function slotsNeeded(maxconn: number, listeners: number): number {
  return 2 * maxconn + listeners;
}

/** Its timers: one for each slot, and one for each session's inspection. */
export function timersNeeded(maxconn: number, listeners: number): number {
  return slotsNeeded(maxconn, listeners) + maxconn;
}

/** A client is read when its server takes longer than this to be there (ms). */
const READ_AHEAD_AFTER_MS = 8;

/** All sessions of one worker. */
export class DataPlane implements CompletionHandler, RelayOwner, ConnectorOwner, InspectionOwner {
  /** The present, in the engine's wrapping milliseconds; read at most once a turn. */
  nowMs: number;
  private clockRead = true;
  private woken = false;
  private draining = false;
  /** Frontends that accept no connections for now. */
  private paused: readonly number[] = [];
  /** A line was logged in this turn. */
  private logged = false;
  /** Sessions so far. */
  private serial = 0;
  private readonly engine: Engine;
  private readonly context: StreamContext;
  private readonly relay: Relay;
  private readonly inspection: Inspection;
  private readonly connector: Connector;
  private readonly sessions: SessionPool;
  private readonly acceptors: readonly Acceptor[];
  private readonly firstListenerSlot: number;
  private readonly firstDelayTimer: number;
  /** The stick rules of each backend; null where it has none. */
  private readonly stickiness: readonly (Stickiness | null)[];
  /** The number of each frontend's first bind among all listeners. */
  private readonly firstBinds: readonly number[];

  /** @param addresses of all servers, backends in order, their servers in order */
  constructor(
    private readonly lane: Lane,
    listeners: readonly Listener[],
    addresses: readonly EncodedAddress[],
    sessionsMax: number,
  ) {
    this.engine = lane.engine;
    this.nowMs = lane.engine.nowMs();
    this.context = new StreamContext(lane);
    this.stickiness = stickinessOf(lane);
    this.relay = new Relay(lane, this);
    this.inspection = new Inspection(lane, this.context, this.relay, this);
    this.connector = new Connector(lane, addresses, this, new PlanDecisions(lane, this.context, this, this.stickiness));
    this.sessions = new SessionPool(sessionsMax);
    this.firstListenerSlot = 2 * sessionsMax;
    this.firstDelayTimer = slotsNeeded(sessionsMax, listeners.length);
    this.firstBinds = firstBindsOf(lane.plan.frontends);
    const onConnection = (fd: number, listener: Listener): boolean => this.open(fd, listener);
    this.acceptors = listeners.map(
      (listener, i) => new Acceptor(lane, this.firstListenerSlot + i, listener, this.limitsOf(listener), onConnection),
    );
  }

  /** Begins to accept, but for these frontends. */
  start(paused: readonly number[] = []): void {
    this.pause(paused);
  }

  /** Accepts no more; `idle` becomes true when the last session has ended. */
  drain(): void {
    this.draining = true;
    for (const acceptor of this.acceptors) acceptor.drain();
  }

  /** Of all frontends only these accept no connections, until it is called again. */
  pause(frontends: readonly number[]): void {
    this.paused = frontends;
    for (const acceptor of this.acceptors) {
      if (frontends.includes(acceptor.frontend)) acceptor.pause();
      else acceptor.unpause();
    }
  }

  /** What was told to pause has nothing outstanding at its listening sockets. */
  get pausing(): boolean {
    return this.acceptors.every((acceptor) => acceptor.disarmed || !this.paused.includes(acceptor.frontend));
  }

  /** Ends the sessions that have a place among the connections of a server; those that wait for one go on waiting. */
  shutdownServer(backend: number, server: number, cause: ShutdownCause): void {
    for (const session of this.sessions.all) {
      if (!session.counted || session.backend !== backend || session.chosen !== server) continue;
      this.finish(session, session.state === RELAYING ? `${cause}-` : `${cause}C`);
    }
  }

  /** Sends the last lines. After the last turn. */
  close(): void {
    this.lane.sessionLog?.close(this.nowMs);
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
    const busy = this.relay.hungry || this.acceptors.some(hasMore);
    const delay = lane.timers.delay(this.nowMs);
    const bounded = lane.sessionLog === null ? delay : lane.sessionLog.boundDelay(delay);
    engine.wait(busy ? 0 : bounded, this);
    this.readClock();
    lane.timers.advance(this.nowMs, this);
    this.relay.feedStarving();
    this.connector.endTurn();
    if (this.logged || bounded !== delay) this.flushLog();
    lane.counters[COUNTER.turns]++;
    lane.counters[COUNTER.lateCompletions] = engine.stats.lateCompletions;
    const woken = this.woken;
    this.woken = false;
    if (woken) this.resumeAccepting();
    else if (busy) this.goOnAccepting();
    return woken;
  }

  onCompletion(op: number, slot: number, result: number, flags: number): void {
    this.readClock();
    if (op === OP_WAKE) this.woken = true;
    else if (op === OP_ACCEPT) this.acceptors[slot - this.firstListenerSlot].onAccept(result, flags);
    else this.onEndpoint(op, this.sessions.endpoint(slot), result, flags);
  }

  onTimer(timer: number): void {
    if (timer >= this.firstDelayTimer) {
      this.inspection.onDelay(this.sessions.session(timer - this.firstDelayTimer));
      return;
    }
    if (timer >= this.firstListenerSlot) {
      this.acceptors[timer - this.firstListenerSlot].onTimer();
      return;
    }
    const endpoint = this.sessions.endpoint(timer);
    const { session } = endpoint;
    if (session.state === CLOSING) return;
    if (!isUnconnected(session)) this.onInactive(endpoint);
    else if (endpoint !== session.client) this.connector.onTimer(session);
    else if (session.server.held) this.onInactive(endpoint);
    else this.readAhead(session);
  }

  onConnected(session: Session): void {
    const backend = this.backendOf(session);
    const frontend = this.frontendOf(session);
    session.state = RELAYING;
    this.lane.timers.disarm(session.client.slot);
    session.server.resetsOnClose = backend.options.noLinger;
    this.watch(session.client, frontend.clientTimeoutMs);
    this.watch(session.server, backend.serverTimeoutMs);
    if (this.lane.sessionLog !== null) this.log(session, true);
    this.inspection.beginResponse(session);
    if (!session.client.held) this.onAnswered(session);
    this.relay.start(session);
    this.inspection.onResponse(session);
  }

  onHeld(source: Endpoint): void {
    const { session } = source;
    if (source === session.server) this.inspection.onResponse(session);
    else if (session.state === HANDSHAKE || session.state === INSPECTING) this.inspection.onRequest(session);
    else if (source.ended) this.connector.onClientEnd(session);
  }

  onHeldFailure(source: Endpoint): void {
    const { session } = source;
    if (source === session.client) {
      this.onClientLost(session);
      return;
    }
    source.ended = true;
    this.inspection.onResponse(session);
    if (session.state === RELAYING) this.relay.fail(source);
  }

  maySplice(source: Endpoint): boolean {
    const { session } = source;
    const [client, server] = [this.frontendOf(session).options, this.backendOf(session).options];
    if (source === session.client) return client.spliceRequest && server.spliceRequest;
    return client.spliceResponse && server.spliceResponse;
  }

  onRouted(session: Session): void {
    this.connect(session);
  }

  onAdmitted(session: Session): void {
    session.admitted = true;
    const { tracker, sessionLog, statistics } = this.lane;
    statistics.admitted(session, this.nowMs);
    if (tracker !== null) tracker.sessionBegan(session);
    if (sessionLog === null) return;
    sessionLog.accepted(session, this.context.turn(session, this.nowMs));
    this.logged = true;
  }

  onAnswered(session: Session): void {
    this.stickiness[session.backend]?.store(this.context.turnToResponse(session, this.nowMs, true));
  }

  cutOff(session: Session): void {
    session.server.resetsOnClose = true;
    this.relay.cutOff(session.server);
  }

  watchClient(session: Session): void {
    session.client.activeAt = this.nowMs;
    this.armInactivity(session.client, this.frontendOf(session).clientTimeoutMs);
  }

  delay(session: Session, delayMs: number): void {
    const timer = this.firstDelayTimer + session.index;
    if (delayMs > 0) this.lane.timers.arm(timer, this.nowMs, delayMs);
    else this.lane.timers.disarm(timer);
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
    this.lane.timers.disarm(this.firstDelayTimer + session.index);
    this.cancelAll(session.client);
    this.cancelAll(session.server);
    this.releaseIfQuiet(session);
  }

  /** Takes over an accepted connection. */
  private open(fd: number, listener: Listener): boolean {
    const session = this.sessions.take();
    if (session === null) return false; // the gate counts the same sessions: cannot happen
    const { counters, statistics, sessionLog } = this.lane;
    counters[COUNTER.sessionsTotal]++;
    counters[COUNTER.sessionsNow]++;
    session.frontend = listener.frontend;
    session.bind = listener.bind;
    statistics.accepted(session, this.nowMs);
    session.client.fd = fd;
    session.acceptedAt = this.nowMs;
    session.acceptDateMs = Date.now();
    session.serial = this.serial++;
    session.client.resetsOnClose = this.frontendOf(session).options.noLinger;
    if (sessionLog !== null) session.readSource(this.engine); // a reset takes it away
    if (!this.inspection.enter(session)) this.goStraightOn(session);
    return true;
  }

  /** The way of a session whose frontend has nothing to ask. */
  private goStraightOn(session: Session): void {
    this.onAdmitted(session);
    this.inspection.assign(session, this.frontendOf(session).defaultBackend);
    this.connect(session);
  }

  /**
   * The client is read while there is no server: who leaves meanwhile is not to get one. But most
   * servers are there within milliseconds, and reading so early costs another turn of the loop.
   */
  private connect(session: Session): void {
    const { client } = session;
    session.state = CONNECTING;
    if (session.server.held) this.readAhead(session); // its contents were inspected
    this.connector.start(session);
    if (session.server.held) return;
    if (session.state === CONNECTING) this.lane.timers.arm(client.slot, this.nowMs, READ_AHEAD_AFTER_MS);
    else if (isUnconnected(session)) this.readAhead(session);
  }

  private readAhead(session: Session): void {
    this.relay.hold(session.client);
    this.watchClient(session);
  }

  /** Somebody said that there may be places; those that this worker does not need are for others that wait. */
  private resumeAccepting(): void {
    for (const acceptor of this.acceptors) acceptor.resume();
    for (const acceptor of this.acceptors) acceptor.passOn();
    this.lane.tables.gate.passOn(this.lane.wakeWorker);
  }

  /** The turn in which some had taken enough is over. */
  private goOnAccepting(): void {
    for (const acceptor of this.acceptors) if (acceptor.hasMore) acceptor.resume();
  }

  private limitsOf({ frontend, bind }: Listener): ConnectionGate[] {
    const { bindGates, frontendGates } = this.lane.tables;
    return [bindGates[this.firstBinds[frontend] + bind], frontendGates[frontend]].filter((gate) => gate != null);
  }

  /** The client has failed before its session had a server. */
  private onClientLost(session: Session): void {
    if (session.state === HANDSHAKE || session.state === INSPECTING) this.inspection.onClientGone(session, false);
    else this.connector.onClientLost(session);
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
    this.lane.tracker?.trafficEnded(session);
    if (this.lane.sessionLog !== null) this.log(session, false);
    this.connector.release(session); // after its line, since the next one that waits counts from now on
    this.lane.tracker?.sessionEnded(session);
    this.relay.discard(client);
    this.relay.discard(server);
    this.lane.statistics.ended(session, this.nowMs);
    this.closeSocket(client);
    this.closeSocket(server);
    this.lane.statistics.gone(session);
    this.leaveFrontend(session);
    this.sessions.give(session);
  }

  private leaveFrontend({ frontend, bind }: Session): void {
    const { counters, tables, wakeWorker, worker } = this.lane;
    counters[COUNTER.sessionsNow]--;
    tables.bindGates[this.firstBinds[frontend] + bind]?.leaveAs(worker, wakeWorker);
    tables.frontendGates[frontend]?.leaveAs(worker, wakeWorker);
    tables.gate.leave(1, wakeWorker);
  }

  private closeSocket(endpoint: Endpoint): void {
    const { fd, session, peer } = endpoint;
    if (fd === NO_FD) return;
    if (session.vanishing && endpoint === session.client) this.engine.vanishOnClose(fd);
    else if (session.resetting || endpoint.resetsOnClose) this.engine.resetOnClose(fd);
    // Before the reset that unread data would make of it: why the session ended early, it can tell itself.
    else if (session.termination !== '--' && !peer.delivered && isEstablished(endpoint)) this.engine.shutdownWrite(fd);
    this.engine.close(fd);
    this.engine.retire(endpoint.slot);
    endpoint.fd = NO_FD;
  }

  private log(session: Session, asap: boolean): void {
    const { sessionLog } = this.lane;
    if (sessionLog === null) return;
    const context = this.context.turn(session, this.nowMs);
    if (session.admitted) sessionLog.write(session, context, asap);
    else if (session.proxyError > 0)
      sessionLog.writeFailed(session, context, PROXY_ERRORS[session.proxyError], session.client.received === 0);
    this.logged = true;
  }

  private flushLog(): void {
    this.logged = false;
    this.lane.sessionLog?.flush(this.nowMs);
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
    const left = this.timeLeft(endpoint);
    if (left > 0) {
      this.lane.timers.arm(endpoint.slot, this.nowMs, left);
      return;
    }
    if (!this.relay.isWaitingFor(endpoint)) {
      this.lane.timers.arm(endpoint.slot, this.nowMs, endpoint.timeoutMs);
      return;
    }
    // When both are due, the client's silence is the reason, as with HAProxy.
    const { session } = endpoint;
    const { client } = session;
    const both = endpoint !== client && client.timeoutMs > 0 && this.timeLeft(client) <= 0 && this.relay.isWaitingFor(client);
    if (both) this.onSilence(client);
    // Half-closed by that, the server may have a timeout of its own to begin (`server-fin`).
    if (!both || (session.state === RELAYING && this.timeLeft(endpoint) <= 0)) this.onSilence(endpoint);
  }

  /** Milliseconds until an endpoint has been silent for too long; not positive: it has. */
  private timeLeft({ activeAt, timeoutMs }: Endpoint): number {
    return (activeAt + timeoutMs - this.nowMs) | 0;
  }

  /**
   * An endpoint was waited for in vain. While its session is relaying, one that sends nothing is taken
   * for ended, and the other side goes on until it ends or falls silent too, as with HAProxy; one that
   * takes nothing ends the session.
   */
  protected onSilence(endpoint: Endpoint): void {
    const { session } = endpoint;
    const isClient = endpoint === session.client;
    this.lane.counters[isClient ? COUNTER.clientTimeouts : COUNTER.serverTimeouts]++;
    if (isUnconnected(session)) {
      this.relay.giveUp(session.client);
      this.connector.onClientSilent(session);
      return;
    }
    if (session.state !== RELAYING) {
      this.inspection.onClientGone(session, true);
      return;
    }
    const termination = isClient ? 'cD' : 'sD';
    if (this.relay.isTaking(endpoint) || endpoint.peer.held) {
      this.finish(session, termination);
      return;
    }
    if (session.termination === '--') session.termination = termination;
    this.lane.timers.arm(endpoint.slot, this.nowMs, endpoint.timeoutMs); // it may still be too slow to take something
    this.relay.giveUp(endpoint);
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

function hasMore(acceptor: Acceptor): boolean {
  return acceptor.hasMore;
}

/** The stick rules of each backend that has some. */
function stickinessOf(lane: Lane): (Stickiness | null)[] {
  return lane.plan.backends.map(({ stickRules }, i) =>
    stickRules.length === 0 ? null : new StickRules(lane, i, lane.expressions),
  );
}

function isEstablished({ session, slot }: Endpoint): boolean {
  return slot === session.client.slot || session.connectMs !== NOT_REACHED;
}

function firstBindsOf(frontends: readonly FrontendPlan[]): number[] {
  let next = 0;
  return frontends.map(({ binds }) => {
    const first = next;
    next += binds.length;
    return first;
  });
}
