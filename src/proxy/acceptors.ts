/**
 * The acceptors of a worker, by their slots in the engine. When another plan comes, who listens on a
 * socket that stays takes over what its predecessor has in the kernel and in hand, so that nobody
 * waits longer for it; who is not wanted any more takes what waits in its queue and ends.
 */
import type { Engine } from '../kernel/engine.js';
import type { Acceptor, Listener } from './acceptor.js';
import type { Lane } from './lane.js';

/** All acceptors of one worker. */
export class Acceptors {
  /** By slot, from `firstSlot` on; null: nobody. */
  private readonly bySlot: (Acceptor | null)[];
  /** Those of the newest plan. */
  private current: readonly Acceptor[] = [];
  /** Those of others, until nobody whom they have accepted waits. */
  private leaving: readonly Acceptor[] = [];
  private draining = false;
  /** Some of them may have more in hand: there may be thousands, too many to ask each in every turn. */
  private mayHaveMore = false;
  /** Frontends of the newest plan that accept nobody. */
  private paused: readonly number[] = [];

  /** @param max listening sockets at a time, those that leave included */
  constructor(
    private readonly engine: Pick<Engine, 'retire'>,
    private readonly firstSlot: number,
    max: number,
  ) {
    this.bySlot = new Array<Acceptor | null>(max).fill(null);
  }

  /** Those of the newest plan, and those of others for whom somebody waits. */
  get all(): readonly Acceptor[] {
    return [...this.current, ...this.leaving];
  }

  /** The acceptor of a slot, or of the timer of the same number. */
  of(slot: number): Acceptor {
    return this.bySlot[slot - this.firstSlot] as Acceptor;
  }

  /** For each of them to call when it has taken enough for a turn. */
  readonly onSated = (): void => {
    this.mayHaveMore = true;
  };

  /**
   * Accepts on these from now on, and on no others; throws RangeError when there are too many.
   * @param ending sockets among the others that nobody has any more
   */
  replace(
    listeners: readonly Listener[],
    paused: readonly number[],
    ending: readonly number[],
    make: (slot: number, listener: Listener) => Acceptor,
  ): void {
    const before = new Map<number, Acceptor[]>();
    for (const acceptor of this.current)
      before.set(acceptor.listener.fd, [...(before.get(acceptor.listener.fd) ?? []), acceptor]);
    let free = -1;
    this.current = listeners.map((listener) => {
      const predecessor = before.get(listener.fd)?.shift();
      if (predecessor === undefined) free = this.freeSlot(free + 1);
      const acceptor = make(predecessor?.slot ?? this.firstSlot + free, listener);
      this.bySlot[acceptor.slot - this.firstSlot] = acceptor;
      if (predecessor !== undefined) acceptor.succeed(predecessor);
      return acceptor;
    });
    const left = [...before.values()].flat();
    this.leaving = [...this.leaving, ...left];
    drainAll(left, ending);
    this.pause(paused);
    this.resume(); // whoever waits for a place asks for it anew
  }

  /** Of all frontends of the newest plan only these accept no connections, until it is called again. */
  pause(frontends: readonly number[]): void {
    this.paused = frontends;
    for (const acceptor of this.current) {
      if (frontends.includes(acceptor.frontend)) acceptor.pause();
      else acceptor.unpause();
    }
  }

  /** What was told to pause has nothing outstanding at its listening sockets. */
  get pausing(): boolean {
    return this.current.every((acceptor) => acceptor.disarmed || !this.paused.includes(acceptor.frontend));
  }

  /**
   * Accepts no more; those accepted already are still handed on.
   * @param ending sockets that nobody has any more
   */
  drain(ending: readonly number[]): void {
    this.draining = true;
    drainAll(this.current, ending);
    this.resumeAll(this.leaving); // whoever waits there may be dismissed
  }

  /** Some have taken enough for a turn, and have more in hand. */
  get hasMore(): boolean {
    if (!this.mayHaveMore) return false;
    for (let i = 0; i < this.current.length; i++) if (this.current[i].hasMore) return true;
    for (let i = 0; i < this.leaving.length; i++) if (this.leaving[i].hasMore) return true;
    this.mayHaveMore = false;
    return false;
  }

  /** No listening sockets but those of the newest plan are in use. */
  get settled(): boolean {
    for (let i = 0; i < this.leaving.length; i++) if (!this.leaving[i].disarmed) return false;
    return true;
  }

  /** Draining, no listening socket is in use any more. */
  get refusing(): boolean {
    return this.draining && this.settled && this.current.every((acceptor) => acceptor.disarmed);
  }

  /** None is in use, and nobody who was accepted waits for a place. */
  get quiet(): boolean {
    return this.current.every((acceptor) => acceptor.quiet) && this.leaving.every((acceptor) => acceptor.quiet);
  }

  /** Somebody who was accepted by this plan may still wait for a place. */
  acceptsFor(lane: Lane): boolean {
    for (let i = 0; i < this.leaving.length; i++) if (this.leaving[i].lane === lane) return true;
    return false;
  }

  /** Goes on wherever there may be places. */
  resume(): void {
    this.resumeAll(this.leaving);
    this.resumeAll(this.current);
  }

  /** The turn in which some had taken enough is over. */
  goOn(): void {
    for (const acceptor of this.leaving) if (acceptor.hasMore) acceptor.resume();
    for (const acceptor of this.current) if (acceptor.hasMore) acceptor.resume();
  }

  /** Places that none of them needs are for others that wait. */
  passOn(): void {
    for (const acceptor of this.leaving) acceptor.passOn();
    for (const acceptor of this.current) acceptor.passOn();
  }

  /** Lets go of those that are through. Call it at the end of each turn. */
  tidy(): void {
    if (this.leaving.length === 0) return;
    for (const acceptor of this.leaving) {
      const at = acceptor.slot - this.firstSlot;
      if (!acceptor.disarmed || this.bySlot[at] !== acceptor) continue;
      this.bySlot[at] = null;
      this.engine.retire(acceptor.slot);
    }
    const through = this.leaving.filter((acceptor) => acceptor.quiet);
    if (through.length === 0) return;
    this.leaving = this.leaving.filter((acceptor) => !acceptor.quiet);
    for (const acceptor of through) acceptor.forgoPlaces();
    this.resume(); // others of this worker that wait at the same gates ask anew
  }

  private resumeAll(acceptors: readonly Acceptor[]): void {
    for (const acceptor of acceptors) acceptor.resume();
  }

  private freeSlot(from: number): number {
    const free = this.bySlot.indexOf(null, from);
    if (free < 0) throw new RangeError(`a worker has more than ${this.bySlot.length} listening sockets`);
    return free;
  }
}

/** @param ending sockets that nobody has any more */
function drainAll(acceptors: readonly Acceptor[], ending: readonly number[]): void {
  const ends = new Set(ending); // there are thousands where a port range is listened at
  for (const acceptor of acceptors) acceptor.drain(ends.has(acceptor.listener.fd));
}
