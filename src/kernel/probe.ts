/**
 * Which engine this kernel can run. Found out by trying, never by version numbers: distributions
 * port features back, and sysctls and seccomp profiles take them away.
 */
import { readFileSync } from 'node:fs';
import { encodeAddresses, type SocketAddress } from './address.js';
import {
  type CompletionHandler,
  type Engine,
  type EngineOptions,
  FLAG_MORE,
  type Holdings,
  OP_ACCEPT,
  OP_CONNECT,
  OP_RECEIVE,
} from './engine.js';
import { EpollEngine } from './epoll/engine.js';
import { errnoText, SystemCallError } from './errno.js';
import { openListener } from './listener.js';
import { EINVAL, ENOMEM, ENOSYS, EPERM } from './sys/constants.js';
import { sys } from './sys/libc.js';
import { UringEngine } from './uring/engine.js';
import { missingOperations } from './uring/operations.js';

/** What a trial of io_uring came to. `reason` is a sentence for people, without a full stop. */
export type UringProbe =
  | { readonly usable: true; readonly features: readonly string[] }
  | { readonly usable: false; readonly reason: string };

/** What was shown to work when a probe says `usable`. */
const FEATURES = [
  'single issuer',
  'deferred task work',
  'provided buffer ring',
  'multishot accept',
  'multishot receive',
] as const;

/** Turns of the trial at most, and how long each waits: a kernel that delivers nothing must not hang us. */
const TRIAL_TURNS = 100;
const TRIAL_WAIT_MS = 50;
const TRIAL_SLOTS = { listener: 0, client: 1, server: 2 } as const;

/** Opens an engine on io_uring and lets it carry some bytes; leaves nothing open. */
export function probeUring(): UringProbe {
  const holdings = new TrialHoldings();
  try {
    const missing = missingOperations();
    if (missing.length > 0) return { usable: false, reason: `io_uring lacks the operations ${missing.join(', ')}` };
    const engine = new UringEngine(trialOptions(holdings));
    const failure = new Trial(engine).run();
    engine.stop();
    return failure === null ? { usable: true, features: FEATURES } : { usable: false, reason: failure };
  } catch (error) {
    if (error instanceof SystemCallError)
      return { usable: false, reason: explainRefusal(error.syscall, error.errno, disabledSysctl()) };
    throw error;
  } finally {
    holdings.release();
  }
}

/** Opens the engine of that name. Throws SystemCallError when the kernel refuses. */
export function openEngine(name: 'uring' | 'epoll', options: EngineOptions): Engine {
  return name === 'uring' ? new UringEngine(options) : new EpollEngine(options);
}

/**
 * Settles `--io-engine`. `reason` says why, in a sentence without a full stop. Throws Error when
 * io_uring is demanded and cannot be used.
 */
export function chooseEngine(choice: 'auto' | 'uring' | 'epoll', probe: () => UringProbe = probeUring): EngineChoice {
  if (choice === 'epoll') return { name: 'epoll', reason: 'epoll was asked for' };
  const found = probe();
  if (found.usable) return { name: 'uring', reason: `io_uring works here: ${found.features.join(', ')}` };
  if (choice === 'uring') throw new Error(`io_uring cannot be used: ${found.reason}`);
  return { name: 'epoll', reason: found.reason };
}

/** The engine to use and, for people, why. */
export interface EngineChoice {
  readonly name: 'uring' | 'epoll';
  readonly reason: string;
}

/**
 * Why the kernel refused io_uring, as far as the error tells.
 * @param sysctl value of kernel.io_uring_disabled, '' where it does not exist
 */
export function explainRefusal(syscall: string, errno: number, sysctl: string): string {
  const text = `${syscall}: ${errnoText(errno)}`;
  switch (errno) {
    case EPERM:
      if (sysctl === '' || sysctl === '0') return `${text}: a seccomp profile forbids it`;
      return `${text}: disabled by the sysctl kernel.io_uring_disabled=${sysctl}, if not by a seccomp profile`;
    case ENOSYS:
      return `${text}: this kernel was built without io_uring, or a seccomp profile hides it`;
    case EINVAL:
      return `${text}: this kernel's io_uring is too old; what is needed came with Linux 6.1`;
    case ENOMEM:
      return `${text}: not enough memory that may be locked (RLIMIT_MEMLOCK, cgroup)`;
    default:
      return text;
  }
}

function disabledSysctl(): string {
  try {
    return readFileSync('/proc/sys/kernel/io_uring_disabled', 'utf8').trim();
  } catch {
    return ''; // before Linux 6.6, or no /proc
  }
}

/** Keeps what the trial's engine opened, so that nothing of it is left, however it went. */
class TrialHoldings implements Holdings {
  private readonly descriptors = new Set<number>();
  private readonly mappings: [address: number, length: number][] = [];

  hold(fd: number): void {
    this.descriptors.add(fd);
  }

  drop(fd: number): void {
    this.descriptors.delete(fd);
  }

  holdMemory(address: number, length: number): void {
    this.mappings.push([address, length]);
  }

  release(): void {
    for (const fd of this.descriptors) sys.close(fd);
    for (const [address, length] of this.mappings) sys.munmap(address, length);
  }
}

function trialOptions(holdings: Holdings): EngineOptions {
  return { slots: 3, bufferCount: 4, bufferSize: 4096, pipesMax: 0, pipeSize: 0, wakeFd: -1, holdings };
}

/** A connection of the engine with itself, over an abstract UNIX socket: that works everywhere. */
class Trial implements CompletionHandler {
  private connected = false;
  private accepted = -1;
  private pieces = 0;
  private failure: string | null = null;

  constructor(private readonly engine: Engine) {}

  /** Null when all went as it must, or a sentence. */
  run(): string | null {
    const address: SocketAddress = {
      family: 'unix',
      path: `turbo-lb-probe-${process.pid}-${process.hrtime.bigint()}`,
      abstract: true,
    };
    const listener = openListener({ address, backlog: 1, reusePort: false });
    const { region, encoded } = encodeAddresses([address]);
    const client = this.engine.openSocket(encoded[0]);
    try {
      this.engine.accept(TRIAL_SLOTS.listener, listener);
      this.engine.connect(TRIAL_SLOTS.client, client, encoded[0]);
      this.until(() => this.connected && this.accepted >= 0, 'accepts no connection');
      this.engine.receive(TRIAL_SLOTS.server, this.accepted);
      for (let sent = 1; sent <= 2; sent++) {
        this.engine.send(TRIAL_SLOTS.client, client, 0, 0, 1);
        this.until(() => this.pieces === sent, 'receives nothing');
      }
      return this.failure;
    } finally {
      sys.close(listener);
      region.unmap();
    }
  }

  onCompletion(op: number, _slot: number, result: number, flags: number): void {
    if (result < 0) this.failure ??= `io_uring fails: ${errnoText(result)}`;
    else if (op === OP_CONNECT) this.connected = true;
    else if (op === OP_ACCEPT || op === OP_RECEIVE) {
      if ((flags & FLAG_MORE) === 0) this.failure ??= 'io_uring does not know multishot operations';
      if (op === OP_ACCEPT) this.accepted = result;
      else this.pieces++;
    }
  }

  private until(reached: () => boolean, otherwise: string): void {
    for (let turn = 0; turn < TRIAL_TURNS && this.failure === null && !reached(); turn++) this.engine.wait(TRIAL_WAIT_MS, this);
    if (!reached()) this.failure ??= `io_uring ${otherwise}`;
  }
}
