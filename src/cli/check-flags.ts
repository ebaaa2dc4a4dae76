/**
 * Raw flags to checked ones: every value is read, every address looked up, and every mistake is
 * collected, so that one run shows them all.
 */
import { parseAddress } from '../config/values/address.js';
import { parseInteger } from '../config/values/integer.js';
import { didYouMean } from '../config/values/nearest.js';
import { type Parsed, parsed, refused } from '../config/values/parsed.js';
import { parseTime } from '../config/values/time.js';
import type { SocketAddress } from '../kernel/address.js';
import type { HostLookup } from '../master/configuration/hosts.js';
import type { BindPlan, IoEngineChoice } from '../plan/plan.js';
import { QUICK_ALGORITHMS, QUICK_DEFAULTS, type QuickFlags } from '../plan/quick.js';
import type { Complaint } from './complaint.js';
import type { RawFlags, ValueFlag } from './flags.js';
import { resolveAddress } from './resolve.js';
import { parseServer } from './server-syntax.js';

/** Checked flags, or what is wrong with them. */
export type CheckedFlags =
  | { readonly ok: true; readonly flags: QuickFlags }
  | { readonly ok: false; readonly complaints: readonly Complaint[] };

/** Workers at most: what one host's CPUs could be. */
const WORKERS_MAX = 1024;
/** Connections at most: twice as many descriptors must stay below what fs.nr_open can be, 2^30. */
const MAXCONN_MAX = 2 ** 29;
/** listen(2) takes an int; the kernel caps it further. */
const BACKLOG_MAX = 2 ** 31 - 1;
const RETRIES_MAX = 65_535;
const IO_ENGINES = ['auto', 'uring', 'epoll'] as const;
/** What to add when a flag without which nothing works is missing. */
const MISSING: readonly [flag: ValueFlag, message: string][] = [
  ['bind', 'nowhere to listen: add --bind, for example --bind :8080'],
  ['server', 'no server to send connections to: add --server, for example --server 127.0.0.1:9001'],
];

/** Checks everything. `lookup` is the system's resolver unless a test brings another. */
export async function checkFlags(raw: RawFlags, lookup?: HostLookup): Promise<CheckedFlags> {
  const check = new FlagChecker(raw, lookup);
  check.required();
  const flags: QuickFlags = {
    binds: await check.binds(),
    servers: await check.servers(),
    balance: check.one('balance', oneOf('algorithm', QUICK_ALGORITHMS), QUICK_DEFAULTS.balance),
    workers: check.one('workers', parseWorkers, QUICK_DEFAULTS.workers),
    pin: raw.pin,
    ioEngine: check.one('io-engine', parseIoEngine, QUICK_DEFAULTS.ioEngine),
    maxconn: check.one('maxconn', parseMaxconn, QUICK_DEFAULTS.maxconn),
    backlog: check.one('backlog', (text) => parseInteger(text, 1, BACKLOG_MAX), QUICK_DEFAULTS.backlog),
    retries: check.one('retries', (text) => parseInteger(text, 0, RETRIES_MAX), QUICK_DEFAULTS.retries),
    redispatch: raw.redispatch,
    timeouts: check.timeouts(),
  };
  return check.complaints.length === 0 ? { ok: true, flags } : { ok: false, complaints: check.complaints };
}

/** The value of `--maxconn`, of every command that has it. */
export function parseMaxconn(text: string): Parsed<number> {
  return parseInteger(text, 1, MAXCONN_MAX);
}

/** The value of `--workers`. */
export function parseWorkers(text: string): Parsed<number | 'auto'> {
  if (text === 'auto') return parsed('auto');
  const count = parseInteger(text, 1, WORKERS_MAX);
  return count.ok ? count : refused(`${count.message}, and not auto`);
}

/** The value of `--io-engine`. */
export function parseIoEngine(text: string): Parsed<IoEngineChoice> {
  return oneOf('engine', IO_ENGINES)(text);
}

function oneOf<T extends string>(kind: string, known: readonly T[]): (text: string) => Parsed<T> {
  return (text) => {
    const word = known.find((candidate) => candidate === text);
    return word === undefined
      ? refused(`unknown ${kind}, known are ${known.join(', ')}${didYouMean(text, known)}`)
      : parsed(word);
  };
}

/** Reads flag after flag and remembers what was wrong. */
class FlagChecker {
  readonly complaints: Complaint[] = [];

  constructor(
    private readonly raw: RawFlags,
    private readonly lookup: HostLookup | undefined,
  ) {}

  required(): void {
    for (const [flag, message] of MISSING) {
      if (this.texts(flag).length === 0) this.complaints.push({ about: '', message });
    }
  }

  /** The value of a flag that may be given once, or what holds without it. */
  one<T>(flag: ValueFlag, parse: (text: string) => Parsed<T>, otherwise: T): T {
    const texts = this.texts(flag);
    if (texts.length === 0) return otherwise;
    if (texts.length > 1) return this.refuse(`--${flag} ${texts[1]}`, `given more than once, before as ${texts[0]}`) ?? otherwise;
    return this.take(`--${flag} ${texts[0]}`, parse(texts[0])) ?? otherwise;
  }

  timeouts(): QuickFlags['timeouts'] {
    const { timeouts } = QUICK_DEFAULTS;
    return {
      connectMs: this.one('timeout-connect', parseTime, timeouts.connectMs),
      clientMs: this.one('timeout-client', parseTime, timeouts.clientMs),
      serverMs: this.one('timeout-server', parseTime, timeouts.serverMs),
      clientFinMs: this.one('timeout-client-fin', parseTime, timeouts.clientFinMs),
      serverFinMs: this.one('timeout-server-fin', parseTime, timeouts.serverFinMs),
      tunnelMs: this.one('timeout-tunnel', parseTime, timeouts.tunnelMs),
    };
  }

  /** Every address of every `--bind`: HAProxy allows several in one, separated by commas, and ranges of ports. */
  async binds(): Promise<Pick<BindPlan, 'address' | 'origin'>[]> {
    const binds: Pick<BindPlan, 'address' | 'origin'>[] = [];
    for (const text of this.texts('bind')) {
      const origin = `--bind ${text}`;
      for (const part of text.split(',')) {
        const addresses = (await this.addresses(origin, part)) ?? [];
        binds.push(...addresses.map((address) => ({ address, origin })));
      }
    }
    return binds;
  }

  async servers(): Promise<QuickFlags['servers'][number][]> {
    const servers: QuickFlags['servers'][number][] = [];
    for (const [index, text] of this.texts('server').entries()) {
      const about = `--server ${text}`;
      const server = this.take(about, parseServer(text));
      if (server === undefined) continue;
      const addresses = await this.serverAddresses(about, server.address);
      if (addresses === undefined) continue;
      const name = server.name ?? `srv${index + 1}`;
      if (addresses.length > 1) this.refuse(about, 'a server has one port, not a range of them');
      else if (servers.some((other) => other.name === name)) this.refuse(about, `another server is named '${name}' already`);
      else servers.push({ name, address: addresses[0], weight: server.weight });
    }
    return servers;
  }

  /** HAProxy takes a server without a host for the address that the client asked for, which is not built here. */
  private async serverAddresses(about: string, text: string): Promise<SocketAddress[] | undefined> {
    const hostless = /^[*]?:/.test(text) && !text.startsWith('::');
    return hostless ? this.refuse(about, 'the host is missing, as in 127.0.0.1:80') : await this.addresses(about, text);
  }

  private async addresses(about: string, text: string): Promise<SocketAddress[] | undefined> {
    const syntax = this.take(about, parseAddress(text));
    return syntax && this.take(about, await resolveAddress(syntax, this.lookup));
  }

  private texts(flag: ValueFlag): readonly string[] {
    return this.raw.values[flag] ?? [];
  }

  private take<T>(about: string, result: Parsed<T>): T | undefined {
    return result.ok ? result.value : this.refuse(about, result.message);
  }

  private refuse(about: string, message: string): undefined {
    this.complaints.push({ about, message });
  }
}
