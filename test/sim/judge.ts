/**
 * Holds a run against the promises of the relay: every byte once and in order, or an end with a
 * reason that really was there; nothing lost, nothing left over, nobody forgotten.
 */
import type { Session, Termination } from '../../src/proxy/session.js';
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
}

export class Judge {
  readonly ends: End[] = [];

  constructor(
    private readonly network: Network,
    private readonly scenario: Scenario,
  ) {}

  /** A session ends; its sockets are still open. */
  onFinish(session: Session, termination: Termination): void {
    const { network } = this;
    const client = network.connection(session.client.fd, 'the end of a session');
    const server = session.server.fd < 0 ? null : network.connection(session.server.fd, 'the end of a session');
    if (network.tracing) network.trace(`end of client ${client.id}, server ${server?.id}: ${termination}`);
    this.ends.push({ client, server, termination, resetting: session.resetting });
    demand(!this.scenario.clean || termination === '--', `a clean session ended with ${termination}`);
    if (termination === '--' || termination === 'CD' || termination === 'SD')
      demand(server !== null, `${termination} without a server`);
    if (termination === '--') this.judgeComplete(client, server as Connection);
    else if (termination === 'CD') demand(client.failed, 'CD, but the client did not fail');
    else if (termination === 'SD') demand(server?.failed === true, 'SD, but the server did not fail');
    else if (termination === 'cD' || termination === 'sD') this.judgeTimeout(client, server as Connection, termination);
    else this.judgeConnect(session, termination);
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
    for (const { client, server, resetting } of this.ends) {
      for (const one of [client, server]) {
        if (one === null) continue;
        demand(one.closed, `connection ${one.id} was not closed`);
        demand(one.resetOnClose === resetting, `connection ${one.id}: closed ${one.resetOnClose ? 'with' : 'without'} a reset`);
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
  private judgeTimeout(client: Connection, server: Connection, termination: Termination): void {
    const [frontend] = this.scenario.plan.frontends;
    const [backend] = this.scenario.plan.backends;
    const isClient = termination === 'cD';
    const [one, other] = isClient ? [client, server] : [server, client];
    const own = isClient ? frontend.clientTimeoutMs : backend.serverTimeoutMs;
    const fin = isClient ? frontend.clientFinTimeoutMs : backend.serverFinTimeoutMs;
    const limit = one.outEnded && fin > 0 ? fin : backend.tunnelTimeoutMs > 0 ? backend.tunnelTimeoutMs : own;
    const { nowMs } = this.network;
    demand(limit > 0, `${termination} without a timeout`);
    demand(nowMs - one.activeAt >= limit, `${termination} after ${nowMs - one.activeAt} ms, not ${limit}`);
    const takesNothing = one.writable === 0;
    const hasSomething = one.readable > 0 && nowMs - one.readableAt >= limit && other.writable > 0;
    demand(
      takesNothing || !hasSomething,
      `${termination}, but ${one.side} ${one.id} has had something to read for ${nowMs - one.readableAt} ms`,
    );
  }

  private judgeConnect(session: Session, termination: Termination): void {
    const [backend] = this.scenario.plan.backends;
    const { failures } = session;
    if (termination === 'sC') demand(backend.connectTimeoutMs > 0, 'sC without a timeout');
    if (failures === 0)
      demand(
        backend.servers.every((server) => server.weight === 0),
        `${termination} although there are servers`,
      );
    else demand(this.network.connectFaults + this.network.systemFaults > 0, `${termination} although every attempt succeeded`);
  }
}
