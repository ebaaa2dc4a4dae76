/**
 * States of servers as they are saved before a restart and taken up after it: from what the master
 * knows to a record of `show servers state`, and back. The rules for what a new configuration leaves of an
 * old state are HAProxy's: what the file says otherwise than before goes first.
 */
import type { BackendPlan, ServerPlan } from '../../plan/plan.js';
import { ADMIN, CHECKING, OPERATION, type ServerState } from '../../plan/server-state.js';
import { STATE_DRAIN, STATE_MAINTENANCE, STATE_RESOLUTION, STATE_STARTING, STATES_OF_MAINTENANCE } from '../../shared/servers.js';
import type { Checker } from '../checks/checker.js';
import type { CheckRecord, HealthRecords } from '../checks/record.js';
import { type CheckStatus, verdictOf } from '../checks/result.js';
import { operationOf } from '../checks/state-lines.js';
import type { HostIp, ServerAddresses } from './server-addresses.js';
import type { ServerPlace, ServerStates } from './server-states.js';

/** HAProxy's numbers of check statuses, by place. */
const STATUS_NUMBERS: readonly (CheckStatus | null)[] = [
  ...(['UNK', 'INI', null, 'CHECKED', 'HANA', 'SOCKERR', 'L4OK', 'L4TOUT', 'L4CON', 'L6OK', 'L6TOUT', 'L6RSP'] as const),
  ...(['L7TOUT', 'L7RSP', null, 'L7OK', 'L7OKC', 'L7STS'] as const),
];
/** `srv_check_result`, by what a result means for the server. */
const RESULT_NUMBERS = { neutral: 1, failed: 2, passed: 3, stopping: 4 } as const;
/** What the line of a server says that was down before the restart. */
const FROM_BEFORE = 'changed from server-state after a reload';

/** Where states are. */
export interface StateSources {
  readonly backends: readonly BackendPlan[];
  readonly states: ServerStates;
  readonly addresses: ServerAddresses;
  readonly health: HealthRecords;
  readonly checker: Pick<Checker, 'agentTarget' | 'setAgentAddress' | 'setAgentPort'>;
}

/** The state of a server at the moment. */
export function currentState({ backends, states, addresses, health, checker }: StateSources, place: ServerPlace): ServerState {
  const backend = backends[place.backend];
  const server = backend.servers[place.server];
  const record = health.server(place);
  const { check, agent } = record;
  const { port, mapped } = addresses.port(place);
  const checks = addresses.checkSettings(place);
  return {
    backendId: backend.id,
    backend: backend.name,
    id: server.id,
    name: server.name,
    address: addresses.ip(place)?.host ?? null,
    operation: operation(states, place),
    admin: admin(states, addresses, server, place),
    weight: states.weight(place),
    initialWeight: server.weight,
    sinceChange: record.secondsInState(health.now()),
    checkStatus: Math.max(0, STATUS_NUMBERS.indexOf(check.status)),
    checkResult: check.status === 'INI' || check.status === 'UNK' ? 0 : RESULT_NUMBERS[verdictOf(check)],
    checkHealth: check.paused ? 0 : check.health.score,
    // as HAProxy, which pauses what is not there only when the file says so
    checkState: checking(check, check.configured ? check.paused : server.disabled),
    agentState: checking(agent, false) | (agent.configured ? CHECKING.agent : 0),
    backendIdForced: backend.idForced,
    idForced: server.idForced,
    fqdn: addresses.fqdn(place),
    port: mapped ? Math.abs(port) : port,
    service: server.resolution?.service ?? null,
    checkPort: checks.port,
    checkAddress: checks.ip?.host ?? null,
    ...agentOf(server, checker.agentTarget(place)),
  };
}

/** Where the agent is; without one, HAProxy shows `addr` and `port` of checks here. */
function agentOf(
  { check: { elsewhere, port, agent } }: ServerPlan,
  target: ReturnType<StateSources['checker']['agentTarget']>,
): Pick<ServerState, 'agentAddress' | 'agentPort'> {
  const address = target.address ?? elsewhere;
  return {
    agentAddress: address === null || address.family === 'unix' ? null : address.host,
    agentPort: agent === null ? (port ?? 0) : target.port,
  };
}

function operation(states: ServerStates, place: ServerPlace): number {
  const running = operationOf(states.standing(place));
  return running === 'running' && (states.state(place) & STATE_STARTING) !== 0 ? OPERATION.starting : OPERATION[running];
}

function admin(states: ServerStates, addresses: ServerAddresses, { disabled, fqdn }: ServerPlan, place: ServerPlace): number {
  const { own, inherited } = states.standing(place);
  const name = addresses.fqdn(place);
  return (
    ((own & STATE_MAINTENANCE) !== 0 ? ADMIN.forcedMaintenance : 0) |
    ((inherited & STATES_OF_MAINTENANCE) !== 0 ? ADMIN.inheritedMaintenance : 0) |
    (disabled ? ADMIN.configuredMaintenance : 0) |
    ((own & STATE_DRAIN) !== 0 ? ADMIN.forcedDrain : 0) |
    ((inherited & STATE_DRAIN) !== 0 ? ADMIN.inheritedDrain : 0) |
    ((own & STATE_RESOLUTION) !== 0 ? ADMIN.unresolved : 0) |
    (name !== null && name !== fqdn ? ADMIN.renamed : 0)
  );
}

function checking({ configured, enabled, inFlight }: CheckRecord, paused: boolean): number {
  return (
    (inFlight ? CHECKING.inFlight : 0) |
    (configured ? CHECKING.configured : 0) |
    (configured && enabled ? CHECKING.enabled : 0) |
    (paused ? CHECKING.paused : 0)
  );
}

/** Takes up the states that the plan's servers had before a restart. Call it once, when all watch, and before anybody is served. */
export function applySavedStates(sources: StateSources): void {
  for (const [backend, { servers }] of sources.backends.entries())
    for (const [server, plan] of servers.entries())
      if (plan.saved !== null) applySaved(sources, { backend, server }, plan, plan.saved);
}

function applySaved(sources: StateSources, place: ServerPlace, plan: ServerPlan, saved: ServerState): void {
  const { health } = sources;
  const record = health.server(place);
  moveTo(sources, place, plan, saved);
  administer(sources, place, plan, saved);
  operate(sources, place, saved);
  restoreWeight(sources.states, place, saved);
  restoreCheck(record.check, saved);
  if (record.agent.configured) restoreAgent(sources, place, saved);
  record.restore(health.now(), saved.sinceChange);
}

/** Port, name, and where checks go; the address itself is one of the plan's (`init-addr last`). */
function moveTo({ addresses }: StateSources, place: ServerPlace, plan: ServerPlan, saved: ServerState): void {
  const { port, mapped } = addresses.port(place);
  const service = plan.resolution?.service ?? null;
  const sameService = service === null || service === saved.service;
  if (!mapped && sameService && saved.port !== port && !addresses.isUnix(place))
    addresses.setAddress(place, { port: { port: saved.port, mapped: false } });
  const renamed = service === null ? plan.fqdn !== null && (saved.admin & ADMIN.renamed) !== 0 : sameService;
  if (renamed && saved.fqdn !== null) addresses.setFqdn(place, saved.fqdn);
  const checkIp = saved.checkAddress === null ? null : hostIp(saved.checkAddress);
  addresses.setCheckAddress(place, {
    ...(checkIp !== null && { ip: checkIp }),
    ...(saved.checkPort > 0 && { port: saved.checkPort }),
  });
}

function hostIp(host: string): HostIp {
  return { family: host.includes(':') ? 'ipv6' : 'ipv4', host };
}

/**
 * Maintenance that was set holds on; that of the file does where it is new, and not where it was ended.
 * A drain holds on, unless it came from a weight of 0 that the file does not have any more.
 */
function administer(
  { states }: StateSources,
  place: ServerPlace,
  plan: ServerPlan,
  { admin: bits, initialWeight }: ServerState,
): void {
  const was = (bits & ADMIN.configuredMaintenance) !== 0;
  const forced = (bits & ADMIN.forcedMaintenance) !== 0;
  const maintained = plan.disabled === was ? forced : plan.disabled;
  if (maintained !== plan.disabled) {
    if (maintained) states.setMaintenance(place);
    else states.setReady(place);
  }
  const drains = (bits & ADMIN.forcedDrain) !== 0 && (initialWeight > 0 || plan.weight === 0);
  if (drains && !maintained) states.setDrain(place);
}

function operate({ states, health }: StateSources, place: ServerPlace, saved: ServerState): void {
  const maintenance = ADMIN.forcedMaintenance | ADMIN.inheritedMaintenance | ADMIN.unresolved;
  const stopped = saved.operation === OPERATION.stopped && (saved.admin & maintenance) === 0;
  const inMaintenance = (states.standing(place).own & STATES_OF_MAINTENANCE) !== 0;
  health.server(place).check.health.force(saved.operation !== OPERATION.stopped);
  if (inMaintenance) return;
  if (stopped) states.setDown(place, FROM_BEFORE);
  else if (saved.operation === OPERATION.stopping) states.setStopping(place, FROM_BEFORE);
}

/** A weight that was set holds on where the file says the same as before. */
function restoreWeight(states: ServerStates, place: ServerPlace, { weight, initialWeight }: ServerState): void {
  if (states.weight(place) !== initialWeight || weight === initialWeight) return;
  try {
    states.setWeight(place, weight);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // another algorithm than before, which heeds no weights
  }
}

function restoreCheck(check: CheckRecord, { checkStatus, checkState }: ServerState): void {
  if (!check.configured) return;
  if (disabledBefore(checkState)) check.enabled = false;
  check.status = STATUS_NUMBERS[checkStatus] ?? 'UNK';
}

function restoreAgent({ health, checker }: StateSources, place: ServerPlace, saved: ServerState): void {
  const { agentAddress, agentPort, agentState } = saved;
  if (agentPort > 0) checker.setAgentPort(place, agentPort);
  if (agentAddress !== null) checker.setAgentAddress(place, { ...hostIp(agentAddress), port: agentPort }, null);
  if (disabledBefore(agentState)) health.server(place).agent.enabled = false;
}

function disabledBefore(bits: number): boolean {
  return (bits & CHECKING.configured) !== 0 && (bits & CHECKING.enabled) === 0;
}
