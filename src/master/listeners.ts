/**
 * The listening sockets of a plan: opened for all workers, or taken over from whoever started the
 * process. Every address that cannot be had is found in one run. Accepting is the workers' business.
 */
import { rmSync } from 'node:fs';
import { formatAddress, type SocketAddress } from '../kernel/address.js';
import { closeDescriptor } from '../kernel/descriptors.js';
import { errnoText, SystemCallError, systemText } from '../kernel/errno.js';
import {
  adoptListener,
  listenAgain,
  localAddress,
  openListener,
  type SocketPermissions,
  stopListening,
  type TcpOptions,
} from '../kernel/listener.js';
import { groupId, userId } from '../kernel/users.js';
import type { BindPlan, FrontendPlan, Plan } from '../plan/plan.js';
import { BindError, type BindFailure, StartError } from './start-error.js';

/** What HAProxy calls the protocols of its listeners. */
const PROTOCOLS: Readonly<Record<SocketAddress['family'], string>> = { ipv4: 'tcpv4', ipv6: 'tcpv6', unix: 'unix_stream' };
/** A file that is not ours to remove any more: rights or the view of the file system were given up. */
const OUT_OF_REACH: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'EROFS']);

/** The listening sockets of one plan. */
export class Listeners {
  /** Where they listen, in the order of the plan's binds, with real port numbers; once open. */
  addresses: readonly SocketAddress[] = [];
  private readonly descriptors = new Set<number>();
  /** Files of the UNIX sockets among them, which go with them. */
  private readonly socketPaths = new Set<string>();
  private readonly failures: BindFailure[] = [];
  /** Sockets of each frontend that may stop listening: those that nobody else has. */
  private readonly own = new Map<string, { readonly fd: number; readonly backlog: number }[]>();

  constructor(private readonly plan: Plan) {}

  /**
   * One list of descriptors for each worker. Throws BindError for all that fail, after it has closed
   * those that did not, and StartError for a user or group that does not exist.
   */
  open(workers: number): number[][] {
    try {
      const perBind = this.plan.frontends.flatMap((frontend) =>
        frontend.binds.map((bind) => this.attempt(bind, frontend, workers)),
      );
      if (this.failures.length > 0) throw new BindError(this.failures);
      this.addresses = perBind.map(([first]) => localAddress(first));
      return Array.from({ length: workers }, (_, worker) => perBind.map((fds) => fds[worker]));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Closes them, and removes the files of UNIX sockets where that is still permitted. */
  close(): void {
    for (const fd of this.descriptors) closeDescriptor(fd);
    this.descriptors.clear();
    this.own.clear();
    for (const path of this.socketPaths) removeSocket(path);
    this.socketPaths.clear();
    this.addresses = [];
  }

  /**
   * Stops listening at the TCP addresses of a frontend, so that others may bind them. UNIX sockets, and
   * those that whoever started the process has as well, only are not accepted from. Throws SystemCallError.
   */
  pause(frontend: string): void {
    for (const { fd } of this.own.get(frontend) ?? []) stopListening(fd);
  }

  /** Listens again. Throws SystemCallError when somebody else has taken an address meanwhile. */
  resume(frontend: string): void {
    for (const { fd, backlog } of this.own.get(frontend) ?? []) listenAgain(fd, backlog);
  }

  /** After a chroot the paths of sockets mean other files; who starts next replaces a socket where nobody answers. */
  forgetPaths(): void {
    this.socketPaths.clear();
  }

  private attempt(bind: BindPlan, frontend: FrontendPlan, workers: number): number[] {
    try {
      return this.openBind(bind, frontend, workers);
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      const isListen = this.plan.backends.some((backend) => backend.id === frontend.id);
      this.failures.push(bindFailure(bind, `${isListen ? 'proxy' : 'frontend'} ${frontend.name}`, error));
      return [];
    }
  }

  /** A socket for each worker; UNIX sockets know no SO_REUSEPORT, and one that was inherited is one: all workers share it. */
  private openBind(bind: BindPlan, frontend: FrontendPlan, workers: number): number[] {
    const { address } = bind;
    const first = bind.inheritedFd === null ? this.openOne(bind, address, frontend) : this.adopt(bind, bind.inheritedFd);
    if (bind.inheritedFd !== null || address.family === 'unix') return new Array<number>(workers).fill(first);
    const real = localAddress(first); // the port, where the system chose it
    return Array.from({ length: workers }, (_, i) => (i === 0 ? first : this.openOne(bind, real, frontend)));
  }

  private openOne(bind: BindPlan, address: SocketAddress, frontend: FrontendPlan): number {
    const fd = openListener({
      address,
      backlog: bind.backlog,
      reusePort: true,
      v6only: bind.socket.v6only ? true : bind.socket.v4v6 ? false : null,
      tcp: this.tcpOptions(bind, frontend),
      permissions: socketPermissions(bind),
    });
    this.descriptors.add(fd);
    if (address.family === 'unix' && !address.abstract) this.socketPaths.add(address.path);
    if (address.family !== 'unix') this.ownOf(frontend.name).push({ fd, backlog: bind.backlog });
    return fd;
  }

  private ownOf(frontend: string): { fd: number; backlog: number }[] {
    const known = this.own.get(frontend) ?? [];
    this.own.set(frontend, known);
    return known;
  }

  private adopt(bind: BindPlan, fd: number): number {
    try {
      adoptListener(fd);
    } catch (error) {
      throw new StartError(`${bind.origin}: cannot use descriptor ${fd}: ${(error as Error).message}`);
    }
    this.descriptors.add(fd);
    return fd;
  }

  private tcpOptions({ socket }: BindPlan, { options }: FrontendPlan): TcpOptions {
    const { tune } = this.plan.process;
    return {
      interface: socket.interface,
      mss: socket.mss,
      deferAccept: socket.deferAccept,
      userTimeoutMs: socket.tcpUserTimeoutMs,
      fastOpen: socket.tfo,
      keepAlive: options.keepAlive,
      receiveBuffer: tune.clientReceiveBuffer,
      sendBuffer: tune.clientSendBuffer,
    };
  }
}

/** What is said of a socket that cannot be had; `proxy` is whose it is, as `frontend web`. */
export function bindFailure({ origin, address }: BindPlan, proxy: string, { syscall, errno }: SystemCallError): BindFailure {
  const kind = address.family === 'unix' ? 'UNIX socket' : 'socket';
  const where = address.family === 'unix' ? address.path : formatAddress(address);
  return {
    origin,
    proxy,
    protocol: PROTOCOLS[address.family],
    action: `${syscall} ${formatAddress(address)}`,
    reason: errnoText(errno),
    text: `cannot ${syscall} ${kind} (${systemText(errno)}) for [${where}]`,
  };
}

function removeSocket(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if (!OUT_OF_REACH.has((error as NodeJS.ErrnoException).code)) throw error;
  }
}

/** Who may connect to a UNIX socket. Throws StartError for a user or group that does not exist. */
export function socketPermissions({ socket, origin }: BindPlan): SocketPermissions {
  const number = (name: string | null, kind: string, find: (name: string) => number | null): number | null => {
    if (name === null) return null;
    const found = find(name);
    if (found === null) throw new StartError(`${origin}: there is no ${kind} '${name}'`);
    return found;
  };
  return { mode: socket.mode, uid: number(socket.user, 'user', userId), gid: number(socket.group, 'group', groupId) };
}
