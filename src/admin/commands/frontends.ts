/** Commands about frontends: accepting stopped and resumed. */
import type { Command } from '../command.js';
import { frontendOf, refusingLater } from '../places.js';

/** The commands of this file. */
export const FRONTEND_COMMANDS: readonly Command[] = [
  {
    name: 'disable frontend',
    usage: '<frontend>',
    help: 'temporarily disable specific frontend',
    level: 'admin',
    run: refusingLater(async ({ balancer, words }) => {
      const { name } = frontendOf(balancer, words[0]).frontend;
      if (balancer.isPaused(name)) return 'All sockets are already disabled.\n';
      await balancer.pause([name]);
      return balancer.isPaused(name) ? '' : 'Failed to pause frontend, check logs for precise cause.\n';
    }),
  },
  {
    name: 'enable frontend',
    usage: '<frontend>',
    help: 're-enable specific frontend',
    level: 'admin',
    run: refusingLater(async ({ balancer, words }) => {
      const { name } = frontendOf(balancer, words[0]).frontend;
      if (!balancer.isPaused(name)) return 'All sockets are already enabled.\n';
      await balancer.resume([name]);
      return balancer.isPaused(name) ? 'Failed to resume frontend, check logs for precise cause (port conflict?).\n' : '';
    }),
  },
];
