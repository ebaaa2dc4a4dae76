/**
 * What sessions add to the statistics of their frontend, bind, backend and server, at the moments at
 * which HAProxy does (management manual, 9.1). A message costs one addition to each of their rows;
 * everything else happens once in the life of a session.
 */
import { monotonicSeconds } from '../kernel/monotonic-clock.js';
import type { FrontendPlan } from '../plan/plan.js';
import type { ProxyCounts, ProxyTable } from '../shared/proxies.js';
import { type CountedStatistic, STAT } from '../shared/statistics-layout.js';
import { NO_SERVER } from './balance/balancer.js';
import type { Lane } from './lane.js';
import { type Endpoint, NO_BACKEND, NOT_REACHED, NOWHERE, type Session } from './session.js';

/** Adds bytes that have come from an endpoint, or takes off those that were none of its stream. */
export function countBytes({ session, bytesStat }: Endpoint, bytes: number): void {
  session.ofFrontend[bytesStat] += bytes;
  session.ofBind[bytesStat] += bytes;
  session.ofBackend[bytesStat] += bytes;
  session.ofServer[bytesStat] += bytes;
}

/** Bytes that had come from the peer of an endpoint will not be sent to it any more. */
export function countLost({ session, peer }: Endpoint, bytes: number): void {
  const stat = peer.bytesStat === STAT.bytesIn ? STAT.bytesInLost : STAT.bytesOutLost;
  session.ofFrontend[stat] += bytes;
  session.ofBind[stat] += bytes;
  session.ofBackend[stat] += bytes;
  session.ofServer[stat] += bytes;
}

/** The statistics of all sessions of one worker. */
export class SessionStatistics {
  private readonly proxies: ProxyTable;
  private readonly frontends: readonly FrontendPlan[];

  constructor(lane: Pick<Lane, 'plan' | 'tables'>) {
    this.proxies = lane.tables.proxies;
    this.frontends = lane.plan.frontends;
  }

  /** A connection was accepted; its frontend and bind are set. */
  accepted(session: Session, nowMs: number): void {
    const { proxies } = this;
    const frontend = proxies.frontends[session.frontend];
    proxies.process.connect(nowMs);
    frontend.connect(nowMs);
    frontend.arrive();
    session.ofFrontend = frontend.own;
    const bind = this.bindOf(session);
    if (bind === null) return;
    bind.connect(nowMs);
    bind.arrive();
    session.ofBind = bind.own;
  }

  /** It has passed the rules of connections and sessions. */
  admitted(session: Session, nowMs: number): void {
    const { proxies } = this;
    proxies.process.admit(nowMs);
    proxies.frontends[session.frontend].admit(nowMs);
    session.ofBind[STAT.sessions]++;
  }

  /** It was given a backend. */
  routed(session: Session, nowMs: number): void {
    const backend = this.proxies.backends[session.backend];
    backend.enter(nowMs);
    session.ofBackend = backend.own;
    session.ofBackend[STAT.bytesIn] += session.client.received;
  }

  /** The algorithm, not a rule or a table, chose its server. */
  balanced(session: Session): void {
    this.countBehind(session, 'balanced');
  }

  /** It waits in a queue that is now so long: that of its server, or of its backend. */
  queued({ backend, chosen }: Session, length: number): void {
    const { backends, servers } = this.proxies;
    (chosen === NO_SERVER ? backends[backend] : servers[backend][chosen]).note('queuedMax', length);
  }

  /** A connection to its server was counted; so many there are. */
  placed({ backend, chosen }: Session, current: number): void {
    this.proxies.servers[backend][chosen].note('currentMax', current);
  }

  /** An attempt to connect to its server has begun. */
  connecting(session: Session, nowMs: number): void {
    const server = this.serverOf(session);
    const seconds = monotonicSeconds();
    server.admit(nowMs);
    server.note('lastSession', seconds);
    this.proxies.backends[session.backend].note('lastSession', seconds);
    this.countBehind(session, 'connects');
  }

  /** The connection to its server has come about: what the client sends is that one's from now on. */
  connected(session: Session): void {
    session.ofServer = this.serverOf(session).own;
    session.ofServer[STAT.bytesIn] += session.client.received;
  }

  /** The same server is tried again, or the former gives way to another one. */
  retried(session: Session, server: number, statistic: 'retries' | 'redispatches'): void {
    this.proxies.servers[session.backend][server].own[STAT[statistic]]++;
    session.ofBackend[STAT[statistic]]++;
  }

  /** No connection came about: the attempts are over, or the time in the queue, or there was nobody to try. */
  connectFailed(session: Session): void {
    this.countBehind(session, 'connectErrors');
  }

  connectionDenied(session: Session): void {
    this.countBefore(session, 'connectionsDenied');
  }

  sessionDenied(session: Session): void {
    this.countBefore(session, 'sessionsDenied');
  }

  requestDenied(session: Session): void {
    this.countBefore(session, 'requestsDenied');
  }

  /** The client failed, or was silent for too long, while its request was looked at. */
  requestFailed(session: Session): void {
    this.countBefore(session, 'requestErrors');
  }

  responseDenied(session: Session): void {
    this.countBefore(session, 'responsesDenied');
    this.countBehind(session, 'responsesDenied');
  }

  /** The session is over. Its times and its end are known. */
  ended(session: Session, nowMs: number): void {
    const { waitMs, connectMs, acceptedAt, backend, chosen } = session;
    if (chosen !== NO_SERVER && session.ofServer === NOWHERE) this.connected(session); // in vain, but its bytes were meant for it
    this.countEnd(session);
    if (session.server.broken) this.countBehind(session, 'responseErrors');
    if (connectMs === NOT_REACHED) return;
    const totalMs = (nowMs - acceptedAt) | 0;
    this.proxies.backends[backend].sample(waitMs, connectMs, totalMs);
    this.proxies.servers[backend][chosen].sample(waitMs, connectMs, totalMs);
  }

  /** It leaves its backend, and its frontend and bind: nothing of it is left. */
  gone(session: Session): void {
    const { proxies } = this;
    if (session.backend !== NO_BACKEND) proxies.backends[session.backend].leave();
    proxies.frontends[session.frontend].leave();
    this.bindOf(session)?.leave();
  }

  /** Who is to blame for an end that is none of itself. */
  private countEnd(session: Session): void {
    const { termination } = session;
    const who = termination.charCodeAt(0);
    // Who leaves while there is no server yet aborts nothing.
    if (who === CLIENT_TIMEOUT || (who === CLIENT && termination !== 'CC' && termination !== 'CQ'))
      this.countAbort(session, 'clientAborts');
    else if ((who === SERVER || who === SERVER_TIMEOUT) && termination.charCodeAt(1) === IN_DATA)
      this.countAbort(session, 'serverAborts');
  }

  private countAbort(session: Session, statistic: CountedStatistic): void {
    this.countBefore(session, statistic);
    this.countBehind(session, statistic);
  }

  private countBefore({ ofFrontend, ofBind }: Session, statistic: CountedStatistic): void {
    ofFrontend[STAT[statistic]]++;
    ofBind[STAT[statistic]]++;
  }

  private countBehind(session: Session, statistic: CountedStatistic): void {
    session.ofBackend[STAT[statistic]]++;
    if (session.chosen !== NO_SERVER) this.serverOf(session).own[STAT[statistic]]++;
  }

  private serverOf({ backend, chosen }: Session): ProxyCounts {
    return this.proxies.servers[backend][chosen];
  }

  /** Binds are counted one by one only with `option socket-stats`. */
  private bindOf({ frontend, bind }: Session): ProxyCounts | null {
    return this.frontends[frontend].options.socketStats ? this.proxies.binds[frontend][bind] : null;
  }
}

// Letters of a termination.
const CLIENT = 'C'.charCodeAt(0);
const CLIENT_TIMEOUT = 'c'.charCodeAt(0);
const SERVER = 'S'.charCodeAt(0);
const SERVER_TIMEOUT = 's'.charCodeAt(0);
const IN_DATA = 'D'.charCodeAt(0);
