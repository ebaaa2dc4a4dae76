/**
 * States and weights of servers, which the master alone sets: by health checks, by agents, by the
 * operator, by who embeds turbo-lb. It writes them into the server table, lets servers that follow
 * another one (`track`) do so, raises the weight of a server with `slowstart` step by step, and tells
 * an observer of each transition. It does not find out whether a server is well.
 */
import type { BackendPlan, BalancePlan, ServerPlan } from '../../plan/plan.js';
import {
  type ServerGroup,
  STATE_DOWN,
  STATE_DRAIN,
  STATE_MAINTENANCE,
  STATE_RESOLUTION,
  STATE_STARTING,
  STATE_STOPPING,
  STATES_OF_MAINTENANCE,
  WEIGHT_SCALE,
} from '../../shared/servers.js';

/** A step of a slow start; HAProxy's. */
const STEP_MS = 1000;

/** Time, for tests to replace. */
export interface Clock {
  /** Milliseconds, of any origin; never goes back. */
  now(): number;
  /** Calls once after that many milliseconds; the answer calls it off. */
  after(ms: number, call: () => void): () => void;
}

/** The computer's time; it does not keep the process alive. */
export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** A server, by its place in the plan. */
export interface ServerPlace {
  readonly backend: number;
  readonly server: number;
}

/** The states of a server: set for itself, and taken over from the server that it follows (bits STATE_*). */
export interface Standing {
  readonly own: number;
  readonly inherited: number;
}

/** A server has another state than before. */
export interface Transition {
  readonly place: ServerPlace;
  readonly before: Standing;
  readonly after: Standing;
  /** `reason: ...`, `changed from CLI`, or '' where nothing is to be said; not for followers. */
  readonly because: string;
  /** The server that it follows; null: none. */
  readonly followed: ServerPlace | null;
  /** Sessions that waited for it and were sent elsewhere, or waited for any server and were given to it. */
  readonly requeued: number;
}

/**
 * A server's state, weight or limit has changed.
 * @param letsGo it has just ceased to take new connections: who waits for it may go elsewhere
 * @returns sessions that do so, or that it has taken over from the queue of its backend
 */
export type OnServerChange = (place: ServerPlace, letsGo: boolean) => number;

/** Who hears of states, and knows what this class does not. */
export interface StateObserver {
  onTransition(transition: Transition): void;
  /** A server leaves its maintenance: whether it serves at once, as far as checks and agents are concerned. */
  mayServe(place: ServerPlace): boolean;
  /** A server enters its maintenance. */
  onMaintenance(place: ServerPlace): void;
  onWeight(place: ServerPlace): void;
}

/** What is known of a server beside what the table says. */
interface Entry {
  readonly plan: ServerPlan;
  readonly place: ServerPlace;
  readonly group: ServerGroup;
  /** Its algorithm heeds weights that change on the fly. */
  readonly isDynamic: boolean;
  /** Servers that track it. */
  readonly followers: Entry[];
  readonly followed: ServerPlace | null;
  /** STATE_* that were set for itself. */
  own: number;
  /** What was told of it last. */
  told: Standing;
  weight: number;
  /** When its slow start began; null: it is at full speed. */
  startedAt: number | null;
  callOff: (() => void) | null;
}

/** The states of all servers of a plan. */
export class ServerStates {
  /** Set once, by who watches over health; null: nobody does. */
  observer: StateObserver | null = null;
  private readonly entries: readonly (readonly Entry[])[];
  /** The number of each backend, by its name. */
  private readonly numbers: ReadonlyMap<string, number>;

  /**
   * Fills the table from the plan: servers are up at full weight, but those that are `disabled` or have no address.
   *
   * @param groups of the server table, one for each backend
   * @param onChange called after a server's state, weight or limit has changed
   * @param before the states of the plan before, which go on by the names of servers: what was set for them, slow
   * starts too. What the file says otherwise than before, `disabled` or a weight, holds. They are closed.
   */
  constructor(
    private readonly backends: readonly BackendPlan[],
    groups: readonly ServerGroup[],
    private readonly clock: Clock = SYSTEM_CLOCK,
    private readonly onChange: OnServerChange | null = null,
    before: ServerStates | null = null,
  ) {
    this.numbers = new Map(backends.map(({ name }, i) => [name, i]));
    this.entries = backends.map((backend, i) =>
      backend.servers.map((plan, j) => entryOf(backend, plan, { backend: i, server: j }, groups[i])),
    );
    for (const entry of this.entries.flat()) if (entry.followed) this.at(entry.followed).followers.push(entry);
    before?.close();
    if (before !== null) this.takeOver(before);
    for (const entry of this.entries.flat()) entry.told = this.standingOf(entry);
    for (const [i, backend] of backends.entries()) groups[i].configure(backend.fullconn, backend.options.allBackups);
    for (const entry of this.entries.flat()) {
      configure(entry);
      this.write(entry);
    }
  }

  private takeOver(before: ServerStates): void {
    for (const entry of this.entries.flat()) {
      const { plan } = entry;
      const place = before.find(this.backends[entry.place.backend].name, plan.name);
      if (place === null) continue;
      const former = before.at(place);
      const admin = plan.disabled === former.plan.disabled ? former.own : entry.own;
      // A name that was looked up stays so.
      const resolution = plan.unresolved && plan.fqdn === former.plan.fqdn ? former.own : entry.own;
      // Whom nothing watches any more, nothing would take up again.
      const watched = plan.check.enabled || plan.check.agent !== null ? former.own : former.own & ~(STATE_DOWN | STATE_STOPPING);
      entry.own = (watched & ~STATES_OF_MAINTENANCE) | (admin & STATE_MAINTENANCE) | (resolution & STATE_RESOLUTION);
      if (plan.weight === former.plan.weight) entry.weight = former.weight;
      if (former.startedAt !== null && plan.slowstartMs > 0) this.beginStart(entry, former.startedAt);
    }
  }

  /** The place of a server, by names; null: there is none of that name. */
  find(backendName: string, serverName: string): ServerPlace | null {
    const backend = this.numbers.get(backendName) ?? -1;
    const server = this.backends[backend]?.servers.findIndex(({ name }) => name === serverName) ?? -1;
    return server < 0 ? null : { backend, server };
  }

  /** The state in force, bits STATE_*; 0: up. */
  state(place: ServerPlace): number {
    return this.at(place).group.state(place.server);
  }

  /** Its weight as configured or set, slow start apart. */
  weight(place: ServerPlace): number {
    return this.at(place).weight;
  }

  /** What was set for itself and what it takes over from the server that it follows. */
  standing(place: ServerPlace): Standing {
    return this.at(place).told;
  }

  /**
   * It serves (again); with `slowstart`, slowly at first.
   * @param because `reason: ...` for the log
   */
  setUp(place: ServerPlace, because = ''): void {
    this.change(place, STATE_DOWN | STATE_STOPPING, 0, because);
  }

  /** It does not serve. */
  setDown(place: ServerPlace, because = ''): void {
    this.change(place, STATE_STOPPING, STATE_DOWN, because);
  }

  /** It wants no new connections but those that insist on it, as its checks say (`http-check disable-on-404`). */
  setStopping(place: ServerPlace, because = ''): void {
    this.change(place, STATE_DOWN, STATE_STOPPING, because);
  }

  /** Takes it out of service, as `disable server`; ends a drain. */
  setMaintenance(place: ServerPlace): void {
    this.enterMaintenance(place, STATE_MAINTENANCE, STATE_DRAIN);
  }

  /** Gives it no new connections; ends a maintenance. */
  setDrain(place: ServerPlace): void {
    this.leaveMaintenance(place, STATE_MAINTENANCE, STATE_DRAIN);
  }

  /** Ends maintenance and drain, as `enable server`; with `slowstart`, it begins slowly after maintenance. */
  setReady(place: ServerPlace): void {
    this.leaveMaintenance(place, STATE_MAINTENANCE, 0);
  }

  /**
   * It has an address, or has none: without one it is in maintenance, whatever else holds.
   * @param because what the line about it says in parentheses: `DNS timeout status`
   */
  setResolved(place: ServerPlace, resolved: boolean, because = ''): void {
    const drain = this.at(place).own & STATE_DRAIN;
    if (resolved) this.leaveMaintenance(place, STATE_RESOLUTION, drain);
    else this.enterMaintenance(place, STATE_RESOLUTION, 0, because);
  }

  /** Throws RangeError, in HAProxy's words, for a weight that the server cannot have. */
  setWeight(place: ServerPlace, weight: number): void {
    const entry = this.at(place);
    if (!Number.isInteger(weight) || weight < 0 || weight > 256)
      throw new RangeError('Absolute weight can only be between 0 and 256 inclusive.');
    if (!entry.isDynamic && weight !== 0 && weight !== entry.plan.weight)
      throw new RangeError("Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.");
    entry.weight = weight;
    this.write(entry);
    this.observer?.onWeight(place);
  }

  /** A check has found it well: connections that failed before do not count any more (`error-limit`). */
  forgetFailures(place: ServerPlace): void {
    this.at(place).group.noteConnected(place.server);
  }

  /** Connections at a time; 0: no limit. */
  maxconn(place: ServerPlace): number {
    return this.at(place).group.maxconn(place.server);
  }

  /** Connections at a time, 0: no limit; the lower limit of a server that has one stays (`set maxconn server`). */
  setMaxconn(place: ServerPlace, maxconn: number): void {
    const { group, plan } = this.at(place);
    group.setMaxconn(place.server, maxconn, plan.minconn < plan.maxconn ? plan.minconn : 0);
    this.onChange?.(place, false);
  }

  /** Ends slow starts for good: the table is no longer of use. */
  close(): void {
    for (const entry of this.entries.flat()) entry.callOff?.();
  }

  private at({ backend, server }: ServerPlace): Entry {
    const entry = this.entries[backend]?.[server];
    if (entry === undefined) throw new RangeError(`there is no server ${server} in backend ${backend}`);
    return entry;
  }

  private enterMaintenance(place: ServerPlace, bit: number, cleared: number, because = ''): void {
    if ((this.at(place).own & STATES_OF_MAINTENANCE) === 0) this.observer?.onMaintenance(place);
    this.change(place, cleared, bit, because);
  }

  /** After maintenance of either kind a server is up, unless somebody knows better. */
  private leaveMaintenance(place: ServerPlace, bit: number, drain: number): void {
    const kinds = this.at(place).own & STATES_OF_MAINTENANCE;
    const leaves = kinds === bit;
    const health = leaves ? STATE_DOWN | STATE_STOPPING : 0;
    const down = leaves && this.observer?.mayServe(place) === false ? STATE_DOWN : 0;
    this.change(place, bit | STATE_DRAIN | health, drain | down);
  }

  private change(place: ServerPlace, cleared: number, set: number, because = ''): void {
    const entry = this.at(place);
    const own = (entry.own & ~cleared) | set;
    // A new generation for every good check would have the workers look at all servers anew.
    if (own === entry.own) return;
    entry.own = own;
    this.apply(entry, because);
  }

  /** Puts a server, and those that follow it, into the state that is due. */
  private apply(entry: Entry, because: string): void {
    const { group, place } = entry;
    const wasUp = group.isUp(place.server);
    const after = this.standingOf(entry);
    const state = after.own | after.inherited;
    const isUp = (state & (STATE_DOWN | STATES_OF_MAINTENANCE)) === 0;
    if (!isUp) this.endStart(entry);
    else if (!wasUp && entry.plan.slowstartMs > 0) this.beginStart(entry);
    const moved = this.write(entry, state !== 0 && state !== (entry.told.own | entry.told.inherited));
    this.tell(entry, after, because, moved);
    for (const follower of entry.followers) this.apply(follower, '');
  }

  private tell(entry: Entry, after: Standing, because: string, requeued: number): void {
    const { place, followed, told: before } = entry;
    if (before.own === after.own && before.inherited === after.inherited) return;
    entry.told = after;
    this.observer?.onTransition({ place, before, after, because, followed, requeued });
  }

  /** Its own state and that of whom it follows. */
  private standingOf(entry: Entry): Standing {
    return { own: entry.own, inherited: entry.followed === null ? 0 : this.stateOf(this.at(entry.followed)) };
  }

  private stateOf(entry: Entry): number {
    const { own, inherited } = this.standingOf(entry);
    return own | inherited;
  }

  private beginStart(entry: Entry, at = this.clock.now()): void {
    entry.startedAt = at;
    this.awaitStep(entry);
  }

  private awaitStep(entry: Entry): void {
    entry.callOff = this.clock.after(STEP_MS, () => {
      if (this.secondsOf(entry) >= slowstartSeconds(entry)) this.endStart(entry);
      else this.awaitStep(entry);
      this.write(entry);
    });
  }

  private endStart(entry: Entry): void {
    entry.callOff?.();
    entry.startedAt = null;
  }

  /** Whole seconds since the slow start began; a timer is not always on the millisecond. */
  private secondsOf({ startedAt }: Entry): number {
    return Math.round((this.clock.now() - (startedAt ?? 0)) / 1000);
  }

  /** Writes all that can change into the table; see OnServerChange. */
  private write(entry: Entry, letsGo = false): number {
    const { group, place, weight, isDynamic } = entry;
    const starts = entry.startedAt !== null;
    const [elapsed, whole] = starts ? [this.secondsOf(entry), slowstartSeconds(entry)] : [1, 1];
    const sixteenths = starts && isDynamic ? Math.trunc((WEIGHT_SCALE * elapsed + whole) / whole) : WEIGHT_SCALE;
    group.setThrottle(place.server, Math.min(100, Math.trunc((100 * elapsed) / whole)));
    group.setWeight(place.server, weight, weight * Math.min(WEIGHT_SCALE, sixteenths));
    group.setState(place.server, this.stateOf(entry) | (starts ? STATE_STARTING : 0));
    return this.onChange?.(place, letsGo) ?? 0;
  }
}

function entryOf(backend: BackendPlan, plan: ServerPlan, place: ServerPlace, group: ServerGroup): Entry {
  return {
    plan,
    place,
    group,
    isDynamic: isDynamic(backend.balance),
    followers: [],
    followed: plan.track,
    own: (plan.disabled ? STATE_MAINTENANCE : 0) | (plan.unresolved ? STATE_RESOLUTION : 0),
    told: { own: 0, inherited: 0 },
    weight: plan.weight,
    startedAt: null,
    callOff: null,
  };
}

function configure({ group, place, plan, weight: now }: Entry): void {
  const { id, weight, backup, minconn, maxqueue, check, track } = plan;
  const failuresMax = check.enabled && track === null && check.observe === 'layer4' ? check.errorLimit : 0;
  // A minconn alone, or one above maxconn, is the limit.
  const limits = { minconn, maxqueue, maxconn: Math.max(plan.maxconn, minconn) };
  group.configureServer(place.server, { id, weight, backup, failuresMax, ...limits }, now);
}

/** Weights may change while servers are up (configuration manual, `balance`, `hash-type`). */
function isDynamic({ algorithm, hashType }: BalancePlan): boolean {
  if (algorithm === 'static-rr') return false;
  return (algorithm !== 'source' && algorithm !== 'hash') || hashType.method === 'consistent';
}

/** HAProxy counts slow starts in seconds, a part of one as a whole. */
function slowstartSeconds({ plan }: Entry): number {
  return Math.ceil(plan.slowstartMs / 1000);
}
