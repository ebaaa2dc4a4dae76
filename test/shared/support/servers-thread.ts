/** A thread of servers.test.ts: chooses servers as a worker does, and ends some of the connections. */
import type { BalanceAlgorithm } from '../../../src/config/config.js';
import { DEFAULT_BACKEND } from '../../../src/plan/plan.js';
import { createBalancer, NO_SERVER } from '../../../src/proxy/balance/balancer.js';
import type { Pieces } from '../../../src/shared/pieces.js';
import { ServerTable } from '../../../src/shared/servers.js';
import { answer, threadStart } from './threads.js';

/** What the threads share. */
export interface ServerThreads {
  readonly table: Pieces;
  readonly servers: number;
  readonly balance: BalanceAlgorithm;
  /** Choices of each thread. */
  readonly choices: number;
  /** Connections that each thread keeps open at the end; -1: all. */
  readonly keep: number;
}

/** As many as servers.test.ts begins. */
const THREADS = 4;

const { index, shared } = threadStart<ServerThreads>();
const { balance, choices, keep } = shared;
const [group] = new ServerTable(shared.table, [shared.servers], THREADS, index).groups;
const balancer = createBalancer({ ...DEFAULT_BACKEND.balance, algorithm: balance }, group);
const chosen = new Array<number>(shared.servers).fill(0);
const open: number[] = [];
for (let i = 0; i < choices; i++) {
  group.lock(index + 1);
  const server = balancer.pick(0, NO_SERVER);
  group.enter(server);
  group.unlock();
  chosen[server]++;
  open.push(server);
  if (keep >= 0 && open.length > keep) group.leave(open.shift() as number);
}
answer(chosen);
