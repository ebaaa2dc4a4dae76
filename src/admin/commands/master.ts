/** Commands about the process as a whole: those of the master's socket (management manual, section 9.4.1), of which some work everywhere. */
import { type Command, type CommandCall, Message, type Reply } from '../command.js';
import { VERSION } from '../stats/info-field.js';

/** Columns of `show proc`. */
const COLUMN = 16;

const RELOAD: Command = { name: 'reload', usage: '', help: 'reload the configuration', level: 'admin', run: reload };

/** Commands of this kind that every socket has. */
export const CONTROL_COMMANDS: readonly Command[] = [RELOAD];

/** Those of the master's socket, where an operator may reload. */
export const MASTER_COMMANDS: readonly Command[] = [
  { ...RELOAD, level: 'operator' },
  prefix('@!<pid>', 'send a command to the <pid> process'),
  prefix('@<relative pid>', 'send a command to the <relative pid> process'),
  prefix('@master', 'send a command to the master process'),
  {
    name: 'hard-reload',
    usage: '',
    help: 'reload, and end sessions of the configuration before',
    level: 'admin',
    run: hardReload,
  },
  {
    name: 'show startup-logs',
    usage: '',
    help: 'report logs emitted during HAProxy startup',
    level: 'operator',
    run: showLatestAttempt,
  },
  { name: 'show proc', usage: '', help: 'show processes status', level: 'operator', run: showProcesses },
];

/** Named in `help`; words that begin so are read before commands are looked for. */
function prefix(name: string, help: string): Command {
  return { name, usage: '', help, level: 'user', run: () => '' };
}

async function reload({ control }: CommandCall): Promise<string> {
  if (control === undefined) return 'Success=0\n--\nThere is no configuration file to read again.\n';
  const { ok, text } = await control.reload();
  return `Success=${ok ? 1 : 0}\n--\n${text}`;
}

/** HAProxy ends the former workers at once; here, the sessions that began by the configuration before. */
async function hardReload(call: CommandCall): Promise<string> {
  const answer = await reload(call);
  if (answer.startsWith('Success=1')) call.balancer.endFormerSessions();
  return answer;
}

/** Of the latest start or reload, also of one that failed; a `stats socket` shows those of the configuration in force. */
function showLatestAttempt({ balancer, control }: CommandCall): Reply {
  return new Message('info', (control?.lastAttemptText ?? balancer.startupText) || '\n');
}

function showProcesses({ balancer, control }: CommandCall): string {
  const { uptimeMs } = balancer.life;
  const now = performance.now();
  const { reloads = 0, failedReloads = 0, lastReloadAt = now - uptimeMs } = control ?? {};
  const cells = (...values: string[]): string => `${values.map((value) => value.padEnd(COLUMN - 1)).join(' ')}`;
  const row = (type: string, count: string, ms: number): string =>
    `${cells(String(process.pid), type, count, uptime(ms))} ${VERSION}\n`;
  return [
    `${cells('#<PID>', '<type>', '<reloads>', '<uptime>', '<version>')}\n`,
    row('master', `${reloads} [failed: ${failedReloads}]`, uptimeMs),
    '# workers\n',
    row('worker', '0', now - lastReloadAt),
    '# old workers\n',
    // Configurations by which sessions go on.
    ...balancer.formerAges.map(({ reloads: ago, ms }) => row('worker', String(ago), ms)),
  ].join('');
}

/** `0d00h00m01s` */
function uptime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24];
  return `${days}d${two(hours)}h${two(Math.floor(seconds / 60) % 60)}m${two(seconds % 60)}s`;
}
