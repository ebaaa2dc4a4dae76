/**
 * turbo-lb as a library: build a Plan, run a balancer in your own process.
 *
 *     const balancer = new LoadBalancer(quickPlan({ ...QUICK_DEFAULTS, binds, servers }), { log: new Log() });
 *     await balancer.start();
 *
 * `runMaster` adds what a process of its own needs: signals, messages and an exit code.
 */
export {
  type Answer,
  type Command,
  type CommandCall,
  type Level,
  Message,
  type Reply,
  type RuntimeSession,
} from './admin/command.js';
export type { SocketAddress } from './kernel/address.js';
export { type BalancerCounters, type BalancerOptions, LoadBalancer } from './master/balancer.js';
export { Log, type LogSink, type Severity } from './master/log.js';
export { type MasterOptions, runMaster } from './master/master.js';
export { type ServerPlace, ServerStates } from './master/servers/server-states.js';
export { StartError } from './master/start-error.js';
export * from './plan/plan.js';
export { QUICK_DEFAULTS, type QuickFlags, type QuickTimeouts, quickPlan } from './plan/quick.js';
