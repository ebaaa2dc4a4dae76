/**
 * The Plan: what a worker executes. Immutable, numbered, structured-cloneable; every reference is
 * an index into an array of the Plan. The quick flags of the command line and configuration files
 * both compile to it, and nothing else crosses from the master to a worker.
 */
import type { BalanceAlgorithm, HashTypeConfig, HoldStatus, ServerCheckSettings } from '../config/config.js';
import type { SocketAddress } from '../kernel/address.js';
import { type CheckPlan, CONNECTION_CHECK } from './checks.js';
import type { AclPlan, ConditionPlan, ExpressionPlan, FormatPlan, PatternListPlan } from './expression.js';
import { type LogOutputPlan, type LogPlan, type LogTargetPlan, NO_LOG, NO_LOG_OUTPUT } from './logging.js';
import { NO_RULES, type RulesPlan, type StickRulePlan, type TablePlan } from './rules.js';
import { NO_RUNTIME, type RuntimePlan } from './runtime.js';
import type { ServerState } from './server-state.js';

/** What `tune.io-engine` and `--io-engine` may say. */
export type IoEngineChoice = 'auto' | 'uring' | 'epoll';

/** Everything that a balancer does. */
export interface Plan {
  readonly process: ProcessPlan;
  readonly frontends: readonly FrontendPlan[];
  readonly backends: readonly BackendPlan[];
  /** Numbers of all proxies in the order of the files, which is that of statistics. */
  readonly proxyIds: readonly number[];
  readonly acls: readonly AclPlan[];
  readonly patternLists: readonly PatternListPlan[];
  readonly tables: readonly TablePlan[];
}

/** Section `resolvers`: who is asked for addresses of servers, how often, and what becomes of bad answers. Times in milliseconds. */
export interface ResolversPlan {
  readonly name: string;
  readonly nameservers: readonly NameserverPlan[];
  /** How long after the last good answer a server keeps its address, by what came in its place. */
  readonly holdMs: Readonly<Record<HoldStatus, number>>;
  readonly timeoutResolveMs: number;
  readonly timeoutRetryMs: number;
  /** Queries until a resolution is given up; 1 or more. */
  readonly resolveRetries: number;
  /** Bytes. */
  readonly acceptedPayloadSize: number;
}

/** A DNS server. */
export interface NameserverPlan {
  readonly name: string;
  readonly address: SocketAddress;
  /** By TCP in place of UDP. */
  readonly stream: boolean;
}

/** What holds for the process as a whole (section `global`). */
export interface ProcessPlan {
  /** Worker threads; 'auto' is one per CPU that the process may use. */
  readonly workers: number | 'auto';
  /** Pin each worker to a CPU of its own. */
  readonly pin: boolean;
  /** CPU numbers of each worker (`cpu-map`), by worker; where it has none, as `pin` says. */
  readonly cpuMap: readonly (readonly number[])[];
  readonly ioEngine: IoEngineChoice;
  /** Concurrent client connections of the whole process; 0: derive it from RLIMIT_NOFILE. */
  readonly maxconn: number;
  /** `ulimit-n`; 0: as many as maxconn needs. */
  readonly ulimitN: number;
  /** Each worker has a socket of its own at each address (SO_REUSEPORT); otherwise all share one (`noreuseport`). */
  readonly reusePort: boolean;
  /** Bytes of memory that the process may take (`-m`); 0: as many as there are. */
  readonly memoryMax: number;
  readonly life: LifePlan;
  /** Where the process itself logs: starts, ends, states of servers. */
  readonly logTargets: readonly LogTargetPlan[];
  /** Percent by which intervals of checks are varied at random (`spread-checks`). */
  readonly spreadChecks: number;
  /** Milliseconds over which first checks are spread at most; 0: an interval (`max-spread-checks`). */
  readonly maxSpreadChecksMs: number;
  readonly logTag: string;
  /** Who is asked for addresses of servers. */
  readonly resolvers: readonly ResolversPlan[];
  /** `log-send-hostname`: the name in the headers of the process's own lines; without it, none. */
  readonly logHostname?: string | null;
  readonly node: string;
  /** Variables of the environment that are not as the process has them; null: not there (`setenv`). */
  readonly environment: Readonly<Record<string, string | null>>;
  /** Variables of scope `proc` that are set at the start, in order. */
  readonly variables: readonly VariablePlan[];
  /** `description`; null: none. */
  readonly description: string | null;
  /** Connections, and sessions, that are accepted in a second (`maxconnrate`, `maxsessrate`); 0: any number. */
  readonly connectionRateMax: number;
  readonly sessionRateMax: number;
  readonly tune: TunePlan;
  readonly runtime: RuntimePlan;
}

/** A variable and the value that it begins with. */
export interface VariablePlan {
  readonly name: string;
  readonly value: { readonly expression: ExpressionPlan } | { readonly format: FormatPlan };
}

/** How the process lives among others; null: not asked for. */
export interface LifePlan {
  readonly daemon: boolean;
  readonly pidfile: string | null;
  readonly user: string | null;
  readonly group: string | null;
  readonly chroot: string | null;
  /** Milliseconds; 0: none. */
  readonly hardStopAfterMs: number;
  /** A core may be left after a change of user (`set-dumpable`). */
  readonly dumpable: boolean;
  /** Milliseconds between the order to stop softly and its execution (`grace`). */
  readonly graceMs: number;
}

/** The `tune.*` keywords that the data plane knows. */
export interface TunePlan {
  /** Bytes of a receive buffer (`tune.bufsize`). */
  readonly bufsize: number;
  /** Receive buffers of each worker, at least; sizing makes it two for each connection. */
  readonly buffers: number;
  /** Pipes for splice(2) of each worker (`maxpipes`). */
  readonly pipes: number;
  /** Bytes of capacity asked of each pipe (`tune.pipesize`). */
  readonly pipesize: number;
  /** SO_RCVBUF, SO_SNDBUF of client and server sockets; 0: the system's (`tune.rcvbuf.client` ...). */
  readonly clientReceiveBuffer: number;
  readonly clientSendBuffer: number;
  readonly serverReceiveBuffer: number;
  readonly serverSendBuffer: number;
  /** Connections taken at most in one turn from one listener (`tune.maxaccept`); 0: no limit of our own. */
  readonly maxaccept: number;
}

/** What a listening socket is bound with. */
export interface BindPlan {
  readonly address: SocketAddress;
  /** An inherited descriptor that listens already, in place of `address`; null: none. */
  readonly inheritedFd: number | null;
  readonly name: string | null;
  /** From 1 within its frontend; `so_id`. */
  readonly id: number;
  /** Length of the accept queue; the kernel caps it at net.core.somaxconn. */
  readonly backlog: number;
  /** Connections through this bind at a time; 0: no limit of its own. */
  readonly maxconn: number;
  /** Clients begin with a PROXY header (`accept-proxy`). */
  readonly acceptProxy: boolean;
  readonly socket: BindSocketPlan;
  /** Where it was asked for, as `--bind :80` or `haproxy.cfg:12`, for messages. */
  readonly origin: string;
}

/** Socket options of a listener; null or 0: not set. */
export interface BindSocketPlan {
  readonly interface: string | null;
  readonly mss: number;
  readonly deferAccept: boolean;
  readonly tcpUserTimeoutMs: number;
  readonly v4v6: boolean;
  readonly v6only: boolean;
  readonly tfo: boolean;
  /** Of UNIX sockets: permissions and owners (a name or a number as text). */
  readonly mode: number | null;
  readonly user: string | null;
  readonly group: string | null;
}

/** No socket options at all. */
export const NO_SOCKET_OPTIONS: BindSocketPlan = {
  interface: null,
  mss: 0,
  deferAccept: false,
  tcpUserTimeoutMs: 0,
  v4v6: false,
  v6only: false,
  tfo: false,
  mode: null,
  user: null,
  group: null,
};

/** Where clients come in, and how they are treated there (section `frontend`, and half of `listen`). */
export interface FrontendPlan {
  readonly name: string;
  /** `fe_id`, unique among all proxies. */
  readonly id: number;
  readonly mode: 'tcp';
  readonly binds: readonly BindPlan[];
  /** Connections at a time; 0: as many as the process takes. */
  readonly maxconn: number;
  /** `rate-limit sessions`, per second; 0: none. */
  readonly sessionRateLimit: number;
  /** The first whose condition holds. */
  readonly useBackends: readonly UseBackendPlan[];
  /** Index of the backend; -1: none. */
  readonly defaultBackend: number;
  readonly rules: RulesPlan;
  /** Lengths of the captures of a session. */
  readonly captures: readonly number[];
  /** Milliseconds, 0: none (`timeout client`, `timeout client-fin`). */
  readonly clientTimeoutMs: number;
  readonly clientFinTimeoutMs: number;
  readonly log: LogPlan;
  readonly options: FrontendOptions;
}

/** `use_backend`: an index of a backend, or a format that yields a name. */
export interface UseBackendPlan {
  readonly backend: number | FormatPlan;
  readonly condition: ConditionPlan | null;
}

/** Options of the client's side. */
export interface FrontendOptions {
  /** SO_KEEPALIVE towards clients (`option tcpka`, `clitcpka`), and its parameters; 0: the system's. */
  readonly keepAlive: KeepAlivePlan | null;
  readonly noLinger: boolean;
  readonly smartAccept: boolean;
  /** Each bind is counted by itself, too (`option socket-stats`). */
  readonly socketStats: boolean;
  /** Whether bulk data may be spliced in each direction. */
  readonly spliceRequest: boolean;
  readonly spliceResponse: boolean;
}

/** TCP keep-alive (tcp(7)); 0: the system's. */
export interface KeepAlivePlan {
  readonly idleMs: number;
  readonly intervalMs: number;
  readonly count: number;
}

/** A set of servers and how they are used (section `backend`, and half of `listen`). */
export interface BackendPlan {
  readonly name: string;
  /** `be_id`, unique among all proxies; a listen's frontend and backend share it. */
  readonly id: number;
  /** The file says so. */
  readonly idForced: boolean;
  readonly mode: 'tcp';
  readonly balance: BalancePlan;
  readonly servers: readonly ServerPlan[];
  /** Sessions at which servers with minconn reach their maxconn; 0: derived as HAProxy does. */
  readonly fullconn: number;
  readonly useServers: readonly UseServerPlan[];
  readonly rules: RulesPlan;
  readonly stickRules: readonly StickRulePlan[];
  /** Connection attempts after the first (`retries`). */
  readonly retries: number;
  /** Every how many retries another server is chosen; -1: on the last one only; 0: never (`option redispatch`). */
  readonly redispatch: number;
  /** Milliseconds, 0: none. */
  readonly connectTimeoutMs: number;
  readonly serverTimeoutMs: number;
  readonly serverFinTimeoutMs: number;
  readonly tunnelTimeoutMs: number;
  /** Time in the queue; without one, `timeout connect` (the compiler has put it here). */
  readonly queueTimeoutMs: number;
  /** Time for a health check after it connected; 0: the time between checks (`timeout check`). */
  readonly checkTimeoutMs: number;
  /** What is done to find out whether a server is well. */
  readonly check: CheckPlan;
  readonly log: LogOutputPlan;
  readonly options: BackendOptions;
}

/** Options of the server's side. */
export interface BackendOptions {
  readonly keepAlive: KeepAlivePlan | null;
  readonly noLinger: boolean;
  readonly smartConnect: boolean;
  readonly abortOnClose: boolean;
  readonly allBackups: boolean;
  /** `option log-health-checks` */
  readonly logHealthChecks: boolean;
  readonly persist: boolean;
  readonly spliceRequest: boolean;
  readonly spliceResponse: boolean;
}

/** `use-server`: an index of a server, or a format that yields a name. */
export interface UseServerPlan {
  readonly server: number | FormatPlan;
  readonly condition: ConditionPlan | null;
}

/** How servers are chosen. */
export interface BalancePlan {
  readonly algorithm: BalanceAlgorithm;
  readonly hashType: HashTypeConfig;
  /** Percent of the average load that no server exceeds (`hash-balance-factor`); 0: off. */
  readonly balanceFactor: number;
  /** Of `random`. */
  readonly draws: number;
  /** Of `hash`. */
  readonly expression: ExpressionPlan | null;
}

/** One server of a backend (keyword `server`). */
export interface ServerPlan {
  readonly name: string;
  /** From 1 within its backend; `srv_id`, and what consistent hashing places it by. */
  readonly id: number;
  /** The file says so. */
  readonly idForced: boolean;
  /** Where it is at first; 0.0.0.0 and its port when it is `unresolved`. */
  readonly address: SocketAddress;
  /** Starts without an address, in maintenance until it gets one. */
  readonly unresolved: boolean;
  /** The name that the file gives in place of an address; null: none. */
  readonly fqdn: string | null;
  /** The state that it had before a restart, from a state file; null: it begins as the file says. */
  readonly saved: ServerState | null;
  /** How its name is resolved while it runs; null: it is not (`resolvers`). */
  readonly resolution: ServerResolutionPlan | null;
  /** Added to the port that the client connected to, in place of the address's own port; null: not. */
  readonly portOffset: number | null;
  /** 0..256; 0 takes no new connections (`weight`). */
  readonly weight: number;
  readonly backup: boolean;
  /** Starts in maintenance. */
  readonly disabled: boolean;
  /** 0: none. */
  readonly maxconn: number;
  readonly minconn: number;
  readonly maxqueue: number;
  readonly slowstartMs: number;
  /** The version of the PROXY protocol's header to begin with; 0: none. */
  readonly sendProxy: 0 | 1 | 2;
  readonly proxyV2Options: readonly string[];
  /** Where connections come from; null: as the system chooses. */
  readonly source: SourcePlan | null;
  readonly tcpUserTimeoutMs: number;
  /** No entry of a stick table names it (`non-stick`). */
  readonly nonStick: boolean;
  /** The server whose state it follows; null: none. */
  readonly track: { readonly backend: number; readonly server: number } | null;
  readonly check: ServerCheckPlan;
}

/** How the name of a server is resolved while it runs. */
export interface ServerResolutionPlan {
  /** Index of the section. */
  readonly resolvers: number;
  /** The service whose SRV records name its host, port and weight; null: it has a name of its own. */
  readonly service: string | null;
  readonly prefer: 'ipv4' | 'ipv6';
  /** Networks to prefer, as `10.0.0.0/8`. */
  readonly networks: readonly string[];
  /** Servers of one name may have the same address. */
  readonly allowDuplicateIp: boolean;
  /** Weights of SRV records do not count. */
  readonly ignoreWeight: boolean;
}

/** Health checks of a server; the master carries them out. */
export type ServerCheckPlan = Omit<ServerCheckSettings, 'address' | 'agent'> & {
  /** How the server's certificate is looked at. */
  readonly tls: TlsVerifyPlan;
  /** Where they go at first; afterwards `ServerAddresses.checkAddress` says it. */
  readonly address: SocketAddress;
  /** `addr`: they go there, wherever the server is; null: to the server. Its port is of no meaning. */
  readonly elsewhere: SocketAddress | null;
  /** null: no agent is asked. */
  readonly agent: AgentPlan | null;
};

/** `verify`, `verifyhost`, `ca-file`. */
export interface TlsVerifyPlan {
  readonly verify: 'none' | 'required';
  /** null: any name will do. */
  readonly host: string | null;
  /** Certificates in PEM; 'system': those of the system; null: none. */
  readonly ca: string | null;
}

/** The agent of a server (`agent-check`). */
export interface AgentPlan {
  /** `agent-addr`; null: beside the server. Its port is of no meaning. */
  readonly elsewhere: SocketAddress | null;
  readonly port: number;
  readonly interMs: number;
  /** What it is sent first; '' nothing. */
  readonly send: string;
}

/** A local address for connections to servers; ports are tried in turn, 0 is the system's choice. */
export interface SourcePlan {
  readonly address: SocketAddress;
  readonly lastPort: number;
  readonly interface: string | null;
}

/** What a Plan starts from where nothing else is said; HAProxy's defaults where it has them. */
export const DEFAULTS = {
  retries: 3,
  backlog: 10000,
  weight: 1,
  weightMax: 256,
  logTag: 'haproxy',
  tune: {
    bufsize: 16384,
    buffers: 4096,
    pipes: 256,
    pipesize: 256 * 1024,
    clientReceiveBuffer: 0,
    clientSendBuffer: 0,
    serverReceiveBuffer: 0,
    serverSendBuffer: 0,
    maxaccept: 0,
  },
} as const;

/** A process about which nothing is said. */
export const DEFAULT_PROCESS: ProcessPlan = {
  workers: 'auto',
  pin: true,
  cpuMap: [],
  ioEngine: 'auto',
  maxconn: 0,
  ulimitN: 0,
  reusePort: true,
  memoryMax: 0,
  life: { daemon: false, pidfile: null, user: null, group: null, chroot: null, hardStopAfterMs: 0, dumpable: false, graceMs: 0 },
  logTargets: [],
  spreadChecks: 0,
  maxSpreadChecksMs: 0,
  logTag: DEFAULTS.logTag,
  resolvers: [],
  node: '',
  environment: {},
  variables: [],
  description: null,
  connectionRateMax: 0,
  sessionRateMax: 0,
  tune: DEFAULTS.tune,
  runtime: NO_RUNTIME,
};

/** A frontend about which nothing is said. */
export const DEFAULT_FRONTEND: FrontendPlan = {
  name: '',
  id: 0,
  mode: 'tcp',
  binds: [],
  maxconn: 0,
  sessionRateLimit: 0,
  useBackends: [],
  defaultBackend: -1,
  rules: NO_RULES,
  captures: [],
  clientTimeoutMs: 0,
  clientFinTimeoutMs: 0,
  log: NO_LOG,
  options: {
    keepAlive: null,
    noLinger: false,
    smartAccept: false,
    socketStats: false,
    spliceRequest: true,
    spliceResponse: true,
  },
};

/** A backend about which nothing is said. */
export const DEFAULT_BACKEND: BackendPlan = {
  name: '',
  id: 0,
  idForced: false,
  mode: 'tcp',
  balance: {
    algorithm: 'roundrobin',
    hashType: { method: 'map-based', function: null, avalanche: false },
    balanceFactor: 0,
    draws: 2,
    expression: null,
  },
  servers: [],
  fullconn: 0,
  useServers: [],
  rules: NO_RULES,
  stickRules: [],
  retries: DEFAULTS.retries,
  redispatch: 0,
  connectTimeoutMs: 0,
  serverTimeoutMs: 0,
  serverFinTimeoutMs: 0,
  tunnelTimeoutMs: 0,
  queueTimeoutMs: 0,
  checkTimeoutMs: 0,
  check: CONNECTION_CHECK,
  log: NO_LOG_OUTPUT,
  options: {
    keepAlive: null,
    noLinger: false,
    smartConnect: false,
    abortOnClose: false,
    allBackups: false,
    logHealthChecks: false,
    persist: false,
    spliceRequest: true,
    spliceResponse: true,
  },
};

/** A bind about which nothing but its address is said. */
export function defaultBind(address: SocketAddress, backlog: number, origin: string): BindPlan {
  return {
    address,
    inheritedFd: null,
    name: null,
    id: 1,
    backlog,
    maxconn: 0,
    acceptProxy: false,
    socket: NO_SOCKET_OPTIONS,
    origin,
  };
}

/** A server about which nothing but its name, place and weight is said. */
export function defaultServer(name: string, id: number, address: SocketAddress, weight: number): ServerPlan {
  return {
    name,
    id,
    idForced: false,
    address,
    unresolved: false,
    fqdn: null,
    resolution: null,
    saved: null,
    portOffset: null,
    weight,
    backup: false,
    disabled: false,
    maxconn: 0,
    minconn: 0,
    maxqueue: 0,
    slowstartMs: 0,
    sendProxy: 0,
    proxyV2Options: [],
    source: null,
    tcpUserTimeoutMs: 0,
    nonStick: false,
    track: null,
    check: {
      enabled: false,
      interMs: 2000,
      fastinterMs: null,
      downinterMs: null,
      rise: 2,
      fall: 3,
      port: null,
      address,
      elsewhere: null,
      sendProxy: false,
      ssl: false,
      sni: null,
      alpn: [],
      tls: { verify: 'required', host: null, ca: null },
      observe: null,
      errorLimit: 10,
      onError: 'fail-check',
      onMarkedDown: null,
      onMarkedUp: null,
      agent: null,
    },
  };
}

/** Whether somebody can reach a balancer of this plan: by a `bind`, or, as HAProxy counts, by a `stats socket`. */
export function hasListener({ frontends, process: { runtime } }: Plan): boolean {
  return runtime.sockets.length > 0 || frontends.some(({ binds }) => binds.length > 0);
}
