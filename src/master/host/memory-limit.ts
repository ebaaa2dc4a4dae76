/**
 * What `-m` comes to: connections, since what a process takes beyond its beginning are the buffers of
 * its connections. HAProxy derives maxconn from it in the same way, and has the kernel refuse memory
 * beyond (RLIMIT_AS); a JavaScript engine reserves far more addresses than it uses and does not survive
 * a refusal, so here the number of buffers is the limit. Stick tables come on top.
 */
import type { Plan } from '../../plan/plan.js';
import { StartError } from '../start-error.js';

const MEGABYTE = 1 << 20;
/** The main thread, and each worker before its first connection, heaps grown by load included (measured on Node 20). */
const PROCESS_BYTES = 80 * MEGABYTE;
const WORKER_BYTES = 28 * MEGABYTE;
/** A session with its timers, slots and entries of shared tables (native-notes/memory.md). */
const SESSION_BYTES = 1200;
/** Each worker has that many buffers for each connection there may be: any may get all of them. */
const BUFFERS = 2;

/** Connections that fit; Infinity where memory has no limit. Throws StartError when none does. */
export function connectionsIn({ process: { memoryMax, tune } }: Plan, workers: number): number {
  if (memoryMax === 0) return Number.POSITIVE_INFINITY;
  const least = PROCESS_BYTES + workers * WORKER_BYTES;
  const each = workers * BUFFERS * tune.bufsize + SESSION_BYTES;
  const connections = Math.floor((memoryMax - least) / each);
  if (connections > 0) return connections;
  const [given, needed] = [memoryMax, least + each].map((bytes) => Math.ceil(bytes / MEGABYTE));
  throw new StartError(
    `-m ${given} is too little: with ${workers} workers the process takes about ${needed} MB. Allow more, or use fewer --workers.`,
  );
}
