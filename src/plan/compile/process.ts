/** Section `global` to what holds for the process as a whole. */
import type { GlobalConfig } from '../../config/config.js';
import { newProxy } from '../../config/proxy.js';
import {
  DEFAULT_PROCESS,
  DEFAULTS,
  type IoEngineChoice,
  type LifePlan,
  type ProcessPlan,
  type TunePlan,
  type VariablePlan,
} from '../plan.js';
import type { Compilation } from './context.js';
import { compileExpression } from './expressions.js';
import { compileFormat } from './formats.js';
import { compileTargets, logHostname } from './logging.js';
import { compileRuntime } from './runtime.js';

/** Where the proxy stands that is none. */
const NO_PLACE = { file: '', line: 0, column: 0, length: 0 };

/** The process. */
export function compileProcess(compilation: Compilation): ProcessPlan {
  const { config, resources, resolvers } = compilation;
  const { global } = config;
  const engine = global.tune.get('io-engine')?.value ?? DEFAULT_PROCESS.ioEngine;
  return {
    workers: global.nbthread?.value ?? DEFAULT_PROCESS.workers,
    pin: DEFAULT_PROCESS.pin,
    cpuMap: compileCpuMap(global),
    ioEngine: engine as IoEngineChoice,
    maxconn: global.maxconn?.value ?? DEFAULT_PROCESS.maxconn,
    ulimitN: global.ulimitN?.value ?? DEFAULT_PROCESS.ulimitN,
    reusePort: global.noreuseport?.value !== true,
    memoryMax: DEFAULT_PROCESS.memoryMax,
    life: compileLife(global),
    logTargets: compileTargets(global.logs, compilation),
    spreadChecks: global.spreadChecks?.value ?? DEFAULT_PROCESS.spreadChecks,
    maxSpreadChecksMs: global.maxSpreadChecksMs?.value ?? DEFAULT_PROCESS.maxSpreadChecksMs,
    logTag: global.logTag?.value ?? DEFAULTS.logTag,
    logHostname: logHostname(global, resources.hostname),
    resolvers,
    node: global.node?.value ?? resources.hostname,
    environment: Object.fromEntries(global.environment),
    variables: compileVariables(compilation),
    description: global.description?.value ?? null,
    connectionRateMax: global.maxconnrate?.value ?? 0,
    sessionRateMax: global.maxsessrate?.value ?? 0,
    tune: compileTune(global),
    runtime: compileRuntime(compilation),
  };
}

/** Their expressions are read as those of a proxy named as the section is. */
function compileVariables({ config, references }: Compilation): VariablePlan[] {
  const { variables } = config.global;
  if (variables.length === 0) return [];
  const scope = references.scope(newProxy('backend', 'global', NO_PLACE, null));
  return variables.map(({ name, value }) => ({
    name,
    value:
      'format' in value
        ? { format: compileFormat(value.format, scope) }
        : { expression: compileExpression(value.expression, scope, "in 'set-var'") },
  }));
}

/** Thread 1 is worker 0; a worker that nobody speaks of has no CPUs listed. */
function compileCpuMap({ cpuMap }: GlobalConfig): (readonly number[])[] {
  const threads = [...(cpuMap?.value.keys() ?? [])];
  return Array.from({ length: Math.max(0, ...threads) }, (_, worker) => cpuMap?.value.get(worker + 1) ?? []);
}

function compileLife(global: GlobalConfig): LifePlan {
  const { daemon, pidfile, user, group, chroot, hardStopAfterMs, graceMs, setDumpable } = global;
  return {
    daemon: daemon?.value ?? false,
    pidfile: pidfile?.value ?? null,
    user: user?.value ?? null,
    group: group?.value ?? null,
    chroot: chroot?.value ?? null,
    hardStopAfterMs: hardStopAfterMs?.value ?? 0,
    dumpable: setDumpable?.value ?? false,
    graceMs: graceMs?.value ?? 0,
  };
}

function compileTune({ tune, maxpipes }: GlobalConfig): TunePlan {
  const number = (name: string, otherwise: number) => {
    const value = tune.get(name)?.value;
    return typeof value === 'number' ? value : otherwise;
  };
  return {
    bufsize: number('bufsize', DEFAULTS.tune.bufsize),
    buffers: DEFAULTS.tune.buffers,
    pipes: maxpipes?.value ?? DEFAULTS.tune.pipes,
    pipesize: number('pipesize', DEFAULTS.tune.pipesize),
    clientReceiveBuffer: number('rcvbuf.client', DEFAULTS.tune.clientReceiveBuffer),
    clientSendBuffer: number('sndbuf.client', DEFAULTS.tune.clientSendBuffer),
    serverReceiveBuffer: number('rcvbuf.server', DEFAULTS.tune.serverReceiveBuffer),
    serverSendBuffer: number('sndbuf.server', DEFAULTS.tune.serverSendBuffer),
    maxaccept: number('maxaccept', DEFAULTS.tune.maxaccept),
  };
}
