/** `show resolvers`: what was asked of DNS servers, and what they answered. */
import { RESOLVER_COUNTERS } from '../../master/resolvers/nameserver.js';
import type { Section } from '../../master/resolvers/section.js';
import type { Command } from '../command.js';
import { Refused, refusing } from '../places.js';

/** Columns of a counter's name with its colon and the blanks behind it. */
const NAME_WIDTH = 13;

/** The commands of this file. */
export const RESOLVERS_COMMANDS: readonly Command[] = [
  {
    name: 'show resolvers',
    usage: '[id]',
    help: 'dumps counters from all resolvers section and associated name servers',
    level: 'user',
    run: refusing(({ balancer, words: [name] }) => {
      const { sections } = balancer.serverNames;
      const chosen = name === undefined ? sections : sections.filter(({ plan }) => plan.name === name);
      if (name !== undefined && chosen.length === 0) throw new Refused("Can't find that resolvers section\n");
      return chosen.map(describe).join('');
    }),
  },
];

function describe({ plan, statistics }: Section): string {
  const servers = statistics.map(({ name, counters }) => {
    const lines = RESOLVER_COUNTERS.map((counter) => `  ${`${counter}:`.padEnd(NAME_WIDTH)}${counters[counter]}\n`);
    return ` nameserver ${name}:\n${lines.join('')}`;
  });
  return `Resolvers section ${plan.name}\n${servers.join('')}`;
}
