/**
 * What tests with real processes share: starting peers, waiting for them, looking at them, and
 * declaring a test for both I/O engines. The parts lie in `harness/`; tests import this file.
 */
import { test } from 'uvu';
import { ENGINES, type EngineChoice } from './harness/peers.js';
import { withProcesses } from './harness/processes.js';

export { countersOf, isAlive, type ProcessCounters } from './harness/counters.js';
export { type HttpAnswer, type HttpOptions, httpGet } from './harness/http.js';
export { ENGINES, type EngineChoice, startHaproxy, startNginx, startTurbo, type TurboOptions } from './harness/peers.js';
export { freePort, isListening } from './harness/ports.js';
export {
  type Exit,
  type RunningProcess,
  runProcess,
  type StartOptions,
  scratchFolder,
  startProcess,
  withProcesses,
} from './harness/processes.js';
export { eventually } from './harness/waiting.js';

/** Whatever declares a test of uvu: `test`, or a suite. */
type Declare = (name: string, body: () => Promise<void>) => void;

/**
 * Declares a test once for each I/O engine. Programs started in it end with it; what they said is
 * printed when it fails.
 */
export function bothEngines(name: string, body: (engine: EngineChoice) => Promise<void>, declare: Declare = test): void {
  for (const engine of ENGINES) declare(`${name} (${engine})`, () => withProcesses(() => body(engine)));
}
