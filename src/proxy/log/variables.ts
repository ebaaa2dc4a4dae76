/**
 * The variables of log formats (configuration manual, section 8.2.6) as functions that write their
 * value, made once for each place where a format names one. Those of HTTP write what HAProxy writes
 * for a session without a request.
 */
import type { Engine } from '../../kernel/engine.js';
import { FAMILY_NONE, HostAddress } from '../../kernel/host-address.js';
import type { FormatPartPlan } from '../../plan/expression.js';
import type { Plan } from '../../plan/plan.js';
import { ServerAddressRow } from '../../shared/addresses.js';
import type { SharedTables } from '../../shared/state.js';
import type { SampleContext } from '../samples/context.js';
import { CLOSING, NO_FD, type Session, type Termination } from '../session.js';
import type { DateWriter } from './dates.js';
import { bytesOf, type Line } from './line.js';

/** Writes one piece of a line. */
export type WritePart = (line: Line, context: SampleContext) => void;
/** How a piece is written out. */
export type Flags = Extract<FormatPartPlan, { kind: 'variable' }>['flags'];

/** What variables speak of beside the session. */
export interface VariableSources {
  readonly plan: Plan;
  readonly tables: SharedTables;
  readonly engine: Engine;
  readonly dates: DateWriter;
  readonly pid: number;
  /** Name of the system. */
  readonly hostname: string;
  /** Lines of each frontend so far, by its index. */
  readonly lineCounts: Float64Array;
  /** Writes the unique id of the session; null: the frontend has no `unique-id-format`. */
  readonly uniqueId: WritePart | null;
  /** The frontend that the format belongs to: an index. */
  readonly frontend: number;
}

/** Makes the writer of a variable; null: it writes nothing, and spaces around it become one. */
type VariableFactory = (sources: VariableSources, flags: Flags) => WritePart | null;

const QUOTE = 34;
const PLUS = 43;
const SLOT_OPEN = 123;
const SLOT_BETWEEN = 124;
const SLOT_CLOSE = 125;
const SPACE = 32;
const NO_REQUEST = '<BADREQ>';

/** The address last read from a socket, for the moment of writing it. */
const scratch = new HostAddress();

/** Writes a text as its flags say: quoted, escaped, or "-" when there is none. */
export function writeText(line: Line, value: string, flags: Flags): void {
  if (flags.quoted) line.byte(QUOTE);
  if (flags.escaped) line.escaped(value);
  else line.text(value);
  if (flags.quoted) line.byte(QUOTE);
  else if (value === '' && flags.mandatory) line.text('-');
}

/** A text that never changes, with its flags applied. */
function fixed(value: string, { quoted, escaped, mandatory }: Flags): Uint8Array {
  const text = escaped ? value.replace(/["\\\]]/g, '\\$&') : value;
  return bytesOf(quoted ? `"${text}"` : text === '' && mandatory ? '-' : text);
}

const constant =
  (value: string): VariableFactory =>
  (_, flags) => {
    const bytes = fixed(value, flags);
    return (line) => line.bytes(bytes);
  };

/** A number in decimal. */
const number =
  (read: (context: SampleContext, sources: VariableSources) => number): VariableFactory =>
  (sources) =>
  (line, context) =>
    line.integer(read(context, sources));

/** A number that the flag X turns into hexadecimal of `width` digits. */
const hexNumber =
  (width: number, read: (context: SampleContext, sources: VariableSources) => number): VariableFactory =>
  (sources, { hexadecimal }) =>
    hexadecimal
      ? (line, context) => line.hex(read(context, sources), width)
      : (line, context) => line.integer(read(context, sources));

/** A number that `option logasap` marks as not final. */
const openNumber =
  (read: (context: SampleContext) => number): VariableFactory =>
  ({ plan, frontend }) => {
    const { asap } = plan.frontends[frontend].log;
    return (line, context) => {
      if (asap) line.byte(PLUS);
      line.integer(read(context));
    };
  };

/** Milliseconds since the session was accepted. */
const total = ({ nowMs, session }: SampleContext): number => Math.max(0, (nowMs - session.acceptedAt) | 0);

/** Milliseconds since the connection to the server was established. */
function dataTime(context: SampleContext): number {
  const { connectMs, waitMs, handshakeMs } = context.session;
  return connectMs < 0 ? -1 : Math.max(0, total(context) - connectMs - Math.max(0, waitMs) - Math.max(0, handshakeMs));
}

/** Finds the address that a variable is about, or answers null. */
type FindAddress = (session: Session, sources: VariableSources) => HostAddress | null;

const clientAddress: FindAddress = (session, { engine }) => session.readSource(engine);
const frontendAddress: FindAddress = (session, { engine }) => session.readDestination(engine);

const backendAddress: FindAddress = ({ server }, { engine }) => {
  if (server.fd === NO_FD) return null;
  engine.localAddress(server.fd, scratch);
  return scratch;
};

/** The address of a UNIX socket is this word; its port is the number of the bind, and 0 towards servers. */
const UNIX = 'unix';

/** Whether the side of the client, or of the server, is a UNIX socket. */
function isUnix({ plan }: VariableSources, session: Session, ofClient: boolean): boolean {
  if (ofClient) return plan.frontends[session.frontend].binds[session.bind]?.address.family === 'unix';
  return hasServer(session) && plan.backends[session.backend].servers[session.chosen].address.family === 'unix';
}

const socketIp =
  (find: FindAddress, ofClient: boolean): VariableFactory =>
  (sources, flags) => {
    const unix = fixed(UNIX, flags);
    const none = fixed('', flags);
    return (line, { session }) => {
      const address = find(session, sources);
      if (address === null) line.bytes(none);
      else if (address.family === FAMILY_NONE) line.bytes(isUnix(sources, session, ofClient) ? unix : none);
      else if (flags.hexadecimal) line.hexAddress(address);
      else writeAddress(line, address, flags);
    };
  };

function writeAddress(line: Line, address: HostAddress, { quoted }: Flags): void {
  if (quoted) line.byte(QUOTE);
  line.address(address);
  if (quoted) line.byte(QUOTE);
}

const socketPort =
  (find: FindAddress, ofClient: boolean): VariableFactory =>
  (sources, flags) => {
    const none = fixed('', flags);
    return (line, { session }) => {
      const address = find(session, sources);
      if (address === null) line.bytes(none);
      else if (address.family !== FAMILY_NONE) writePort(line, address.port, flags);
      else if (isUnix(sources, session, ofClient)) writePort(line, ofClient ? bindId(sources, session) : 0, flags);
      else line.bytes(none);
    };
  };

function writePort(line: Line, port: number, { hexadecimal }: Flags): void {
  if (hexadecimal) line.hex(port, 4);
  else line.integer(port);
}

const bindId = ({ plan }: VariableSources, session: Session): number => plan.frontends[session.frontend].binds[session.bind].id;

/** Texts of all servers, by backend and server. */
function ofServers(plan: Plan, text: (server: Plan['backends'][number]['servers'][number]) => Uint8Array): Uint8Array[][] {
  return plan.backends.map((backend) => backend.servers.map(text));
}

/** Whether the session was given to a server. */
const hasServer = (session: Session): boolean => session.backend >= 0 && session.chosen >= 0;

const serverName: VariableFactory = ({ plan }, flags) => {
  const names = ofServers(plan, (server) => fixed(server.name, flags));
  const none = fixed('<NOSRV>', flags);
  return (line, { session }) => line.bytes(hasServer(session) ? names[session.backend][session.chosen] : none);
};

/** The address that the server of a session has now, which need not be that of the plan. */
const serverAddress = new ServerAddressRow();
/** True, and in `serverAddress` where it is, when the server of the session has moved. */
function hasMoved({ tables }: VariableSources, { backend, chosen }: Session): boolean {
  return tables.addresses.read(backend, chosen, serverAddress) !== 0;
}

const serverIp: VariableFactory = (sources, flags) => {
  const plain = { ...flags, quoted: false };
  const texts = ofServers(sources.plan, ({ address }) => {
    if (address.family === 'unix') return fixed(UNIX, flags);
    return flags.hexadecimal ? fixed(hexHost(address.host), plain) : fixed(address.host, flags);
  });
  const none = fixed('', flags);
  return (line, { session }) => {
    if (!hasServer(session)) line.bytes(none);
    else if (!hasMoved(sources, session)) line.bytes(texts[session.backend][session.chosen]);
    else if (flags.hexadecimal) line.hexAddress(serverAddress.address);
    else writeAddress(line, serverAddress.address, flags);
  };
};

/** The digits of an address in the plan's text form. */
function hexHost(host: string): string {
  if (!host.includes(':')) return Buffer.from(host.split('.').map(Number)).toString('hex').toUpperCase();
  const [left, right] = host.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = right === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...new Array<string>(zeros).fill('0'), ...(right ?? [])];
  return groups
    .map((group) => group.padStart(4, '0'))
    .join('')
    .toUpperCase();
}

const serverPort: VariableFactory = (sources, flags) => {
  const none = fixed('', flags);
  return (line, { session }) => {
    if (!hasServer(session)) {
      line.bytes(none);
      return;
    }
    const { address, portOffset } = sources.plan.backends[session.backend].servers[session.chosen];
    const moved = hasMoved(sources, session);
    const mapsPort = moved ? serverAddress.mapsPort : portOffset !== null;
    const port = moved ? serverAddress.address.port : address.family === 'unix' ? 0 : (portOffset ?? address.port);
    writePort(line, mapsPort ? (session.readDestination(sources.engine).port + port) & 0xffff : port, flags);
  };
};

/** The backend's name, or the frontend's while there is none. */
const backendName: VariableFactory = ({ plan }, flags) => {
  const backends = plan.backends.map((backend) => fixed(backend.name, flags));
  const frontends = plan.frontends.map((frontend) => fixed(frontend.name, flags));
  return (line, { session }) => line.bytes(session.backend >= 0 ? backends[session.backend] : frontends[session.frontend]);
};

const frontendName: VariableFactory = ({ plan, frontend }, flags) => {
  const name = fixed(plan.frontends[frontend].name, flags);
  return (line) => line.bytes(name);
};

const uniqueId: VariableFactory = ({ uniqueId }, flags) => {
  if (uniqueId === null) {
    const none = fixed('', flags);
    return (line) => line.bytes(none);
  }
  return (line, context) => {
    if (flags.quoted) line.byte(QUOTE);
    uniqueId(line, context);
    if (flags.quoted) line.byte(QUOTE);
  };
};

/** `{a|b}`; nothing in a frontend that captures nothing. */
const captures: VariableFactory = ({ plan, frontend }, { quoted }) => {
  const count = plan.frontends[frontend].captures.length;
  if (count === 0) return null;
  return (line, { session }) => {
    if (quoted) line.byte(QUOTE);
    line.byte(SLOT_OPEN);
    for (let slot = 0; slot < count; slot++) {
      if (slot > 0) line.byte(SLOT_BETWEEN);
      line.encoded(session.captures?.[slot] ?? '');
    }
    line.byte(SLOT_CLOSE);
    if (quoted) line.byte(QUOTE);
  };
};

/** Captures with a space between them, "-" for each that was not made. */
const captureList: VariableFactory = ({ plan, frontend }, { quoted }) => {
  const count = plan.frontends[frontend].captures.length;
  if (count === 0) return null;
  return (line, { session }) => {
    for (let slot = 0; slot < count; slot++) {
      if (slot > 0) line.byte(SPACE);
      const value = session.captures?.[slot] ?? null;
      if (quoted) line.byte(QUOTE);
      if (value !== null) line.encoded(value);
      else if (!quoted) line.text('-');
      if (quoted) line.byte(QUOTE);
    }
  };
};

const nothing: VariableFactory = () => null;

const seconds = ({ session }: SampleContext): number => Math.floor(session.acceptDateMs / 1000);

const date =
  (write: (dates: DateWriter, line: Line, context: SampleContext) => void): VariableFactory =>
  ({ dates }) =>
  (line, context) =>
    write(dates, line, context);

const localDate = date((dates, line, context) =>
  dates.withMilliseconds(line, seconds(context), context.session.acceptDateMs % 1000),
);
const gmtDate = date((dates, line, context) => dates.gmt(line, seconds(context)));
const zonedDate = date((dates, line, context) => dates.local(line, seconds(context)));

const milliseconds: VariableFactory = (_, { hexadecimal }) =>
  hexadecimal
    ? (line, { session }) => line.hex(session.acceptDateMs % 1000, 2)
    : (line, { session }) => line.padded(session.acceptDateMs % 1000, 3);

const retries: VariableFactory =
  () =>
  (line, { session }) => {
    if (session.redispatched) line.byte(PLUS);
    line.integer(session.retries);
  };

/** A session that is over counts itself no more, although it leaves its places only after its line. */
const serverConnections = number(({ session }, { tables }) => {
  if (!hasServer(session)) return 0;
  const own = session.state === CLOSING && session.counted && !session.pausing ? 1 : 0;
  return tables.servers.groups[session.backend].connections(session.chosen) - own;
});
const backendConnections = number(({ session }, { tables }) => {
  if (session.backend < 0) return 0;
  return tables.proxies.backends[session.backend].current - (session.state === CLOSING ? 1 : 0);
});

/** A connection without the PROXY header that it has to begin with is one that we have refused. */
function terminationOf({ proxyError, termination }: Session): Termination {
  return proxyError > 0 ? 'PR' : termination;
}

const notHttp = constant(NO_REQUEST);
const notReached = number(() => -1);

/** Every variable, by name. */
const VARIABLES: Readonly<Record<string, VariableFactory>> = {
  B: openNumber(({ session }) => session.server.received),
  H: (sources, flags) => constant(sources.hostname)(sources, flags),
  ID: uniqueId,
  ST: number(() => 0),
  T: gmtDate,
  Tc: number(({ session }) => session.connectMs),
  Td: number(dataTime),
  Th: number(({ session }) => session.handshakeMs),
  Tl: zonedDate,
  Ts: hexNumber(4, seconds),
  Tt: openNumber(total),
  Tu: openNumber(total),
  Tw: number(({ session }) => session.waitMs),
  U: number(({ session }) => session.client.received),
  ac: number((_, { tables }) => tables.gate.current),
  b: backendName,
  bc: backendConnections,
  bi: socketIp(backendAddress, false),
  bp: socketPort(backendAddress, false),
  bq: number(({ session }) => session.backendQueuePosition),
  ci: socketIp(clientAddress, true),
  cp: socketPort(clientAddress, true),
  f: frontendName,
  fc: number(({ session }, { tables }) => tables.proxies.frontends[session.frontend].current),
  fi: socketIp(frontendAddress, true),
  fp: socketPort(frontendAddress, true),
  ft: frontendName,
  hr: captures,
  hrl: captureList,
  hs: nothing,
  hsl: nothing,
  lc: hexNumber(4, (_, { lineCounts, frontend }) => lineCounts[frontend]),
  ms: milliseconds,
  o: nothing,
  pid: hexNumber(4, (_, { pid }) => pid),
  rc: retries,
  rt: hexNumber(4, ({ session }) => session.serial),
  s: serverName,
  sc: serverConnections,
  si: serverIp,
  sp: serverPort,
  sq: number(({ session }) => session.serverQueuePosition),
  sslc: constant(''),
  sslv: constant(''),
  t: localDate,
  ts:
    () =>
    (line, { session }) =>
      line.text(terminationOf(session)),
  tsc:
    () =>
    (line, { session }) => {
      line.text(terminationOf(session));
      line.text('--');
    },
  CC: constant(''),
  CS: constant(''),
  HM: notHttp,
  HP: notHttp,
  HPO: notHttp,
  HQ: notHttp,
  HU: notHttp,
  HV: notHttp,
  r: notHttp,
  TR: notReached,
  Ta: openNumber(total),
  Ti: notReached,
  Tq: notReached,
  Tr: notReached,
  tr: localDate,
  trg: gmtDate,
  trl: zonedDate,
};

/** Variables whose value is only known when the session has ended: a format with one waits for that. */
const AT_END = new Set([
  'B',
  'ID',
  'Ta',
  'Tc',
  'Td',
  'Th',
  'Tt',
  'Tu',
  'Tw',
  'U',
  'ac',
  'bc',
  'bq',
  'fc',
  'rc',
  'sc',
  'sq',
  'ts',
]);

/** Whether a variable's value is only known at the end of the session. */
export function knownAtEnd(name: string): boolean {
  return AT_END.has(name);
}

/**
 * The writer of a variable, or null when it never writes anything. Throws RangeError for a name
 * that is none: a Plan holds no such name.
 */
export function variableWriter(name: string, flags: Flags, sources: VariableSources): WritePart | null {
  const factory = VARIABLES[name];
  if (factory === undefined) throw new RangeError(`log format: no variable %${name}`);
  return factory(sources, flags);
}
