/**
 * Options of servers about the names that they are given by: where an address comes from at start,
 * and how it is kept current (configuration manual, section 5.2).
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { ServerSettings } from '../config.js';
import type { OptionKeyword } from '../keyword.js';
import { parseNetwork } from '../samples/addresses.js';
import { choiceWord } from './option-words.js';
import { reportServer, type ServerOption } from './server-report.js';

/** Networks of one `resolve-net`; HAProxy's. */
const NETWORKS_MAX = 5;

/** Names and addresses. */
export const SERVER_RESOLUTION_OPTIONS: readonly OptionKeyword<ServerSettings>[] = [
  {
    name: 'init-addr',
    arguments: '{ last | libc | none | <ip> }[,...]*',
    default: 'last,libc, and none with resolvers',
    help: 'Where its address comes from at start.',
    parse: parseInitAddr,
  },
  {
    name: 'resolvers',
    arguments: '<id>',
    help: 'The section by which its name is resolved while it runs.',
    parse: parseResolvers,
  },
  {
    name: 'resolve-prefer',
    arguments: '{ ipv4 | ipv6 }',
    default: 'ipv6',
    help: 'The family to prefer where a name has both.',
    parse: parsePrefer,
  },
  {
    name: 'resolve-net',
    arguments: '<network>[,...]*',
    help: 'Networks to prefer where a name has several addresses.',
    parse: parseNets,
  },
  {
    name: 'resolve-opts',
    arguments: '{ allow-dup-ip | ignore-weight | prevent-dup-ip }[,...]*',
    default: 'prevent-dup-ip',
    help: 'Whether servers of a name may share an address, and whether weights of SRV records count.',
    parse: parseOpts,
  },
];

function refuse(context: ServerOption, text: string): null {
  reportServer(context, 'alert', text, context.words[0] ?? context.option);
  return null;
}

/** HAProxy finds the section, or not, when all files are read. */
function parseResolvers(context: ServerOption): number {
  const [name] = context.words;
  context.settings.resolvers = { name: name?.text ?? '', place: (name ?? context.option).place };
  return name === undefined ? 0 : 1;
}

function parsePrefer(context: ServerOption): number | null {
  const family = choiceWord(context.words[0], ['ipv4', 'ipv6']);
  if (family === null) return refuse(context, "'resolve-prefer' expects either ipv4 or ipv6 as argument..");
  context.settings.resolvePrefer = family;
  return 1;
}

function parseNets(context: ServerOption): number | null {
  const [word] = context.words;
  if (word === undefined) return refuse(context, "'resolve-net' expects a list of networks..");
  const networks: string[] = [];
  for (const text of word.text.split(',')) {
    const network = parseNetwork(text);
    if (network === null) return refuse(context, `'resolve-net' invalid network '${text}'..`);
    networks.push(network);
  }
  if (networks.length > NETWORKS_MAX) return refuse(context, `'resolve-net' exceed ${NETWORKS_MAX} networks..`);
  context.settings.resolveNets = networks;
  return 1;
}

function parseOpts(context: ServerOption): number | null {
  const [word] = context.words;
  if (word === undefined) return refuse(context, "'resolve-opts' expects a list of options.");
  for (const option of word.text.split(',')) {
    if (option === 'allow-dup-ip') context.settings.allowDuplicateIp = true;
    else if (option === 'prevent-dup-ip') context.settings.allowDuplicateIp = false;
    else if (option === 'ignore-weight') context.settings.ignoreWeight = true;
    else
      return refuse(
        context,
        `'resolve-opts' : unknown resolve-opts option '${option}', supported methods are 'allow-dup-ip', ` +
          "'ignore-weight', and 'prevent-dup-ip'..",
      );
  }
  return 1;
}

function parseInitAddr(context: ServerOption): number | null {
  const { option, words, settings } = context;
  const methods = (words[0]?.text ?? '').split(',').filter((method) => method !== '');
  const known = (method: string) => ['last', 'libc', 'none'].includes(method) || isIPv4(method) || isIPv6(method);
  const unknown = methods.find((method) => !known(method));
  const addresses = methods.filter((method) => isIPv4(method) || isIPv6(method));
  const fault =
    methods.length === 0
      ? "'init-addr' : expects a list of methods, supported methods are 'libc', 'last', 'none'."
      : unknown !== undefined
        ? `'init-addr' : unknown init-addr method '${unknown}', supported methods are 'libc', 'last', 'none'.`
        : addresses.length > 1
          ? `'init-addr' : initial address already specified, cannot add '${addresses[1]}'.`
          : null;
  if (fault !== null) {
    reportServer(context, 'alert', fault, words[0] ?? option);
    return null;
  }
  settings.initAddr = methods;
  return 1;
}
