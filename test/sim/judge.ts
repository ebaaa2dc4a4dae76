/**
 * Holds a run against the promises of the relay: every byte once and in order, or an end with a
 * reason that really was there; nothing lost, nothing left over, nobody forgotten.
 */
import { type Endpoint, NO_BACKEND, type Session, type Termination } from '../../src/proxy/session.js';
import type { Connection } from './connection.js';
import type { Network } from './network.js';
import type { Scenario } from './scenario.js';
import { demand } from './violation.js';

/** The end of one session. */
interface End {
  readonly client: Connection;
  readonly server: Connection | null;
  readonly termination: Termination;
  readonly resetting: boolean;
  /** Rules have ended it: each side is closed in the way that they want. */
  readonly denied: boolean;
}

function isDenied({ client, server, vanishing }: Session): boolean {
  return vanishing || client.resetsOnClose || server.resetsOnClose;
}

export class Judge {
  readonly ends: End[] = [];
  /** Connections that were waited for in vain. */
  private readonly silent = new Set<Connection>();

  constructor(
    private readonly network: Network,
    private readonly scenario: Scenario,
  ) {}

  /** A session ends; its sockets are still open. */
  onFinish(session: Session, termination: Termination): void {
    const { network } = this;
    const client = network.connection(session.client.fd, 'the end of a session');
    const server = network.connectionOf(session.server.fd);
    if (network.tracing) network.trace(`end of client ${client.id}, server ${server?.id}: ${termination}`);
    this.ends.push({ client, server, termination, resetting: session.resetting, denied: isDenied(session) });
    const gaveUp = termination === 'CC' || termination === 'CQ';
    demand(!this.scenario.clean || termination === '--' || gaveUp, `a clean session ended with ${termination}`);
    if (!session.admitted || termination === 'PR' || termination === 'PD' || session.server.resetsOnClose) {
      this.judgeDenial(session, termination);
      return;
    }
    if (termination === 'CR') {
      demand(client.failed, `${termination}, but the client did not fail`);
      return;
    }
    if (termination === 'cR') {
      demand(this.silent.has(client), 'cR although nobody was silent');
      return;
    }
    if (termination === 'SD') demand(server !== null, `${termination} without a server`);
    // Whoever ended its stream while it was inspected, and waits or has failed once, is left alone without a word.
    if (termination === '--' && server === null) this.judgeGivenUp(client, termination);
    else if (termination === 'cC' || termination === 'cQ')
      demand(this.silent.has(client), `${termination} although the client was not silent`);
    else if (termination === '--') this.judgeComplete(client, server as Connection);
    else if (termination === 'CD') demand(client.failed, 'CD, but the client did not fail');
    else if (termination === 'SD') demand(server?.failed === true, 'SD, but the server did not fail');
    else if (termination === 'cD' || termination === 'sD')
      demand(
        this.silent.has(termination === 'cD' ? client : (server as Connection)),
        `${termination} although nobody was silent`,
      );
    else if (gaveUp) this.judgeGivenUp(client, termination);
    else this.judgeConnect(session, termination);
  }

  /** An endpoint was waited for in vain. */
  onSilence({ session, fd }: Endpoint): void {
    const one = this.network.connection(fd, 'a timeout');
    this.silent.add(one);
    const isClient = session.client.fd === fd;
    if (this.network.connectionOf(session.server.fd) === null) {
      const limit = this.scenario.plan.frontends[0].clientTimeoutMs;
      demand(limit > 0 && this.network.nowMs - one.activeAt >= limit, `silent after ${this.network.nowMs - one.activeAt} ms`);
      return;
    }
    const other = this.network.connection((isClient ? session.server : session.client).fd, 'a timeout');
    this.judgeTimeout(one, other, isClient ? 'cD' : 'sD');
  }

  /** It was waited for in vain: its stream has ended for the other side, whatever it still sends. */
  wasSilent(connection: Connection): boolean {
    return this.silent.has(connection);
  }

  /** All the streams that were read, and to whom they came. */
  judgeStreams(): void {
    const takers = new Map<number, Connection>();
    for (const connection of this.network.connections) {
      const { id } = connection.arrived;
      if (id < 0) continue;
      const source = this.network.connections[id - 257];
      demand(source !== undefined, `connection ${connection.id} got stream ${id}, which nobody sent`);
      demand(source.side !== connection.side, `connection ${connection.id} got the stream of ${id}, another ${source.side}`);
      demand(!takers.has(id), `connections ${takers.get(id)?.id} and ${connection.id} both got stream ${id}`);
      takers.set(id, connection);
      demand(
        source.arrived.id < 0 || source.arrived.id === connection.id,
        `connection ${connection.id} got stream ${id}, which has another partner`,
      );
      demand(
        connection.arrived.position <= source.consumed,
        `connection ${connection.id} got more of stream ${id} than there is`,
      );
    }
  }

  /** Everything is over: each accepted client had one session, and each session closed its sockets as it had to. */
  judgeEnds(): void {
    const { connections } = this.network;
    this.judgeStreams();
    for (const client of connections.filter((one) => one.side === 'client' && one.closed)) {
      const count = this.ends.filter((end) => end.client === client).length;
      demand(count === 1, `client ${client.id} was accepted and had ${count} sessions`);
    }
    for (const { client, server, resetting, denied } of this.ends) {
      for (const one of [client, server]) {
        if (one === null) continue;
        demand(one.closed, `connection ${one.id} was not closed`);
        demand(
          denied || one.resetOnClose === resetting,
          `connection ${one.id}: closed ${one.resetOnClose ? 'with' : 'without'} a reset`,
        );
      }
    }
  }

  private judgeComplete(client: Connection, server: Connection): void {
    for (const [source, sink] of [
      [client, server],
      [server, client],
    ]) {
      demand(source.inEnded || source.failed, `-- although ${source.side} ${source.id} has not ended its stream`);
      const { position } = sink.arrived;
      demand(position === source.consumed, `-- with ${source.consumed - position} bytes of ${source.id} undelivered`);
      demand(source.readable === 0 || source.failed, `-- with ${source.readable} bytes of ${source.id} unread`);
    }
  }

  /** A timeout must be configured, must have passed without a byte, and must not be the balancer's own fault. */
  private judgeTimeout(one: Connection, other: Connection, termination: 'cD' | 'sD'): void {
    const [frontend] = this.scenario.plan.frontends;
    const [backend] = this.scenario.plan.backends;
    const isClient = termination === 'cD';
    const own = isClient ? frontend.clientTimeoutMs : backend.serverTimeoutMs;
    const fin = isClient ? frontend.clientFinTimeoutMs : backend.serverFinTimeoutMs;
    const limit = one.outEnded && fin > 0 ? fin : backend.tunnelTimeoutMs > 0 ? backend.tunnelTimeoutMs : own;
    const { nowMs } = this.network;
    demand(limit > 0, `${termination} without a timeout`);
    demand(nowMs - one.activeAt >= limit, `${termination} after ${nowMs - one.activeAt} ms, not ${limit}`);
    const takesNothing = one.writable === 0;
    // What the other side has reset is read by nobody any more.
    const hasTaker = other.writable > 0 && !other.failed;
    const hasSomething = one.readable > 0 && nowMs - one.readableAt >= limit && hasTaker;
    demand(
      takesNothing || !hasSomething,
      `${termination}, but ${one.side} ${one.id} has had something to read for ${nowMs - one.readableAt} ms`,
    );
  }

  /** A session that rules have ended, or that never was one. */
  private judgeDenial(session: Session, termination: Termination): void {
    const [{ rules, binds }] = this.scenario.plan.frontends;
    const { response } = this.scenario.plan.backends[0].rules;
    const byRules = rules.connection.length + rules.content.length + response.length > 0;
    demand(byRules || binds[0].acceptProxy, `${termination} without a rule that could say so`);
    demand(!this.scenario.clean, 'a clean session was refused');
    if (session.backend === NO_BACKEND) demand(session.server.fd < 0, 'a server without a backend');
  }

  /** Only a client that has left, and that has sent nothing unless `option abortonclose` is there, is given up. */
  private judgeGivenUp(client: Connection, termination: Termination): void {
    const [{ options }] = this.scenario.plan.backends;
    if (client.failed) return;
    demand(client.inEnded, `${termination}, but the client is there`);
    demand(client.consumed === 0 || options.abortOnClose, `${termination} although the client has sent something`);
  }

  private judgeConnect(session: Session, termination: Termination): void {
    const [backend] = this.scenario.plan.backends;
    const { failures } = session;
    if (termination === 'sQ') {
      demand(backend.queueTimeoutMs > 0 && backend.servers.some(({ maxconn }) => maxconn > 0), 'sQ without a queue');
      return;
    }
    if (termination === 'SQ') {
      demand(
        backend.servers.some(({ maxqueue }) => maxqueue > 0),
        'SQ without a limit',
      );
      return;
    }
    if (termination === 'sC') demand(backend.connectTimeoutMs > 0, 'sC without a timeout');
    if (failures === 0)
      demand(
        backend.servers.every((server) => server.weight === 0),
        `${termination} although there are servers`,
      );
    else demand(this.network.connectFaults + this.network.systemFaults > 0, `${termination} although every attempt succeeded`);
  }
}
