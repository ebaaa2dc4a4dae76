/** One measurement: a balancer started anew, warmed up, loaded, read before and after, stopped. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './contenders.js';
import { type CpuTime, cpuBetween, cpuTime, groupMembers } from './cpu.js';
import type { Load, LoadResult } from './load.js';
import { Program, silent } from './procs.js';
import type { Bench, Entrant } from './row.js';

/** Seconds of load before the window: connections are up, Node's compiler has done its work. */
const WARM_UP_SECONDS = 2;

/** A balancer that accepts connections. */
export interface Balancer {
  readonly port: number;
  /** Its processes. */
  readonly pids: readonly number[];
}

/** A window of load and the balancer's CPU seconds in it. */
export interface Window {
  readonly load: LoadResult;
  readonly cpu: CpuTime;
}

/**
 * Runs `use` with a fresh balancer in front of `servers`. Throws when it does not start or does not survive.
 * @param servers addresses, and for HAProxy and turbo-lb what else their lines say
 * @param proxy further lines of the proxy of HAProxy and turbo-lb
 */
export async function withBalancer<T>(
  bench: Bench,
  entrant: Entrant,
  servers: readonly string[],
  use: (balancer: Balancer) => Promise<T>,
  proxy: readonly string[] = [],
): Promise<T> {
  const folder = mkdtempSync(join(bench.folder, `${entrant.contender}-`));
  const { port } = bench;
  const { workers } = entrant;
  const task = { folder, bind: `127.0.0.1:${port}`, servers, proxy, workers, logPort: bench.servers.logPort };
  await silent('127.0.0.1', port);
  const program = await Program.start(entrant.label, command(entrant.contender, task), { cpus: bench.cpus });
  try {
    await program.listening('127.0.0.1', port);
    const result = await use({ port, pids: groupMembers(program.pid) });
    program.assertRunning();
    return result;
  } catch (error) {
    program.assertRunning(); // a balancer that died is the cause of whatever else failed
    throw error;
  } finally {
    await program.stop();
  }
}

/** Warms up, then measures a window. Throws when the balancer failed requests: its figures would mean nothing. */
export async function measureWindow(bench: Bench, balancer: Balancer, load: Load): Promise<Window> {
  await load(WARM_UP_SECONDS);
  const before = cpuTime(balancer.pids);
  const result = await load(bench.seconds);
  const cpu = cpuBetween(before, cpuTime(balancer.pids));
  if (result.requests === 0) throw new Error('no request was answered');
  if (result.failed > 0) throw new Error(`${result.failed} of ${result.requests} requests failed`);
  return { load: result, cpu };
}

/** CPU microseconds per request, rate and latencies (milliseconds): the figures of most rows. */
export function perRequest({ load, cpu }: Window): Record<string, number> {
  const microseconds = 1e6 / load.requests;
  return {
    cpu: cpu.total * microseconds,
    user: cpu.user * microseconds,
    system: cpu.system * microseconds,
    rate: (load.requests * 1e6) / load.duration,
    p50: load.p50 / 1000,
    p99: load.p99 / 1000,
    p999: load.p999 / 1000,
  };
}
