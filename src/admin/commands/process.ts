/** Commands that show what the process is and was told: its environment, its runtime sockets, errors of protocols. */
import type { SocketAddress } from '../../kernel/address.js';
import { formatAddress } from '../../kernel/address.js';
import { type Command, type CommandCall, failure, Message, type Reply } from '../command.js';
import { formatLogDate } from '../dates.js';
import { indexOf } from '../places.js';
import { VERSION } from '../stats/info-field.js';

/** The commands of this file. */
export const PROCESS_COMMANDS: readonly Command[] = [
  {
    name: 'show version',
    usage: '',
    help: 'show version of the current process',
    level: 'user',
    run: () => new Message('info', `${VERSION}\n`),
  },
  {
    name: 'show startup-logs',
    usage: '',
    help: 'report logs emitted during HAProxy startup',
    level: 'operator',
    run: ({ balancer, control }) => new Message('info', (control?.lastLoadText ?? balancer.startupText) || '\n'),
  },
  { name: 'show env', usage: '[var]', help: 'dump environment variables known to the process', level: 'operator', run: showEnv },
  { name: 'show cli sockets', usage: '', help: 'dump list of cli sockets', level: 'user', run: showCliSockets },
  {
    name: 'show errors',
    usage: '[<px>] [request|response]',
    help: 'report last request and/or response errors for each proxy',
    level: 'operator',
    run: showErrors,
  },
];

function showEnv({ words: [name] }: CommandCall): Reply {
  if (name === undefined)
    return Object.entries(process.env)
      .map(([key, value]) => `${key}=${value}\n`)
      .join('');
  const value = process.env[name];
  return value === undefined ? failure('Variable not found\n') : `${name}=${value}\n`;
}

function showCliSockets({ balancer }: CommandCall): string {
  const rows = balancer.plan.process.runtime.sockets.map(
    ({ bind, level }) => `${bind.inheritedFd === null ? socketText(bind.address) : `fd@${bind.inheritedFd}`} ${level} all\n`,
  );
  return `# socket lvl processes\n${rows.join('')}`;
}

function socketText(address: SocketAddress): string {
  return address.family === 'ipv4'
    ? `ipv4@${formatAddress(address)}`
    : address.family === 'ipv6'
      ? `ipv6@${formatAddress(address)}`
      : formatAddress(address);
}

/** No protocol is spoken in mode tcp that a peer could violate. */
function showErrors({ balancer, words: [name] }: CommandCall): Reply {
  const { frontends, backends } = balancer.plan;
  if (name !== undefined && indexOf(name, [...frontends, ...backends]) < 0 && !/^-?[0-9]+$/.test(name))
    return failure('No such proxy.\n');
  return `Total events captured on [${formatLogDate(new Date())}] : 0\n`;
}
