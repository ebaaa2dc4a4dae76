/**
 * Commands about sessions: lists of them, one in detail, and their end. Workers are asked page by page, as
 * fast as the client reads: a hundred thousand sessions neither hold up traffic nor lie in memory at once.
 */
import { parseTime } from '../../config/values/time.js';
import type { LoadBalancer } from '../../master/balancer.js';
import type { EndpointView, SessionPage, SessionView } from '../../proxy/questions.js';
import { CLOSING, CONNECTING, QUEUED, RELAYING, RETRY_WAIT } from '../../proxy/session.js';
import { type Answer, type Command, type CommandCall, failure, type Reply } from '../command.js';
import { formatLogDate } from '../dates.js';
import { humanTime, humanTimeOr } from '../durations.js';
import { backendOf, frontendOf, Refused, refusing, serverOf } from '../places.js';

/** A number that tells sessions of all workers apart: those of one have these many numbers to themselves. */
const SERIALS = 2 ** 40;
const MODES = { ipv4: 'tcpv4', ipv6: 'tcpv6', unix: 'unix_stream' } as const;

/** HAProxy's states of the two sides of a stream, by ours: the number and the name. */
const STATES: ReadonlyMap<number, readonly [number: number, name: string]> = new Map([
  [QUEUED, [2, 'QUE']],
  [RETRY_WAIT, [3, 'TAR']],
  [CONNECTING, [5, 'CON']],
  [RELAYING, [8, 'EST']],
  [CLOSING, [10, 'CLO']],
]);
const INITIAL = [0, 'INI'] as const;

const NO_SUCH_SESSION = failure("No such session (use 'show sess').\n");

const HELP = `Usage: show sess [<id>|all|help] [<options>*]
  <id>                   the details of that session
  all                    the details of all sessions
  older <age>            those at least that old, in seconds unless a unit is given
  susp                   those that are over and wait for the kernel
  server <bk>/<srv>      those of that server
  backend <backend>      those of that backend
  frontend <frontend>    those of that frontend
`;

/** The commands of this file. */
export const SESSION_LIST_COMMANDS: readonly Command[] = [
  {
    name: 'show sess',
    usage: '[help|<id>|all] [opts...]',
    help: 'report the list of current streams or dump this exact stream',
    level: 'operator',
    run: refusing(showSessions),
  },
  { name: 'shutdown session', usage: '[id]', help: 'kill a specific session', level: 'admin', run: shutdownSession },
];

/** Which sessions are shown, and how. */
interface Wish {
  readonly write: (session: SessionView, worker: number) => string;
  readonly wants: (session: SessionView, worker: number) => boolean;
  /** What is said when there is none. */
  readonly none: string;
}

function showSessions({ balancer, words }: CommandCall): Answer {
  return words[0] === 'help' ? HELP : list(balancer, wishOf(words, balancer));
}

async function* list(balancer: LoadBalancer, wish: Wish): AsyncIterable<string> {
  let found = false;
  for await (const { sessions, worker } of pagesOf(balancer)) {
    const text = sessions.map((session) => (wish.wants(session, worker) ? wish.write(session, worker) : '')).join('');
    if (text === '') continue;
    found = true;
    yield text;
  }
  if (!found) yield wish.none;
}

/** Throws Refused. */
function wishOf([first, ...rest]: readonly string[], balancer: LoadBalancer): Wish {
  if (first === 'all') return { write: details, wants: filterOf(rest, balancer), none: '' };
  const wanted = pointerOf(first);
  if (wanted === null) return { write: row, wants: filterOf(first === undefined ? [] : [first, ...rest], balancer), none: '' };
  const wants = (session: SessionView, worker: number): boolean => numberOf(session, worker) === wanted;
  return { write: details, wants, none: 'Session not found.\n' };
}

/**
 * Options as HAProxy has them; words that are none are overlooked, as there. Names count: in the plan by which a
 * session goes on, numbers may be those of others.
 */
function filterOf(words: readonly string[], balancer: LoadBalancer): Wish['wants'] {
  const filters: ((session: SessionView) => boolean)[] = [];
  for (let i = 0; i < words.length; i++) {
    if (words[i] === 'susp') filters.push(({ state }) => state === CLOSING);
    else if (words[i] === 'older') filters.push(olderThan(words[++i]));
    else if (words[i] === 'frontend') {
      const { name } = frontendOf(balancer, words[++i]).frontend;
      filters.push(({ frontendName }) => frontendName === name);
    } else if (words[i] === 'backend') {
      const { name } = balancer.plan.backends[backendOf(balancer, words[++i] ?? '', 'No such backend.\n')];
      filters.push(({ backend }) => backend?.name === name);
    } else if (words[i] === 'server') {
      const found = serverOf(balancer, words[++i]);
      filters.push(({ backend, server }) => backend?.name === found.backend.name && server?.name === found.server.name);
    }
  }
  return (session) => filters.every((filter) => filter(session));
}

function olderThan(word: string | undefined): (session: SessionView) => boolean {
  const time = parseTime(/^[0-9]+$/.test(word ?? '') ? `${word}s` : (word ?? ''));
  if (!time.ok) throw new Refused("'older' expects an age, as 10s.\n");
  return ({ ageMs }) => ageMs >= time.value;
}

/** The sessions of all workers. A worker that does not answer is left out. */
async function* pagesOf(balancer: LoadBalancer): AsyncIterable<{ sessions: readonly SessionView[]; worker: number }> {
  for (let worker = 0; worker < balancer.workerCount; worker++) {
    for (let from = 0; from >= 0; ) {
      const page = (await balancer.ask(worker, { kind: 'sessions', from })) as SessionPage | null;
      yield { sessions: page?.sessions ?? [], worker };
      from = page?.next ?? -1;
    }
  }
}

async function shutdownSession({ balancer, words: [word] }: CommandCall): Promise<Reply> {
  const number = pointerOf(word);
  if (number === null) return failure("Session pointer expected (use 'show sess').\n");
  const worker = Math.floor(number / SERIALS) - 1;
  if (worker < 0 || worker >= balancer.workerCount) return NO_SUCH_SESSION;
  const found = await balancer.ask(worker, { kind: 'shutdown-session', serial: number % SERIALS });
  return found === true ? '' : NO_SUCH_SESSION;
}

/** The number of a session; null: the word begins like none, and 0 is none either. */
function pointerOf(word: string | undefined): number | null {
  const [digits] = /^(?:0x[0-9a-f]+|[0-9]+)/i.exec(word ?? '') ?? [];
  return Number(digits ?? 0) || null;
}

function numberOf({ serial }: SessionView, worker: number): number {
  return (worker + 1) * SERIALS + (serial % SERIALS);
}

function idOf(session: SessionView, worker: number): string {
  return `0x${numberOf(session, worker).toString(16)}`;
}

/** The least of two times, either of which may never come. */
function soonest(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}

/** One line, in HAProxy's form; what HAProxy measures of its own scheduler and buffers is 0. */
function row(session: SessionView, worker: number): string {
  const { client, serverSide, backend, server } = session;
  const [state] = STATES.get(session.state) ?? INITIAL;
  const flow = ({ queued, expiresInMs }: EndpointView): string =>
    `f=0h,i=${queued},an=00h,rx=${humanTimeOr(expiresInMs)},wx=,ax=`;
  const times = `ts=00 epoch=0 age=${humanTime(session.ageMs)} calls=0 rate=0 cpu=0 lat=0`;
  const flows = `rq[${flow({ ...client, queued: serverSide.queued })}] rp[${flow({ ...serverSide, queued: client.queued })}]`;
  const sides = `scf=[8,0h,fd=${client.fd}] scb=[${state},1h,fd=${serverSide.fd}]`;
  const end = `exp=${humanTimeOr(soonest(client.expiresInMs, serverSide.expiresInMs))} rc=${session.retries} c_exp=`;
  const names = `fe=${session.frontendName} be=${backend?.name ?? '<NONE>'} srv=${server?.name ?? '<none>'}`;
  return `${idOf(session, worker)}: proto=${MODES[session.family]} src=${session.source} ${names} ${times} ${flows} ${sides} ${end}\n`;
}

/** Several lines, in HAProxy's form as far as there is something to say. */
function details(session: SessionView, worker: number): string {
  const { client, serverSide, backend, server, bind, bindId } = session;
  const [, state] = STATES.get(session.state) ?? INITIAL;
  const number = (thing: { readonly name: string; readonly id: number } | null): string =>
    thing === null ? '<NONE> (id=-1' : `${thing.name} (id=${thing.id}`;
  const at = (address: string | null): string => (address === null ? '' : ` addr=${address}`);
  return [
    `${idOf(session, worker)}: [${formatLogDate(new Date(session.acceptDateMs))}] id=${session.serial} proto=${MODES[session.family]} source=${session.source}`,
    `  flags=0x0, conn_retries=${session.retries}, waiting=${session.waiting ? 1 : 0} worker=${worker}`,
    `  frontend=${session.frontendName} (id=${session.frontendId} mode=tcp), listener=${bind ?? '?'} (id=${bindId}) addr=${session.destination}`,
    `  backend=${number(backend)}${backend === null ? ' mode=-' : ' mode=tcp'})${at(session.serverSource)}`,
    `  server=${number(server)})${at(session.serverAddress)}`,
    `  task=(exp=${humanTimeOr(soonest(client.expiresInMs, serverSide.expiresInMs)) || '<NEVER>'} age=${humanTime(session.ageMs)})`,
    `  scf=(state=EST fd=${client.fd})`,
    `  scb=(state=${state} fd=${serverSide.fd})`,
    `  req=(buffers=${serverSide.queued} pipe=${client.piped} total=${client.received} rex=${humanTimeOr(client.expiresInMs) || '<NEVER>'})`,
    `  res=(buffers=${client.queued} pipe=${serverSide.piped} total=${serverSide.received} rex=${humanTimeOr(serverSide.expiresInMs) || '<NEVER>'})`,
    '',
  ].join('\n');
}
