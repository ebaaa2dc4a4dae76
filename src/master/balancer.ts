/**
 * A running load balancer: listeners, shared state and workers for one Plan. `runMaster` adds what
 * a process needs around it; a program that embeds turbo-lb uses this class itself.
 */
import { rmSync } from 'node:fs';
import { formatAddress, type SocketAddress } from '../kernel/address.js';
import { allowedCpus } from '../kernel/affinity.js';
import { closeDescriptor } from '../kernel/descriptors.js';
import { errnoText, SystemCallError } from '../kernel/errno.js';
import { openEventfd } from '../kernel/eventfd.js';
import { adoptListener, localAddress, openListener, type SocketPermissions, type TcpOptions } from '../kernel/listener.js';
import { chooseEngine, type EngineChoice } from '../kernel/probe.js';
import { groupId, userId } from '../kernel/users.js';
import type { BindPlan, FrontendPlan, IoEngineChoice, Plan } from '../plan/plan.js';
import { COUNTER_NAMES, type CounterName } from '../shared/counters.js';
import { createShared, openShared, type SharedState } from '../shared/state.js';
import { cpuBudget } from './cpus.js';
import type { Log } from './log.js';
import { applySizing, demandOf, sizedPlan } from './sizing.js';
import { StartError } from './start-error.js';
import { startWarnings, sysctlReader } from './sysctl.js';
import { Workers } from './workers.js';

/** What a balancer needs beside its plan. */
export interface BalancerOptions {
  readonly log: Log;
  /** The module that a worker runs; for tests of dying workers. */
  readonly workerUrl?: URL;
  /** Workers keep dying; the balancer is of no use any more. */
  readonly onHopeless?: (reason: string) => void;
}

/** What a balancer is doing, summed over its workers. */
export type BalancerCounters = Record<CounterName, number>;

/** A load balancer for one plan: `start`, then `drain` or `stop`, once each. */
export class LoadBalancer {
  /** The engine in use and the reason for it, once started. */
  engine: EngineChoice = { name: 'epoll', reason: 'not started' };
  /** Workers, once started. */
  workerCount = 0;
  /** Concurrent connections allowed, once started. */
  maxconn = 0;
  /** Where it listens, in the order of the plan's binds, with real port numbers; once started. */
  addresses: readonly SocketAddress[] = [];
  private workers: Workers | null = null;
  private shared: SharedState | null = null;
  private readonly listeners = new Set<number>();
  /** Files of the UNIX sockets among them, which go with them. */
  private readonly socketPaths = new Set<string>();

  constructor(
    private readonly plan: Plan,
    private readonly options: BalancerOptions,
  ) {}

  /** Resolves when every worker accepts connections. Throws StartError for what a person can mend. */
  async start(): Promise<void> {
    const { options } = this;
    const { process: settings } = this.plan;
    this.engine = settle(settings.ioEngine);
    const cpus = allowedCpus();
    this.workerCount = settings.workers === 'auto' ? cpuBudget(cpus).workers : settings.workers;
    const sizing = applySizing(demandOf(this.plan, this.workerCount));
    for (const warning of sizing.warnings) options.log.warning(warning);
    const plan = sizedPlan(this.plan, sizing);
    this.maxconn = sizing.maxconn;
    const listeners = this.openListeners();
    if (settings.maxconn > 0) this.warnOfSysctls(sizing.maxconn);
    const wakeFds = Array.from({ length: this.workerCount }, () => openEventfd());
    this.shared = createShared({
      workers: this.workerCount,
      maxconn: sizing.maxconn,
      descriptorsMax: sizing.limit.soft,
      frontends: plan.frontends.length,
      backendSizes: plan.backends.map((backend) => backend.servers.length),
      wakeFds,
    });
    this.fillServers(this.shared);
    this.workers = new Workers({
      plan,
      shared: this.shared,
      ioEngine: this.engine.name,
      backlogMax: Number(sysctlReader()('net.core.somaxconn') ?? Number.MAX_SAFE_INTEGER),
      listeners,
      cpus: wakeFds.map((_, i) => (settings.pin ? cpus[i % cpus.length] : -1)),
      log: options.log,
      ...(options.workerUrl && { workerUrl: options.workerUrl }),
      onHopeless: (reason) => options.onHopeless?.(reason),
    });
    await this.workers.start();
  }

  /** Takes no new connections; resolves when the last one has ended. */
  async drain(): Promise<void> {
    await this.workers?.drain(() => this.closeListeners());
    this.release();
  }

  /** Closes every connection and ends the workers. */
  async stop(): Promise<void> {
    await this.workers?.stop();
    this.closeListeners();
    this.release();
  }

  /** The live counters of all workers. */
  counters(): BalancerCounters {
    if (this.shared === null) throw new Error('the balancer has not been started');
    const { counters } = openShared(this.shared, 0);
    return Object.fromEntries(COUNTER_NAMES.map((name) => [name, counters.total(name)])) as BalancerCounters;
  }

  /** Connections to each server at the moment, by backend and server in the order of the plan. */
  serverConnections(): number[][] {
    if (this.shared === null) throw new Error('the balancer has not been started');
    const { servers } = openShared(this.shared, 0);
    return servers.groups.map((group) => Array.from({ length: group.size }, (_, server) => group.active(server)));
  }

  /** Says what stands against the load that was asked for; a maxconn that was derived is no such load. */
  private warnOfSysctls(maxconn: number): void {
    for (const warning of startWarnings(this.plan, this.workerCount, maxconn)) this.options.log.warning(warning);
  }

  /** One list of descriptors for each worker. A failure closes those opened before it. */
  private openListeners(): number[][] {
    try {
      const perBind = this.plan.frontends.flatMap((frontend) => frontend.binds.map((bind) => this.openBind(bind, frontend)));
      this.addresses = perBind.map(([first]) => localAddress(first));
      return Array.from({ length: this.workerCount }, (_, worker) => perBind.map((fds) => fds[worker]));
    } catch (error) {
      this.closeListeners();
      throw error;
    }
  }

  /** A socket for each worker; UNIX sockets know no SO_REUSEPORT, and one that was inherited is one: all workers share it. */
  private openBind(bind: BindPlan, frontend: FrontendPlan): number[] {
    const { address } = bind;
    const first = bind.inheritedFd === null ? this.openOne(bind, address, frontend) : this.adopt(bind, bind.inheritedFd);
    if (bind.inheritedFd !== null || address.family === 'unix') return new Array<number>(this.workerCount).fill(first);
    const real = localAddress(first); // the port, where the system chose it
    return Array.from({ length: this.workerCount }, (_, i) => (i === 0 ? first : this.openOne(bind, real, frontend)));
  }

  private openOne(bind: BindPlan, address: SocketAddress, frontend: FrontendPlan): number {
    const permissions = socketPermissions(bind);
    try {
      const fd = openListener({
        address,
        backlog: bind.backlog,
        reusePort: true,
        v6only: bind.socket.v6only ? true : bind.socket.v4v6 ? false : null,
        tcp: this.tcpOptions(bind, frontend),
        permissions,
      });
      this.listeners.add(fd);
      if (address.family === 'unix' && !address.abstract) this.socketPaths.add(address.path);
      return fd;
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      throw new StartError(`${bind.origin}: cannot ${error.syscall} ${formatAddress(address)}: ${errnoText(error.errno)}`);
    }
  }

  private adopt(bind: BindPlan, fd: number): number {
    try {
      adoptListener(fd);
    } catch (error) {
      throw new StartError(`${bind.origin}: cannot use descriptor ${fd}: ${(error as Error).message}`);
    }
    this.listeners.add(fd);
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

  private closeListeners(): void {
    for (const fd of this.listeners) closeDescriptor(fd);
    this.listeners.clear();
    for (const path of this.socketPaths) rmSync(path, { force: true });
    this.socketPaths.clear();
    this.addresses = [];
  }

  private fillServers(shared: SharedState): void {
    const { groups } = openShared(shared, 0).servers;
    for (const [i, backend] of this.plan.backends.entries()) {
      for (const [j, server] of backend.servers.entries()) groups[i].setWeight(j, server.weight);
    }
  }

  private release(): void {
    for (const fd of this.shared?.wakeFds ?? []) closeDescriptor(fd);
    this.shared = null;
    this.workers = null;
  }
}

/** Throws StartError for a user or group that does not exist. */
function socketPermissions({ socket, origin }: BindPlan): SocketPermissions {
  const number = (name: string | null, kind: string, find: (name: string) => number | null): number | null => {
    if (name === null) return null;
    const found = /^[0-9]+$/.test(name) ? Number(name) : find(name);
    if (found === null) throw new StartError(`${origin}: there is no ${kind} '${name}'`);
    return found;
  };
  return { mode: socket.mode, uid: number(socket.user, 'user', userId), gid: number(socket.group, 'group', groupId) };
}

/** The engine that was asked for, or the best one. */
function settle(choice: IoEngineChoice): EngineChoice {
  try {
    return chooseEngine(choice);
  } catch (error) {
    throw new StartError(`--io-engine ${choice}: ${(error as Error).message}`);
  }
}
