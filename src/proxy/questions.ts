/**
 * What the master may ask a worker between two turns of its loop, and the answers. An answer is bounded
 * in size and in the time that it takes, whatever the load: sessions come in pages.
 */
import { getHeapStatistics } from 'node:v8';
import type { Engine } from '../kernel/engine.js';
import { FAMILY_IPV4, FAMILY_NONE, HostAddress } from '../kernel/host-address.js';
import { NO_SERVER } from './balance/balancer.js';
import type { DataPlane } from './data-plane.js';
import type { Lane, WorkerBase } from './lane.js';
import { formatIpv4, formatIpv6 } from './samples/addresses.js';
import { livePatterns, type PatternChange } from './samples/match/live.js';
import { CLOSING, type Endpoint, IDLE, killed, NO_BACKEND, type Session } from './session.js';

/** Sessions of one page. */
const PAGE_MAX = 100;
/** Places of the pool that are looked at for one page: a fraction of a millisecond. */
const LOOKED_AT_MAX = 4096;

/** What may be asked. */
export type Question =
  /** The sessions from that place of the pool on: a page of them. */
  | { readonly kind: 'sessions'; readonly from: number }
  /** End the session of that number; whether there was one. */
  | { readonly kind: 'shutdown-session'; readonly serial: number }
  /** Change the entries of a list of patterns of the plan of that number; true when that is done. */
  | { readonly kind: 'patterns'; readonly generation: number; readonly list: number; readonly change: PatternChange }
  /** What the worker holds. */
  | { readonly kind: 'holdings' };

/** Whether nothing changes by the answer. */
export function onlyLooks({ kind }: Question): boolean {
  return kind === 'sessions' || kind === 'holdings';
}

/** Some sessions, and where the next page begins; -1: there is none. */
export interface SessionPage {
  readonly sessions: readonly SessionView[];
  readonly next: number;
}

/** What a worker holds of what is limited. */
export interface WorkerHoldingsView {
  readonly sessions: number;
  /** Sessions that objects exist for. */
  readonly sessionsMade: number;
  readonly buffers: number;
  readonly timers: number;
  readonly completions: number;
  readonly internalErrors: number;
  /** Bytes of the thread's JavaScript heap in use, and of what it has outside of it: typed arrays. */
  readonly heapBytes: number;
  readonly arrayBytes: number;
}

/** An answer to any of them. */
export type WorkerAnswer = SessionPage | WorkerHoldingsView | boolean;

/** One end of a session. */
export interface EndpointView {
  readonly fd: number;
  readonly received: number;
  /** Buffers that wait to be sent to it, and bytes read from it that lie in a pipe. */
  readonly queued: number;
  readonly piped: number;
  readonly ended: boolean;
  /** Milliseconds until it is given up; null: never. */
  readonly expiresInMs: number | null;
}

/** A session, as people look at it. */
export interface SessionView {
  readonly serial: number;
  /** One of the states of proxy/session.ts. */
  readonly state: number;
  readonly source: string;
  readonly destination: string;
  readonly family: 'ipv4' | 'ipv6' | 'unix';
  readonly frontendName: string;
  readonly frontendId: number;
  readonly bind: string | null;
  readonly bindId: number;
  /** null: it has none yet. */
  readonly backend: { readonly name: string; readonly id: number } | null;
  readonly server: { readonly name: string; readonly id: number } | null;
  readonly acceptDateMs: number;
  readonly ageMs: number;
  /** Connection attempts that failed. */
  readonly retries: number;
  readonly waiting: boolean;
  readonly client: EndpointView;
  readonly serverSide: EndpointView;
  /** Where its connection to the server goes to, and comes from; null: there is none, or it is none of IP. */
  readonly serverAddress: string | null;
  readonly serverSource: string | null;
}

/** Answers a question. */
export function answer(base: WorkerBase, dataPlane: DataPlane, question: Question): WorkerAnswer {
  if (question.kind === 'sessions') return pageOf(base, question.from);
  if (question.kind === 'shutdown-session') return shutdown(base, dataPlane, question.serial);
  if (question.kind === 'patterns') return changePatterns(dataPlane, question);
  return holdingsOf(base);
}

function pageOf(base: WorkerBase, from: number): SessionPage {
  const { all } = base.sessions;
  const sessions: SessionView[] = [];
  const nowMs = base.engine.nowMs();
  const end = Math.min(all.length, from + LOOKED_AT_MAX);
  let at = from;
  for (; at < end && sessions.length < PAGE_MAX; at++) {
    const session = all[at];
    if (session.state !== IDLE && session.generation !== null) sessions.push(view(session, session.generation.lane, nowMs));
  }
  return { sessions, next: at < all.length ? at : -1 };
}

function shutdown(base: WorkerBase, dataPlane: DataPlane, serial: number): boolean {
  const session = base.sessions.all.find((one) => one.state !== IDLE && one.serial === serial && one.generation !== null);
  if (session === undefined || session.state === CLOSING) return false;
  dataPlane.finish(session, killed(session));
  return true;
}

/** A plan that is not in force any more is of no interest. */
function changePatterns(dataPlane: DataPlane, { generation, list, change }: Extract<Question, { kind: 'patterns' }>): boolean {
  const plan = dataPlane.laneOf(generation)?.plan;
  if (plan !== undefined) livePatterns(plan.patternLists[list]).change(change);
  return true;
}

function holdingsOf({ engine, sessions, timers }: WorkerBase): WorkerHoldingsView {
  // not process.memoryUsage(): it reads /proc, which behind a chroot is not there, and throws
  const { used_heap_size: heapBytes, external_memory: arrayBytes } = getHeapStatistics();
  return {
    sessions: sessions.size,
    sessionsMade: sessions.all.length,
    buffers: engine.buffers.count,
    timers: timers.size,
    completions: engine.stats.completions,
    internalErrors: engine.stats.internalErrors,
    heapBytes,
    arrayBytes,
  };
}

function view(session: Session, lane: Lane, nowMs: number): SessionView {
  const { plan, engine } = lane;
  const frontend = plan.frontends[session.frontend];
  const backend = session.backend === NO_BACKEND ? null : plan.backends[session.backend];
  const server = backend === null || session.chosen === NO_SERVER ? null : backend.servers[session.chosen];
  const bind = frontend.binds[session.bind];
  const source = session.readSource(engine);
  return {
    serial: session.serial,
    state: session.state,
    source: addressText(source, bind.id),
    destination: addressText(session.readDestination(engine), bind.id),
    family: source.family === FAMILY_NONE ? 'unix' : source.family === FAMILY_IPV4 ? 'ipv4' : 'ipv6',
    frontendName: frontend.name,
    frontendId: frontend.id,
    bind: bind.name,
    bindId: bind.id,
    backend: backend && { name: backend.name, id: backend.id },
    server: server && { name: server.name, id: server.id },
    acceptDateMs: session.acceptDateMs,
    ageMs: (nowMs - session.acceptedAt) | 0,
    retries: session.failures,
    waiting: session.serverQueuePosition + session.backendQueuePosition > 0,
    client: endpointView(session.client, nowMs),
    serverSide: endpointView(session.server, nowMs),
    ...serverAddresses(engine, session.server.fd),
  };
}

function serverAddresses(engine: Engine, fd: number): Pick<SessionView, 'serverAddress' | 'serverSource'> {
  if (fd < 0) return { serverAddress: null, serverSource: null };
  const address = new HostAddress();
  const text = (): string | null => (address.family === FAMILY_NONE ? null : addressText(address, 0));
  engine.peerAddress(fd, address);
  const serverAddress = text();
  engine.localAddress(fd, address);
  return { serverAddress, serverSource: serverAddress === null ? null : text() };
}

function endpointView({ fd, received, queued, pipeBytes, ended, timeoutMs, activeAt }: Endpoint, nowMs: number): EndpointView {
  const left = (activeAt + timeoutMs - nowMs) | 0;
  return { fd, received, queued, piped: pipeBytes, ended, expiresInMs: timeoutMs > 0 ? Math.max(0, left) : null };
}

/** `10.0.0.1:40000`, or `unix:1` with the number of the bind. */
function addressText({ family, word0, word1, word2, word3, port }: HostAddress, bindId: number): string {
  if (family === FAMILY_NONE) return `unix:${bindId}`;
  return `${family === FAMILY_IPV4 ? formatIpv4(word0) : formatIpv6([word0, word1, word2, word3])}:${port}`;
}
