/**
 * The runtime API of a process: its sockets and its server over the life of a balancer, from before
 * there is one until after it has ended.
 */
import type { LoadBalancer } from '../../master/balancer.js';
import type { Log } from '../../master/log.js';
import type { Plan } from '../../plan/plan.js';
import type { ProcessControl } from '../command.js';
import { COMMANDS, MASTER_SOCKET_COMMANDS } from '../commands/index.js';
import { Registry } from '../registry.js';
import { RuntimeServer } from './server.js';
import { RuntimeSockets } from './sockets.js';

/** What whoever runs a balancer tells the runtime API. */
export interface RuntimeApi {
  /** The start has as good as succeeded, and rights are about to be given up: sockets get their names. Throws StartError. */
  publish(): void;
  /** The balancer works. */
  serve(balancer: LoadBalancer): void;
  /** The balancer takes no new connections; the runtime API takes none either, but for those to the master. */
  refuse(): void;
  /** The process is about to end. */
  close(): void;
}

/** Has a balancer run with its runtime API. Throws BindError when a socket cannot be had, before `run` is called. */
export async function withRuntimeApi<T>(
  plan: Plan,
  log: Log,
  control: ProcessControl,
  run: (api: RuntimeApi) => Promise<T>,
): Promise<T> {
  const { runtime, tune } = plan.process;
  const sockets = new RuntimeSockets(runtime.sockets);
  const { timeoutMs, maxconn } = runtime;
  let server: RuntimeServer | null = null;
  const close = (): void => {
    server?.close();
    sockets.close();
  };
  try {
    return await run({
      publish: () => sockets.publish(),
      serve: (balancer) => {
        const registries = { worker: new Registry(COMMANDS), master: new Registry(MASTER_SOCKET_COMMANDS) };
        const limits = { timeoutMs, maxconn, lineMax: tune.bufsize };
        server = new RuntimeServer(sockets.open, { registries, balancer, control, log, ...limits });
      },
      refuse: () => {
        server?.refuse();
        sockets.closeWorkers();
      },
      close,
    });
  } finally {
    close();
  }
}
