/** Commands about servers: weights, maintenance, limits, checks and agents switched on and off, their sessions. */
import type { LoadBalancer } from '../../master/balancer.js';
import type { ServerPlace } from '../../master/servers/server-states.js';
import { type Command, type CommandCall, failure, type Reply } from '../command.js';
import { backendOf, type FoundServer, leadingInteger, refusing, serverOf } from '../places.js';
import { changeWeight } from './weights.js';

/** Carries out a command on one server; answers what stands against it, or ''. */
type Apply = (call: CommandCall, found: FoundServer, words: readonly string[]) => Reply;

/** A command on one server, `enable server b/s1`. */
function onServer(name: string, usage: string, help: string, apply: Apply): Command {
  const run = refusing((call) => {
    const [word, ...words] = call.words;
    return apply(call, serverOf(call.balancer, word), words);
  });
  return { name, usage, help, level: 'admin', run };
}

/** What nothing can stand against. */
const simply =
  (act: (balancer: LoadBalancer, place: ServerPlace) => void): Apply =>
  ({ balancer }, { place }) => {
    act(balancer, place);
    return '';
  };

/** A refusal of the checker as an answer. */
const line = (text: string | null): Reply => (text === null ? '' : failure(`${text}\n`));

/** The commands of this file. */
export const SERVER_COMMANDS: readonly Command[] = [
  {
    name: 'get weight',
    usage: '<bk>/<srv>',
    help: "report a server's current weight",
    level: 'user',
    run: refusing(({ balancer, words }) => {
      const { place, server } = serverOf(balancer, words[0]);
      return `${balancer.serverStates.weight(place)} (initial ${server.weight})\n`;
    }),
  },
  onServer(
    'set weight',
    '<bk>/<srv>  (DEPRECATED)',
    "change a server's weight (use 'set server' instead)",
    ({ balancer }, found, [weight]) => changeWeight(balancer, found, weight),
  ),
  onServer(
    'enable server',
    ' (DEPRECATED)',
    "enable a disabled server (use 'set server' instead)",
    simply(({ serverStates }, place) => serverStates.setReady(place)),
  ),
  onServer(
    'disable server',
    '(DEPRECATED)',
    "disable a server for maintenance (use 'set server' instead)",
    simply(({ serverStates }, place) => serverStates.setMaintenance(place)),
  ),
  onServer('enable health', '', 'enable health checks', ({ balancer }, { place }) => line(balancer.checker.enableHealth(place))),
  onServer(
    'disable health',
    '',
    'disable health checks',
    simply(({ checker }, place) => checker.disableHealth(place)),
  ),
  onServer('enable agent', '', 'enable agent checks', ({ balancer }, { place }) => line(balancer.checker.enableAgent(place))),
  onServer(
    'disable agent',
    '',
    'disable agent checks',
    simply(({ checker }, place) => checker.disableAgent(place)),
  ),
  onServer('set maxconn server', '<bk>/<srv>', "change a server's maxconn setting", setMaxconn),
  onServer(
    'shutdown sessions server',
    '<bk>/<srv>',
    'kill sessions on a server',
    simply((balancer, place) => balancer.shutdownServer(place, 'K')),
  ),
  {
    name: 'show backend',
    usage: '',
    help: 'list backends in the current running config',
    level: 'user',
    run: ({ balancer }) => `# name\n${balancer.plan.backends.map(({ name }) => `${name}\n`).join('')}`,
  },
  {
    name: 'show servers conn',
    usage: '[<backend>]',
    help: 'dump server connections status (all or for a single backend)',
    level: 'user',
    run: refusing(showServersConn),
  },
];

function setMaxconn({ balancer }: CommandCall, { place }: FoundServer, [word]: readonly string[]): Reply {
  if (word === undefined) return failure('Require <maxconn>.\n');
  const number = leadingInteger(word);
  if (number === null) return failure('maxconn string empty or preceded by garbage');
  if (number.rest !== '') return failure('Trailing garbage in maxconn string');
  if (number.value < 0 || number.value > 2 ** 31 - 1) return failure('Value out of range.\n');
  balancer.serverStates.setMaxconn(place, number.value);
  return '';
}

/** What HAProxy shows of a server that shares no connections; no connection of mode tcp is ever idle. */
function showServersConn({ balancer, words: [word] }: CommandCall): string {
  const { plan, tables, serverAddresses, workerCount } = balancer;
  const only = word === undefined ? -1 : backendOf(balancer, word, "Can't find backend.\n");
  const header =
    '# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb idle_lim idle_cur ' +
    `idle_per_thr[${workerCount}]\n`;
  const idle = ' 0'.repeat(workerCount);
  const rows = plan.backends.flatMap((backend, b) =>
    only >= 0 && only !== b
      ? []
      : backend.servers.map(({ name, id }, s) => {
          const address = serverAddresses.ip({ backend: b, server: s })?.host ?? '-';
          const { port, mapped } = serverAddresses.port({ backend: b, server: s });
          const most = tables.proxies.servers[b][s].highest('currentMax');
          const used = `5000 ${balancer.sessionsOf({ backend: b, server: s }).active} ${most} ${most} 0 0 -1 0`;
          return `${backend.name}/${name} ${backend.id}/${id} ${address} ${mapped ? 0 : port} - ${used}${idle}\n`;
        }),
  );
  return header + rows.join('');
}
