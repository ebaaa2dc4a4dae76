/**
 * Takes connections from one listening socket, no faster than the process can carry them: at the
 * global limit, or out of descriptors or memory, it stops asking and goes on when a place is free.
 * It neither spins nor loses what it has accepted.
 */
import { FLAG_MORE, OP_ACCEPT } from '../kernel/engine.js';
import { ECANCELED, ECONNABORTED, EINTR, EPROTO } from '../kernel/sys/constants.js';
import { COUNTER } from '../shared/counters.js';
import type { Lane } from './lane.js';

/** How long to wait after an error of the system before accepting again (ms). */
const ERROR_PAUSE_MS = 100;

/** Errors of one connection that is gone already, not of the listener, accept(2): the next one may be fine. */
const PASSING_ERRORS: ReadonlySet<number> = new Set([-ECONNABORTED, -EINTR, -EPROTO]);

/** Takes over an accepted connection; false when it cannot. */
export type OnConnection = (fd: number, frontend: number) => boolean;

/** The accepting side of one listening socket in one worker. */
export class Acceptor {
  /** An accept is outstanding. */
  private armed = false;
  private multishot = false;
  private cancelled = false;
  private draining = false;
  /** The system refused the last accept. */
  private failing = false;
  /** Accepted, but the gate was full: taken first when it opens. At most what one multishot brought. */
  private readonly parked: number[] = [];

  constructor(
    private readonly lane: Lane,
    /** Its number among the engine's slots and timers. */
    readonly slot: number,
    private readonly listener: number,
    private readonly frontend: number,
    /** Length of the accept queue: what a multishot accept may bring at once. */
    private readonly backlog: number,
    private readonly onConnection: OnConnection,
  ) {}

  /** Nothing is outstanding in the kernel; while draining, nothing will be. */
  get disarmed(): boolean {
    return !this.armed;
  }

  /** Nothing is outstanding in the kernel, and nobody who was accepted waits for a place. */
  get quiet(): boolean {
    return !this.armed && this.parked.length === 0;
  }

  /** Accepts, unless something stands against it. Called at start and whenever a place may be free. */
  resume(): void {
    const { gate } = this.lane.tables;
    while (this.parked.length > 0) {
      if (!this.takePlace()) return;
      this.hand(this.parked.shift() as number);
    }
    if (this.armed || this.draining || this.failing) return;
    if (gate.current >= gate.max && !this.awaitPlace(false)) return;
    this.armed = true;
    this.multishot = this.hasRoomForAll();
    if (this.multishot) this.lane.engine.accept(this.slot, this.listener);
    else this.lane.engine.acceptOnce(this.slot, this.listener);
  }

  /** Takes no more connections; those accepted already are served. */
  drain(): void {
    this.draining = true;
    this.lane.timers.disarm(this.slot);
    this.cancel();
  }

  onAccept(result: number, flags: number): void {
    if ((flags & FLAG_MORE) === 0) {
      this.armed = false;
      this.cancelled = false;
    }
    if (result < 0) {
      this.onError(result);
      return;
    }
    this.lane.shortage.passed();
    if (this.parked.length === 0 && this.takePlace()) this.hand(result);
    else this.parked.push(result);
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
    const { gate } = this.lane.tables;
    return gate.max - gate.current > this.backlog;
  }

  private hand(fd: number): void {
    if (this.onConnection(fd, this.frontend)) return;
    this.lane.engine.close(fd);
    this.lane.tables.gate.leave(1, this.lane.wakeWorker);
  }

  private takePlace(): boolean {
    const { gate } = this.lane.tables;
    while (!gate.enter()) if (!this.awaitPlace(true)) return false;
    return true;
  }

  /** Asks to be woken when a place is free; true when one is free already. */
  private awaitPlace(inHand: boolean): boolean {
    const { tables, worker, counters } = this.lane;
    tables.gate.await(worker, inHand);
    // The request is not taken back: another listener of this worker may have made it first.
    if (tables.gate.current < tables.gate.max) return true;
    counters[COUNTER.acceptPauses]++;
    return false;
  }

  private onError(result: number): void {
    if (this.draining) return;
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

  private cancel(): void {
    if (!this.armed || this.cancelled) return;
    this.cancelled = true;
    this.lane.engine.cancel(this.slot, OP_ACCEPT);
  }
}
