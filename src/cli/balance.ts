/** The main job, `turbo-lb --bind ... --server ...`: checks the flags and runs the balancer. */
import { Log } from '../master/log.js';
import { type MasterOptions, runMaster } from '../master/master.js';
import { quickPlan } from '../plan/quick.js';
import { checkFlags } from './check-flags.js';
import type { Command } from './command.js';
import { complain, EXIT_OK, type Output } from './complaint.js';
import { early } from './early.js';
import { BALANCE_OPTIONS, type RawFlags, rawFlags } from './flags.js';

const EXAMPLES = `Examples:
  What a HAProxy configuration says; -c only checks it:
    turbo-lb -f /etc/haproxy/haproxy.cfg
  Two servers in turn, on all cores:
    turbo-lb --bind :8080 --server 10.0.0.1:80 --server 10.0.0.2:80
  Twice as many connections to the first:
    turbo-lb --bind :8080 --server web1:80,weight=2 --server web2:80,name=b
  To the server with the fewest connections:
    turbo-lb --bind :5432 --server db1:5432 --server db2:5432 \\
      --balance leastconn`;

/** The main job; it runs until a signal ends it. Throws StartError. */
export const BALANCE: Command = {
  options: BALANCE_OPTIONS,
  examples: EXAMPLES,
  handle: (argv, output) => balanceFlags(rawFlags(argv), output),
};

/** The same from flags that were collected already: answers the exit code, throws StartError. `onReady` is called when connections are accepted. */
export async function balanceFlags(raw: RawFlags, output: Output, onReady?: MasterOptions['onReady']): Promise<number> {
  const checked = await checkFlags(raw);
  if (!checked.ok) return complain(checked.complaints, output);
  if (early.softStop) return EXIT_OK;
  return runMaster(quickPlan(checked.flags), { log: new Log(), ...(onReady && { onReady }) });
}
