/**
 * The flags of every command that speaks to a running balancer, and how the socket is found: as
 * given, as the configuration says, as the environment says, or where it usually is.
 */
import { statSync } from 'node:fs';
import type { Options } from 'yargs';
import { type Endpoint, endpointOf, parseEndpoint } from '../admin/client/endpoint.js';
import { type Parsed, refused } from '../config/values/parsed.js';
import { parseTime } from '../config/values/time.js';
import type { Complaint } from './complaint.js';

/** Where packages and guides put it, in the order in which it is looked for. */
const USUAL_PATHS = [
  '/run/turbo-lb/admin.sock',
  '/run/turbo-lb.sock',
  '/run/haproxy/admin.sock',
  '/run/haproxy.sock',
  '/var/run/haproxy.sock',
  '/var/lib/haproxy/stats',
] as const;
/** Names a socket for every command of a shell. */
const VARIABLE = 'TURBO_LB_SOCKET';

/** The flags, as yargs wants them. */
export const SOCKET_OPTIONS: Readonly<Record<string, Options>> = {
  socket: { group: 'Options:', describe: `Path or host:port of its runtime socket [default: $${VARIABLE}]`, nargs: 1 },
  file: { group: 'Options:', alias: 'f', describe: "A configuration that says 'stats socket'", nargs: 1 },
  timeout: { group: 'Options:', describe: 'Longest wait for an answer, as 5s', nargs: 1 },
};

/** How help texts explain the search. */
export const SOCKET_SEARCH = `Without --socket: the 'stats socket' of -f FILE, or $${VARIABLE}, or the
first of these that is there: /run/turbo-lb/admin.sock, /run/turbo-lb.sock,
/run/haproxy/admin.sock, /run/haproxy.sock, /var/lib/haproxy/stats.`;

/** What the flags say; complaints where they cannot be understood. */
export interface SocketChoice {
  readonly endpoint: Endpoint | null;
  readonly timeoutMs: number;
  readonly complaints: readonly Complaint[];
}

/** Reads the flags and finds the socket; it is not connected to. */
export async function chooseSocket(argv: Readonly<Record<string, unknown>>, timeoutMs: number): Promise<SocketChoice> {
  const complaints: Complaint[] = [];
  const take = <T>(about: string, result: Parsed<T>): T | null => {
    if (result.ok) return result.value;
    complaints.push({ about, message: result.message });
    return null;
  };
  const typed = argv.timeout === undefined ? timeoutMs : take(`--timeout ${argv.timeout}`, parseTime(String(argv.timeout)));
  const [about, found] = await findSocket(argv);
  const endpoint = take(about, found);
  return { endpoint, timeoutMs: typed ?? timeoutMs, complaints };
}

async function findSocket(argv: Readonly<Record<string, unknown>>): Promise<[about: string, found: Parsed<Endpoint>]> {
  if (argv.socket !== undefined) return [`--socket ${argv.socket}`, parseEndpoint(String(argv.socket))];
  if (argv.file !== undefined) return [`-f ${argv.file}`, await configuredSocket([argv.file].flat().map(String))];
  const named = process.env[VARIABLE];
  if (named !== undefined && named !== '') return [`${VARIABLE}=${named}`, parseEndpoint(named)];
  const usual = USUAL_PATHS.find((path) => statSync(path, { throwIfNoEntry: false })?.isSocket());
  return ['', usual === undefined ? refused(NOWHERE) : parseEndpoint(usual)];
}

const NOWHERE =
  `no runtime socket was found; name it with --socket or ${VARIABLE}. The balancer opens one where its file says in section global: ` +
  'stats socket /run/turbo-lb.sock mode 660 level admin';

/** The most powerful socket that files mention. The language is loaded for this only: it takes longer than all the rest. */
async function configuredSocket(paths: readonly string[]): Promise<Parsed<Endpoint>> {
  const { statsSockets } = await import('./configured-sockets.js');
  const sockets = statsSockets(paths);
  if (!sockets.ok) return sockets;
  // one that was inherited has an address that no file tells
  const [best] = sockets.value.flatMap(({ address }) => (address.kind === 'fd' ? [] : [address]));
  if (best === undefined)
    return refused(
      "no 'stats socket' there; section global needs a line as: stats socket /run/turbo-lb.sock mode 660 level admin",
    );
  return endpointOf(best);
}
