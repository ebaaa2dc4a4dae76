/**
 * What is logged when a server goes up or down, into maintenance or a drain, and out of it: HAProxy's
 * words, which operators' tools look for. Texts only; who writes them is `state-reporter.ts`.
 */
import {
  type ServerGroup,
  STATE_DOWN,
  STATE_DRAIN,
  STATE_MAINTENANCE,
  STATE_RESOLUTION,
  STATE_STOPPING,
  STATES_OF_MAINTENANCE,
} from '../../shared/servers.js';
import type { LogLevel } from '../process/process-log.js';
import type { Standing, Transition } from '../servers/server-states.js';

/** What a line says beside the transition itself. */
export interface LineContext {
  /** `b/s`. */
  readonly name: string;
  readonly isBackup: boolean;
  /** The name of its host; '' when it was given by an address. */
  readonly fqdn: string;
  /** The name of the server that it follows; '' when it follows none. */
  readonly followed: string;
  /** What is left of the backend. */
  readonly active: number;
  readonly backup: number;
  /** Connections to the server. */
  readonly sessions: number;
  /** Sessions that wait for this very server. */
  readonly queued: number;
}

/** A line and its level in syslog. */
export interface StateLine {
  readonly level: LogLevel;
  readonly text: string;
}

/** Whether a server runs, runs out, or is stopped: HAProxy's operational state. Maintenance stops it. */
export type Operation = 'running' | 'stopping' | 'stopped';

/** The operational state that bits STATE_* mean. */
export function operationOf({ own, inherited }: Standing): Operation {
  const state = own | inherited;
  if ((state & (STATE_DOWN | STATES_OF_MAINTENANCE)) !== 0) return 'stopped';
  return (state & STATE_STOPPING) !== 0 ? 'stopping' : 'running';
}

/** Whether it takes no new connections because it drains; maintenance goes first. */
export function isDraining(standing: Standing): boolean {
  return has(standing, STATE_DRAIN) && !has(standing, STATES_OF_MAINTENANCE);
}

const has = ({ own, inherited }: Standing, bit: number): boolean => ((own | inherited) & bit) !== 0;

const OPERATION_WORDS: Readonly<Record<Operation, string>> = { running: 'UP', stopping: 'stopping', stopped: 'DOWN' };

/** The lines of a transition, in order. */
export function stateLines(transition: Transition, context: LineContext): StateLine[] {
  const { before, after } = transition;
  const was = has(before, STATES_OF_MAINTENANCE);
  const is = has(after, STATES_OF_MAINTENANCE);
  if (was && is) return remainsInMaintenance(transition, context);
  const line = is
    ? entersMaintenance(transition, context)
    : was
      ? leavesMaintenance(transition, context)
      : serves(transition, context);
  return [...line, ...(is ? [] : remainsInDrain(transition, context))];
}

function entersMaintenance(transition: Transition, context: LineContext): StateLine[] {
  const { before, after, because } = transition;
  const why = because === '' ? '' : ` (${because})`;
  const whose = (after.own & STATES_OF_MAINTENANCE) === 0 ? via(context) : why;
  if (operationOf(before) === 'stopped')
    return [{ level: 'notice', text: `${server(context)} was DOWN and now enters maintenance${whose}.` }];
  const text = `${server(context)} is going DOWN for maintenance${whose}${counts(after, context, transition)}`;
  return [{ level: alertUnlessExpected(before), text }];
}

/** A server that was meant to take no more is missed by nobody. */
function alertUnlessExpected(before: Standing): LogLevel {
  return has(before, STATE_STOPPING | STATE_DRAIN) ? 'notice' : 'alert';
}

function leavesMaintenance({ before, after }: Transition, context: LineContext): StateLine[] {
  const state = `${upOrDown(after)}/${has(after, STATE_DRAIN) ? 'DRAIN' : 'READY'}`;
  if ((before.own & STATE_RESOLUTION) !== 0)
    return [{ level: 'notice', text: `${server(context)} ('${context.fqdn}') is ${state} (resolves again).` }];
  const forced = (before.own & STATE_MAINTENANCE) === 0 ? '' : 'forced ';
  return [{ level: 'notice', text: `${server(context)} is ${state} (leaving ${forced}maintenance).` }];
}

function upOrDown(standing: Standing): string {
  return operationOf(standing) === 'stopped' ? 'DOWN' : 'UP';
}

function remainsInMaintenance({ before, after }: Transition, context: LineContext): StateLine[] {
  const own = (after.own & STATES_OF_MAINTENANCE) !== 0;
  if ((before.own & ~after.own & STATE_RESOLUTION) !== 0)
    return [{ level: 'notice', text: `${server(context)} ('${context.fqdn}') resolves again but remains in maintenance.` }];
  const inherited = (after.inherited & STATES_OF_MAINTENANCE) !== 0;
  if (own && !inherited && (before.inherited & STATES_OF_MAINTENANCE) !== 0)
    return [{ level: 'notice', text: `${server(context)} remains in forced maintenance.` }];
  if (own || (before.own & STATES_OF_MAINTENANCE) === 0) return [];
  return [
    { level: 'notice', text: `${server(context)} is leaving forced maintenance but remains in maintenance${via(context)}.` },
  ];
}

/** Health has changed, or else a drain begins or ends. */
function serves(transition: Transition, context: LineContext): StateLine[] {
  const { before, after, because, followed } = transition;
  const operation = operationOf(after);
  if (operation !== operationOf(before)) {
    const why = because === '' ? '' : `, ${because}`;
    const whose = followed !== null && because === '' ? via(context) : '';
    const text = `${server(context)} is ${OPERATION_WORDS[operation]}${whose}${why}${counts(after, context, transition)}`;
    return [{ level: operation === 'stopped' ? alertUnlessExpected(before) : 'notice', text }];
  }
  if (has(after, STATE_DRAIN) === has(before, STATE_DRAIN)) return [];
  if (!has(after, STATE_DRAIN))
    return [{ level: 'notice', text: `${server(context)} is ${upOrDown(after)} (leaving forced drain).` }];
  const whose = (after.own & STATE_DRAIN) === 0 ? via(context) : '';
  return [{ level: 'notice', text: `${server(context)} enters drain state${whose}${counts(after, context, transition)}` }];
}

/** A drain that outlasts another change is worth a reminder. */
function remainsInDrain({ before, after }: Transition, context: LineContext): StateLine[] {
  if (!has(after, STATE_DRAIN) || !has(before, STATE_DRAIN | STATES_OF_MAINTENANCE)) return [];
  const text =
    (after.own & STATE_DRAIN) !== 0
      ? 'remains in forced drain mode.'
      : `is leaving forced drain but remains in drain mode${via(context)}.`;
  return [{ level: 'notice', text: `${server(context)} ${text}` }];
}

function server({ name, isBackup }: LineContext): string {
  return `${isBackup ? 'Backup ' : ''}Server ${name}`;
}

function via({ followed }: LineContext): string {
  return followed === '' ? '' : ` via ${followed}`;
}

/** What is left of the backend, and what became of the server's sessions. */
function counts(after: Standing, context: LineContext, { requeued }: Transition): string {
  const { active, backup, sessions, queued } = context;
  const onBackup = active === 0 && backup > 0 ? ' Running on backup.' : '';
  const stopped = operationOf(after) === 'stopped';
  const left = `${active} active and ${backup} backup servers ${stopped ? 'left' : 'online'}.${onBackup}`;
  const moved = stopped
    ? `${sessions} sessions active, ${requeued} requeued, ${queued} remaining in queue`
    : `${requeued} sessions requeued, ${queued} total in queue`;
  return `. ${left} ${moved}.`;
}

/** Servers that can be chosen, of both kinds. */
export function usable(group: ServerGroup): { readonly active: number; readonly backup: number } {
  const count = { active: 0, backup: 0 };
  for (let one = 0; one < group.size; one++) if (group.isUsable(one)) count[group.isBackup(one) ? 'backup' : 'active']++;
  return count;
}
