/** `set server <backend>/<server> ...`: a row for each thing that can be set. */
import { type Command, type CommandCall, failure, type Reply } from '../command.js';
import { type FoundServer, refusing, serverOf } from '../places.js';
import { ADDRESS_SETTERS } from './server-address.js';
import { changeWeight } from './weights.js';

/** Sets one thing; answers what stands against it, or ''. */
export type ServerSetter = (call: CommandCall, found: FoundServer, words: readonly string[]) => Reply;

/** What can be set, by the word that names it. */
const SETTERS: Readonly<Record<string, ServerSetter>> = {
  agent: setAgent,
  health: setHealth,
  state: setState,
  weight: ({ balancer }, found, [weight]) => changeWeight(balancer, found, weight),
  ...ADDRESS_SETTERS,
};

/** The commands of this file. */
export const SET_SERVER_COMMANDS: readonly Command[] = [
  {
    name: 'set server',
    usage: '<bk>/<srv> [opts]',
    help: "change a server's state, weight, address, name or ssl",
    level: 'admin',
    run: refusing((call) => {
      const [word, what = '', ...words] = call.words;
      const found = serverOf(call.balancer, word);
      const set = Object.hasOwn(SETTERS, what) ? SETTERS[what] : undefined;
      if (set === undefined) return failure(`usage: set server <backend>/<server> ${Object.keys(SETTERS).sort().join(' | ')}\n`);
      return set(call, found, words);
    }),
  },
];

function setState({ balancer }: CommandCall, { place }: FoundServer, [state]: readonly string[]): Reply {
  const { serverStates } = balancer;
  if (state === 'ready') serverStates.setReady(place);
  else if (state === 'drain') serverStates.setDrain(place);
  else if (state === 'maint') serverStates.setMaintenance(place);
  else return failure("'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n");
  return '';
}

function setHealth({ balancer }: CommandCall, { place }: FoundServer, [health]: readonly string[]): Reply {
  return line(balancer.checker.setHealth(place, health));
}

function setAgent({ balancer }: CommandCall, { place }: FoundServer, [agent]: readonly string[]): Reply {
  if (!balancer.health.server(place).agent.enabled) return failure('agent checks are not enabled on this server.\n');
  if (agent !== 'up' && agent !== 'down') return failure("'set server <srv> agent' expects 'up' or 'down'.\n");
  return line(balancer.checker.setAgent(place, agent));
}

function line(text: string | null): Reply {
  return text === null ? '' : failure(`${text}\n`);
}
