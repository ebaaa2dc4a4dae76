/**
 * The data plane of one worker: takes completions from the engine and passes each to the part that
 * waits for it, keeps the sessions, their timers and their end. `turn()` is one round of the loop. What
 * depends on a plan is in a `Generation`; each session has its own.
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
import { Acceptor, type Listener } from './acceptor.js';
import { Acceptors } from './acceptors.js';
import type { ConnectorOwner } from './connector.js';
import { Generation } from './generation.js';
import { Inactivity, type InactivityOwner } from './inactivity.js';
import type { InspectionOwner } from './inspection.js';
import type { Lane, WorkerBase } from './lane.js';
import { PROXY_ERRORS } from './proxy-protocol.js';
import { Relay, type RelayOwner } from './relay.js';
import {
  CLOSING,
  CONNECTING,
  type Endpoint,
  HANDSHAKE,
  INSPECTING,
  isUnconnected,
  killed,
  NO_FD,
  NOT_REACHED,
  RELAYING,
  type Session,
  type SessionPool,
  type ShutdownCause,
  type Termination,
} from './session.js';
import type { TimerWheel } from './timers.js';

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

/** A turn that comes so much late was not possible before: the process was stopped, or its host. */
const AWAY_MS = 500;

/** Nobody is given up sooner than so long after that (ms): what came in the meantime is first of all read. */
const BACK_MS = 1000;

/** All sessions of one worker. */
export class DataPlane implements CompletionHandler, RelayOwner, ConnectorOwner, InspectionOwner, InactivityOwner {
  /** The present, in the engine's wrapping milliseconds; read at most once a turn. */
  nowMs: number;
  private clockRead = true;
  /** When it was read by the latest turn, and how long that one meant to wait for something at most; -1: for ever. */
  private readAtMs: number;
  private waitMs = -1;
  private woken = false;
  private draining = false;
  /** A line was logged in this turn. */
  private logged = false;
  /** Sessions so far. */
  private serial = 0;
  private readonly engine: Engine;
  private readonly timers: TimerWheel;
  private readonly counters: Float64Array;
  private readonly sessions: SessionPool;
  private readonly relay: Relay;
  private readonly inactivity: Inactivity;
  protected readonly acceptors: Acceptors;
  private readonly firstListenerSlot: number;
  /** Buffers that were free before any was used. */
  private readonly freeAtFirst: number;
  private readonly firstDelayTimer: number;
  /** Those that have sessions, in the order of their plans, the newest last. */
  private generations: readonly Generation[] = [];

  /** @param listenersMax listening sockets at a time: `timersNeeded` and `slotsNeeded` were told the same */
  constructor(
    private readonly base: WorkerBase,
    listenersMax: number,
  ) {
    const { engine, timers, counters, sessions } = base;
    this.engine = engine;
    this.timers = timers;
    this.counters = counters;
    this.sessions = sessions;
    this.nowMs = engine.nowMs();
    this.readAtMs = this.nowMs;
    this.freeAtFirst = engine.freeBuffers();
    this.relay = new Relay(base, this);
    this.inactivity = new Inactivity(timers, this.relay, this);
    this.firstListenerSlot = 2 * sessions.max;
    this.firstDelayTimer = slotsNeeded(sessions.max, listenersMax);
    this.acceptors = new Acceptors(engine, this.firstListenerSlot, listenersMax);
  }

  /**
   * Makes everything of a plan that sessions need. Throws what stands against it; nothing has changed then.
   * @param number of the plan; later ones are higher
   * @param addresses of all servers, backends in order, their servers in order
   */
  prepare(number: number, lane: Lane, listeners: readonly Listener[], addresses: readonly EncodedAddress[]): Generation {
    return new Generation(number, lane, listeners, addresses, this.relay, this);
  }

  /**
   * Accepts by this plan from now on; sessions that there are go on by their own.
   * @param paused frontends that accept nobody, see `pause`
   */
  begin(generation: Generation, paused: readonly number[] = [], ending: readonly number[] = []): void {
    const onConnection = (fd: number, listener: Listener): boolean => this.open(fd, listener, generation);
    this.generations = [...this.generations, generation];
    if (this.draining) return;
    this.nowMs = this.engine.nowMs();
    this.acceptors.replace(
      generation.listeners,
      paused,
      ending,
      (slot, listener) =>
        new Acceptor(generation.lane, slot, listener, generation.limitsOf(listener), onConnection, this.acceptors.onSated),
    );
    this.closeEnded(); // perhaps nothing else will happen for a long time
  }

  /** What there is for the plan of that number. */
  laneOf(number: number): Lane | undefined {
    return this.generations.find((generation) => generation.number === number)?.lane;
  }

  /** No listening sockets but those of the newest plan are in use. */
  get settled(): boolean {
    return this.acceptors.settled;
  }

  /** Closes the sessions that began by the plan of that number, or an older one. */
  endSessions(number: number): void {
    for (const session of this.sessions.all) {
      if (session.generation === null || session.generation.number > number || session.state === CLOSING) continue;
      this.finish(session, killed(session));
    }
  }

  /** Accepts no more; `idle` becomes true when the last session has ended. */
  drain(ending: readonly number[] = []): void {
    this.draining = true;
    this.nowMs = this.engine.nowMs(); // those who wait in the queues of listeners are accepted now
    this.acceptors.drain(ending);
  }

  /** Of all frontends of the newest plan only these accept no connections, until it is called again. */
  pause(frontends: readonly number[]): void {
    this.acceptors.pause(frontends);
  }

  /** What was told to pause has nothing outstanding at its listening sockets. */
  get pausing(): boolean {
    return this.acceptors.pausing;
  }

  /** Ends the sessions that have a place among the connections of a server; those that wait for one go on waiting. */
  shutdownServer(backend: string, server: string, cause: ShutdownCause): void {
    for (const session of this.sessions.all) {
      if (!session.counted) continue;
      const { name, servers } = backendOf(session);
      if (name !== backend || servers[session.chosen].name !== server) continue;
      this.finish(session, session.state === RELAYING ? `${cause}-` : `${cause}C`);
    }
  }

  /** Sends the last lines. After the last turn. */
  close(): void {
    for (const { lane } of this.generations) lane.sessionLog?.close(this.nowMs);
  }

  /** Draining, and nothing uses the listening sockets any more. */
  get refusing(): boolean {
    return this.acceptors.refusing;
  }

  /** Draining, and nothing is left to do. */
  get idle(): boolean {
    return this.draining && this.sessions.size === 0 && this.acceptors.quiet;
  }

  /** Sessions at the moment. */
  get sessionCount(): number {
    return this.sessions.size;
  }

  /** One round: waits, handles what there is, fires timers. True when somebody called `wake`. */
  turn(): boolean {
    const { engine, timers, counters, generations } = this;
    this.clockRead = false;
    const busy = this.relay.hungry || this.acceptors.hasMore;
    const delay = timers.delay(this.nowMs);
    const bounded = this.boundDelay(delay);
    this.waitMs = busy ? 0 : bounded;
    engine.wait(this.waitMs, this);
    this.readClock();
    timers.advance(this.nowMs, this);
    this.relay.feedStarving();
    this.base.grants.take();
    for (let i = 0; i < generations.length; i++) generations[i].connector.endTurn();
    if (this.logged || bounded !== delay) this.flushLogs();
    counters[COUNTER.turns]++;
    counters[COUNTER.lateCompletions] = engine.stats.lateCompletions;
    this.countBuffers(counters);
    const woken = this.woken;
    this.woken = false;
    if (woken) this.resumeAccepting();
    else if (busy) this.acceptors.goOn();
    if (generations.length > 1) this.closeEnded();
    return woken;
  }

  onCompletion(op: number, slot: number, result: number, flags: number): void {
    this.readClock();
    if (op === OP_WAKE) this.woken = true;
    else if (op === OP_ACCEPT) this.acceptors.of(slot).onAccept(result, flags);
    else this.onEndpoint(op, this.sessions.endpoint(slot), result, flags);
  }

  onTimer(timer: number): void {
    if (timer >= this.firstDelayTimer) {
      const session = this.sessions.session(timer - this.firstDelayTimer);
      generationOf(session).inspection.onDelay(session);
      return;
    }
    if (timer >= this.firstListenerSlot) {
      this.acceptors.of(timer).onTimer();
      return;
    }
    const endpoint = this.sessions.endpoint(timer);
    const { session } = endpoint;
    if (session.state === CLOSING) return;
    if (!isUnconnected(session)) this.inactivity.onTimer(endpoint);
    else if (endpoint !== session.client) generationOf(session).connector.onTimer(session);
    else if (session.server.held) this.inactivity.onTimer(endpoint);
    else this.readAhead(session);
  }

  onConnected(session: Session): void {
    const { inspection, lane } = generationOf(session);
    const backend = backendOf(session);
    const frontend = frontendOf(session);
    session.state = RELAYING;
    this.timers.disarm(session.client.slot);
    session.server.resetsOnClose = backend.options.noLinger;
    this.watch(session.client, frontend.clientTimeoutMs);
    this.watch(session.server, backend.serverTimeoutMs);
    if (lane.sessionLog !== null) this.log(session, true);
    inspection.beginResponse(session);
    if (!session.client.held) this.onAnswered(session);
    this.relay.start(session);
    inspection.onResponse(session);
  }

  onHeld(source: Endpoint): void {
    const { session } = source;
    const { inspection, connector } = generationOf(session);
    if (source === session.server) inspection.onResponse(session);
    else if (session.state === HANDSHAKE || session.state === INSPECTING) inspection.onRequest(session);
    else if (source.ended) connector.onClientEnd(session);
  }

  onHeldFailure(source: Endpoint): void {
    const { session } = source;
    if (source === session.client) {
      this.onClientLost(session);
      return;
    }
    source.ended = true;
    generationOf(session).inspection.onResponse(session);
    if (session.state === RELAYING) this.relay.fail(source);
  }

  maySplice(source: Endpoint): boolean {
    const { session } = source;
    const [client, server] = [frontendOf(session).options, backendOf(session).options];
    if (source === session.client) return client.spliceRequest && server.spliceRequest;
    return client.spliceResponse && server.spliceResponse;
  }

  onRouted(session: Session): void {
    this.connect(session);
  }

  onAdmitted(session: Session): void {
    session.admitted = true;
    const { context, lane } = generationOf(session);
    const { statistics, tracker, sessionLog } = lane;
    statistics.admitted(session, this.nowMs);
    if (tracker !== null) tracker.sessionBegan(session);
    if (sessionLog === null) return;
    sessionLog.accepted(session, context.turn(session, this.nowMs));
    this.logged = true;
  }

  onAnswered(session: Session): void {
    const { stickiness, context } = generationOf(session);
    stickiness[session.backend]?.store(context.turnToResponse(session, this.nowMs, true));
  }

  cutOff(session: Session): void {
    session.server.resetsOnClose = true;
    this.relay.cutOff(session.server);
  }

  watchClient(session: Session): void {
    this.inactivity.watch(session.client, frontendOf(session).clientTimeoutMs);
  }

  delay(session: Session, delayMs: number): void {
    const timer = this.firstDelayTimer + session.index;
    if (delayMs > 0) this.timers.arm(timer, this.nowMs, delayMs);
    else this.timers.disarm(timer);
  }

  onShutdown(endpoint: Endpoint): void {
    const { session } = endpoint;
    const isClient = endpoint === session.client;
    const fin = isClient ? frontendOf(session).clientFinTimeoutMs : backendOf(session).serverFinTimeoutMs;
    if (fin > 0) this.inactivity.arm(endpoint, fin);
  }

  finish(session: Session, termination: Termination): void {
    if (session.state === CLOSING) return;
    session.state = CLOSING;
    if (session.termination === '--') session.termination = termination; // the first reason is the reason
    this.timers.disarm(session.client.slot);
    this.timers.disarm(session.server.slot);
    this.timers.disarm(this.firstDelayTimer + session.index);
    this.cancelAll(session.client);
    this.cancelAll(session.server);
    this.releaseIfQuiet(session);
  }

  /** Takes over an accepted connection. */
  private open(fd: number, listener: Listener, generation: Generation): boolean {
    const session = this.sessions.take();
    if (session === null) return false; // the gate counts the same sessions: cannot happen
    const { counters } = this;
    const { lane, inspection } = generation;
    const { statistics, sessionLog } = lane;
    counters[COUNTER.sessionsTotal]++;
    counters[COUNTER.sessionsNow]++;
    generation.sessions++;
    session.generation = generation;
    session.frontend = listener.frontend;
    session.bind = listener.bind;
    statistics.accepted(session, this.nowMs);
    session.client.fd = fd;
    session.acceptedAt = this.nowMs;
    session.acceptDateMs = Date.now();
    session.serial = this.serial++;
    session.client.resetsOnClose = frontendOf(session).options.noLinger;
    if (sessionLog !== null) session.readSource(this.engine); // a reset takes it away
    if (!inspection.enter(session)) this.goStraightOn(session, generation);
    return true;
  }

  /** The way of a session whose frontend has nothing to ask. */
  private goStraightOn(session: Session, { inspection }: Generation): void {
    this.onAdmitted(session);
    inspection.assign(session, frontendOf(session).defaultBackend);
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
    generationOf(session).connector.start(session);
    if (session.server.held) return;
    if (session.state === CONNECTING) this.timers.arm(client.slot, this.nowMs, READ_AHEAD_AFTER_MS);
    else if (isUnconnected(session)) this.readAhead(session);
  }

  private readAhead(session: Session): void {
    this.relay.hold(session.client);
    this.watchClient(session);
  }

  /** Somebody said that there may be places; those that this worker does not need are for others that wait. */
  private resumeAccepting(): void {
    const newest = this.generations[this.generations.length - 1];
    this.acceptors.resume();
    this.acceptors.passOn();
    newest.lane.tables.gate.passOn(this.base.wakeWorker);
  }

  /** Lets go of listening sockets and generations that nothing is left of. */
  private closeEnded(): void {
    this.acceptors.tidy();
    for (let i = this.generations.length - 2; i >= 0; i--) {
      const generation = this.generations[i];
      if (generation.sessions > 0 || this.acceptors.acceptsFor(generation.lane)) continue;
      this.generations = this.generations.filter((one) => one !== generation);
      generation.lane.close(this.nowMs);
    }
  }

  /** The client has failed before its session had a server. */
  private onClientLost(session: Session): void {
    const { inspection, connector } = generationOf(session);
    if (session.state === HANDSHAKE || session.state === INSPECTING) inspection.onClientGone(session, false);
    else connector.onClientLost(session);
  }

  private onEndpoint(op: number, endpoint: Endpoint, result: number, flags: number): void {
    const { session } = endpoint;
    if (op === OP_RECEIVE) this.relay.onReceive(endpoint, result, flags);
    else if (op === OP_SEND) this.relay.onSend(endpoint, result);
    else if (op === OP_CONNECT) generationOf(session).connector.onConnect(session, result);
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
    const generation = generationOf(session);
    const { tracker, sessionLog, statistics } = generation.lane;
    tracker?.trafficEnded(session);
    if (sessionLog !== null) this.log(session, false);
    generation.connector.release(session); // after its line, since the next one that waits counts from now on
    tracker?.sessionEnded(session);
    this.relay.discard(client);
    this.relay.discard(server);
    statistics.ended(session, this.nowMs);
    this.closeSocket(client);
    this.closeSocket(server);
    statistics.gone(session);
    this.leaveFrontend(session, generation);
    generation.sessions--;
    this.sessions.give(session);
  }

  private leaveFrontend({ frontend, bind }: Session, generation: Generation): void {
    const { tables, wakeWorker, worker } = generation.lane;
    this.counters[COUNTER.sessionsNow]--;
    generation.bindGate(frontend, bind)?.leaveAs(worker, wakeWorker);
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
    const { lane, context: view } = generationOf(session);
    const { sessionLog } = lane;
    if (sessionLog === null) return;
    const context = view.turn(session, this.nowMs);
    if (session.admitted) sessionLog.write(session, context, asap);
    else if (session.proxyError > 0)
      sessionLog.writeFailed(session, context, PROXY_ERRORS[session.proxyError], session.client.received === 0);
    this.logged = true;
  }

  private flushLogs(): void {
    this.logged = false;
    for (let i = 0; i < this.generations.length; i++) this.generations[i].lane.sessionLog?.flush(this.nowMs);
  }

  /** How long the loop may wait: less long when lines wait to be sent. */
  private boundDelay(delayMs: number): number {
    let bounded = delayMs;
    for (let i = 0; i < this.generations.length; i++) {
      const { sessionLog } = this.generations[i].lane;
      if (sessionLog !== null) bounded = sessionLog.boundDelay(bounded);
    }
    return bounded;
  }

  /** Begins to watch an established endpoint; `timeout tunnel` takes the place of the side's own. */
  private watch(endpoint: Endpoint, timeoutMs: number): void {
    const tunnel = backendOf(endpoint.session).tunnelTimeoutMs;
    this.inactivity.watch(endpoint, tunnel > 0 ? tunnel : timeoutMs);
  }

  /**
   * An endpoint was waited for in vain. While its session is relaying, one that sends nothing is taken
   * for ended, and the other side goes on until it ends or falls silent too, as with HAProxy; one that
   * takes nothing ends the session.
   */
  onSilence(endpoint: Endpoint): void {
    const { session } = endpoint;
    const isClient = endpoint === session.client;
    this.counters[isClient ? COUNTER.clientTimeouts : COUNTER.serverTimeouts]++;
    if (isUnconnected(session)) {
      this.relay.giveUp(session.client);
      generationOf(session).connector.onClientSilent(session);
      return;
    }
    if (session.state !== RELAYING) {
      generationOf(session).inspection.onClientGone(session, true);
      return;
    }
    const termination = isClient ? 'cD' : 'sD';
    if (this.relay.isTaking(endpoint) || endpoint.peer.held) {
      this.finish(session, termination);
      return;
    }
    if (session.termination === '--') session.termination = termination;
    this.inactivity.again(endpoint); // it may still be too slow to take something
    this.relay.giveUp(endpoint);
  }

  private countBuffers(counters: Float64Array): void {
    const inUse = this.freeAtFirst - this.engine.freeBuffers();
    counters[COUNTER.buffersInUseNow] = inUse;
    if (inUse > counters[COUNTER.buffersTouched]) counters[COUNTER.buffersTouched] = inUse;
  }

  private readClock(): void {
    if (this.clockRead) return;
    this.clockRead = true;
    this.nowMs = this.engine.nowMs();
    const awayMs = (this.nowMs - this.readAtMs - this.waitMs) | 0;
    this.readAtMs = this.nowMs;
    if (awayMs > AWAY_MS && this.waitMs >= 0) this.putOffTimeouts(awayMs + BACK_MS);
  }

  /** The time in which this thread was not running is nobody's silence. */
  private putOffTimeouts(ms: number): void {
    this.timers.putOff(this.nowMs, ms);
    for (const { client, server } of this.sessions.all) {
      client.activeAt = (client.activeAt + ms) | 0;
      server.activeAt = (server.activeAt + ms) | 0;
    }
  }
}

/** The generation of a session that is not in the pool. */
function generationOf({ generation }: Session): Generation {
  return generation as Generation;
}

function frontendOf(session: Session): FrontendPlan {
  return generationOf(session).lane.plan.frontends[session.frontend];
}

function backendOf(session: Session): BackendPlan {
  return generationOf(session).lane.plan.backends[session.backend];
}

function isEstablished({ session, slot }: Endpoint): boolean {
  return slot === session.client.slot || session.connectMs !== NOT_REACHED;
}
