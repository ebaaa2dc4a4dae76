/**
 * What becomes of a server by the results of its check and of its agent: counts them, says so where
 * `option log-health-checks` asks for it, and moves the server's state. Both have to be content for a
 * server to be up; either can take it down.
 */
import type { BackendPlan } from '../../plan/plan.js';
import { STATE_DOWN, STATE_STOPPING, STATES_OF_MAINTENANCE } from '../../shared/servers.js';
import type { ServerPlace, ServerStates } from '../servers/server-states.js';
import type { CheckRecord, HealthRecords, ServerRecord } from './record.js';
import { type CheckResult, describe, hasCode, verdictOf } from './result.js';

/** Where a line goes that tells of a single check. */
export type TellCheck = (backend: string, text: string) => void;

/** Judges the servers of a plan. */
export class Judge {
  constructor(
    private readonly backends: readonly BackendPlan[],
    private readonly states: ServerStates,
    private readonly records: HealthRecords,
    private readonly tell: TellCheck,
  ) {}

  /** Takes the result of a health check. */
  onCheck(place: ServerPlace, result: CheckResult): void {
    const record = this.records.server(place);
    this.take(place, record, record.check, result);
    const verdict = verdictOf(result);
    if (verdict === 'failed') this.onFailure(place, record.check, result);
    else if (verdict === 'passed') this.onSuccess(place, result, false);
    else if (verdict === 'stopping') this.onStopping(place, result);
  }

  /** Takes the answer of an agent; only what it says itself counts, not that it could not be asked. */
  onAgent(place: ServerPlace, result: CheckResult): void {
    const record = this.records.server(place);
    this.take(place, record, record.agent, result);
    const verdict = verdictOf(result);
    if (verdict === 'failed' && hasCode(result.status)) this.onFailure(place, record.agent, result);
    else if (verdict === 'passed') this.onSuccess(place, result, true);
  }

  /** Whether check and agent, as far as they are asked, have nothing against the server. */
  isContent(place: ServerPlace): boolean {
    const { check, agent } = this.records.server(place);
    return (!check.enabled || check.health.up) && (!agent.enabled || agent.health.up);
  }

  private take(place: ServerPlace, record: ServerRecord, check: CheckRecord, result: CheckResult): void {
    const before = check.status;
    check.note(result);
    const verdict = verdictOf(result);
    const isAgent = check === record.agent;
    const counts = verdict !== 'neutral' && (verdict !== 'failed' || !isAgent || hasCode(result.status));
    const wasAlive = check.health.score > 0;
    const changed = counts && check.health.note(verdict !== 'failed');
    if (counts && verdict === 'failed' && wasAlive && !isAgent) record.failedChecks++;
    if (verdict === 'passed' || verdict === 'stopping') this.states.forgetFailures(place);
    if (verdict !== 'neutral' && (before !== result.status || changed)) this.tellCheck(place, check, isAgent, result);
  }

  private tellCheck({ backend, server }: ServerPlace, { health }: CheckRecord, isAgent: boolean, result: CheckResult): void {
    const { name, servers, options } = this.backends[backend];
    if (!options.logHealthChecks) return;
    const verdict = verdictOf(result);
    const plan = servers[server];
    const who = `${isAgent ? 'Agent' : 'Health'} check for ${plan.backup ? 'backup ' : ''}server ${name}/${plan.name}`;
    const how = verdict === 'stopping' ? 'conditionally succeeded' : verdict === 'passed' ? 'succeeded' : 'failed';
    const up = this.states.weight({ backend, server }) > 0 ? 'UP' : 'DRAIN';
    this.tell(name, `${who} ${how}, ${describe(result)}, status: ${health.progress} ${health.up ? up : 'DOWN'}.`);
  }

  private onFailure(place: ServerPlace, { health }: CheckRecord, result: CheckResult): void {
    if (health.score > 0 || this.has(place, STATES_OF_MAINTENANCE)) return;
    this.states.setDown(place, this.because(place, result));
  }

  private onSuccess(place: ServerPlace, result: CheckResult, isAgent: boolean): void {
    if (!this.has(place, STATE_DOWN | STATE_STOPPING) || this.has(place, STATES_OF_MAINTENANCE) || !this.isContent(place)) return;
    if (isAgent && this.has(place, STATE_STOPPING)) return; // that its checks say, and they alone take it back
    this.states.setUp(place, this.because(place, result));
  }

  private onStopping(place: ServerPlace, result: CheckResult): void {
    const { agent } = this.records.server(place);
    if (this.has(place, STATES_OF_MAINTENANCE | STATE_STOPPING | STATE_DOWN) || (agent.enabled && !agent.health.up)) return;
    this.states.setStopping(place, this.because(place, result));
  }

  private has(place: ServerPlace, bits: number): boolean {
    return (this.states.standing(place).own & bits) !== 0;
  }

  /** The line of the check says why, where there is one. */
  private because({ backend }: ServerPlace, result: CheckResult): string {
    return this.backends[backend].options.logHealthChecks ? '' : describe(result);
  }
}
