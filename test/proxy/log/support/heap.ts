/**
 * A program: writes log lines of sessions and prints what that did to the heap. It runs alone,
 * because a test runner's own garbage would be counted.
 *
 *   node --expose-gc --max-semi-space-size=64 heap.js LINES
 */
import { openSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { SessionLog } from '../../../../src/proxy/log/session-log.js';
import { compiler, contextOf, formatOf, planOf, sessionOf, surroundingsOf, targetOf, udp } from './lab.js';

const TCPLOG = '%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq';
/** Lines before the first look at the heap: code is optimized by then. */
const WARM_UP = 250_000;
/** Lines in a turn. */
const TURN = 16;
/** Where nobody listens: UDP does not mind. */
const DISCARD_PORT = 9;

const nowhere = openSync('/dev/null', 'w');
const targets = [targetOf(udp(DISCARD_PORT), { format: 'local' }), targetOf({ kind: 'fd', fd: nowhere }, { format: 'rfc5424' })];
const log = new SessionLog(surroundingsOf(planOf({ targets, format: formatOf(TCPLOG) })), compiler);
/** Lines bear two dates: that of today and that of a session which began on another day. */
const session = sessionOf({ acceptDateMs: Date.now() - 9 * 86_400_000 });
const context = contextOf(session);

function write(lines: number): void {
  for (let i = 0; i < lines; i++) {
    session.logged = false;
    session.acceptDateMs += 7;
    session.client.received = i;
    log.write(session, context, false);
    if (i % TURN === TURN - 1) log.flush(0);
  }
}

const lines = Number(process.argv[2]);
write(WARM_UP);
global.gc?.();
const before = getHeapStatistics().used_heap_size;
write(lines);
const after = getHeapStatistics().used_heap_size;
global.gc?.();
const kept = getHeapStatistics().used_heap_size - before;
process.stdout.write(JSON.stringify({ allocated: after - before, kept }));
