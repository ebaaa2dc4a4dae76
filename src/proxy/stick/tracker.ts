/** Counts sessions in the entries of stick tables that they track, for one worker. */
import { NO_ENTRY, type StickTable } from '../../shared/stick-table.js';
import type { TrackLedger } from '../../shared/track-ledger.js';
import type { Lane } from '../lane.js';
import type { Sample } from '../samples/sample.js';
import type { Session } from '../session.js';
import { addToCounter, setTag } from './general.js';
import { KeyWriter } from './keys.js';
import type { Tracker } from './tracking.js';

/** What is done with the entry of a counter, under the lock of its table. */
type Act = (stick: StickTable, entry: number, nowMs: number, counter: number) => void;

/** The tracker of a worker whose plan has stick tables. */
export class SharedTracker implements Tracker {
  private readonly keys: readonly KeyWriter[];
  private readonly owner: number;

  constructor(
    private readonly lane: Lane,
    private readonly ledger: TrackLedger,
  ) {
    this.keys = lane.plan.tables.map((table) => new KeyWriter(table));
    this.owner = lane.worker + 1;
  }

  track(session: Session, counter: number, table: number, key: Sample): void {
    if ((session.tracked & (1 << counter)) !== 0 || !this.keys[table].write(key)) return;
    const nowMs = this.lane.engine.nowMs();
    const stick = this.lane.tables.sticks[table];
    stick.lock(this.owner);
    const entry = stick.obtain(this.keys[table].key, nowMs);
    if (entry !== NO_ENTRY) {
      stick.hold(entry);
      count(stick, entry, 'conn_cur', 1, nowMs);
      count(stick, entry, 'conn_cnt', 1, nowMs);
      count(stick, entry, 'conn_rate', 1, nowMs);
      this.ledger.note(session.index, counter, table, entry);
      session.tracked |= 1 << counter;
    }
    stick.unlock();
  }

  addGeneralCounter(session: Session, counter: number, index: number, value: number): void {
    this.with(session, counter, (stick, entry, nowMs) => addToCounter(stick, entry, index, value, nowMs));
  }

  setGeneralTag(session: Session, counter: number, index: number, value: number): void {
    this.with(session, counter, (stick, entry, nowMs) => setTag(stick, entry, index, value, nowMs));
  }

  sessionBegan(session: Session): void {
    this.forEach(session, countSession);
  }

  trafficEnded(session: Session): void {
    this.forEach(session, (stick, entry, nowMs) => {
      count(stick, entry, 'bytes_in_cnt', session.client.received, nowMs);
      count(stick, entry, 'bytes_in_rate', session.client.received, nowMs);
      count(stick, entry, 'bytes_out_cnt', session.server.received, nowMs);
      count(stick, entry, 'bytes_out_rate', session.server.received, nowMs);
    });
  }

  sessionEnded(session: Session): void {
    this.forEach(session, (stick, entry, nowMs, counter) => {
      count(stick, entry, 'conn_cur', -1, nowMs);
      stick.release(entry);
      this.ledger.forget(session.index, counter); // under the lock: who counts trackers anew finds each there or not at all
    });
    session.tracked = 0;
  }

  private forEach(session: Session, act: Act): void {
    if (session.tracked === 0) return;
    for (let counter = 0; counter < this.ledger.counters; counter++) this.with(session, counter, act);
  }

  private with(session: Session, counter: number, act: Act): void {
    if ((session.tracked & (1 << counter)) === 0) return;
    const stick = this.lane.tables.sticks[this.ledger.table(session.index, counter)];
    stick.lock(this.owner);
    act(stick, this.ledger.entry(session.index, counter), this.lane.engine.nowMs(), counter);
    stick.unlock();
  }
}

function countSession(stick: StickTable, entry: number, nowMs: number): void {
  count(stick, entry, 'sess_cnt', 1, nowMs);
  count(stick, entry, 'sess_rate', 1, nowMs);
}

/** Whoever changes an entry uses it: what ends a session without being counted does not prolong its time. */
function count(stick: StickTable, entry: number, name: string, value: number, nowMs: number): void {
  const field = stick.fields.get(name);
  if (field === undefined || value === 0) return;
  stick.add(entry, field, 0, value, nowMs);
  stick.touch(entry, nowMs);
}
