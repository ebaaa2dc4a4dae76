/** Commands about frontends and the limits of the process: accepting stopped and resumed, connections, rates. */
import { type Command, type CommandCall, failure, Message, type Reply } from '../command.js';
import { frontendOf, leadingInteger, refusing, refusingLater } from '../places.js';

/** Numbers that HAProxy keeps are no larger. */
const INTEGER_MAX = 2 ** 31 - 1;
const OUT_OF_RANGE = failure('Value out of range.\n');

const RATE_LIMITS = failure(`'set rate-limit' only supports :
   - 'connections global' to set the per-process maximum connection rate
   - 'sessions global' to set the per-process maximum session rate
   - 'ssl-sessions global' to set the per-process maximum SSL session rate
   - 'http-compression global' to set the per-process maximum compression speed in kB/s
`);

/** The commands of this file. */
export const FRONTEND_COMMANDS: readonly Command[] = [
  {
    name: 'disable frontend',
    usage: '<frontend>',
    help: 'temporarily disable specific frontend',
    level: 'admin',
    run: refusingLater(async ({ balancer, words }) => {
      const { name } = frontendOf(balancer, words[0]).frontend;
      if (balancer.isOver(name)) return new Message('notice', 'Frontend was previously shut down, cannot disable.\n');
      if (balancer.isPaused(name)) return new Message('notice', 'All sockets are already disabled.\n');
      await balancer.pause([name]);
      return balancer.isPaused(name) ? '' : failure('Failed to pause frontend, check logs for precise cause.\n');
    }),
  },
  {
    name: 'enable frontend',
    usage: '<frontend>',
    help: 're-enable specific frontend',
    level: 'admin',
    run: refusingLater(async ({ balancer, words }) => {
      const { name } = frontendOf(balancer, words[0]).frontend;
      if (balancer.isOver(name)) return failure('Frontend was previously shut down, cannot enable.\n');
      if (!balancer.isPaused(name)) return new Message('notice', 'All sockets are already enabled.\n');
      await balancer.resume([name]);
      return balancer.isPaused(name)
        ? failure('Failed to resume frontend, check logs for precise cause (port conflict?).\n')
        : '';
    }),
  },
  {
    name: 'shutdown frontend',
    usage: '<frontend>',
    help: 'stop a specific frontend',
    level: 'admin',
    run: refusingLater(async ({ balancer, words }) => {
      const { name } = frontendOf(balancer, words[0]).frontend;
      if (balancer.isOver(name)) return new Message('notice', 'Frontend was already shut down.\n');
      await balancer.endFrontend(name);
      return '';
    }),
  },
  {
    name: 'set maxconn frontend',
    usage: '<frontend> <value>',
    help: "change a frontend's maxconn setting",
    level: 'admin',
    run: refusing(({ balancer, words: [word, value] }) => {
      const { index } = frontendOf(balancer, word);
      if (value === undefined) return failure('Integer value expected.\n');
      const max = numberOf(value);
      if (max < 0 || max > INTEGER_MAX) return OUT_OF_RANGE;
      balancer.limitConnections(index, max);
      return '';
    }),
  },
  {
    name: 'set maxconn global',
    usage: '<value>',
    help: 'change the per-process maxconn setting',
    level: 'admin',
    run: ({ balancer, words: [value] }) => {
      if (value === undefined) return failure('Expects an integer value.\n');
      const max = numberOf(value);
      if (max > balancer.maxconn) return OUT_OF_RANGE;
      balancer.limitConnections(null, Math.max(0, max));
      return '';
    },
  },
  { name: 'set rate-limit', usage: '<setting> <value>', help: 'change a rate limiting value', level: 'admin', run: setRateLimit },
];

/** A number as atoi(3) reads it: what is none is 0. */
function numberOf(word: string): number {
  return leadingInteger(word)?.value ?? 0;
}

/** There is neither TLS nor compression: their limits are accepted, and limit nothing. */
function setRateLimit({ balancer, words: [what, whose, value] }: CommandCall): Reply {
  const known = ['connections', 'sessions', 'ssl-sessions', 'http-compression'].includes(what ?? '');
  if (!known || whose !== 'global') return RATE_LIMITS;
  if (value === undefined) return failure('Expects an integer value.\n');
  const perSecond = numberOf(value);
  if (perSecond < 0 || perSecond > INTEGER_MAX) return OUT_OF_RANGE;
  const { gate } = balancer.tables;
  if (what === 'connections') gate.connectionRateMax = perSecond;
  if (what === 'sessions') gate.sessionRateMax = perSecond;
  return '';
}
