/**
 * Takes connections from one listening socket, no faster than the process can carry them and the
 * configuration allows: at the limit of the process, the frontend or the bind, above the rate of the
 * frontend, or out of descriptors or memory, it stops asking and goes on when a place is free. It
 * neither spins nor loses what it has accepted.
 */
import { FLAG_MORE, OP_ACCEPT } from '../kernel/engine.js';
import { ECANCELED, ECONNABORTED, EINTR, EPROTO } from '../kernel/sys/constants.js';
import { COUNTER } from '../shared/counters.js';
import type { ConnectionGate } from '../shared/gate.js';
import type { Lane } from './lane.js';

/** How long to wait after an error of the system before accepting again (ms). */
const ERROR_PAUSE_MS = 100;

/** Errors of one connection that is gone already, not of the listener, accept(2): the next one may be fine. */
const PASSING_ERRORS: ReadonlySet<number> = new Set([-ECONNABORTED, -EINTR, -EPROTO]);

/** A frontend above its rate is looked at again after this part of the time between two sessions. */
const RATE_STEPS = 8;
/** ... but not sooner, nor later, than this (ms). */
const RATE_PAUSE_MIN_MS = 4;
const RATE_PAUSE_MAX_MS = 50;

/**
 * Connections taken from the queue of a socket that is about to be closed: as many as it holds, and at
 * least so many, since more may come meanwhile.
 */
const LAST_MIN = 64;

/** A listening socket of a worker. */
export interface Listener {
  readonly fd: number;
  readonly frontend: number;
  /** Index among the binds of its frontend. */
  readonly bind: number;
  /** Length of the accept queue: what a multishot accept may bring at once. */
  readonly backlog: number;
}

/** Takes over an accepted connection; false when it cannot. */
export type OnConnection = (fd: number, listener: Listener) => boolean;

/** The accepting side of one listening socket in one worker. */
export class Acceptor {
  /** An accept is outstanding. */
  private armed = false;
  private multishot = false;
  private cancelled = false;
  private draining = false;
  /** Its socket is to stop listening once its queue is taken. */
  private ends = false;
  private paused = false;
  /** It has not paused since it, or its predecessor, began: who waits in the queue came before a pause. */
  private accepting = false;
  /** The system refused the last accept. */
  private failing = false;
  /** Accepted, but the gate was full: taken first when it opens. At most what one multishot, or the end, brought. */
  private readonly parked: number[] = [];
  /** Sessions per second, 0: as many as come (`rate-limit sessions`). */
  private readonly rateLimit: number;
  /** The limits that hold here, the process's last: a place at it is the dearest. */
  private readonly gates: readonly ConnectionGate[];
  /** Connections handed on in the turn of that number. */
  private turn = 0;
  private takenInTurn = 0;
  /** It took as many as it may, and has more in hand. */
  private sated = false;

  /**
   * @param limits those beside the process's: of the bind, of the frontend
   * @param onSated it has taken as many as it may in one turn, and has more in hand
   */
  constructor(
    readonly lane: Lane,
    /** Its number among the engine's slots and timers. */
    readonly slot: number,
    readonly listener: Listener,
    private readonly limits: readonly ConnectionGate[],
    private readonly onConnection: OnConnection,
    private readonly onSated: () => void,
  ) {
    this.gates = [...limits, lane.tables.gate];
    this.rateLimit = lane.plan.frontends[listener.frontend].sessionRateLimit;
  }

  /** The number of the frontend that it accepts for. */
  get frontend(): number {
    return this.listener.frontend;
  }

  /** It has taken as many as it may in one turn (`tune.maxaccept`), and has more in hand. */
  get hasMore(): boolean {
    return this.sated;
  }

  /** Nothing is outstanding in the kernel; while draining or paused, nothing will be. */
  get disarmed(): boolean {
    return !this.armed;
  }

  /** Nothing is outstanding in the kernel, and nobody who was accepted waits for a place. */
  get quiet(): boolean {
    return !this.armed && this.parked.length === 0;
  }

  /** Clients that it has accepted, and that wait for a place. */
  get waiting(): number {
    return this.parked.length;
  }

  /** One of its limits is reached. */
  get full(): boolean {
    return this.gates.some((gate) => gate.current >= gate.max);
  }

  /** Accepts, unless something stands against it. Called at start and whenever a place may be free. */
  resume(): void {
    this.sated = false;
    if (this.draining) this.dismiss();
    while (this.parked.length > 0) {
      if (this.isSated() || !this.takePlace()) return;
      this.hand(this.parked.shift() as number);
    }
    if (this.armed || this.draining || this.paused || this.failing) return;
    for (const gate of this.gates) if (gate.current >= gate.max && !this.awaitPlace(gate, false)) return;
    if (this.isTooFast()) return;
    this.armed = true;
    this.multishot = this.hasRoomForAll();
    if (this.multishot) this.lane.engine.accept(this.slot, this.listener.fd);
    else this.lane.engine.acceptOnce(this.slot, this.listener.fd);
  }

  /** Woken for a place: what it does not need is for others that wait. */
  passOn(): void {
    for (const gate of this.limits) gate.passOn(this.lane.wakeWorker);
  }

  /**
   * Takes over from the acceptor that had the same slot and socket under another plan: what is in the
   * kernel goes on, and whom it has accepted this one hands on. `resume` is to follow.
   */
  succeed(former: Acceptor): void {
    this.armed = former.armed;
    this.accepting = former.accepting;
    this.multishot = former.multishot;
    this.cancelled = former.cancelled;
    this.failing = former.failing;
    this.parked.push(...former.parked.splice(0));
    former.forgoPlaces();
    if (this.armed && this.multishot && !this.hasRoomForAll()) this.cancel();
  }

  /**
   * Does not wait any more at its gates but the process's: a place there, for which this worker may have been woken in
   * this very turn, is for others that wait. Other acceptors of this worker that wait at the same ones have to ask anew:
   * a gate knows workers, not acceptors.
   */
  forgoPlaces(): void {
    const { worker, wakeWorker } = this.lane;
    for (const gate of this.limits) {
      gate.forget(worker);
      gate.passOn(wakeWorker);
    }
  }

  /**
   * Takes no more connections; those accepted already, or waiting in the socket's queue, are served.
   * @param ends nobody else has the socket: it stops listening at once, before others come to its queue
   */
  drain(ends = false): void {
    this.draining = true;
    this.ends = ends;
    this.lane.timers.disarm(this.slot);
    if (this.armed) this.cancel();
    else this.takeQueue();
  }

  /** Takes no connections until told to go on, but for those in the socket's queue, which is about to be closed. */
  pause(): void {
    const { accepting } = this;
    this.accepting = false;
    this.paused = true;
    if (this.armed) this.cancel();
    else if (accepting) this.takeQueue();
  }

  /** Goes on after a pause, or begins. */
  unpause(): void {
    this.paused = false;
    this.accepting = true;
    this.resume();
  }

  onAccept(result: number, flags: number): void {
    if ((flags & FLAG_MORE) === 0) {
      this.armed = false;
      this.cancelled = false;
    }
    if (result < 0) this.onError(result);
    else this.onAccepted(result);
    if ((this.draining || this.paused) && !this.armed) this.takeQueue();
  }

  private onAccepted(fd: number): void {
    this.lane.shortage.passed();
    if (this.parked.length === 0 && !this.isSated() && this.takePlace()) this.hand(fd);
    else this.parked.push(fd);
    if (!this.armed) this.resume();
    else if (this.multishot && !this.hasRoomForAll()) this.cancel();
  }

  /** The pause after an error is over. */
  onTimer(): void {
    this.failing = false;
    this.resume();
  }

  /** A multishot accept takes the whole queue at once: it is used only where that cannot pass the limit. */
  private hasRoomForAll(): boolean {
    if (this.isPaced) return false;
    for (const gate of this.gates) if (gate.max - gate.current <= this.listener.backlog) return false;
    return true;
  }

  /** A rate limits it, its frontend's or the process's. */
  private get isPaced(): boolean {
    const { gate } = this.lane.tables;
    return this.rateLimit > 0 || gate.connectionRateMax > 0 || gate.sessionRateMax > 0;
  }

  private hand(fd: number): void {
    this.takenInTurn++;
    if (this.onConnection(fd, this.listener)) return;
    this.lane.engine.close(fd);
    this.lane.tables.gate.leave(1, this.lane.wakeWorker);
    this.leaveLimits(this.limits.length);
  }

  /** A place at every gate, or at none. */
  private takePlace(): boolean {
    const { lane, limits } = this;
    for (let i = 0; i < limits.length; i++) {
      while (!limits[i].enterAs(lane.worker)) {
        if (this.awaitPlace(limits[i], true)) continue;
        this.leaveLimits(i);
        return false;
      }
    }
    while (!lane.tables.gate.enter()) {
      if (this.awaitPlace(lane.tables.gate, true)) continue;
      this.leaveLimits(limits.length);
      return false;
    }
    if (lane.tables.gate.current >= lane.tables.gate.max) lane.counters[COUNTER.maxconnReached]++;
    return true;
  }

  private leaveLimits(count: number): void {
    for (let i = 0; i < count; i++) this.limits[i].leaveAs(this.lane.worker, this.lane.wakeWorker);
  }

  /** Enough for one turn. */
  private isSated(): boolean {
    const { maxaccept } = this.lane.plan.process.tune;
    if (maxaccept === 0) return false;
    const turn = this.lane.counters[COUNTER.turns];
    if (turn !== this.turn) this.takenInTurn = 0;
    this.turn = turn;
    this.sated = this.takenInTurn >= maxaccept;
    if (this.sated) this.onSated();
    return this.sated;
  }

  /** The frontend, or the process, has had its share for now: comes back a little later. */
  private isTooFast(): boolean {
    if (!this.isPaced) return false;
    const nowMs = this.lane.engine.nowMs();
    const limit = this.rateReached(nowMs);
    if (limit === 0) return false;
    const step = Math.round(1000 / limit / RATE_STEPS);
    this.lane.timers.arm(this.slot, nowMs, Math.min(RATE_PAUSE_MAX_MS, Math.max(RATE_PAUSE_MIN_MS, step)));
    return true;
  }

  /** The limit of a rate that is reached, of the frontend or of the process; 0: none is. */
  private rateReached(nowMs: number): number {
    const { frontends, process } = this.lane.tables.proxies;
    const { connectionRateMax, sessionRateMax } = this.lane.tables.gate;
    const { rateLimit } = this;
    if (rateLimit > 0 && frontends[this.listener.frontend].rate(nowMs) >= rateLimit) return rateLimit;
    if (connectionRateMax > 0 && process.connectionRate(nowMs) >= connectionRateMax) return connectionRateMax;
    return sessionRateMax > 0 && process.rate(nowMs) >= sessionRateMax ? sessionRateMax : 0;
  }

  /** Asks to be woken when a place is free; true when one is free already. */
  private awaitPlace(gate: ConnectionGate, inHand: boolean): boolean {
    const { worker, counters } = this.lane;
    gate.await(worker, inHand);
    // The request is not taken back: another listener of this worker may have made it first.
    if (gate.current < gate.max) return true;
    counters[COUNTER.acceptPauses]++;
    return false;
  }

  private onError(result: number): void {
    if (this.draining || this.paused) return;
    if (result === -ECANCELED || PASSING_ERRORS.has(result)) {
      this.resume();
      return;
    }
    this.lane.counters[COUNTER.acceptErrors]++;
    this.lane.shortage.met(result);
    if (this.armed) return;
    this.failing = true;
    this.lane.timers.arm(this.slot, this.lane.engine.nowMs(), ERROR_PAUSE_MS);
  }

  /** When the socket is closed, whoever waits in its queue would be reset. */
  private takeQueue(): void {
    const { engine } = this.lane;
    const { fd: socket } = this.listener;
    if (this.ends) engine.turnAway(socket);
    for (let left = Math.max(LAST_MIN, this.listener.backlog); left >= 0; left--) {
      const fd = engine.acceptNow(socket);
      if (fd >= 0) this.parked.push(fd);
      else if (!PASSING_ERRORS.has(fd)) break;
    }
    if (this.ends) engine.stopListening(socket);
    this.ends = false;
    this.resume();
  }

  /** At its end: where the operator lets nobody in (`set maxconn frontend <f> 0`), whoever waits would wait for ever. */
  private dismiss(): void {
    if (!this.limits.some((gate) => gate.isShut)) return;
    for (const fd of this.parked.splice(0)) this.lane.engine.close(fd);
  }

  private cancel(): void {
    if (!this.armed || this.cancelled) return;
    this.cancelled = true;
    this.lane.engine.cancel(this.slot, OP_ACCEPT);
  }
}
