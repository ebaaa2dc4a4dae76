/**
 * The plans of one worker: makes a generation of each that the master sends, and has it take over when
 * the master has heard from all workers that they can. A plan that cannot be carried out changes nothing.
 */
import { type EncodedAddress, encodeAddresses } from '../kernel/address.js';
import type { Plan } from '../plan/plan.js';
import { readShared } from '../shared/message.js';
import { openShared } from '../shared/state.js';
import type { Listener } from './acceptor.js';
import type { DataPlane } from './data-plane.js';
import type { Generation } from './generation.js';
import type { Order, Report, Work } from './orders.js';
import type { PlanGarbage } from './plan-garbage.js';
import { livePatterns } from './samples/match/live.js';
import { type ThreadBase, WorkerLane } from './worker-lane.js';

/** What a plan came to, or will. */
export class WorkerPlans {
  private prepared: { readonly work: Work; readonly generation: Generation } | null = null;
  /** The number of the plan whose predecessor's listening sockets are still in use; 0: none. */
  private settling = 0;

  /** @param backlogMax what the kernel cuts every accept queue to */
  constructor(
    private readonly base: ThreadBase,
    private readonly dataPlane: DataPlane,
    private readonly backlogMax: number,
    private readonly garbage: PlanGarbage,
    private readonly report: (message: Report) => void,
  ) {}

  /** The first plan. Throws what stands against it. */
  begin(work: Work, plan: Plan): void {
    this.dataPlane.begin(this.make(work, plan), work.paused);
  }

  /** Does what an order says about plans. */
  obey(order: Extract<Order, { kind: 'prepare' | 'fill' | 'apply' | 'discard' | 'end' }>): void {
    if (order.kind === 'prepare') this.prepare(order.work);
    else if (order.kind === 'fill') this.fill(order);
    else if (order.kind === 'apply') this.apply(order.generation, order.ending);
    else if (order.kind === 'discard') this.discard(order.generation);
    else this.dataPlane.endSessions(order.generation);
  }

  /** Says that a plan is applied once that is so. Call it after each turn. */
  reportProgress(): void {
    if (this.settling === 0 || !this.dataPlane.settled) return;
    this.report({ kind: 'applied', generation: this.settling });
    this.settling = 0;
  }

  private prepare(work: Work): void {
    const { generation } = work;
    this.garbage.tidy();
    try {
      this.prepared = { work, generation: this.make(work, readShared<Plan>(work.plan)) };
      this.report({ kind: 'prepared', generation });
    } catch (error) {
      this.reportUnfit(generation, error);
    }
  }

  private fill({ generation, list, entries }: Extract<Order, { kind: 'fill' }>): void {
    if (this.prepared?.work.generation !== generation) return;
    try {
      livePatterns(this.prepared.generation.lane.plan.patternLists[list]).change({ kind: 'append', entries });
      this.report({ kind: 'filled', generation });
    } catch (error) {
      this.reportUnfit(generation, error);
    }
  }

  private reportUnfit(generation: number, error: unknown): void {
    this.report({ kind: 'unfit', generation, reason: (error as Error).stack ?? String(error) });
  }

  private apply(number: number, ending: readonly number[]): void {
    if (this.prepared?.work.generation !== number) return;
    this.settling = number;
    this.dataPlane.begin(this.prepared.generation, this.prepared.work.paused, ending);
    this.prepared = null;
  }

  private discard(number: number): void {
    if (this.prepared?.work.generation !== number) return;
    this.prepared.generation.lane.close(this.dataPlane.nowMs);
    this.prepared = null;
  }

  private make(work: Work, plan: Plan): Generation {
    const { generation, shared } = work;
    const lane = new WorkerLane(this.base, generation, plan, openShared(shared, this.base.worker));
    try {
      lane.makeSessionLog();
      return this.dataPlane.prepare(generation, lane, this.listenersOf(plan, work), addressesOf(plan, lane));
    } catch (error) {
      lane.close(this.dataPlane.nowMs);
      throw error;
    }
  }

  private listenersOf(plan: Plan, { listeners }: Work): Listener[] {
    const binds = plan.frontends.flatMap(({ binds }, frontend) => binds.map((bind, index) => ({ frontend, bind, index })));
    return binds.map(({ frontend, bind, index }, i) => ({
      fd: listeners[i],
      frontend,
      bind: index,
      backlog: Math.min(bind.backlog, this.backlogMax),
    }));
  }
}

function addressesOf(plan: Plan, { holdings }: WorkerLane): EncodedAddress[] {
  const { region, encoded } = encodeAddresses(plan.backends.flatMap(({ servers }) => servers.map(({ address }) => address)));
  holdings.holdMemory(region.address, region.length);
  return encoded;
}
