/** Load generators: wrk(1) for HTTP and the project's raw client for bytes. Both report alike. */
import { fileURLToPath } from 'node:url';
import { compiled } from './contenders.js';
import { runProgram } from './procs.js';

const WRK_SCRIPT = fileURLToPath(new URL('../../../bench/wrk-summary.lua', import.meta.url));

/** What a run of a load generator came to. */
export interface LoadResult {
  /** Requests answered completely. */
  readonly requests: number;
  /** Bytes received, of unfinished answers too. */
  readonly bytes: number;
  /** Microseconds from the first request to the last answer. */
  readonly duration: number;
  /** Requests that met a socket error, a timeout or a status of 400 and above. */
  readonly failed: number;
  /** Latency, microseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** One run of load for this many seconds. */
export type Load = (seconds: number) => Promise<LoadResult>;

/** One thread of wrk. `close` asks for a new connection per request. */
export function wrk(
  port: number,
  path: string,
  connections: number,
  options: { close?: boolean; cpus?: string | undefined },
): Load {
  const header = options.close ? ['-H', 'Connection: close'] : [];
  const url = `http://127.0.0.1:${port}${path}`;
  return async (seconds) => {
    const argv = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', WRK_SCRIPT, ...header, url];
    return lastLine(await runProgram(['wrk', ...argv], options.cpus));
  };
}

/** Connections that exchange 100 bytes each way, over and over. */
export function rawClient(port: number, connections: number, cpus: string | undefined): Load {
  const program = compiled('../raw-client.js');
  return async (seconds) =>
    lastLine(await runProgram([process.execPath, program, ...[port, connections, seconds].map(String)], cpus));
}

/** Both generators end with a line of JSON. */
function lastLine(printed: string): LoadResult {
  const line = printed.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`the load generator printed no result: ${printed.slice(-500)}`);
  return JSON.parse(line) as LoadResult;
}
