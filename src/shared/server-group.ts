/**
 * What all workers know of the servers of one backend: states and weights, which the master alone
 * writes; connections and queues, which everybody counts; and the state of the balancing algorithm.
 * Choosing happens under the group's lock and is therefore exact whichever worker accepts; ending a
 * connection takes no lock.
 */
import { dynamicLimit } from './limits.js';
import { lock, unlock, unlockFor } from './lock.js';
import { Rotation } from './rotation.js';
import { ServerHeaps } from './server-heaps.js';
import { GROUP, GROUP_WORDS, OWN, OWN_WORDS, SERVER, SERVER_WORDS } from './server-layout.js';
import { ServerSet } from './server-set.js';

// Bits of a server's state; none of them is a server that is up.
/** Health checks or the operator say that it does not serve. */
export const STATE_DOWN = 1;
/** It is up since less than its slowstart time; it serves. */
export const STATE_STARTING = 2;
/** The operator has taken it out: no checks, no connections. */
export const STATE_MAINTENANCE = 4;
/** It gets no new connections but those that insist on it. */
export const STATE_DRAIN = 8;
/** It has no address: its name cannot be resolved. No checks, no connections. */
export const STATE_RESOLUTION = 16;
/** Out of service, for one reason or the other: nothing that checks find matters then. */
export const STATES_OF_MAINTENANCE = STATE_MAINTENANCE | STATE_RESOLUTION;
/** Its checks say that it wants no new connections (`http-check disable-on-404`); otherwise as in a drain. */
export const STATE_STOPPING = 32;

/** Effective weights are in this fraction of a weight as it is configured. */
export const WEIGHT_SCALE = 16;

/** What a file says of a server. */
export interface ServerSettings {
  /** 0..256 */
  readonly weight: number;
  /** From 1, unique in the backend. */
  readonly id: number;
  readonly backup: boolean;
  /** 0: none. */
  readonly maxconn: number;
  /** 0: maxconn holds whatever the load. */
  readonly minconn: number;
  /** 0: no limit. */
  readonly maxqueue: number;
  /** Failed connections in a row that the master is to hear of (`error-limit`); 0, or not given: none. */
  readonly failuresMax?: number;
}

/** Where the rows of workers lie: the first worker's row of server 0, and how far the next worker's is. */
interface Rows {
  readonly first: number;
  readonly stride: number;
  readonly worker: number;
  readonly workers: number;
}

/** The servers of one backend. Server numbers are their places in the plan. */
export class ServerGroup {
  /** Which servers are chosen from; call `refresh` on it under the lock. */
  readonly set: ServerSet;
  /**
   * Sessions of the backend at the moment, that to be placed included: who asks `isFull` or a
   * balancer sets it first, since servers with minconn take more the more there are.
   */
  backendSessions = 0;
  /** Servers in order, for algorithms that keep one. */
  readonly heaps: ServerHeaps;
  /** The turns of active servers and of backups. */
  readonly rotations: readonly Rotation[];
  /** Servers whose load changes are to be marked for `takeMarks`; set it before the first `enter`. */
  marksLoads = false;
  private readonly own: number;
  private readonly marks: number;

  /** @param base word of the group */
  constructor(
    private readonly words: Int32Array,
    private readonly base: number,
    readonly size: number,
    private readonly rows: Rows,
  ) {
    this.own = rows.first + rows.worker * rows.stride;
    this.marks = base + GROUP_WORDS + size * SERVER_WORDS;
    this.heaps = new ServerHeaps(words, base);
    this.rotations = [new Rotation(words, base, 0), new Rotation(words, base, 1)];
    this.set = new ServerSet(this);
  }

  private at(server: number): number {
    return this.base + GROUP_WORDS + server * SERVER_WORDS;
  }

  /** @param owner a positive number, unique to the thread */
  lock(owner: number): void {
    lock(this.words, this.base + GROUP.lock, owner);
  }

  unlock(): void {
    unlock(this.words, this.base + GROUP.lock);
  }

  /**
   * For the master, when the worker with that owner number is dead; true when it held the lock, and
   * what it was about to write, the algorithm's state too, may be half written.
   */
  unlockFor(owner: number): boolean {
    if (Atomics.load(this.words, this.base + GROUP.lock) === owner) this.appliedGeneration = -1;
    return unlockFor(this.words, this.base + GROUP.lock, owner);
  }

  // States and weights: written by the master, and published by a new generation.

  /** Another number whenever something has changed that makes another choice. */
  get generation(): number {
    return Atomics.load(this.words, this.base + GROUP.generation);
  }

  /** Tells the workers that states, weights or limits have changed. */
  publish(): void {
    Atomics.add(this.words, this.base + GROUP.generation, 1);
  }

  /** @param fullconn sessions at which servers with minconn reach maxconn; 0: at once */
  configure(fullconn: number, allBackups: boolean): void {
    Atomics.store(this.words, this.base + GROUP.fullconn, fullconn);
    Atomics.store(this.words, this.base + GROUP.allBackups, allBackups ? 1 : 0);
    this.publish();
  }

  /** @param weight that the operator has set, in place of the file's */
  configureServer(server: number, settings: ServerSettings, weight = settings.weight): void {
    const at = this.at(server);
    Atomics.store(this.words, at + SERVER.id, settings.id);
    Atomics.store(this.words, at + SERVER.backup, settings.backup ? 1 : 0);
    Atomics.store(this.words, at + SERVER.maxconn, settings.maxconn);
    Atomics.store(this.words, at + SERVER.minconn, settings.minconn);
    Atomics.store(this.words, at + SERVER.maxqueue, settings.maxqueue);
    Atomics.store(this.words, at + SERVER.failuresMax, settings.failuresMax ?? 0);
    Atomics.store(this.words, at + SERVER.initialWeight, settings.weight);
    this.setWeight(server, weight);
  }

  /** `option allbackups`. */
  get allBackups(): boolean {
    return Atomics.load(this.words, this.base + GROUP.allBackups) !== 0;
  }

  /** Bits STATE_*; 0 is up. */
  state(server: number): number {
    return Atomics.load(this.words, this.at(server) + SERVER.state);
  }

  setState(server: number, state: number): void {
    Atomics.store(this.words, this.at(server) + SERVER.state, state);
    this.publish();
  }

  /** It serves, although perhaps no new connections. */
  isUp(server: number): boolean {
    return (this.state(server) & (STATE_DOWN | STATES_OF_MAINTENANCE)) === 0;
  }

  /** It takes new connections, should its kind, active or backup, be asked. */
  isUsable(server: number): boolean {
    return (this.state(server) & ~STATE_STARTING) === 0 && this.effectiveWeight(server) > 0;
  }

  isBackup(server: number): boolean {
    return this.words[this.at(server) + SERVER.backup] !== 0;
  }

  /** From 1; what a file says, or else its place. */
  id(server: number): number {
    return this.words[this.at(server) + SERVER.id] || server + 1;
  }

  /** As configured or set by the operator; 0: takes no new connections. */
  weight(server: number): number {
    return Atomics.load(this.words, this.at(server) + SERVER.weight);
  }

  /** As configured. */
  initialWeight(server: number): number {
    return this.words[this.at(server) + SERVER.initialWeight];
  }

  /** What the algorithms reckon with, in units of 1/WEIGHT_SCALE. */
  effectiveWeight(server: number): number {
    return Atomics.load(this.words, this.at(server) + SERVER.effectiveWeight);
  }

  /** @param effective in units of 1/WEIGHT_SCALE; less than the whole weight while a server starts slowly */
  setWeight(server: number, weight: number, effective = weight * WEIGHT_SCALE): void {
    Atomics.store(this.words, this.at(server) + SERVER.weight, weight);
    Atomics.store(this.words, this.at(server) + SERVER.effectiveWeight, effective);
    this.publish();
  }

  // Limits.

  /** 0: none. */
  maxconn(server: number): number {
    return Atomics.load(this.words, this.at(server) + SERVER.maxconn);
  }

  /** Sessions that may wait for the server; 0: no limit. */
  maxqueue(server: number): number {
    return Atomics.load(this.words, this.at(server) + SERVER.maxqueue);
  }

  /** Percent of its limit that the server takes while it starts slowly; 100 otherwise. */
  throttle(server: number): number {
    return 100 - Atomics.load(this.words, this.at(server) + SERVER.throttle);
  }

  setThrottle(server: number, percent: number): void {
    Atomics.store(this.words, this.at(server) + SERVER.throttle, 100 - percent);
  }

  /** `set maxconn server`. */
  setMaxconn(server: number, maxconn: number, minconn: number): void {
    Atomics.store(this.words, this.at(server) + SERVER.maxconn, maxconn);
    Atomics.store(this.words, this.at(server) + SERVER.minconn, minconn);
  }

  /** Connections that the server takes with that many sessions in the backend; 0: no limit. */
  limitOf(server: number, backendSessions: number, fullconn: number): number {
    const maxconn = this.maxconn(server);
    if (maxconn === 0) return 0;
    const minconn = Atomics.load(this.words, this.at(server) + SERVER.minconn);
    return dynamicLimit(maxconn, minconn, backendSessions, fullconn, this.throttle(server));
  }

  /** The same at `backendSessions` and the backend's own fullconn. */
  limit(server: number): number {
    return this.limitOf(server, this.backendSessions, this.words[this.base + GROUP.fullconn]);
  }

  /** A session would have to wait: sessions wait already, or no connection is free. */
  isFull(server: number): boolean {
    const limit = this.limit(server);
    return limit > 0 && (this.queued(server) > 0 || this.active(server) >= limit);
  }

  // Connections and queues: counted by all.

  /** Places that are taken at a server at the moment: what limits and algorithms reckon with. */
  active(server: number): number {
    return Atomics.load(this.words, this.at(server) + SERVER.active);
  }

  /** Connections to a server at the moment, those being established included: what operators are told. */
  connections(server: number): number {
    return Math.max(0, this.active(server) - Atomics.load(this.words, this.at(server) + SERVER.pausing));
  }

  /** A session of the opening worker keeps its place, but has no connection until it tries again. */
  pause(server: number): void {
    this.changePausing(server, 1);
  }

  /** It tries again, or is about to leave. */
  resume(server: number): void {
    this.changePausing(server, -1);
  }

  private changePausing(server: number, change: number): void {
    this.words[this.own + server * OWN_WORDS + OWN.pausing] += change;
    Atomics.add(this.words, this.at(server) + SERVER.pausing, change);
  }

  /** Sessions that wait for this very server. */
  queued(server: number): number {
    return Atomics.load(this.words, this.at(server) + SERVER.queued);
  }

  /** Counts a connection that was just given to this server, for the opening worker. */
  enter(server: number): void {
    this.words[this.own + server * OWN_WORDS + OWN.active]++;
    this.add(server, SERVER.active, 1);
  }

  /** Takes an ended connection off a server. */
  leave(server: number): void {
    this.words[this.own + server * OWN_WORDS + OWN.active]--;
    this.add(server, SERVER.active, -1);
  }

  /** Keeps a connection for a session of another worker, which will `adopt` or `refuse` it. */
  reserve(server: number): void {
    this.add(server, SERVER.active, 1);
  }

  /** Counts a connection that was reserved as the opening worker's own. Under the lock, in one with `SessionQueues.accept`. */
  adopt(server: number): void {
    this.words[this.own + server * OWN_WORDS + OWN.active]++;
  }

  /** Gives a reserved connection back that was not adopted. */
  refuse(server: number): void {
    this.add(server, SERVER.active, -1);
  }

  /** Counts sessions that begin or cease to wait for this very server; entries of queues know their worker. */
  changeQueued(server: number, change: number): void {
    this.add(server, SERVER.queued, change);
  }

  private add(server: number, word: number, change: number): void {
    const { words } = this;
    const at = this.at(server);
    this.touch(server);
    Atomics.add(words, at + word, change);
    if (this.marksLoads) Atomics.or(words, this.marks + (server >>> 5), 1 << (server & 31));
  }

  /** Sets of 32 servers, by whose number `takeMarks` is to be called. */
  get markWords(): number {
    return Math.ceil(this.size / 32);
  }

  /** Takes the marks of servers 32 * word to 32 * word + 31, a bit each; their loads may be read from now on. */
  takeMarks(word: number): number {
    const at = this.marks + word;
    return Atomics.load(this.words, at) === 0 ? 0 : Atomics.exchange(this.words, at, 0);
  }

  /** Takes all connections of the opening worker off: it has died, and they with it. Its entries of queues are theirs. */
  leaveAll(): void {
    for (let server = 0; server < this.size; server++) {
      const row = this.own + server * OWN_WORDS;
      if (this.words[row + OWN.active] !== 0) this.add(server, SERVER.active, -this.words[row + OWN.active]);
      this.words[row + OWN.active] = 0;
      this.changePausing(server, -this.words[row + OWN.pausing]);
    }
  }

  /**
   * Counts the connections of a server anew: who held the lock died in the middle of a change. Not those of a server
   * without a limit, which are taken off without the lock.
   * @param reserved connections that are kept for sessions which have not adopted them yet
   */
  recount(server: number, reserved: number): void {
    if (this.maxconn(server) === 0) return;
    const { first, stride, workers } = this.rows;
    let active = reserved;
    for (let worker = 0; worker < workers; worker++)
      active += this.words[first + worker * stride + server * OWN_WORDS + OWN.active];
    this.add(server, SERVER.active, active - this.active(server));
  }

  // Observation of connections (`observe layer4`): those that fail in a row, whichever worker tries, with no good check between.

  /** A connection has come about, or a check has passed: failures before it do not count any more. */
  noteConnected(server: number): void {
    const at = this.at(server) + SERVER.failures;
    if (this.words[at] !== 0) Atomics.store(this.words, at, 0);
  }

  /**
   * A connection has failed. True when it was the last of as many as the master is to hear of, and no
   * worker is telling it already: after `takeFailing` the next ones count.
   */
  noteFailure(server: number): boolean {
    const at = this.at(server);
    const most = this.words[at + SERVER.failuresMax];
    if (most === 0 || Atomics.add(this.words, at + SERVER.failures, 1) + 1 < most) return false;
    Atomics.store(this.words, at + SERVER.failures, 0);
    return Atomics.exchange(this.words, at + SERVER.reported, 1) === 0;
  }

  /** The master has heard of the failures of a server. */
  takeFailing(server: number): void {
    Atomics.store(this.words, this.at(server) + SERVER.reported, 0);
  }

  /** Makes a server the one whose load changed last. */
  touch(server: number): void {
    Atomics.store(this.words, this.at(server) + SERVER.touched, Atomics.add(this.words, this.base + GROUP.sequence, 1) + 1);
  }

  /** When the load of a server last changed, as a wrapping sequence number; orders ties. */
  touched(server: number): number {
    return Atomics.load(this.words, this.at(server) + SERVER.touched);
  }

  // The algorithm's own state; under the lock.

  /** The generation that the algorithm's state in shared memory follows; -1: none, it begins anew. */
  get appliedGeneration(): number {
    return this.words[this.base + GROUP.applied] - 1;
  }

  set appliedGeneration(generation: number) {
    this.words[this.base + GROUP.applied] = generation + 1;
  }

  /** The effective weight with which the algorithm's state reckons; 0: the server has no part in it. */
  appliedWeight(server: number): number {
    return this.words[this.at(server) + SERVER.appliedWeight];
  }

  setAppliedWeight(server: number, weight: number): void {
    this.words[this.at(server) + SERVER.appliedWeight] = weight;
  }

  /** Where a map or ring is served in turn. */
  get cursor(): number {
    return this.words[this.base + GROUP.cursor];
  }

  set cursor(cursor: number) {
    this.words[this.base + GROUP.cursor] = cursor;
  }
}
