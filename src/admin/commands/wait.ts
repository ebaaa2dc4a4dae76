/** `wait`: a pause between commands, or until something is so. */
import { setTimeout as delay } from 'node:timers/promises';
import { parseTime } from '../../config/values/time.js';
import { STATE_MAINTENANCE } from '../../shared/servers.js';
import { type Command, type CommandCall, failure, Message, type Reply } from '../command.js';
import { refusingLater, serverOf } from '../places.js';

/** Between two looks, in milliseconds. */
const LOOK_MS = 20;
/** Nobody waits longer in one command: a connection is one of few (`stats maxconn`). */
const DELAY_MS_MAX = 3600 * 1000;

const HELP = `Usage: wait {-h|<duration>} [condition [args...]]
  - '-h' displays this help
  - <delay> is the maximum wait time, optionally suffixed by the unit among
    'us', 'ms', 's', 'm', 'h', and 'd'. ; the default unit is milliseconds.
  - <condition> indicates what to wait for, no condition means a simple sleep:
    - srv-removable <proxy>/<server> : wait for this server to become removable
`;

/** The commands of this file. */
export const WAIT_COMMANDS: readonly Command[] = [
  {
    name: 'wait',
    usage: '{-h|<delay_ms>} cond [args...]',
    help: 'wait the specified delay or condition (-h to see list)',
    level: 'user',
    run: refusingLater(wait),
  },
];

async function wait({ balancer, left: signal, words: [time = '', condition, word] }: CommandCall): Promise<Reply> {
  if (time === '-h' || time === '') return new Message('info', HELP);
  const read = parseTime(time);
  if (!read.ok || read.value > DELAY_MS_MAX) return failure('Invalid delay (try -h for help).\n');
  const ms = read.value;
  if (condition === undefined) {
    await delay(ms, undefined, { signal });
    return '';
  }
  if (condition !== 'srv-removable') return failure('Unknown condition to wait for (try -h for help).\n');
  serverOf(balancer, word);
  const end = performance.now() + ms;
  for (;;) {
    const { place } = serverOf(balancer, word); // a reload may have moved it
    const { placed, queued } = balancer.sessionsOf(place);
    const isFree = placed === 0 && queued === 0;
    if (isFree && (balancer.serverStates.state(place) & STATE_MAINTENANCE) !== 0) return new Message('info', 'Done.\n');
    if (performance.now() >= end) return failure('Wait delay expired.\n');
    await delay(LOOK_MS, undefined, { signal });
  }
}
