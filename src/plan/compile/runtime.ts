/** `stats socket`, `stats timeout` and `stats maxconn` to the runtime API's part of the plan. */
import type { StatsSocket } from '../../config/config.js';
import { NO_RUNTIME, type RuntimePlan, type RuntimeSocketPlan } from '../runtime.js';
import { compileSockets } from './binds.js';
import type { Compilation } from './context.js';

/** The runtime API. */
export function compileRuntime(compilation: Compilation): RuntimePlan {
  const { statsSockets, statsTimeoutMs, statsMaxconn } = compilation.config.global;
  const maxconn = statsMaxconn?.value ?? NO_RUNTIME.maxconn;
  return {
    sockets: lastOfEachPath(statsSockets.flatMap((socket) => compileSocket(socket, maxconn, compilation))),
    timeoutMs: statsTimeoutMs?.value ?? NO_RUNTIME.timeoutMs,
    maxconn,
  };
}

/** A path that stands there twice goes to the last one, as with HAProxy, which binds one after the other. */
function lastOfEachPath(sockets: readonly RuntimeSocketPlan[]): RuntimeSocketPlan[] {
  const key = ({ bind: { address } }: RuntimeSocketPlan, index: number): string | number =>
    address.family === 'unix' && !address.abstract ? address.path : index;
  return [...new Map(sockets.map((socket, index) => [key(socket, index), socket])).values()];
}

/** Several where a line has several addresses or ports; as many clients may wait as may be served. */
function compileSocket(socket: StatsSocket, maxconn: number, compilation: Compilation): RuntimeSocketPlan[] {
  const { level, exposeFdListeners, severityOutput, settings } = socket;
  const backlog = settings.backlog ?? maxconn;
  return compileSockets([socket], 'stats socket', () => backlog, compilation).map((bind) => ({
    bind,
    level,
    exposeFdListeners,
    severityOutput,
  }));
}
