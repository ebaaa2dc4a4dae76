/**
 * Gives sessions a server: by `use-server`, by what a stick table remembers, or by the balancing
 * algorithm; or a place in a queue where servers are full (`maxconn`, `minconn`, `maxqueue`,
 * configuration manual, section 5.2). It counts connections of servers and hands the one that a
 * session gives back to the next that waits. What follows is the connector's business.
 */
import type { BackendPlan, UseServerPlan } from '../plan/plan.js';
import { ANY_SERVER, type SessionQueues } from '../shared/queues.js';
import type { ServerGroup } from '../shared/servers.js';
import { type Balancer, createBalancer, NO_HASH, NO_SERVER } from './balance/balancer.js';
import { KeyHash } from './balance/hash.js';
import type { GrantTaker } from './grants.js';
import { KeyBytes } from './hash-key.js';
import type { Lane } from './lane.js';
import type { ExpressionCompiler, SampleContext, Test } from './samples/context.js';
import { FOUND } from './samples/sample.js';
import { QUEUED, type Session } from './session.js';
import type { Stickiness } from './stick/stickiness.js';

// What placing a session came to.
/** It has a connection to `session.chosen`. */
export const PLACED = 0;
/** It waits: `onGranted` will tell. */
export const WAITS = 1;
/** The server that it insists on has a full queue. */
export const NO_ROOM = 2;
/** No server takes connections. */
export const NO_USABLE = 3;
/** One of them. */
export type Placing = 0 | 1 | 2 | 3;

/** Algorithms that let nobody pass who waits: while a queue is there, whoever comes joins it. */
const IN_ORDER: ReadonlySet<string> = new Set(['roundrobin', 'static-rr', 'first']);
/** Algorithms that would choose the same server again. */
const BY_KEY: ReadonlySet<string> = new Set(['source', 'hash']);

/** How conditions, names and keys are evaluated; absent while nothing in the plan needs it. */
export interface Decisions {
  readonly compiler: ExpressionCompiler;
  /** The stick rules of each backend, null where it has none. */
  readonly stickiness: readonly (Stickiness | null)[];
  /** What expressions are evaluated against, turned to this session in its backend. */
  contextOf(session: Session): SampleContext;
  /** The unique id of a session (`unique-id-format`); '' when it has none. */
  uniqueId(session: Session): string;
}

/** Whom the dispatcher tells that waiting is over. */
export interface DispatchOwner {
  /** The session has a connection to `session.chosen`. */
  onGranted(session: Session): void;
  /** The server that it waited for is gone: it is to be placed anew. */
  onSentBack(session: Session): void;
  readonly nowMs: number;
}

/** A name that no server has: rules after it are not asked, and the algorithm chooses, as in HAProxy. */
const NOBODY = -2;

/** A `use-server` rule, ready to be evaluated: the server's number, NO_SERVER where its condition does not hold, or NOBODY. */
type UseServer = (context: SampleContext) => number;

/** One backend as this worker sees it. */
interface Backend {
  readonly plan: BackendPlan;
  readonly group: ServerGroup;
  readonly queues: SessionQueues;
  readonly balancer: Balancer;
  readonly hash: KeyHash;
  readonly key: KeyBytes | null;
  readonly useServers: readonly UseServer[];
  readonly stickiness: Stickiness | null;
  /** Whether a server that somebody asks for may be given the session: it is up, or `option persist` is set. */
  readonly serves: (server: number) => boolean;
  readonly inOrder: boolean;
  readonly byKey: boolean;
}

/** The choice of servers in one worker, by one plan. */
export class Dispatcher implements GrantTaker {
  private readonly backends: readonly Backend[];
  private readonly lockOwner: number;

  constructor(
    private readonly lane: Lane,
    private readonly owner: DispatchOwner,
    private readonly decisions: Decisions | null,
  ) {
    this.lockOwner = lane.worker + 1;
    this.backends = lane.plan.backends.map((plan, i) => this.openBackend(plan, i));
  }

  /** Places a session that comes from a frontend. */
  begin(session: Session): Placing {
    const backend = this.backends[session.backend];
    const { balancer, hash } = backend;
    if (balancer.needsSource) session.sourceHash = hash.ofSource(session.readSource(this.lane.engine));
    const wanted = this.decisions === null ? NO_SERVER : this.consult(session, backend, this.decisions);
    session.insists = wanted !== NO_SERVER;
    session.chosen = wanted;
    return this.place(session, NO_SERVER);
  }

  /**
   * Places a session: on the server it insists on, or on any.
   * @param avoid a server not to choose while there is another, or NO_SERVER
   */
  place(session: Session, avoid: number): Placing {
    const backend = this.backends[session.backend];
    const { group } = backend;
    group.lock(this.lockOwner);
    this.countSessions(session.backend);
    group.set.refresh();
    const placing = session.insists ? this.take(session, backend, session.chosen) : this.choose(session, backend, avoid);
    group.unlock();
    return placing;
  }

  /** Lets a session go from its server, so that another one may be chosen. */
  letGo(session: Session): void {
    session.former = session.chosen;
    this.release(session);
    session.insists = false;
  }

  /** Takes the session off its server, or out of the queue; the next one gets its connection. */
  release(session: Session): void {
    if (session.backend < 0) return;
    if (this.waits(session) && !this.cancel(session)) this.lane.grants.take();
    if (!session.counted) return;
    this.resume(session);
    session.counted = false;
    const { group, queues } = this.backends[session.backend];
    if (group.maxconn(session.chosen) === 0) {
      group.leave(session.chosen);
      return;
    }
    // Under the lock: whoever finds the server full meanwhile is in the queue before it is looked at.
    group.lock(this.lockOwner);
    group.leave(session.chosen);
    this.countSessions(session.backend);
    queues.serve(session.chosen, this.lane.wakeWorker);
    group.unlock();
  }

  /** The session waits before it connects again; where it keeps its place at the server, that has a connection less. */
  pause(session: Session): void {
    if (!session.counted) return;
    session.pausing = true;
    this.backends[session.backend].group.pause(session.chosen);
  }

  /** It waits no longer. */
  resume(session: Session): void {
    if (!session.pausing) return;
    session.pausing = false;
    this.backends[session.backend].group.resume(session.chosen);
  }

  /** Takes a session out of its queue; false when it has been granted a connection already: see `Grants.take`. */
  cancel(session: Session): boolean {
    const { group, queues } = this.backends[session.backend];
    const entry = this.lane.tables.queues.entries.entryOf(session.index);
    group.lock(this.lockOwner);
    const left = queues.leave(entry);
    group.unlock();
    if (left) this.notePosition(session, queues.position(entry));
    return left;
  }

  /** More than one active server takes connections. */
  hasOther(session: Session): boolean {
    const { group } = this.backends[session.backend];
    return group.set.count > 1 && !group.isBackup(group.set.members[0]);
  }

  /** The algorithm does not care which server it is. */
  isIndifferent(session: Session): boolean {
    return !session.insists && !this.backends[session.backend].byKey;
  }

  /** The server of a session serves, as far as checks and the operator say. */
  isUp(session: Session): boolean {
    return this.backends[session.backend].group.isUp(session.chosen);
  }

  private openBackend(plan: BackendPlan, i: number): Backend {
    const { tables } = this.lane;
    const group = tables.servers.groups[i];
    const { expression } = plan.balance;
    const asks = expression !== null || plan.useServers.length > 0;
    const compiler = asks ? (this.decisions?.compiler ?? null) : null;
    return {
      plan,
      group,
      queues: tables.queues.backends[i],
      balancer: createBalancer(plan.balance, group),
      hash: new KeyHash(plan.balance),
      key: expression !== null && compiler !== null ? new KeyBytes(compiler.expression(expression)) : null,
      useServers: compiler === null ? [] : plan.useServers.map((rule) => compileUseServer(rule, plan, compiler)),
      stickiness: this.decisions?.stickiness[i] ?? null,
      serves: (server) => group.isUp(server) || plan.options.persist,
      inOrder: IN_ORDER.has(plan.balance.algorithm),
      byKey: BY_KEY.has(plan.balance.algorithm),
    };
  }

  /** What rules and tables say of the server; and the key of `balance hash`. */
  private consult(session: Session, backend: Backend, decisions: Decisions): number {
    const { useServers, stickiness, key, serves } = backend;
    if (useServers.length === 0 && stickiness === null && key === null) return NO_SERVER;
    const context = decisions.contextOf(session);
    if (key !== null) session.sourceHash = key.read(context) ? backend.hash.ofBytes(key.bytes, 0, key.length) : NO_HASH;
    let wanted = NO_SERVER;
    for (let i = 0; i < useServers.length && wanted === NO_SERVER; i++) {
      const server = useServers[i](context);
      if (server === NOBODY) break;
      if (server !== NO_SERVER && serves(server)) wanted = server;
    }
    if (stickiness === null) return wanted;
    const remembered = stickiness.match(context, serves);
    return wanted === NO_SERVER ? remembered : wanted;
  }

  /** Servers with minconn take more the more sessions there are. */
  private countSessions(backend: number): void {
    const { servers, proxies } = this.lane.tables;
    servers.groups[backend].backendSessions = proxies.backends[backend].current;
  }

  private choose(session: Session, backend: Backend, avoid: number): Placing {
    const { group, queues, balancer, inOrder } = backend;
    session.chosen = NO_SERVER;
    if (group.set.count === 0) return NO_USABLE;
    if (inOrder && queues.length > 0) return this.join(session, backend, ANY_SERVER);
    const server = balancer.pick(session.sourceHash, avoid);
    if (server !== NO_SERVER) {
      session.chosen = server;
      if (server !== session.former) this.lane.statistics.balanced(session);
      return this.take(session, backend, server);
    }
    return group.set.count === 0 ? NO_USABLE : this.join(session, backend, ANY_SERVER);
  }

  private take(session: Session, backend: Backend, server: number): Placing {
    const { group } = backend;
    session.chosen = server;
    if (!group.isFull(server)) {
      group.enter(server);
      this.noteServer(session);
      return PLACED;
    }
    const maxqueue = group.maxqueue(server);
    if (maxqueue > 0 && group.queued(server) >= maxqueue) return NO_ROOM;
    return this.join(session, backend, server);
  }

  private join(session: Session, { queues, group }: Backend, server: number): Placing {
    const { tables, wakeWorker, statistics } = this.lane;
    session.waitsFor = this;
    const entry = tables.queues.entries.entryOf(session.index);
    queues.join(entry, server, session.priorityClass, session.priorityOffsetMs, this.owner.nowMs);
    statistics.queued(session, server === ANY_SERVER ? queues.length : group.queued(server));
    queues.serveIdle(wakeWorker);
    return WAITS;
  }

  private waits(session: Session): boolean {
    if (session.waitsFor === null) return false;
    const { queues } = this.backends[session.backend];
    const entry = this.lane.tables.queues.entries.entryOf(session.index);
    return queues.waits(entry) || queues.isGranted(entry);
  }

  onGrant(session: Session, entry: number): void {
    const { queues } = this.backends[session.backend];
    const server = queues.serverOf(entry);
    const waits = session.state === QUEUED;
    this.notePosition(session, queues.position(entry));
    this.takeGrant(session, entry, server, waits);
    if (!waits) return;
    if (server === ANY_SERVER) {
      session.insists = false;
      this.owner.onSentBack(session);
      return;
    }
    session.chosen = server;
    this.noteServer(session);
    this.owner.onGranted(session);
  }

  /**
   * Makes the connection that was granted the session's own, or the next one's when it has ended meanwhile. Under the
   * lock: whoever counts connections anew finds this one in one place.
   */
  private takeGrant(session: Session, entry: number, server: number, waits: boolean): void {
    const { group, queues } = this.backends[session.backend];
    group.lock(this.lockOwner);
    queues.accept(entry);
    if (server !== ANY_SERVER && waits) group.adopt(server);
    else if (server !== ANY_SERVER) {
      group.refuse(server);
      this.countSessions(session.backend);
      queues.serve(server, this.lane.wakeWorker);
    }
    group.unlock();
  }

  /** A session that waits for any server has none chosen. */
  private notePosition(session: Session, position: number): void {
    if (session.chosen === NO_SERVER) session.backendQueuePosition += position;
    else session.serverQueuePosition += position;
  }

  private noteServer(session: Session): void {
    const { group } = this.backends[session.backend];
    session.counted = true;
    this.lane.statistics.placed(session, group.active(session.chosen));
    if (session.former !== NO_SERVER && session.former !== session.chosen) session.redispatched = true;
  }
}

/** A rule whose condition holds names a server, or nobody. */
function compileUseServer({ server, condition }: UseServerPlan, plan: BackendPlan, compiler: ExpressionCompiler): UseServer {
  const test: Test | null = condition === null ? null : compiler.condition(condition);
  const holds = (context: SampleContext): boolean => test === null || test(context) === FOUND;
  if (typeof server === 'number') return (context) => (holds(context) ? server : NO_SERVER);
  const format = compiler.format(server);
  const byName = new Map(plan.servers.map(({ name }, i) => [name, i]));
  return (context) => (holds(context) ? (byName.get(format(context)) ?? NOBODY) : NO_SERVER);
}
