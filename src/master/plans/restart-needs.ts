/**
 * What of section `global` a running process cannot take up: its threads, rings, buffers and tables have
 * the sizes that they began with, and it is who and where it is. The rest goes on with another plan.
 */
import type { LifePlan, ProcessPlan, TunePlan } from '../../plan/plan.js';

/** What a process goes on with, and what of the wish needs a restart. */
export interface Continued {
  readonly process: ProcessPlan;
  /** Keywords, as `nbthread`. */
  readonly needRestart: readonly string[];
}

type Keywords<T> = { readonly [K in keyof T]?: string };

const PROCESS: Keywords<ProcessPlan> = {
  workers: 'nbthread',
  cpuMap: 'cpu-map',
  ioEngine: 'tune.io-engine',
  ulimitN: 'ulimit-n',
  reusePort: 'noreuseport',
  memoryMax: '-m',
  runtime: 'stats socket',
};

const LIFE: Keywords<LifePlan> = {
  daemon: 'daemon',
  pidfile: 'pidfile',
  user: 'user',
  group: 'group',
  chroot: 'chroot',
};

const TUNE: Keywords<TunePlan> = {
  bufsize: 'tune.bufsize',
  pipes: 'maxpipes',
  pipesize: 'tune.pipesize',
  clientReceiveBuffer: 'tune.rcvbuf.client',
  clientSendBuffer: 'tune.sndbuf.client',
};

/**
 * @param first the process as it was started
 * @param sized the same with the numbers that were decided: what it runs with
 * @param next the process as the next plan wants it
 * @param maxconn the most connections that tables were made for
 */
export function continued(first: ProcessPlan, sized: ProcessPlan, next: ProcessPlan, maxconn: number): Continued {
  const needRestart = [
    ...changed(PROCESS, first, next),
    ...changed(LIFE, first.life, next.life),
    ...changed(TUNE, first.tune, next.tune),
    ...(next.maxconn > maxconn && next.maxconn !== first.maxconn ? ['maxconn'] : []),
  ];
  const { hardStopAfterMs, graceMs } = next.life;
  const { maxaccept, serverReceiveBuffer, serverSendBuffer } = next.tune;
  const process: ProcessPlan = {
    ...next,
    ...pick(PROCESS, sized),
    pin: sized.pin,
    maxconn: next.maxconn === 0 ? maxconn : Math.min(next.maxconn, maxconn),
    life: { ...sized.life, hardStopAfterMs, graceMs },
    tune: { ...sized.tune, maxaccept, serverReceiveBuffer, serverSendBuffer },
  };
  return { process, needRestart };
}

function changed<T>(keywords: Keywords<T>, first: T, next: T): string[] {
  const names = Object.keys(keywords) as (keyof T & string)[];
  return names.flatMap((name) => (saysOf(first[name]) === saysOf(next[name]) ? [] : [keywords[name] ?? name]));
}

function pick<T>(keywords: Keywords<T>, from: T): Partial<T> {
  const names = Object.keys(keywords) as (keyof T)[];
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Partial<T>;
}

/** A setting as text, wherever in the files it stands. */
function saysOf(value: unknown): string | undefined {
  return JSON.stringify(value, (key, one) => (key === 'origin' ? undefined : one));
}
