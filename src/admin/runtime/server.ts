/**
 * The runtime API's server: accepts connections on its sockets, up to `stats maxconn` of them, and has
 * each served with the commands of a registry. Who is beyond the limit waits in the kernel's queue.
 * What a request means, the registry and the commands know.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { duplicate } from '../../kernel/descriptors.js';
import type { LoadBalancer } from '../../master/balancer.js';
import type { Log } from '../../master/log.js';
import { type Answer, newSession, PERMISSION_DENIED, type ProcessControl, permits, type RuntimeSession } from '../command.js';
import { prefixOf, type Target, unknownTarget } from '../master-cli.js';
import type { Registry } from '../registry.js';
import { Connection, descriptorOf, type Respond } from './connection.js';
import type { Request } from './requests.js';
import type { RuntimeSocket } from './sockets.js';

/** What serving takes. */
export interface RuntimeServerOptions {
  readonly registries: Readonly<Record<'worker' | 'master', Registry>>;
  readonly balancer: LoadBalancer;
  readonly control: ProcessControl;
  readonly log: Log;
  /** Milliseconds of silence that end a connection. */
  readonly timeoutMs: number;
  /** Connections at a time, over all sockets. */
  readonly maxconn: number;
  /** Bytes of a line. */
  readonly lineMax: number;
}

/** Serves open sockets until it is closed. */
export class RuntimeServer {
  private readonly connections = new Set<Socket>();
  private acceptors: Acceptor[];

  constructor(
    sockets: readonly RuntimeSocket[],
    private readonly options: RuntimeServerOptions,
  ) {
    this.acceptors = sockets.map((socket) => new Acceptor(socket, (connection, acceptor) => this.admit(connection, acceptor)));
    this.resume();
  }

  /** Accepts no more but at the master's sockets; who is connected is served on. */
  refuse(): void {
    this.leave(({ socket }) => socket.plan.isMaster !== true);
  }

  private leave(leaves: (acceptor: Acceptor) => boolean): void {
    for (const acceptor of this.acceptors.filter(leaves)) acceptor.pause();
    this.acceptors = this.acceptors.filter((acceptor) => !leaves(acceptor));
  }

  /** Ends everything. */
  close(): void {
    this.leave(() => true);
    for (const connection of this.connections) connection.destroy();
  }

  private admit(connection: Socket, acceptor: Acceptor): void {
    this.connections.add(connection);
    acceptor.enter();
    if (this.connections.size >= this.options.maxconn) for (const one of this.acceptors) one.pause();
    const { level, severityOutput, exposeFdListeners, isMaster = false } = acceptor.socket.plan;
    const session = newSession({
      level,
      severityOutput,
      isMaster,
      timeoutMs: this.options.timeoutMs,
      descriptor: exposeFdListeners ? descriptorOf(connection) : -1,
    });
    void this.serve(connection, session, acceptor);
  }

  private async serve(socket: Socket, session: RuntimeSession, acceptor: Acceptor): Promise<void> {
    const { lineMax, log, control, balancer } = this.options;
    const uptimeMs = (): number => balancer.life.uptimeMs;
    const respond: Respond = (request, _session, left) => this.respond(request, session, left);
    const { acceptProxy } = acceptor.socket.plan.bind;
    try {
      await new Connection(socket, session, { respond, lineMax, uptimeMs, control, acceptProxy }).serve();
    } catch (error) {
      log.alert(`a connection to the runtime API was ended by a defect: ${(error as Error).stack}`);
    }
    this.connections.delete(socket);
    acceptor.leave();
    this.resume();
  }

  private resume(): void {
    if (this.connections.size < this.options.maxconn) for (const acceptor of this.acceptors) acceptor.resume();
  }

  private respond(request: Request, session: RuntimeSession, left: AbortSignal): Answer {
    const prefix = prefixOf(request.words);
    if (prefix.kind === 'none') return this.run(request, session, session.target, left);
    if (prefix.kind === 'unknown') return unknownTarget(prefix.word);
    const target = session.isMaster ? prefix.target : 'worker';
    if (prefix.stays) session.target = target;
    const words = request.words.slice(1);
    return words.length === 0 ? '' : this.run({ ...request, words }, session, target, left);
  }

  private run({ words, payload }: Request, session: RuntimeSession, target: Target, left: AbortSignal): Answer {
    const { registries, balancer, control } = this.options;
    const registry = registries[target];
    const found = registry.find(words, session);
    if (found === null) return registry.unknown(words, session);
    if (!permits(session, found.command.level)) return PERMISSION_DENIED;
    return found.command.run({ balancer, session, control, words: found.words, payload, left });
  }
}

/**
 * Takes connections from one listening socket, or leaves them in the kernel's queue: Node has no way
 * to stop accepting for a while, so its server is given a copy of the descriptor, and closed.
 */
class Acceptor {
  private server: Server | null = null;
  /** Clients that are served. */
  private served = 0;

  constructor(
    readonly socket: RuntimeSocket,
    private readonly onConnection: (connection: Socket, acceptor: Acceptor) => void,
  ) {}

  /** One more is served; the line of the socket may say how many may be (`maxconn`). */
  enter(): void {
    this.served++;
    if (this.isFull) this.pause();
  }

  leave(): void {
    this.served--;
  }

  private get isFull(): boolean {
    const { maxconn } = this.socket.plan.bind;
    return maxconn > 0 && this.served >= maxconn;
  }

  resume(): void {
    if (this.server !== null || this.isFull) return;
    const { descriptor, plan } = this.socket;
    const server = createServer({ allowHalfOpen: true }, (connection) => this.onConnection(connection, this));
    server.on('error', (error) => {
      throw error; // a descriptor that listens can be listened on
    });
    server.listen({ fd: duplicate(descriptor), backlog: plan.bind.backlog });
    this.server = server;
  }

  pause(): void {
    this.server?.close();
    this.server = null;
  }
}
