/**
 * The sockets of all checks: opens them where they are to go and come from, and looks after them often
 * enough. Most checks end within the call that began them, since peers are near; for the others the
 * time between looks grows from one millisecond to a few, so that thousands of checks a second cost
 * some hundred looks and not thousands of timers. Between checks that come in a row, a worker that
 * waits for this processor goes first: a row may take as long as twenty requests.
 */
import { isTooLong, type SocketAddress, seenBeneath, sockaddrBytes } from '../../kernel/address.js';
import { type Destination, type PollHandler, SocketPoller } from '../../kernel/poller.js';
import { giveWay } from '../../kernel/process.js';
import { encodeSetups, type SocketSetup } from '../../kernel/socket-setup.js';
import { AF_INET, AF_INET6, AF_UNIX, ENAMETOOLONG } from '../../kernel/sys/constants.js';
import type { SourcePlan } from '../../plan/plan.js';

/** Milliseconds between looks: first, and at most. Durations are as exact as that. */
const LOOK_MS_MIN = 1;
const LOOK_MS_MAX = 8;

/**
 * A look that comes so much late (ms) was not possible before: the process was stopped, or its host, or had no
 * processor. That time is not the servers': an answer may not even have been asked for.
 */
const AWAY_MS = 100;

/** Looks in a row. */
const ROUNDS_MAX = 3;

const FAMILIES = { ipv4: AF_INET, ipv6: AF_INET6, unix: AF_UNIX } as const;

const NOW = Promise.resolve();

/** Who waits for its sockets only so long. */
export interface Impatient {
  /** By performance.now(); put off when there was no time to look. */
  deadline: number;
  /** Nothing has come in time. */
  onLate(): void;
}

/** Who waits until all sockets have been looked after. */
export interface LookUser {
  /** It may begin and end checks. */
  onLookOver(): void;
}

/** The sockets; with the destinations that are in use, and sockets' setups by their sources, as many as a plan has. */
export class CheckSockets {
  private poller: SocketPoller | null = null;
  private readonly destinations = new WeakMap<SocketAddress, Destination>();
  private readonly setups = new Map<string, SocketSetup | null>();
  /** The next look: in the next turn, or later. Each is cleared by its own function: the other one would harm it. */
  private soon: NodeJS.Immediate | null = null;
  private later: NodeJS.Timeout | null = null;
  private lookMs = LOOK_MS_MIN;
  /** When the next look is due at the latest, by performance.now(). */
  private dueAt = Number.POSITIVE_INFINITY;
  /** The first look is on its way: when the call that begins checks has returned, for all that begin in it. */
  private begun: Promise<void> | null = null;
  private readonly waiting = new Set<Impatient>();
  /** A look is under way, and who waits for its end. */
  private looking = false;
  private atItsEnd: LookUser[] = [];

  /** @param root the folder that is the workers' root, where this thread is outside: paths of UNIX sockets are theirs */
  constructor(private readonly root = '') {}

  /** Sockets that checks use at the moment. */
  get open(): number {
    return this.poller?.watched ?? 0;
  }

  /** Descriptors of sockets, of those too that wait for their next use. */
  get descriptors(): number {
    return this.poller?.descriptors ?? 0;
  }

  /**
   * Begins to connect; a descriptor, or `-errno`. The handler hears of it, but not before this has returned.
   * @param brief nothing will be sent
   */
  connect(address: SocketAddress, source: SourcePlan | null, brief: boolean, handler: PollHandler): number {
    this.poller ??= new SocketPoller();
    const to = this.destinationOf(address);
    if (to === null) return -ENAMETOOLONG;
    const port = source === null || source.address.family === 'unix' ? 0 : source.address.port;
    giveWay();
    const fd = this.poller.connect(to, this.setupOf(source, to.family), port, brief, handler);
    if (fd < 0) return fd;
    this.lookMs = LOOK_MS_MIN;
    this.expectLook(0);
    this.begun ??= NOW.then(() => this.firstLook());
    return fd;
  }

  /** From now on its deadline holds. Late is only who has not answered when its sockets have been looked after. */
  await(waiter: Impatient): void {
    this.waiting.add(waiter);
  }

  /** It waits no longer. */
  forget(waiter: Impatient): void {
    this.waiting.delete(waiter);
  }

  /** Calls when all sockets have been looked after: what follows may close any of them. */
  afterLook(user: LookUser): void {
    this.atItsEnd.push(user);
    if (!this.looking) this.lookSoon();
  }

  /** The system's side of an open socket. */
  get system(): SocketPoller {
    if (this.poller === null) throw new Error('no socket has been opened');
    return this.poller;
  }

  /** Closes everything, for good. */
  stop(): void {
    this.forgetLook();
    this.atItsEnd = [];
    this.poller?.stop();
    this.poller = null;
  }

  private firstLook(): void {
    this.begun = null;
    if (this.poller !== null) this.lookNow();
  }

  /** A look when the event loop has seen to everything else. */
  private lookSoon(): void {
    this.expectLook(0);
    this.soon ??= setImmediate(() => this.lookNow());
  }

  private lookNow(): void {
    this.forgetLook();
    this.looking = true;
    this.putOffDeadlines();
    // What goes on at once is not kept waiting, but a peer that floods keeps nobody else waiting either.
    let rounds = 0;
    while (rounds < ROUNDS_MAX && this.open > 0 && this.system.poll() > 0) rounds++;
    this.endPatience();
    this.looking = false;
    const ended = this.atItsEnd;
    this.atItsEnd = [];
    for (const user of ended) user.onLookOver();
    if (this.poller === null || this.poller.watched === 0) return;
    if (rounds === ROUNDS_MAX) {
      this.lookMs = LOOK_MS_MIN;
      this.lookSoon();
    }
    if (this.soon !== null) return;
    this.later = setTimeout(() => this.lookNow(), this.lookMs).unref();
    this.expectLook(this.lookMs);
    this.lookMs = Math.min(LOOK_MS_MAX, 2 * this.lookMs);
  }

  private forgetLook(): void {
    if (this.soon !== null) clearImmediate(this.soon);
    if (this.later !== null) clearTimeout(this.later);
    this.soon = null;
    this.later = null;
  }

  private expectLook(inMs: number): void {
    this.dueAt = Math.min(this.dueAt, performance.now() + inMs);
  }

  /** By the time in which there should have been a look, if that is long. */
  private putOffDeadlines(): void {
    const awayMs = performance.now() - this.dueAt;
    this.dueAt = Number.POSITIVE_INFINITY;
    if (awayMs > AWAY_MS) for (const waiter of this.waiting) waiter.deadline += awayMs;
  }

  private endPatience(): void {
    const now = performance.now();
    for (const waiter of this.waiting) if (waiter.deadline <= now) waiter.onLate();
  }

  /** null: a path that is short enough for the workers is too long from outside. */
  private destinationOf(address: SocketAddress): Destination | null {
    const known = this.destinations.get(address);
    if (known !== undefined) return known;
    const seen = seenBeneath(this.root, address);
    if (seen.family === 'unix' && isTooLong(seen.path)) return null;
    const destination = { family: FAMILIES[address.family], sockaddr: sockaddrBytes(seen) };
    this.destinations.set(address, destination);
    return destination;
  }

  private setupOf(source: SourcePlan | null, family: number): SocketSetup | null {
    if (source === null) return null;
    const key = JSON.stringify([family, source]);
    const known = this.setups.get(key);
    if (known !== undefined) return known;
    const [setup] = encodeSetups([
      {
        ...{ family, receiveBuffer: 0, sendBuffer: 0, keepAlive: null, userTimeoutMs: 0 },
        interface: source.interface,
        source: source.address,
        sourcePorts: source.address.family !== 'unix' && source.address.port > 0,
      },
    ]).setups;
    this.setups.set(key, setup);
    return setup;
  }
}
