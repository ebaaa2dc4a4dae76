/** `show servers state`: the states of servers, in the form in which a state file keeps them over a restart. */
import { currentState, type StateSources } from '../../master/servers/saved-states.js';
import type { ServerPlace } from '../../master/servers/server-states.js';
import { type ServerState, writeServerStates } from '../../plan/server-state.js';
import type { Command } from '../command.js';
import { backendOf, refusing } from '../places.js';

/** The commands of this file. */
export const SERVER_STATE_COMMANDS: readonly Command[] = [
  {
    name: 'show servers state',
    usage: '[<backend>]',
    help: 'dump volatile server information (all or for a single backend)',
    level: 'user',
    run: refusing(({ balancer, words: [name] }) => {
      const { stateSources: sources } = balancer;
      const only = name === undefined ? null : backendOf(balancer, name, "Can't find backend.\n");
      const places = sources.addresses.places.filter(({ backend }) => only === null || backend === only);
      return writeServerStates(statesOf(sources, places));
    }),
  },
];

function* statesOf(sources: StateSources, places: readonly ServerPlace[]): Iterable<ServerState> {
  for (const place of places) yield currentState(sources, place);
}
