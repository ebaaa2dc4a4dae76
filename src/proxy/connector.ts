/**
 * From a session that has a backend to an established connection to one of its servers: waits where
 * servers are full, connects, tries again after failures, on the same server one second later or on
 * another one (`retries`, `option redispatch`; configuration manual, 4.2), and gives up when the
 * client does (`option abortonclose`). Which server it is, the dispatcher says.
 */
import type { EncodedAddress } from '../kernel/address.js';
import { OP_CONNECT } from '../kernel/engine.js';
import type { BackendPlan } from '../plan/plan.js';
import { COUNTER } from '../shared/counters.js';
import { NO_SERVER } from './balance/balancer.js';
import { type Decisions, Dispatcher, type DispatchOwner, NO_ROOM, NO_USABLE, PLACED, type Placing } from './dispatch.js';
import type { Lane } from './lane.js';
import { ServerPrologue } from './server-prologue.js';
import { ServerSockets } from './server-sockets.js';
import {
  AWAITING_HEADER,
  CONNECTING,
  FAILED_NOT,
  FAILED_REFUSED,
  FAILED_TIMEOUT,
  isUnconnected,
  NO_FD,
  NOT_REACHED,
  QUEUED,
  RETRY_WAIT,
  type Session,
  type Termination,
} from './session.js';
import { isShortage } from './shortage.js';
import { SourceTrouble } from './source-trouble.js';

/** Wait before connecting to the same server again (ms), unless `timeout connect` is shorter. */
const TURN_AROUND_MS = 1000;

const CONNECT_PENDING = 1 << OP_CONNECT;

/** Whom the connector tells what became of a session. */
export interface ConnectorOwner {
  /** The connection is established; what is queued for the server, a PROXY header first, is to be sent. */
  onConnected(session: Session): void;
  finish(session: Session, termination: Termination): void;
  readonly nowMs: number;
}

/** The way from a session with a backend to an established server connection, in one worker. */
export class Connector implements DispatchOwner {
  private readonly dispatcher: Dispatcher;
  private readonly sockets: ServerSockets;
  private readonly sourceTrouble: SourceTrouble;
  private readonly prologue: ServerPrologue;

  /**
   * @param addresses of all servers, backends in order, their servers in order
   * @param decisions how conditions and keys are evaluated; null while the plan has none
   */
  constructor(
    private readonly lane: Lane,
    addresses: readonly EncodedAddress[],
    private readonly owner: ConnectorOwner,
    decisions: Decisions | null = null,
  ) {
    this.dispatcher = new Dispatcher(lane, this, decisions);
    this.sockets = new ServerSockets(lane, addresses);
    this.sourceTrouble = new SourceTrouble(lane);
    this.prologue = new ServerPrologue(lane, decisions);
  }

  get nowMs(): number {
    return this.owner.nowMs;
  }

  /** Begins to connect a session whose backend is set. */
  start(session: Session): void {
    this.onPlaced(session, this.dispatcher.begin(session));
  }

  /** Goes on with those for whose headers there are buffers now. Call it as the last thing of each turn. */
  endTurn(): void {
    for (let session = this.prologue.nextServed(); session !== null; session = this.prologue.nextServed())
      this.owner.onConnected(session);
  }

  onConnect(session: Session, result: number): void {
    const { server } = session;
    server.pending &= ~CONNECT_PENDING;
    server.cancelled &= ~CONNECT_PENDING;
    if (session.state !== CONNECTING) return;
    this.lane.timers.disarm(server.slot);
    // A connect that succeeded while its timer cancelled it has succeeded.
    if (result >= 0) {
      this.onEstablished(session);
      return;
    }
    this.sourceTrouble.metConnect(session.backend, result, this.nowMs);
    this.onFailure(session, session.timedOut ? FAILED_TIMEOUT : FAILED_REFUSED);
  }

  /** The timer of the server's endpoint fired before the session was relaying. */
  onTimer(session: Session): void {
    const { state, server } = session;
    if (state === QUEUED) this.onQueueTimeout(session);
    else if (state === RETRY_WAIT && session.counted) this.connect(session);
    else if (state === RETRY_WAIT) this.placeAnew(session);
    else if (state === CONNECTING) {
      session.timedOut = true;
      this.lane.counters[COUNTER.connectTimeouts]++;
      server.cancelled |= CONNECT_PENDING;
      this.lane.engine.cancel(server.slot, OP_CONNECT);
    }
  }

  /**
   * The client has ended its stream while there is no connection to a server yet. As in HAProxy, who
   * has sent something still gets it delivered, unless `option abortonclose` says otherwise; who has
   * sent nothing is given up.
   */
  onClientEnd(session: Session): void {
    if (!isUnconnected(session) || this.mustDeliver(session)) return;
    if (session.state === QUEUED && this.leaveQueue(session)) this.owner.finish(session, 'CQ');
    else if (isUnconnected(session)) this.owner.finish(session, 'CC');
  }

  /**
   * The client has been silent for too long while there is no connection to a server yet: its stream has
   * ended. As with HAProxy an attempt under way is waited for.
   */
  onClientSilent(session: Session): void {
    const { state } = session;
    session.termination = state === QUEUED ? 'cQ' : 'cC';
    if (state === QUEUED) this.giveUpQueueing(session);
    else if (state === RETRY_WAIT) this.owner.finish(session, 'cC');
  }

  /** The client's connection has failed while there is none to a server yet. */
  onClientLost(session: Session): void {
    if (session.state === QUEUED) this.leaveQueue(session);
    if (isUnconnected(session)) this.owner.finish(session, 'CD');
  }

  /** Takes the session off its server, or out of the queue: it is over. */
  release(session: Session): void {
    this.prologue.forget(session);
    this.dispatcher.release(session);
  }

  onGranted(session: Session): void {
    this.lane.timers.disarm(session.server.slot);
    this.onPlaced(session, PLACED);
  }

  onSentBack(session: Session): void {
    this.lane.timers.disarm(session.server.slot);
    this.placeAnew(session);
  }

  private onPlaced(session: Session, placing: Placing): void {
    if (placing === PLACED) {
      this.countMove(session);
      session.waitMs = (this.nowMs - session.acceptedAt) | 0;
      this.connect(session);
    } else if (placing === NO_USABLE) {
      this.lane.counters[COUNTER.noServer]++;
      this.lane.statistics.connectFailed(session);
      this.owner.finish(session, 'SC');
    } else if (placing === NO_ROOM) this.onNoRoom(session);
    else this.waitInQueue(session);
  }

  /** Another server than the one before is a redispatch, the same one another attempt. */
  private countMove(session: Session): void {
    if (session.former === NO_SERVER) return;
    const isSame = session.former === session.chosen;
    this.lane.counters[isSame ? COUNTER.retries : COUNTER.redispatches]++;
    this.lane.statistics.retried(session, session.former, isSame ? 'retries' : 'redispatches');
    session.former = NO_SERVER;
  }

  /** The queue of the server is full: with `option redispatch` it need not be this one. */
  private onNoRoom(session: Session): void {
    if (session.insists && this.planOf(session).redispatch !== 0) {
      this.dispatcher.letGo(session);
      this.placeAnew(session);
      return;
    }
    this.lane.counters[COUNTER.queuesFull]++;
    this.lane.statistics.connectFailed(session);
    this.owner.finish(session, 'SQ');
  }

  private waitInQueue(session: Session): void {
    const { queueTimeoutMs } = this.planOf(session);
    session.state = QUEUED;
    if (queueTimeoutMs > 0) this.lane.timers.arm(session.server.slot, this.nowMs, queueTimeoutMs);
    if (session.client.ended && !this.mustDeliver(session)) this.giveUpQueueing(session);
  }

  private placeAnew(session: Session): void {
    this.onPlaced(session, this.dispatcher.place(session, session.former));
  }

  private onQueueTimeout(session: Session): void {
    if (!this.leaveQueue(session)) return;
    this.lane.counters[COUNTER.queueTimeouts]++;
    this.lane.statistics.connectFailed(session);
    this.owner.finish(session, 'sQ');
  }

  /**
   * Takes a waiting session out of its queue; false when a connection was granted to it, and it goes
   * on: it may even be over.
   */
  private leaveQueue(session: Session): boolean {
    if (!this.dispatcher.cancel(session)) {
      this.lane.grants.take();
      return false;
    }
    session.waitMs = (this.nowMs - session.acceptedAt) | 0;
    return true;
  }

  /** Ends a session whose client is not there any more; as with HAProxy nothing is said of how long it waited. */
  private giveUpQueueing(session: Session): void {
    if (!this.leaveQueue(session)) return;
    session.waitMs = NOT_REACHED;
    this.owner.finish(session, '--');
  }

  /** What a client has sent before it left is still delivered. */
  private mustDeliver(session: Session): boolean {
    return session.server.queued > 0 && !this.planOf(session).options.abortOnClose;
  }

  private connect(session: Session): void {
    const { server } = session;
    const { engine, timers } = this.lane;
    const { connectTimeoutMs } = this.planOf(session);
    session.state = CONNECTING;
    session.timedOut = false;
    this.dispatcher.resume(session);
    const fd = this.sockets.open(session);
    if (fd < 0) {
      if (isShortage(fd)) this.lane.shortage.met(fd);
      else this.sourceTrouble.metBind(session.backend, fd, this.nowMs);
      this.onFailure(session, FAILED_REFUSED);
      return;
    }
    server.fd = fd;
    server.pending |= CONNECT_PENDING;
    engine.connect(server.slot, fd, this.sockets.address);
    this.lane.statistics.connecting(session, this.nowMs);
    if (connectTimeoutMs > 0) timers.arm(server.slot, this.nowMs, connectTimeoutMs);
  }

  private onEstablished(session: Session): void {
    session.connectMs = (this.nowMs - session.acceptedAt - session.waitMs) | 0;
    this.lane.tables.servers.groups[session.backend].noteConnected(session.chosen);
    this.lane.statistics.connected(session);
    if (this.prologue.prepare(session)) this.owner.onConnected(session);
    else session.state = AWAITING_HEADER;
  }

  private onFailure(session: Session, failure: number): void {
    const { plan } = this.lane;
    const { retries } = plan.backends[session.backend];
    const attempted = session.server.fd !== NO_FD;
    this.lane.counters[COUNTER.connectErrors]++;
    if (attempted && this.lane.tables.servers.groups[session.backend].noteFailure(session.chosen))
      this.lane.onErrorLimit(session.backend, session.chosen);
    this.closeServer(session);
    if (session.firstFailure === FAILED_NOT) session.firstFailure = failure;
    session.failures++;
    if (session.failures > retries) {
      this.lane.statistics.connectFailed(session);
      this.owner.finish(session, session.firstFailure === FAILED_TIMEOUT ? 'sC' : 'SC');
      return;
    }
    session.retries++;
    this.retry(session, failure, attempted);
  }

  /** As in HAProxy, only who comes back to a server that refused has to wait. */
  private retry(session: Session, failure: number, attempted: boolean): void {
    const another = this.redispatches(session);
    const waits = !attempted || (failure === FAILED_REFUSED && (!another || !this.dispatcher.hasOther(session)));
    if (another) this.dispatcher.letGo(session);
    else {
      this.lane.counters[COUNTER.retries]++;
      this.lane.statistics.retried(session, session.chosen, 'retries');
    }
    if (waits) this.waitToRetry(session);
    else if (another) this.placeAnew(session);
    else this.connect(session);
  }

  private waitToRetry(session: Session): void {
    const { connectTimeoutMs } = this.planOf(session);
    const waitMs = connectTimeoutMs > 0 ? Math.min(TURN_AROUND_MS, connectTimeoutMs) : TURN_AROUND_MS;
    session.state = RETRY_WAIT;
    this.dispatcher.pause(session);
    this.lane.timers.arm(session.server.slot, this.nowMs, waitMs);
    // It had ended before the attempt, or has been silent meanwhile: whom nobody waits for is not tried again.
    if (session.client.ended && !this.mustDeliver(session)) this.owner.finish(session, '--');
  }

  /**
   * Whether the next attempt may go to another server: after every so many, or when this one is down;
   * and at once where the algorithm does not mind which server it is, and there is another.
   */
  private redispatches(session: Session): boolean {
    const { redispatch, retries } = this.planOf(session);
    const { failures } = session;
    if (redispatch === 0) return false;
    if (!this.dispatcher.isUp(session)) return true;
    if (this.dispatcher.isIndifferent(session) && this.dispatcher.hasOther(session)) return true;
    if (redispatch > 0) return failures % redispatch === 0;
    const before = retries + 1 + redispatch; // -1: the last retry
    return before > 0 && failures % before === 0;
  }

  private closeServer({ server }: Session): void {
    if (server.fd === NO_FD) return;
    this.lane.engine.close(server.fd);
    this.lane.engine.retire(server.slot);
    server.fd = NO_FD;
  }

  private planOf(session: Session): BackendPlan {
    return this.lane.plan.backends[session.backend];
  }
}
