/** `set weight` and `set server weight`: absolute weights, and those in percent of the configured one. */
import type { LoadBalancer } from '../../master/balancer.js';
import { DEFAULTS } from '../../plan/plan.js';
import { failure, type Reply } from '../command.js';
import { type FoundServer, leadingInteger } from '../places.js';

/** Answers what stands against it, or ''. */
export function changeWeight(balancer: LoadBalancer, { place, server }: FoundServer, word: string | undefined): Reply {
  if (word === undefined) return failure('Require <weight> or <weight%>.\n');
  const number = leadingInteger(word);
  if (number === null) return failure('Empty weight string empty or preceded by garbage');
  const { value, rest } = number;
  if (rest !== '' && rest !== '%') return failure('Trailing garbage in weight string');
  const relative = rest === '%';
  if (relative && value < 0) return failure('Relative weight must be positive.\n');
  try {
    balancer.serverStates.setWeight(
      place,
      relative ? Math.min(DEFAULTS.weightMax, Math.trunc((server.weight * value) / 100)) : value,
    );
    return '';
  } catch (error) {
    if (error instanceof RangeError) return failure(`${error.message}\n`);
    throw error;
  }
}
