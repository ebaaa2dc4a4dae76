/**
 * Is this host fit for a load? Gathers what the start of a balancer would decide and find, without
 * changing anything, as plain data: `cli/doctor` shows it.
 */
import { release } from 'node:os';
import { allowedCpus } from '../../kernel/affinity.js';
import { chooseEngine, type EngineChoice, probeUring, type UringProbe } from '../../kernel/probe.js';
import { DEFAULTS } from '../../plan/plan.js';
import { StartError } from '../start-error.js';
import { cpuBudget } from './cpus.js';
import { type Demand, type DescriptorLimit, descriptorLimit, descriptorsFor, pipesFor, planSizing } from './sizing.js';
import { checkSysctls, type Finding, type Load, sysctlReader } from './sysctl.js';
import { isPrivileged } from './system-files.js';

/** Everything `turbo-lb doctor` knows; `--json` prints it as it is. */
export interface DoctorReport {
  /** The load holds: its connections fit, and no setting is in the way. */
  readonly fit: boolean;
  /** Release of the running kernel, as uname(2) tells it. */
  readonly kernel: string;
  readonly node: string;
  readonly engine: EngineChoice;
  readonly uring: UringProbe;
  readonly cpus: { readonly allowed: number; readonly quota: number | null; readonly workers: number; readonly reason: string };
  readonly descriptors: DescriptorReport;
  readonly settings: readonly Finding[];
}

/** RLIMIT_NOFILE against the load. */
export interface DescriptorReport {
  /** Connections that were asked for; 0: as many as fit. */
  readonly asked: number;
  /** Connections that there will be. */
  readonly maxconn: number;
  readonly needed: number;
  readonly soft: number;
  readonly hard: number;
  /** The start will take the limit up to this when it must. */
  readonly ceiling: number;
}

/** What the doctor asks the system; others in tests. */
export interface DoctorFacts {
  readonly probe: () => UringProbe;
  readonly allowedCpus: () => number[];
  readonly limit: () => DescriptorLimit;
  /** Where the system's files are. */
  readonly root: string;
}

const THIS_SYSTEM: DoctorFacts = { probe: probeUring, allowedCpus, limit: descriptorLimit, root: '/' };

/** The load to examine the host for. */
export interface ExaminedLoad {
  /** Connections at once; 0: as many as the limits allow. */
  readonly maxconn: number;
  /** Server addresses that share them. */
  readonly servers: number;
}

/** Examines the host for a balancer with one address to listen on. */
export function examine({ maxconn, servers }: ExaminedLoad, facts = THIS_SYSTEM): DoctorReport {
  const uring = facts.probe();
  const budget = cpuBudget(facts.allowedCpus(), facts.root);
  const demand: Demand = {
    maxconn,
    workers: budget.workers,
    listeners: budget.workers,
    checks: servers,
    pipes: DEFAULTS.tune.pipes,
  };
  const descriptors = examineDescriptors(demand, facts.limit());
  const settings = checkSysctls(loadFor(demand, descriptors, servers, facts.root), sysctlReader(facts.root));
  return {
    fit: descriptors.maxconn > 0 && descriptors.maxconn >= maxconn && settings.every((finding) => finding.state !== 'matters'),
    kernel: release(),
    node: process.version,
    engine: chooseEngine('auto', () => uring),
    uring,
    cpus: { allowed: budget.allowed.length, quota: finiteOrNull(budget.quota), workers: budget.workers, reason: budget.reason },
    descriptors,
    settings,
  };
}

/** JSON has no Infinity. */
const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** A limit too low for one connection is a finding here, where a start would fail. */
function examineDescriptors(demand: Demand, limit: DescriptorLimit): DescriptorReport {
  try {
    const { maxconn, needed } = planSizing(demand, limit);
    return { asked: demand.maxconn, maxconn, needed, ...limit };
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return { asked: demand.maxconn, maxconn: 0, needed: descriptorsFor(demand, Math.max(1, demand.maxconn)), ...limit };
  }
}

function loadFor(demand: Demand, descriptors: DescriptorReport, servers: number, root: string): Load {
  const maxconn = Math.max(demand.maxconn, descriptors.maxconn);
  return {
    maxconn,
    workers: demand.workers,
    descriptors: descriptors.needed,
    backlog: DEFAULTS.backlog,
    serverAddresses: servers,
    pipeBytes: demand.workers * pipesFor(demand, maxconn) * DEFAULTS.tune.pipesize,
    ioEngine: 'auto',
    privileged: isPrivileged(root),
  };
}
