/**
 * One run: two data planes at most over the same shared state, each on its simulated engine, with
 * clients and servers around them, stepped in random order on one clock until everything is over.
 */

import { statisticsNames } from '../../src/plan/statistics-names.js';
import { slotsNeeded, timersNeeded } from '../../src/proxy/data-plane.js';
import { Grants } from '../../src/proxy/grants.js';
import type { Lane, WorkerBase } from '../../src/proxy/lane.js';
import { QUEUE_MAX } from '../../src/proxy/relay.js';
import type { ExpressionCompiler } from '../../src/proxy/samples/context.js';
import { Expressions } from '../../src/proxy/samples/expressions.js';
import { SessionPool } from '../../src/proxy/session.js';
import { SessionStatistics } from '../../src/proxy/session-statistics.js';
import { Shortage } from '../../src/proxy/shortage.js';
import { TimerWheel } from '../../src/proxy/timers.js';
import { COUNTER } from '../../src/shared/counters.js';
import { type Before, createShared, NO_WORKER, openShared, type SharedState, type SharedTables } from '../../src/shared/state.js';
import { allocateStatistics } from '../../src/shared/statistics.js';
import { pooledBuffers } from './buffers.js';
import { BLOCKED, MULTISHOT_BATCH, SimulatedEngine, type SimulatedEngineOptions } from './engine.js';
import { Judge } from './judge.js';
import { Network } from './network.js';
import { NEVER, type Peer } from './peer.js';
import { configureLimits, judgeQueues, judgeQueuesEmpty } from './queueing.js';
import { Random } from './random.js';
import { type ClientScript, drawScenario, type ReloadScript, type Scenario } from './scenario.js';
import { demand, Violation } from './violation.js';
import { WatchedDataPlane } from './watched.js';

/**
 * Buffers that one direction may hold: the queue at which reading stops, and what a multishot
 * receive brings before, and once more while, its cancellation takes effect.
 */
const HELD_MAX = QUEUE_MAX + 2 * MULTISHOT_BATCH;

/** Rounds after which a run that neither ends nor comes to rest never will. */
const ROUNDS_MAX = 400_000;

/** Longer than all timeouts of runs in which something may go wrong (ms). */
const REST_MS = 200_000;

/** What a canary does wrong. */
export interface Sabotage {
  readonly engine?: new (network: Network, options: SimulatedEngineOptions) => SimulatedEngine;
  /** Wakes between workers get lost. */
  readonly losesWakes?: boolean;
}

/** One worker of the run. */
interface SimulatedLane {
  readonly base: WorkerBase;
  readonly engine: SimulatedEngine;
  readonly dataPlane: WatchedDataPlane;
  readonly listeners: readonly number[];
  /** How many of them are in use. */
  listening: number;
  draining: boolean;
  /** It has ended, and the master has given back what it held. */
  buried: boolean;
  /** The count of changes when it fell asleep, -1 while it is awake. */
  asleepSince: number;
}

/** Runs the scenario of a seed. Throws Violation, or whatever the data plane throws. */
export function simulate(seed: number, out: ((line: string) => void) | null = null, sabotage: Sabotage = {}): void {
  new Simulation(seed, out, sabotage).run();
}

/** One run, step by step. */
export class Simulation {
  private readonly random: Random;
  private readonly scenario: Scenario;
  private readonly network: Network;
  private readonly judge: Judge;
  private readonly lanes: readonly SimulatedLane[];
  private readonly arrivals: ClientScript[];
  /** Of all plans, the one in force last. */
  private readonly plans: SharedState[] = [];
  private readonly reloads: ReloadScript[];
  /** Plans of lanes that were given up. */
  private closed = 0;
  private stormAt: number;
  /** When something last happened that was not only the firing of a timer (ms). */
  private changedAt = 0;
  /** How often something of that kind has happened. */
  private changes = 0;

  constructor(seed: number, out: ((line: string) => void) | null, sabotage: Sabotage) {
    this.random = new Random(seed);
    const scenario = drawScenario(this.random);
    this.scenario = scenario;
    this.stormAt = scenario.stormAt;
    out?.(JSON.stringify(scenario));
    this.network = new Network(this.random, scenario.servers, scenario.clockBase, scenario.roomMax, out);
    this.network.systemFaultsLeft = scenario.systemFaults;
    this.judge = new Judge(this.network, scenario);
    this.arrivals = [...scenario.clients].sort((a, b) => a.arriveAt - b.arriveAt);
    this.reloads = [...scenario.reloads];
    this.share(null);
    this.lanes = Array.from({ length: scenario.lanes }, (_, worker) => this.openLane(worker, sabotage));
  }

  run(): void {
    for (let rounds = 0; !this.over; rounds++) {
      demand(rounds < ROUNDS_MAX, 'the run does not end: something spins');
      if (this.round() || this.round() || this.everybody() || this.passTime()) continue;
      this.atRest();
      rounds = 0;
    }
    this.drainAll();
    this.judge.judgeEnds();
    this.judgeRemains();
  }

  /** Tables for another plan. */
  private share(before: Before | null): void {
    const { scenario, plans } = this;
    const alive = plans.map(({ statistics }) => statistics);
    const shared = createShared(
      {
        workers: scenario.lanes,
        maxconn: scenario.maxconn,
        descriptorsMax: 512,
        statistics: allocateStatistics(statisticsNames(scenario.plan), scenario.lanes, alive),
        frontendLimits: [scenario.frontendLimit],
        bindLimits: [scenario.bindLimit],
        backendSizes: [scenario.servers.length],
        wakeFds: Array.from({ length: scenario.lanes }, () => -1),
      },
      before,
    );
    configureLimits(openShared(shared, NO_WORKER), scenario.plan.backends[0]);
    plans.push(shared);
  }

  private get tables(): SharedTables[] {
    return this.plans.map((shared) => openShared(shared, NO_WORKER));
  }

  /** All lanes get another plan. */
  private reload({ keepsServers, keepsLimits, listeners }: ReloadScript): void {
    const [servers, limits] = [keepsServers ? 0 : -1, keepsLimits ? 0 : -1];
    this.network.trace(`plan ${this.plans.length + 1} comes into force`);
    const state = this.plans[this.plans.length - 1];
    this.share({ state, frontends: [limits], groups: [servers], binds: [limits], tables: [] });
    for (const one of this.lanes) {
      one.listening = Math.min(one.listening, listeners);
      this.interrupt(one);
      this.begin(one);
    }
    this.noteChange();
  }

  /** Has a worker return from its sleep: an order is carried out between two turns, and what it arms is waited for anew. */
  private interrupt(one: SimulatedLane): void {
    one.engine.blockedUntil = -1;
    one.asleepSince = -1;
  }

  /** Has a lane work by the newest plan. */
  private begin({ base, dataPlane, listeners, listening }: SimulatedLane): void {
    const { scenario, network, plans } = this;
    const opened = listeners.slice(0, listening).map((fd) => ({ fd, frontend: 0, bind: 0, backlog: scenario.backlog }));
    const generation = dataPlane.prepare(plans.length, this.newLane(base), opened, network.addresses());
    dataPlane.begin(generation, [], listeners.slice(listening));
  }

  private newLane(base: WorkerBase): Lane {
    const { plan } = this.scenario;
    const tables = openShared(this.plans[this.plans.length - 1], base.worker);
    let expressions: ExpressionCompiler | null = null;
    const lane: Lane = {
      ...base,
      plan,
      tables,
      statistics: new SessionStatistics({ plan, tables }),
      holdings: tables.holdings.forWorker(base.worker),
      onErrorLimit: () => this.network.trace('somebody is told of a failing server'),
      close: () => {
        this.closed++;
      },
      get expressions(): ExpressionCompiler {
        expressions ??= new Expressions(lane);
        return expressions;
      },
      sessionLog: null,
      tracker: null,
    };
    return lane;
  }

  private openLane(worker: number, sabotage: Sabotage): SimulatedLane {
    const { scenario, network } = this;
    const listeners = Array.from({ length: scenario.listenersPerLane }, () => network.listen());
    const slots = slotsNeeded(scenario.maxconn, listeners.length);
    const engine = new (sabotage.engine ?? SimulatedEngine)(network, {
      lane: worker,
      slots,
      buffers: pooledBuffers(worker, scenario.bufferCount, scenario.bufferSize),
      pipesMax: scenario.pipesMax,
      pipeCapacity: scenario.pipeCapacity,
      eagerness: scenario.eagerness,
      starvePercent: scenario.starvePercent,
    });
    const tables = openShared(this.plans[0], worker);
    const notify = (): void => this.network.trace('somebody is told of a shortage');
    const sessions = new SessionPool(scenario.maxconn);
    const base: WorkerBase = {
      worker,
      engine,
      timers: new TimerWheel(timersNeeded(scenario.maxconn, listeners.length), engine.nowMs()),
      counters: tables.counters.row(worker),
      sessions,
      grants: new Grants(tables.queues.entries, sessions),
      notify,
      shortage: new Shortage(engine, tables.gate, notify),
      wakeWorker: (other) => {
        if (sabotage.losesWakes !== true) this.lanes[other].engine.wake();
      },
    };
    const dataPlane = new WatchedDataPlane(base, listeners.length, this.judge);
    const one = {
      base,
      engine,
      dataPlane,
      listeners,
      listening: listeners.length,
      draining: false,
      buried: false,
      asleepSince: -1,
    };
    this.begin(one);
    return one;
  }

  /** Lets some of the actors do something, in random order. True when anything happened. */
  private round(): boolean {
    let happened = this.arrive();
    const { peers } = this.network;
    const count = this.lanes.length + peers.length;
    const first = this.random.below(count);
    for (let i = 0; i < count; i++) {
      const actor = (first + i) % count;
      if (actor >= this.lanes.length && peers[actor - this.lanes.length].over) continue;
      if (this.random.chance(60) && this.act(actor)) happened = true;
    }
    if (this.random.chance(20)) this.network.nowMs += this.random.between(1, 5);
    return happened;
  }

  /** Asks every one of them, so that no answer means that nobody can. */
  private everybody(): boolean {
    const count = this.lanes.length + this.network.peers.length;
    for (let i = 0; i < count; i++) if (this.act(i)) return true;
    return false;
  }

  private act(actor: number): boolean {
    if (actor < this.lanes.length) return this.turn(this.lanes[actor]);
    const acted = this.network.peers[actor - this.lanes.length].step(this.network.nowMs);
    if (acted) this.noteChange();
    return acted;
  }

  private arrive(): boolean {
    let arrived = false;
    while (this.arrivals.length > 0 && this.arrivals[0].arriveAt <= this.network.nowMs) {
      const { lane, listener, script } = this.arrivals.shift() as ClientScript;
      const { listeners, listening } = this.lanes[lane];
      this.network.arrive(listeners[Math.min(listener, listening - 1)], script);
      arrived = true;
      this.noteChange();
    }
    if (this.network.nowMs >= this.stormAt) {
      this.stormAt = NEVER;
      this.network.storm();
      this.noteChange();
      arrived = true;
    }
    const [next] = this.reloads;
    if (next !== undefined && this.network.nowMs >= next.at) {
      this.reloads.shift();
      // Who ends takes up no other plan.
      if (this.lanes.every(({ draining }) => !draining)) this.reload(next);
      arrived = true;
    }
    const draining = this.lanes[this.scenario.drainLane];
    if (draining.draining || this.network.nowMs < this.scenario.drainAt) return arrived;
    this.drain(draining);
    return true;
  }

  /** Nothing that could wake a sleeping worker has happened since it fell asleep. */
  private sleepsOn({ asleepSince, engine }: SimulatedLane): boolean {
    return asleepSince === this.changes && !engine.woken && engine.wakesAt() > this.network.nowMs;
  }

  /** Something happened that was not only the firing of a timer. */
  private noteChange(): void {
    this.changes++;
    this.changedAt = this.network.nowMs;
  }

  /** One turn of a worker; false when it sleeps. */
  private turn(one: SimulatedLane): boolean {
    const { dataPlane, engine } = one;
    if (dataPlane.idle) return this.bury(one);
    if (this.sleepsOn(one)) return false;
    const before = engine.stats.completions;
    one.asleepSince = -1;
    try {
      dataPlane.turn();
    } catch (error) {
      if (error !== BLOCKED) throw error;
      one.asleepSince = this.changes;
      return false;
    }
    if (engine.stats.completions !== before) this.noteChange();
    const { mostHeld } = engine.buffers;
    demand(mostHeld <= HELD_MAX, `${mostHeld} buffers are queued in one direction, at most ${HELD_MAX}`);
    return true;
  }

  /** Its thread has ended, perhaps with a wake-up that was meant for a place: the master passes that on. True the first time. */
  private bury(one: SimulatedLane): boolean {
    if (one.buried) return false;
    one.buried = true;
    const { worker, wakeWorker } = one.base;
    for (const { gate, frontendGates, bindGates } of this.tables) {
      for (const limit of [gate, ...frontendGates, ...bindGates]) {
        limit?.forget(worker);
        limit?.passOn(wakeWorker);
      }
    }
    return true;
  }

  /**
   * Nobody can do anything now: on to the next time at which somebody can. False when there is none, or when
   * timers have fired for longer than any timeout lasts without changing anything.
   */
  private passTime(): boolean {
    if (this.arrive()) return true;
    const times = [
      ...this.lanes.map(({ engine, dataPlane }) => (dataPlane.idle ? NEVER : engine.wakesAt())),
      ...this.network.peers.filter((peer) => !peer.over).map((peer) => peer.wakeAt),
      this.stormAt,
      this.reloads.length > 0 ? this.reloads[0].at : NEVER,
      this.arrivals.length > 0 ? this.arrivals[0].arriveAt : NEVER,
      this.lanes[this.scenario.drainLane].draining ? NEVER : this.scenario.drainAt,
    ];
    const next = Math.min(...times.filter((time) => time > this.network.nowMs));
    if (next === NEVER || next - this.changedAt > REST_MS) return false;
    this.network.nowMs = next;
    return true;
  }

  /** Nothing will ever happen by itself. That must be the peers' doing; one of them gives up then. */
  private atRest(): void {
    const alive = this.network.peers.filter((peer) => !peer.over && !peer.connection.closed);
    for (const peer of alive) this.judgeStall(peer);
    this.judge.judgeStreams();
    this.judgeWaiting();
    for (const tables of this.tables) judgeQueues(tables);
    const stuck = alive.filter((peer) => peer.connection.fd >= 0);
    demand(stuck.length > 0, 'everything is at rest, and nobody is there who could be waited for');
    const peer = this.random.pick(stuck);
    demand(!this.scenario.clean, `a clean run is stuck at connection ${peer.connection.id}`);
    this.network.trace(`connection ${peer.connection.id} is given up by its ${peer.connection.side}`);
    peer.connection.reset(false);
    this.noteChange();
  }

  /** Nobody may wait for a place that is free, neither accepted nor in the queue of a listener. */
  private judgeWaiting(): void {
    const { proxies } = this.tables[this.plans.length - 1];
    const { sessionRateLimit } = this.scenario.plan.frontends[0];
    const isPaced = sessionRateLimit > 0 && proxies.frontends[0].rate(this.lanes[0].engine.nowMs()) >= sessionRateLimit;
    let known = 0;
    for (const { base, dataPlane, draining } of this.lanes) {
      known += dataPlane.sessionCount;
      for (const acceptor of dataPlane.accepting) {
        const { waiting, full, listener } = acceptor;
        known += waiting;
        if (full) continue; // whoever was accepted under a former plan waits at the gates of that one
        demand(waiting === 0, `lane ${base.worker} sleeps with ${waiting} accepted clients, and there are places for them`);
        const queued = draining || isPaced ? 0 : this.network.queue(listener.fd).length;
        demand(queued === 0, `lane ${base.worker} sleeps with ${queued} clients in the queue, and there are places for them`);
      }
    }
    const accepted = this.network.connections.filter(({ side, fd }) => side === 'client' && fd >= 0).length;
    demand(accepted === known, `${accepted} clients are accepted, and the workers know of ${known}`);
  }

  /** What a peer sent must have arrived if the other one takes it, unless it was silent too long before; so must its end. */
  private judgeStall({ connection: source }: Peer): void {
    const sink = this.network.connections.find(
      (one) => one !== source && one.slot === (source.slot ^ 1) && one.lane === source.lane && one.fd >= 0,
    );
    if (source.slot < 0 || source.fd < 0 || sink === undefined || sink.failed || this.judge.wasSilent(source)) return;
    const left = source.produced - sink.arrived.position;
    // Those who stopped reading may hold all buffers there are: then nobody gets one, until they go.
    const { engine } = this.lanes[source.lane];
    if (engine.freeBuffers() === 0 && this.network.peers.some((peer) => peer.stoppedReading)) return;
    demand(left === 0 || sink.writable === 0, `${left} bytes of ${source.id} do not get to ${sink.id}, which would take them`);
    demand(left > 0 || !source.inEnded || sink.outEnded, `the end of ${source.id} is not passed on to ${sink.id}`);
  }

  private get over(): boolean {
    if (this.arrivals.length > 0 || this.network.openSockets > 0) return false;
    // A lane that drains may still accept somebody before its accept is cancelled.
    return this.lanes.every(({ listeners, draining, dataPlane }) =>
      draining ? dataPlane.idle : listeners.every((one) => this.network.queue(one).length === 0),
    );
  }

  private drain(one: SimulatedLane): void {
    this.network.trace(`lane ${one.base.worker} drains`);
    one.draining = true;
    this.noteChange();
    this.interrupt(one);
    one.dataPlane.drain(one.listeners.slice(0, one.listening));
  }

  /** Everything is over: the workers end by themselves once they are told to. */
  private drainAll(): void {
    for (const one of this.lanes) if (!one.draining) this.drain(one);
    for (const one of this.lanes) {
      for (let turns = 0; !one.dataPlane.idle; turns++) {
        demand(turns < 1000, `lane ${one.base.worker} does not end`);
        if (!this.turn(one)) demand(this.passTime(), `lane ${one.base.worker} sleeps for ever instead of ending`);
      }
    }
  }

  private judgeRemains(): void {
    for (const { base, engine, dataPlane } of this.lanes) {
      const { buffers } = engine;
      demand(dataPlane.sessionCount === 0, `${dataPlane.sessionCount} sessions are left`);
      demand(engine.operations === 0, `${engine.operations} operations are left`);
      demand(base.timers.size === 0, `${base.timers.size} timers are left`);
      demand(buffers.available === buffers.count, `${buffers.count - buffers.available} buffers are missing`);
      demand(engine.pipes.inUse === 0, `${engine.pipes.inUse} pipes are missing`);
      demand(base.counters[COUNTER.sessionsNow] === 0, `sessionsNow is ${base.counters[COUNTER.sessionsNow]}`);
    }
    const former = this.lanes.length * (this.plans.length - 1);
    demand(this.closed === former, `${this.closed} of ${former} plans were given up`);
    for (const tables of this.tables) this.judgeTables(tables);
    demand(this.network.openSockets === 0, `${this.network.openSockets} sockets are open`);
    this.judgeCounters();
  }

  private judgeTables(tables: SharedTables): void {
    const { gate, frontendGates, bindGates, proxies, servers } = tables;
    judgeQueuesEmpty(tables);
    for (const one of [gate, ...frontendGates, ...bindGates])
      demand(one === null || one.current === 0, `${one?.current} places of a gate are taken`);
    for (const counts of proxies.all) demand(counts.current === 0, `${counts.current} sessions are counted`);
    const [group] = servers.groups;
    for (let i = 0; i < group.size; i++) demand(group.active(i) === 0, `server ${i} counts ${group.active(i)} connections`);
  }

  private judgeCounters(): void {
    const [tables] = this.tables;
    demand(tables.counters.total('sessionsTotal') === this.judge.ends.length, 'sessionsTotal is not the number of sessions');
    let fromClients = 0;
    let fromServers = 0;
    for (const { client, server } of this.judge.ends) {
      fromClients += client.consumed;
      fromServers += server?.consumed ?? 0;
    }
    const counted = [tables.counters.total('bytesFromClients'), tables.counters.total('bytesFromServers')];
    if (!this.scenario.clean)
      demand(counted[0] <= fromClients && counted[1] <= fromServers, `more bytes are counted than came: ${counted}`);
    else if (counted[0] !== fromClients || counted[1] !== fromServers)
      throw new Violation(`${counted} bytes are counted, ${fromClients},${fromServers} came`);
  }
}
