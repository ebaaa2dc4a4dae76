/**
 * What all workers know of the servers of a backend: weights, connections, and the state of the
 * balancing algorithm. Choosing happens under the backend's lock and is therefore exact whichever
 * worker accepts; ending a connection is one atomic subtraction.
 */
import { lock, unlock, unlockFor } from './lock.js';

const LINE = 16; // 32-bit words in a cache line
// Words of a backend's line.
const LOCK = 0;
const SEQUENCE = 1;
const TURN = 2;
// Words of a server's line.
const ACTIVE = 0;
const WEIGHT = 1;
const TOUCHED = 2;
const DUE = 3;
const REMAINDER = 4;
const CHOSEN = 5;

/** The servers of all backends. */
export class ServerTable {
  /** One group for each backend, in the order of the plan. */
  readonly groups: readonly ServerGroup[];

  static create(backendSizes: readonly number[], workers: number): SharedArrayBuffer {
    const { lines, servers } = measure(backendSizes);
    return new SharedArrayBuffer((lines + workers * shareLines(servers)) * LINE * 4);
  }

  /** @param worker the worker that opens the table, whose share `enter` and `leave` count */
  constructor(buffer: SharedArrayBuffer, backendSizes: readonly number[], worker: number) {
    const words = new Int32Array(buffer);
    const { lines, servers } = measure(backendSizes);
    const shares = (lines + worker * shareLines(servers)) * LINE;
    let line = 0;
    let share = 0;
    this.groups = backendSizes.map((size) => {
      const group = new ServerGroup(words, line * LINE, size, shares + share);
      line += 1 + size;
      share += size;
      return group;
    });
  }
}

function measure(backendSizes: readonly number[]): { lines: number; servers: number } {
  const servers = backendSizes.reduce((sum, size) => sum + size, 0);
  return { lines: backendSizes.length + servers, servers };
}

/** Whole cache lines for one worker's share of the connections to each server. */
function shareLines(servers: number): number {
  return Math.ceil(servers / LINE);
}

/** The servers of one backend. Server numbers are their places in the plan. */
export class ServerGroup {
  /**
   * @param base word of the backend's line
   * @param shares word of the opening worker's share of server 0
   */
  constructor(
    private readonly words: Int32Array,
    private readonly base: number,
    readonly size: number,
    private readonly shares: number,
  ) {}

  private at(server: number): number {
    return this.base + (1 + server) * LINE;
  }

  /** @param owner a positive number, unique to the thread */
  lock(owner: number): void {
    lock(this.words, this.base + LOCK, owner);
  }

  unlock(): void {
    unlock(this.words, this.base + LOCK);
  }

  /** For the master, when the worker with that owner number is dead. */
  unlockFor(owner: number): void {
    unlockFor(this.words, this.base + LOCK, owner);
  }

  /** 0: takes no new connections. */
  weight(server: number): number {
    return Atomics.load(this.words, this.at(server) + WEIGHT);
  }

  setWeight(server: number, weight: number): void {
    Atomics.store(this.words, this.at(server) + WEIGHT, weight);
  }

  /** Connections to a server at the moment, those being established included. */
  active(server: number): number {
    return Atomics.load(this.words, this.at(server) + ACTIVE);
  }

  /** Counts a connection that was just given to this server, for the opening worker. */
  enter(server: number): void {
    this.touch(server);
    Atomics.add(this.words, this.at(server) + ACTIVE, 1);
    this.words[this.shares + server]++;
  }

  /** Takes an ended connection off a server. */
  leave(server: number): void {
    this.touch(server);
    Atomics.sub(this.words, this.at(server) + ACTIVE, 1);
    this.words[this.shares + server]--;
  }

  /** Takes all connections of the opening worker off: it has died, and they with it. */
  leaveAll(): void {
    for (let server = 0; server < this.size; server++) {
      const share = this.words[this.shares + server];
      if (share === 0) continue;
      this.touch(server);
      Atomics.sub(this.words, this.at(server) + ACTIVE, share);
      this.words[this.shares + server] = 0;
    }
  }

  /** When the load of a server last changed, as a wrapping sequence number; orders ties. */
  touched(server: number): number {
    return Atomics.load(this.words, this.at(server) + TOUCHED);
  }

  private touch(server: number): void {
    Atomics.store(this.words, this.at(server) + TOUCHED, Atomics.add(this.words, this.base + SEQUENCE, 1) + 1);
  }

  // What serving in turn keeps; read and written under the lock only. Turns are wrapping numbers.

  /** Begins the next turn and answers its number, never 0. */
  nextTurn(): number {
    const at = this.base + TURN;
    this.words[at]++;
    if (this.words[at] === 0) this.words[at] = 1;
    return this.words[at];
  }

  /** The turn in which a server is to be chosen next. */
  due(server: number): number {
    return this.words[this.at(server) + DUE];
  }

  /** What the whole number of turns leaves out, in fractions of one by the server's weight. */
  remainder(server: number): number {
    return this.words[this.at(server) + REMAINDER];
  }

  setDue(server: number, turn: number, remainder: number): void {
    this.words[this.at(server) + DUE] = turn;
    this.words[this.at(server) + REMAINDER] = remainder;
  }

  /** The turn in which a server was chosen last, or 0 when it never was. */
  chosenAt(server: number): number {
    return this.words[this.at(server) + CHOSEN];
  }

  setChosenAt(server: number, turn: number): void {
    this.words[this.at(server) + CHOSEN] = turn;
  }
}
