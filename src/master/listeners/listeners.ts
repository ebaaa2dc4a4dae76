/**
 * The listening sockets of the plan in force: opened for all workers, or taken over from whoever started
 * the process. Every address that cannot be had is found in one run. Another plan keeps the sockets
 * of the addresses that it has, too. Accepting is the workers' business.
 */
import { formatAddress, type SocketAddress } from '../../kernel/address.js';
import { closeDescriptor } from '../../kernel/descriptors.js';
import { errnoText, SystemCallError, systemText } from '../../kernel/errno.js';
import {
  adoptListener,
  changeListener,
  type ListenerSettings,
  listen,
  localAddress,
  openBound,
  openListener,
  type SocketPermissions,
  setPermissions,
  stopListening,
  type TcpOptions,
  takeOverListener,
} from '../../kernel/listener.js';
import { groupId, userId } from '../../kernel/users.js';
import type { BindPlan, FrontendPlan, Plan } from '../../plan/plan.js';
import { BindError, type BindFailure, StartError } from '../start-error.js';
import { Departure, type Leaving, type Successor } from './departure.js';
import type { HandedListeners } from './handed-listeners.js';
import { SocketFile } from './socket-file.js';

/** What HAProxy calls the protocols of its listeners. */
const PROTOCOLS: Readonly<Record<SocketAddress['family'], string>> = { ipv4: 'tcpv4', ipv6: 'tcpv6', unix: 'unix_stream' };

/** The sockets of one bind. */
interface OpenBind {
  /** The same for binds that can have the same sockets. */
  readonly key: string;
  readonly bind: BindPlan;
  readonly frontend: string;
  /** By worker; UNIX sockets and inherited ones are one for all. */
  readonly fds: readonly number[];
  /** Those among them that the process before has handed over: it may have them still, and go on with them. */
  readonly handed: readonly number[];
  /** With the real port number. */
  readonly address: SocketAddress;
  readonly settings: ListenerSettings;
  /** Of a UNIX socket; null: it has none, or it is not ours. */
  readonly file: SocketFile | null;
}

/** What there is of the process before this one. */
export interface Predecessor {
  /** Listening sockets that it has handed over. */
  readonly handed: HandedListeners | null;
  /** It may still listen at the paths of UNIX sockets, which change hands in one step. */
  readonly replaces: boolean;
  /**
   * New TCP sockets are to listen when the change says so: who is connected before anybody accepts waits, and is reset
   * if the start fails.
   */
  readonly listensLater?: boolean;
}

const NOBODY: Predecessor = { handed: null, replaces: false };

/** The sockets of another plan, made ready. */
export interface ListenerChange {
  /** One list of descriptors for each worker, in the order of the plan's binds. */
  readonly descriptors: number[][];
  /** New TCP sockets are connected to from now on, where `prepare` has not seen to that. Throws BindError. */
  listen(): void;
  /** The paths of UNIX sockets are theirs from now on: whoever listened there does so no more. Throws StartError. */
  publish(): void;
  /**
   * The plan is in force: sockets that stay get its options, and those of frontends that pause do not
   * listen. Answers what the system refused.
   */
  apply(isPaused: (frontend: string) => boolean): string[];
  /**
   * Those that it does not have and that are nobody else's. Who comes to their address may come to another one of the
   * plan, if only they do not listen any longer than somebody accepts from them.
   */
  ending(): number[];
  /** Closes those that it does not have; nobody accepts from them any more. */
  closeOthers(): void;
  /** The plan will not come into force. */
  discard(): void;
}

/** The listening sockets of the plan in force. */
export class Listeners {
  private binds: readonly OpenBind[] = [];
  /** After a chroot the paths of sockets mean other files. */
  private pathsForgotten = false;
  private successor: Successor = { has: 'own' };
  /** Since there are sockets: what it needs is out of sight after a chroot. */
  private departure: Departure | null = null;

  /** Where they listen, in the order of the plan's binds, with real port numbers; once open. */
  get addresses(): readonly SocketAddress[] {
    return this.binds.map(({ address }) => address);
  }

  /**
   * Finds sockets for a plan: those there are, or new ones. Throws BindError for all that fail, after it
   * has closed the new ones, and StartError for a user or group that does not exist.
   * @param before what there is of a former process: sockets, taken where an address is the same
   */
  prepare(plan: Plan, workers: number, before: Predecessor = NOBODY): ListenerChange {
    const present = this.binds;
    const left = new Set(present);
    const opened: OpenBind[] = [];
    try {
      const failures: BindFailure[] = [];
      const binds = plan.frontends.flatMap((frontend) =>
        frontend.binds.map((bind) => {
          const known = take(left, keyOf(bind));
          const settings = settingsOf(plan, frontend, bind);
          if (known !== null) return { ...known, bind, frontend: frontend.name, settings };
          const one = attempt(
            plan,
            frontend,
            bind,
            { settings, workers, reusePort: plan.process.reusePort, ...before },
            failures,
          );
          opened.push(one);
          return one;
        }),
      );
      if (failures.length > 0) throw new BindError(failures);
      const listen = (): void => listenAt(opened, plan);
      if (before.listensLater !== true) listen();
      return {
        listen,
        descriptors: Array.from({ length: workers }, (_, worker) => binds.map(({ fds }) => fds[worker])),
        publish: () => {
          for (const { file, bind } of binds) file?.publish(bind.origin);
        },
        apply: (isPaused) => this.apply(present, binds, isPaused),
        ending: () => this.ending([...left]),
        closeOthers: () => this.closeAll([...left]),
        discard: () => this.closeAll(opened),
      };
    } catch (error) {
      this.closeAll(opened);
      throw error;
    }
  }

  /** Closes them, and removes the files of UNIX sockets where that is still permitted. */
  close(): void {
    const { binds, departure } = this;
    this.binds = [];
    this.departure = null;
    departure?.end(new Set(binds.flatMap(({ fds }) => fds)));
    this.removeFiles(binds);
  }

  /**
   * Stops listening at the TCP addresses of a frontend, so that others may bind them. UNIX sockets, and
   * those that whoever started the process has as well, only are not accepted from. Throws SystemCallError.
   */
  pause(frontend: string): void {
    for (const { fds } of this.ownOf(frontend)) for (const fd of fds) stopListening(fd);
  }

  /** Listens again. Throws SystemCallError when somebody else has taken an address meanwhile. */
  resume(frontend: string): void {
    for (const { fds, bind } of this.ownOf(frontend)) for (const fd of fds) listen(fd, bind.backlog);
  }

  /** Before they are closed: leaves new connections to the next process. Answers for how long it is to accept meanwhile (ms). */
  leave(): number {
    const binds = this.binds.flatMap(({ fds, address, bind }): Leaving[] => {
      if (address.family === 'unix' || bind.inheritedFd !== null) return [];
      return [{ fds: [...new Set(fds)], address, deferAccept: bind.socket.deferAccept }];
    });
    return this.departure?.begin(binds, this.successor) ?? 0;
  }

  /** Those that nobody else has, nor leaves to others: they may stop listening as soon as nobody accepts from them. */
  ending(binds: readonly OpenBind[] = this.binds): number[] {
    if (this.successor.has === 'ours') return [];
    const isLeft = (fd: number): boolean => this.departure?.turnedAway.has(fd) === true;
    return binds.filter(isOfOneWorkerEach).flatMap(({ fds, handed }) => fds.filter((fd) => !handed.includes(fd) && !isLeft(fd)));
  }

  /**
   * All of them, for another process that takes them over; their files are its own from now on. Those of the
   * first worker come last: who needs fewer takes the last.
   * @param workers of that process, if it says so
   */
  handOver(workers: number | null): number[] {
    this.forgetPaths();
    this.successor = { has: 'ours', workers };
    const most = Math.max(0, ...this.binds.map(({ fds }) => fds.length));
    const byWorker = Array.from({ length: most }, (_, worker) => this.binds.map(({ fds }) => fds[worker]));
    return [...new Set(byWorker.reverse().flat())];
  }

  /** After a chroot the paths of sockets mean other files; who starts next replaces a socket where nobody answers. */
  forgetPaths(): void {
    this.pathsForgotten = true;
  }

  /** Sockets that may stop listening: those that nobody else has. */
  private ownOf(frontend: string): OpenBind[] {
    return this.binds.filter(({ frontend: name, address, bind }) => {
      return name === frontend && address.family !== 'unix' && bind.inheritedFd === null;
    });
  }

  private apply(before: readonly OpenBind[], binds: readonly OpenBind[], isPaused: (frontend: string) => boolean): string[] {
    this.departure ??= new Departure();
    const former = new Map(before.map((one) => [one.fds[0], one]));
    this.binds = binds;
    return binds.flatMap((one) => {
      const known = former.get(one.fds[0]);
      if (one.bind.inheritedFd !== null) return [];
      if (known !== undefined) return changed(known, one, isPaused(one.frontend));
      if (isPaused(one.frontend) && one.address.family !== 'unix') for (const fd of one.fds) stopListening(fd);
      return [];
    });
  }

  private closeAll(binds: readonly OpenBind[]): void {
    for (const fd of new Set(binds.flatMap(({ fds }) => fds))) closeDescriptor(fd);
    this.removeFiles(binds);
  }

  private removeFiles(binds: readonly OpenBind[]): void {
    if (!this.pathsForgotten) for (const { file } of binds) file?.remove();
  }
}

/** Each worker has a TCP socket of its own, and whoever started the process has none of them. */
function isOfOneWorkerEach({ address, bind, fds }: OpenBind): boolean {
  return address.family !== 'unix' && bind.inheritedFd === null && new Set(fds).size === fds.length;
}

/** Takes one of that key out. */
function take(binds: Set<OpenBind>, key: string): OpenBind | null {
  for (const one of binds) {
    if (one.key !== key) continue;
    binds.delete(one);
    return one;
  }
  return null;
}

/** What cannot change while a socket listens. */
function keyOf({ address, inheritedFd, socket }: BindPlan): string {
  return JSON.stringify([inheritedFd === null ? address : inheritedFd, socket.interface, socket.v4v6, socket.v6only]);
}

/** Has sockets that stay do as another plan says; answers what the system refused. */
function changed(from: OpenBind, to: OpenBind, isPaused: boolean): string[] {
  // Who pauses would listen again with another backlog, which `resume` sees to.
  const settings = isPaused ? { ...to.settings, backlog: from.settings.backlog } : to.settings;
  try {
    for (const fd of new Set(to.fds)) changeListener(fd, from.settings, settings);
    if (to.address.family === 'unix' && JSON.stringify(from.bind.socket) !== JSON.stringify(to.bind.socket))
      setPermissions({ address: to.address, permissions: socketPermissions(to.bind) });
    return [];
  } catch (error) {
    return [`${to.bind.origin}: ${formatAddress(to.address)} keeps its former options: ${(error as Error).message}`];
  }
}

/** How sockets are opened, or taken over. */
interface Opening extends Predecessor {
  readonly settings: ListenerSettings;
  readonly workers: number;
  /** Each worker has a socket of its own. */
  readonly reusePort: boolean;
}

/** Opens the sockets of a bind; where that fails, adds the failure. */
function attempt(plan: Plan, frontend: FrontendPlan, bind: BindPlan, opening: Opening, failures: BindFailure[]): OpenBind {
  const base = { key: keyOf(bind), bind, frontend: frontend.name, settings: opening.settings };
  try {
    const { address, inheritedFd } = bind;
    const hasFile = address.family === 'unix' && !address.abstract && inheritedFd === null;
    const file = hasFile ? new SocketFile(address.path, opening.replaces) : null;
    const fds = openBind(bind, file, opening);
    const handed = fds.filter((fd) => opening.handed?.gave(fd) === true);
    return { ...base, fds, handed, file, address: file === null ? localAddress(fds[0]) : address };
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    failures.push(bindFailure(bind, proxyOf(plan, frontend.name), error));
    return { ...base, fds: [], handed: [], file: null, address: bind.address };
  }
}

/** `frontend web`, or `proxy web` of a section `listen`. */
function proxyOf({ frontends, backends }: Plan, name: string): string {
  const id = frontends.find((frontend) => frontend.name === name)?.id;
  return `${backends.some((backend) => backend.id === id) ? 'proxy' : 'frontend'} ${name}`;
}

/** Has TCP sockets listen, in the order in which they were bound; UNIX sockets do already. Throws BindError. */
function listenAt(binds: readonly OpenBind[], plan: Plan): void {
  const failures = binds.flatMap(({ address, bind, fds, frontend }) => {
    if (address.family === 'unix' || bind.inheritedFd !== null) return [];
    try {
      for (const fd of new Set(fds)) listen(fd, bind.backlog);
      return [];
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      return [bindFailure(bind, proxyOf(plan, frontend), error)];
    }
  });
  if (failures.length > 0) throw new BindError(failures);
}

/** A socket for each worker, or one for all: UNIX sockets know no SO_REUSEPORT, and one that was inherited is one. */
function openBind(bind: BindPlan, file: SocketFile | null, opening: Opening): number[] {
  const { address, inheritedFd } = bind;
  const { workers } = opening;
  if (inheritedFd !== null) return new Array<number>(workers).fill(adopt(bind, inheritedFd));
  const fds = [openOne(bind, address, file, opening)];
  if (address.family === 'unix' || !opening.reusePort) return new Array<number>(workers).fill(fds[0]);
  try {
    const real = localAddress(fds[0]); // the port, where the system chose it
    while (fds.length < workers) fds.push(openOne(bind, real, null, opening));
    return fds;
  } catch (error) {
    for (const fd of fds) closeDescriptor(fd);
    throw error;
  }
}

function openOne(
  bind: BindPlan,
  wanted: SocketAddress,
  file: SocketFile | null,
  { settings, handed, reusePort }: Opening,
): number {
  const { backlog, tcp } = settings;
  const v6only = bind.socket.v6only ? true : bind.socket.v4v6 ? false : null;
  const taken = handed?.take({ address: wanted, interface: bind.socket.interface, v6only }) ?? null;
  if (taken !== null) {
    takeOverListener(taken, settings);
    file?.taken();
    return taken;
  }
  const address = file !== null && wanted.family === 'unix' ? { ...wanted, path: file.boundAt } : wanted;
  const permissions = socketPermissions(bind);
  const open = address.family === 'unix' ? openListener : openBound;
  const fd = open({ address, backlog, reusePort, v6only, ...(tcp && { tcp }), permissions });
  file?.bound();
  return fd;
}

function adopt({ origin }: BindPlan, fd: number): number {
  try {
    adoptListener(fd);
  } catch (error) {
    throw new StartError(`${origin}: cannot use descriptor ${fd}: ${(error as Error).message}`);
  }
  return fd;
}

function settingsOf({ process }: Plan, { options }: FrontendPlan, bind: BindPlan): ListenerSettings {
  const { clientReceiveBuffer: receiveBuffer, clientSendBuffer: sendBuffer } = process.tune;
  return { backlog: bind.backlog, tcp: tcpOptions(bind, { keepAlive: options.keepAlive, receiveBuffer, sendBuffer }) };
}

/** What a bind says of TCP, and what the proxy says; null: it has no such socket. */
export function tcpOptions(
  { address, socket }: BindPlan,
  more: Pick<TcpOptions, 'keepAlive' | 'receiveBuffer' | 'sendBuffer'>,
): TcpOptions | null {
  if (address.family === 'unix') return null;
  return {
    interface: socket.interface,
    mss: socket.mss,
    deferAccept: socket.deferAccept,
    userTimeoutMs: socket.tcpUserTimeoutMs,
    fastOpen: socket.tfo,
    ...more,
  };
}

/** What is said of a socket that cannot be had; `proxy` is whose it is, as `frontend web`. */
export function bindFailure({ origin, address }: BindPlan, proxy: string, { syscall, errno }: SystemCallError): BindFailure {
  const kind = address.family === 'unix' ? 'UNIX socket' : 'socket';
  const where = address.family === 'unix' ? address.path : formatAddress(address);
  return {
    origin,
    proxy,
    protocol: PROTOCOLS[address.family],
    address,
    action: `${syscall} ${formatAddress(address)}`,
    reason: errnoText(errno),
    text: `cannot ${syscall} ${kind} (${systemText(errno)}) for [${where}]`,
  };
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
