/**
 * What TAB offers at the prompt of `turbo-lb ctl`: words of commands, by what the socket's own `help` lists,
 * and the names of frontends, backends and servers where one of them comes next. It reads no keys.
 */
import { ask } from '../admin/client/ask.js';
import { type Endpoint, Unreachable } from '../admin/client/endpoint.js';
import { parseStat } from '../admin/client/tables.js';

/** Names of the balancer's parts, by what stands for one in a usage. */
export type Names = Readonly<Record<string, readonly string[]>>;

/** A person who has pressed a key waits no longer for names, in milliseconds. */
const NAMES_MS = 1000;

/** What `help` leaves out: HAProxy's texts are kept as they are. Each counts where its first two words are listed. */
const MORE: readonly string[] = [
  ...['server', 'health', 'agent'].flatMap((what) => [`enable ${what} <bk>/<srv>`, `disable ${what} <bk>/<srv>`]),
  ...['ready', 'drain', 'maint'].map((state) => `set server <bk>/<srv> state ${state}`),
  ...['up', 'stopping', 'down'].map((health) => `set server <bk>/<srv> health ${health}`),
  ...['up', 'down'].map((agent) => `set server <bk>/<srv> agent ${agent}`),
  ...['addr', 'agent-addr', 'agent-port', 'agent-send', 'check-addr', 'check-port', 'fqdn', 'weight'].map(
    (what) => `set server <bk>/<srv> ${what}`,
  ),
];

/** The usage of each command, out of `help`: `  show stat [desc|json]* : report ...`. */
export function usagesOf(help: string): string[] {
  return [...help.matchAll(/^ {2}(\S.*?)\s*: /gm)].map((match) => match[1]);
}

/** Names at the moment, as a connection of its own tells them; none where it does not. */
export async function namesOf(endpoint: Endpoint, isMaster: boolean): Promise<Names> {
  try {
    const rows = parseStat(await ask(endpoint, `${isMaster ? '@1 ' : ''}show stat`, { silenceMs: NAMES_MS })) ?? [];
    const proxies = (type: string): string[] => rows.filter((row) => row.text('type') === type).map((row) => row.text('pxname'));
    const servers = rows.filter((row) => row.text('type') === '2').map((row) => `${row.text('pxname')}/${row.text('svname')}`);
    return { '<frontend>': proxies('0'), '<backend>': proxies('1'), '<bk>/<srv>': servers };
  } catch (error) {
    if (error instanceof Unreachable) return {};
    throw error;
  }
}

/** Words that may follow what stands there, and the word that they complete. */
export async function complete(
  line: string,
  usages: readonly string[],
  names: () => Promise<Names>,
): Promise<[candidates: string[], word: string]> {
  const command = line
    .slice(line.lastIndexOf(';') + 1)
    .trimStart()
    .replace(/^@+\S+\s+/, '');
  const words = command.split(/\s+/);
  const word = words.pop() ?? '';
  const all = [...usages, ...MORE.filter((more) => usages.some((usage) => beginsAlike(usage, more)))];
  const next = all.flatMap((usage) => nextWord(usage.split(/\s+/), words) ?? []);
  const known = next.some(isName) ? await names() : {};
  const candidates = next.flatMap((one) => (isName(one) ? (known[one] ?? []) : one)).filter((one) => one.startsWith(word));
  return [[...new Set(candidates)].sort().map((one) => `${one} `), word];
}

function beginsAlike(usage: string, other: string): boolean {
  const [a, b] = [usage, other].map((text) => text.split(/\s+/, 2).join(' '));
  return a === b;
}

function isName(token: string): boolean {
  return token.startsWith('<');
}

/** What comes behind the given words in a usage, when they are its beginning: a fixed word, or what stands for a name. */
function nextWord(usage: readonly string[], words: readonly string[]): string | undefined {
  const tokens = usage.map((token) => /^\[(<\w+>)\]$/.exec(token)?.[1] ?? token);
  const begins = words.every((word, index) => tokens[index] === word || (tokens[index] !== undefined && isName(tokens[index])));
  const next = tokens[words.length];
  return begins && next !== undefined && /^(?:[\w-]+|<[\w/<>]+>)$/.test(next) ? next : undefined;
}
