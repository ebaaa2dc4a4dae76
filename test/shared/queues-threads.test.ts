/** Real threads that take, wait for and give back connections at once: nothing is lost, and the limit holds. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { QueueEntries } from '../../src/shared/queue-entries.js';
import { QueueTable } from '../../src/shared/queues.js';
import { ServerTable } from '../../src/shared/servers.js';
import type { QueueThreads } from './support/queues-thread.js';
import { inThreads } from './support/threads.js';

const WORKERS = 3;
const SESSIONS = 1000;
const ENTRIES = 16;
const MAXCONN = 3;

test('every session of every thread is served, never more at once than the server takes', async () => {
  const servers = ServerTable.create([1], WORKERS);
  const queues = QueueTable.create(QueueEntries.create(WORKERS, ENTRIES), [1]);
  const [group] = new ServerTable(servers, [1], WORKERS, 0).groups;
  group.configure(0, false);
  group.configureServer(0, { id: 1, weight: 1, backup: false, maxconn: MAXCONN, minconn: 0, maxqueue: 0 });
  const counts = new Int32Array(new SharedArrayBuffer(8));
  const shared: QueueThreads = { servers, queues, counts, workers: WORKERS, sessions: SESSIONS, entries: ENTRIES };
  await inThreads(new URL('./support/queues-thread.js', import.meta.url), WORKERS, shared);
  assert.is(counts[0], WORKERS * SESSIONS);
  assert.ok(counts[1] <= MAXCONN, `${counts[1]} at once`);
  assert.is(group.active(0), 0);
  assert.is(new QueueTable(queues, [group], 0).backends[0].waiting, 0);
});

test.run();
