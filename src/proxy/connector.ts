/**
 * Chooses a server for a session and connects to it; tries again after failures, on the same
 * server one second later, or on another one (`retries`, `option redispatch`; configuration
 * manual, 4.2).
 */

import type { EncodedAddress } from '../kernel/address.js';
import { OP_CONNECT } from '../kernel/engine.js';
import type { BackendPlan } from '../plan/plan.js';
import { COUNTER } from '../shared/counters.js';
import type { ServerGroup } from '../shared/servers.js';
import { type Balancer, createBalancer, NO_SERVER } from './balance/balancer.js';
import { sourceHash } from './balance/source.js';
import type { Lane } from './lane.js';
import { CONNECTING, NO_FD, RETRY_WAIT, type Session, type Termination } from './session.js';

/** Wait before connecting to the same server again (ms), unless `timeout connect` is shorter. */
const TURN_AROUND_MS = 1000;

const CONNECT_PENDING = 1 << OP_CONNECT;

/** Whom the connector tells what became of a session. */
export interface ConnectorOwner {
  onConnected(session: Session): void;
  finish(session: Session, termination: Termination): void;
  readonly nowMs: number;
}

/** One backend as this worker sees it. */
interface Backend {
  readonly plan: BackendPlan;
  readonly group: ServerGroup;
  readonly balancer: Balancer;
  readonly addresses: readonly EncodedAddress[];
}

/** The way from an accepted session to an established server connection, in one worker. */
export class Connector {
  private readonly backends: readonly Backend[];

  /** @param addresses of all servers, backends in order, their servers in order */
  constructor(
    private readonly lane: Lane,
    addresses: readonly EncodedAddress[],
    private readonly owner: ConnectorOwner,
  ) {
    let first = 0;
    this.backends = lane.plan.backends.map((plan, i) => {
      const group = lane.tables.servers.groups[i];
      const own = addresses.slice(first, first + plan.servers.length);
      first += plan.servers.length;
      return { plan, group, balancer: createBalancer(plan.balance, group), addresses: own };
    });
  }

  /** Begins to connect a session whose backend is set. */
  start(session: Session): void {
    const { balancer } = this.backends[session.backend];
    if (balancer.needsSource) session.sourceHash = sourceHash(session.readSource(this.lane.engine));
    if (this.choose(session, NO_SERVER)) this.connect(session);
  }

  onConnect(session: Session, result: number): void {
    const { server } = session;
    server.pending &= ~CONNECT_PENDING;
    server.cancelled &= ~CONNECT_PENDING;
    if (session.state !== CONNECTING) return;
    this.lane.timers.disarm(server.slot);
    // A connect that succeeded while its timer cancelled it has succeeded.
    if (result >= 0) this.owner.onConnected(session);
    else this.onFailure(session);
  }

  /** The timer of the server's endpoint fired before the session was relaying. */
  onTimer(session: Session): void {
    if (session.state === RETRY_WAIT) {
      this.connect(session);
      return;
    }
    const { server } = session;
    session.timedOut = true;
    this.lane.counters[COUNTER.connectTimeouts]++;
    server.cancelled |= CONNECT_PENDING;
    this.lane.engine.cancel(server.slot, OP_CONNECT);
  }

  /** Takes the session off its server. */
  release(session: Session): void {
    if (session.chosen === NO_SERVER) return;
    this.backends[session.backend].group.leave(session.chosen);
    session.chosen = NO_SERVER;
  }

  private choose(session: Session, avoid: number): boolean {
    const { group, balancer } = this.backends[session.backend];
    group.lock(this.lane.worker + 1);
    const server = balancer.pick(session.sourceHash, avoid);
    if (server !== NO_SERVER) group.enter(server);
    group.unlock();
    session.chosen = server;
    if (server !== NO_SERVER) return true;
    this.lane.counters[COUNTER.noServer]++;
    this.owner.finish(session, 'SC');
    return false;
  }

  private connect(session: Session): void {
    const { plan, addresses } = this.backends[session.backend];
    const { server } = session;
    const { engine, timers } = this.lane;
    const address = addresses[session.chosen];
    session.state = CONNECTING;
    session.timedOut = false;
    const fd = engine.openSocket(address);
    if (fd < 0) {
      this.lane.shortage.met(fd);
      this.onFailure(session);
      return;
    }
    server.fd = fd;
    server.pending |= CONNECT_PENDING;
    engine.connect(server.slot, fd, address);
    if (plan.connectTimeoutMs > 0) timers.arm(server.slot, this.owner.nowMs, plan.connectTimeoutMs);
  }

  private onFailure(session: Session): void {
    const backend = this.backends[session.backend];
    const { plan } = backend;
    const { engine, counters, timers } = this.lane;
    const { server } = session;
    const attempted = server.fd !== NO_FD;
    counters[COUNTER.connectErrors]++;
    if (attempted) {
      engine.close(server.fd);
      engine.retire(server.slot);
      server.fd = NO_FD;
    }
    session.failures++;
    if (session.failures > plan.retries) {
      this.owner.finish(session, session.timedOut ? 'sC' : 'SC');
      return;
    }
    const another = this.redispatches(backend, session.failures);
    if (!another) counters[COUNTER.retries]++;
    else if (!this.moveOn(session)) return;
    // Without a socket there was no attempt: the next server would fare no better at once.
    if (another && attempted && this.hasOtherInTurn(backend)) {
      this.connect(session);
      return;
    }
    session.state = RETRY_WAIT;
    const wait = plan.connectTimeoutMs > 0 ? Math.min(TURN_AROUND_MS, plan.connectTimeoutMs) : TURN_AROUND_MS;
    timers.arm(server.slot, this.owner.nowMs, wait);
  }

  /**
   * Whether the attempt after this many failures goes to another server. As in HAProxy, roundrobin
   * does not insist on a server and passes on after each of them.
   */
  private redispatches(backend: Backend, failures: number): boolean {
    const { plan } = backend;
    if (plan.redispatch === 0) return false;
    if (this.hasOtherInTurn(backend)) return true;
    if (plan.redispatch > 0) return failures % plan.redispatch === 0;
    const before = plan.retries + 1 + plan.redispatch; // -1: the last retry
    return before > 0 && failures % before === 0;
  }

  /** The backend is served in turn, and has more than one server to turn to. */
  private hasOtherInTurn({ plan, group }: Backend): boolean {
    if (plan.balance.algorithm !== 'roundrobin') return false;
    let usable = 0;
    for (let server = 0; server < group.size; server++) if (group.weight(server) > 0) usable++;
    return usable > 1;
  }

  /** Chooses again; that the choice is the same server makes it a retry. */
  private moveOn(session: Session): boolean {
    const failed = session.chosen;
    this.release(session);
    if (!this.choose(session, failed)) return false;
    this.lane.counters[session.chosen === failed ? COUNTER.retries : COUNTER.redispatches]++;
    return true;
  }
}
