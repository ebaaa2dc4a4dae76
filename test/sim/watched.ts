/** A data plane that tells the judge how each session ends. */
import type { Acceptor } from '../../src/proxy/acceptor.js';
import { DataPlane } from '../../src/proxy/data-plane.js';
import type { WorkerBase } from '../../src/proxy/lane.js';
import { CLOSING, type Endpoint, type Session, type Termination } from '../../src/proxy/session.js';
import type { Judge } from './judge.js';

/** Overrides nothing but the moment at which a session's end is decided. */
export class WatchedDataPlane extends DataPlane {
  constructor(
    base: WorkerBase,
    listenersMax: number,
    private readonly judge: Judge,
  ) {
    super(base, listenersMax);
  }

  /** All that take connections, or hold some that wait for a place. */
  get accepting(): readonly Acceptor[] {
    return this.acceptors.all;
  }

  override onSilence(endpoint: Endpoint): void {
    this.judge.onSilence(endpoint);
    super.onSilence(endpoint);
  }

  override finish(session: Session, termination: Termination): void {
    if (session.state !== CLOSING) this.judge.onFinish(session, session.termination === '--' ? termination : session.termination);
    super.finish(session, termination);
  }
}
