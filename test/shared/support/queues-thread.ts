/**
 * A worker of queues-threads.test.ts: many sessions, one after the other on each of its entries, that
 * take a connection or wait for one, and give it back. It polls where a worker would sleep.
 */
import type { Pieces } from '../../../src/shared/pieces.js';
import { NO_ENTRY } from '../../../src/shared/queue-entries.js';
import { ANY_SERVER, type QueueMemory, QueueTable } from '../../../src/shared/queues.js';
import { ServerTable } from '../../../src/shared/servers.js';
import { answer, threadStart } from './threads.js';

/** What all threads share. */
export interface QueueThreads {
  readonly servers: Pieces;
  readonly queues: QueueMemory;
  /** [0] sessions served; [1] most connections at once of the one server. */
  readonly counts: Int32Array;
  readonly workers: number;
  readonly sessions: number;
  readonly entries: number;
}

const { index, shared } = threadStart<QueueThreads>();
const { servers, queues, counts, workers, sessions, entries } = shared;
const group = new ServerTable(servers, [1], workers, index).groups[0];
const table = new QueueTable(queues, [group], index);
const [queue] = table.backends;
const connected: number[] = [];
const idle = Array.from({ length: entries }, (_, i) => table.entries.entryOf(i));
const noWake = (): void => undefined;
let begun = 0;
let served = 0;
while (served < sessions) {
  if (begun < sessions && idle.length > 0) {
    const entry = idle.pop() as number;
    begun++;
    group.lock(index + 1);
    if (group.isFull(0)) queue.join(entry, begun % 2 === 0 ? ANY_SERVER : 0, 0, 0, begun);
    else {
      group.enter(0);
      connected.push(entry);
    }
    group.unlock();
  }
  for (let entry = table.entries.takeInbox(); entry !== NO_ENTRY; ) {
    const next = table.entries.nextOf(entry);
    queue.accept(entry);
    group.adopt(0);
    connected.push(entry);
    entry = next;
  }
  const entry = connected.pop();
  if (entry === undefined) continue;
  const active = group.active(0);
  if (active > Atomics.load(counts, 1)) Atomics.store(counts, 1, active);
  group.lock(index + 1);
  group.leave(0);
  queue.serve(0, noWake);
  group.unlock();
  idle.push(entry);
  served++;
}
Atomics.add(counts, 0, served);
answer(served);
