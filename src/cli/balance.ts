/** The main job, `turbo-lb --bind ... --server ...`: checks the flags and runs the balancer. */
import { Log } from '../master/log.js';
import { type MasterOptions, runMaster } from '../master/master.js';
import { quickPlan } from '../plan/quick.js';
import { checkFlags } from './check-flags.js';
import { complain, EXIT_OK, type Output } from './complaint.js';
import { early } from './early.js';
import { type RawFlags, rawFlags } from './flags.js';

/** Runs until a signal ends it; answers the exit code. Throws StartError. */
export function balance(argv: Readonly<Record<string, unknown>>, output: Output): Promise<number> {
  return balanceFlags(rawFlags(argv), output);
}

/** The same from flags that were collected already. `onReady` is called when connections are accepted. */
export async function balanceFlags(raw: RawFlags, output: Output, onReady?: MasterOptions['onReady']): Promise<number> {
  const checked = await checkFlags(raw);
  if (!checked.ok) return complain(checked.complaints, output);
  if (early.softStop) return EXIT_OK;
  return runMaster(quickPlan(checked.flags), { log: new Log(), ...(onReady && { onReady }) });
}
