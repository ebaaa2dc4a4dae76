/**
 * A configuration as it was read: every value checked, every name still a name, every setting with
 * the line that made it. `defaults` are copied into the proxies that follow them. Compiling it to a
 * Plan resolves names and adds what is said nowhere.
 */
import type { Place } from './diagnostics.js';
import type { CheckKind, CheckRules } from './health/syntax.js';
import type { NamedReference, Rule, StickRule, StickTable } from './rules/syntax.js';
import type { Acl, Condition, Expression, Format } from './samples/syntax.js';
import type { AddressSyntax, PortRange } from './values/address.js';

/** All sections of all files. */
export interface Config {
  readonly global: GlobalConfig;
  /** Frontends, backends and listens, in the order of the files. */
  readonly proxies: readonly ProxyConfig[];
  /** Sections `resolvers`, in the order of the files. */
  readonly resolvers: readonly ResolversConfig[];
}

/** A section `resolvers` (configuration manual, section 5.3.2). Absent: nothing was said. Times in milliseconds. */
export interface ResolversConfig {
  readonly name: string;
  readonly place: Place;
  /** In the order of the lines; `system` stands for those of /etc/resolv.conf. */
  readonly nameservers: (NameserverConfig | 'system')[];
  readonly holdMs: Map<HoldStatus, number>;
  timeoutResolveMs?: number;
  timeoutRetryMs?: number;
  /** Queries until a resolution is given up. */
  resolveRetries?: number;
  /** Bytes. */
  acceptedPayloadSize?: number;
}

/** What an answer may be of which `hold` says how long it is borne. */
export type HoldStatus = 'nx' | 'refused' | 'timeout' | 'other' | 'valid' | 'obsolete';

/** `nameserver`. */
export interface NameserverConfig {
  readonly name: string;
  readonly place: Place;
  readonly family: 'ipv4' | 'ipv6';
  readonly host: string;
  readonly port: number;
  /** By TCP in place of UDP. */
  readonly stream: boolean;
}

/** A setting and the line that made it. */
export interface Setting<T> {
  readonly value: T;
  readonly place: Place;
}

/** Section `global`. Absent: nothing was said. Sizes in bytes, times in milliseconds. */
export interface GlobalConfig {
  daemon?: Setting<boolean>;
  pidfile?: Setting<string>;
  maxconn?: Setting<number>;
  /** A name, or a number in the form of a text. */
  user?: Setting<string>;
  group?: Setting<string>;
  chroot?: Setting<string>;
  nbthread?: Setting<number>;
  /** CPU numbers of each thread, from `cpu-map`, thread numbers from 1. */
  cpuMap?: Setting<ReadonlyMap<number, readonly number[]>>;
  ulimitN?: Setting<number>;
  logs: LogTarget[];
  /** null: the host's own name. */
  logSendHostname?: Setting<string | null>;
  logTag?: Setting<string>;
  statsSockets: StatsSocket[];
  statsTimeoutMs?: Setting<number>;
  statsMaxconn?: Setting<number>;
  /** Percent, `spread-checks`. */
  spreadChecks?: Setting<number>;
  maxSpreadChecksMs?: Setting<number>;
  /** `ssl-server-verify`: what holds where `verify` says nothing. */
  sslServerVerify?: Setting<'none' | 'required'>;
  hardStopAfterMs?: Setting<number>;
  graceMs?: Setting<number>;
  masterWorker?: Setting<boolean>;
  description?: Setting<string>;
  /** Per second; 0: any number. */
  maxconnrate?: Setting<number>;
  maxsessrate?: Setting<number>;
  node?: Setting<string>;
  setDumpable?: Setting<boolean>;
  maxpipes?: Setting<number>;
  nosplice?: Setting<boolean>;
  noreuseport?: Setting<boolean>;
  serverStateBase?: Setting<string>;
  serverStateFile?: Setting<string>;
  localpeer?: Setting<string>;
  /** `zero-warning`: warnings refuse the file. */
  zeroWarning?: Setting<boolean>;
  /** What `setenv` and its like have changed; null: taken out. */
  readonly environment: Map<string, string | null>;
  /** `set-var`, in order. */
  readonly variables: GlobalVariable[];
  /** By their names without `tune.`; numbers, or words for those that take one. */
  readonly tune: Map<string, Setting<number | string>>;
}

/** A variable of the process that is set at the start, once (`set-var`, `set-var-fmt`). */
export interface GlobalVariable {
  readonly name: string;
  readonly value: { readonly expression: Expression } | { readonly format: Format };
}

/** `stats socket`, for the runtime API: a socket as of `bind`, and what may be done there. */
export interface StatsSocket extends BindConfig {
  readonly level: 'user' | 'operator' | 'admin';
  readonly exposeFdListeners: boolean;
  /** Whether messages begin with their severity, as a number or a word (`severity-output`). */
  readonly severityOutput: SeverityOutput;
}

/** How the runtime API shows the severity of a message. */
export type SeverityOutput = 'none' | 'number' | 'string';

/** The facilities of syslog, by number (RFC 5424 section 6.2.1). */
export const FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'auth2',
  'ftp',
  'ntp',
  'audit',
  'alert',
  'cron2',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const;
/** The levels of syslog, by number. */
export const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;
/** How a log line is dressed (keyword `log`, `format`). */
export const LOG_LINE_FORMATS = ['rfc3164', 'rfc5424', 'local', 'priority', 'short', 'timed', 'iso', 'raw'] as const;
/** One of them. */
export type LogLineFormat = (typeof LOG_LINE_FORMATS)[number];

/** One target of logs. */
export interface LogTarget {
  readonly target:
    | { readonly kind: 'udp' | 'unix'; readonly address: AddressSyntax }
    | { readonly kind: 'fd'; readonly fd: number }
    /** `ring@name`. */
    | { readonly kind: 'ring'; readonly name: string };
  /** As written, for messages. */
  readonly text: string;
  /** Bytes of a line at most. */
  readonly length: number;
  readonly format: LogLineFormat;
  /** `format` was not given: with `log-send-hostname`, `rfc3164` takes the place of `local`. */
  readonly formatIsDefault?: true;
  /** Index in FACILITIES. */
  readonly facility: number;
  /** Index in LEVELS: less important lines are not sent. */
  readonly maxLevel: number;
  /** Index in LEVELS: more important lines are sent as this. */
  readonly minLevel: number;
  /** Which lines of each `size` are sent; null: all. Ranges count from 1. */
  readonly sample: { readonly ranges: readonly PortRange[]; readonly size: number } | null;
  readonly place: Place;
}

/** The kinds of sections that hold proxies, and `defaults`. */
export type ProxyKind = 'defaults' | 'frontend' | 'backend' | 'listen';

/** Keywords `timeout`. */
export const TIMEOUTS = [
  'connect',
  'client',
  'server',
  'client-fin',
  'server-fin',
  'tunnel',
  'queue',
  'check',
  'tarpit',
  'http-request',
  'http-keep-alive',
  'client-hs',
] as const;
/** One of them. */
export type TimeoutName = (typeof TIMEOUTS)[number];

/** One section `frontend`, `backend`, `listen` or `defaults`. */
export interface ProxyConfig {
  readonly kind: ProxyKind;
  readonly name: string;
  readonly place: Place;
  /** The `defaults` it began from. */
  readonly from: NamedReference | null;
  mode: Setting<'tcp' | 'http'>;
  /** `load-server-state-from-file` */
  loadServerState?: Setting<'global' | 'local' | 'none'>;
  /** `server-state-file-name`; null: the name of the proxy. */
  serverStateFileName?: Setting<string | null>;
  id?: Setting<number>;
  description?: Setting<string>;
  /** `disabled`. */
  disabled?: Setting<boolean>;
  readonly binds: BindConfig[];
  readonly servers: ServerConfig[];
  readonly templates: ServerTemplate[];
  /** What `default-server` lines have said so far. */
  serverDefaults: ServerSettings | null;
  readonly timeouts: Map<TimeoutName, Setting<number>>;
  /** `option x` and `no option x`, by the words after `option`. Those with arguments have their own fields. */
  readonly options: Map<string, Setting<boolean>>;
  /** `option redispatch [N]`: as in the Plan. */
  redispatch?: Setting<number>;
  balance?: Setting<BalanceConfig>;
  hashType?: Setting<HashTypeConfig>;
  /** Percent, 0: off. */
  hashBalanceFactor?: Setting<number>;
  retries?: Setting<number>;
  maxconn?: Setting<number>;
  fullconn?: Setting<number>;
  backlog?: Setting<number>;
  /** `rate-limit sessions`, per second. */
  sessionRateLimit?: Setting<number>;
  /** `clitcpka-*` and `srvtcpka-*`. */
  clientKeepAlive?: KeepAliveConfig;
  serverKeepAlive?: KeepAliveConfig;
  /** `source`: the address that connections to servers come from. */
  source?: Setting<SourceConfig>;
  defaultBackend?: NamedReference;
  readonly useBackends: UseBackend[];
  readonly useServers: UseServer[];
  readonly acls: Map<string, Acl>;
  /** `tcp-request`/`tcp-response`, by rule set in their order. */
  readonly rules: { connection: Rule[]; session: Rule[]; content: Rule[]; response: Rule[] };
  requestInspectDelayMs?: Setting<number>;
  responseInspectDelayMs?: Setting<number>;
  stickTable?: StickTable;
  readonly stickRules: StickRule[];
  /** What the last option that names a kind of check says; undefined: connections. */
  checkKind?: CheckKind;
  readonly checkRules: Readonly<Record<'tcp-check' | 'http-check', CheckRules>>;
  /** `http-check disable-on-404`, `http-check send-state`. */
  checkFlags: { readonly disableOn404: boolean; readonly sendState: boolean };
  /** `log global`, `no log` or targets of its own; undefined: nothing was said. */
  logs?: 'global' | LogTarget[];
  logFormat?: Format;
  errorLogFormat?: Format;
  logFormatSd?: Format;
  uniqueIdFormat?: Format;
  logTag?: Setting<string>;
  /** Lengths of `declare capture request`/`response`. */
  readonly captures: { request: number[]; response: number[] };
  /** Keywords of mode http that were accepted, so that they can be warned of in mode tcp. */
  readonly httpOnly: { readonly keyword: string; readonly place: Place }[];
}

/** `default_backend` with a condition, by name or by a format that yields one. */
export interface UseBackend {
  readonly backend: string | Format;
  readonly condition: Condition | null;
  readonly place: Place;
}

/** `use-server`. */
export interface UseServer {
  readonly server: string | Format;
  readonly condition: Condition | null;
  readonly place: Place;
}

/** Balancing algorithms that are known, by their words in `balance`. */
export const BALANCE_ALGORITHMS = ['roundrobin', 'static-rr', 'leastconn', 'first', 'source', 'random', 'hash'] as const;
/** The word of a balancing algorithm. */
export type BalanceAlgorithm = (typeof BALANCE_ALGORITHMS)[number];

/** `balance` with its arguments. */
export interface BalanceConfig {
  readonly algorithm: BalanceAlgorithm;
  /** `random(draws)`; 2 where nothing is said. */
  readonly draws: number;
  /** Of `hash`. */
  readonly expression: Expression | null;
}

/** Hash functions, by their words in `hash-type`. */
export const HASH_FUNCTIONS = ['sdbm', 'djb2', 'wt6', 'crc32', 'none'] as const;
/** One of them. */
export type HashFunction = (typeof HASH_FUNCTIONS)[number];

/** `hash-type`. A function that is not given is null: sources then hash in a way of their own. */
export interface HashTypeConfig {
  readonly method: 'map-based' | 'consistent';
  readonly function: HashFunction | null;
  readonly avalanche: boolean;
}

/** Parameters of TCP keep-alive; 0: the system's. Replaced as a whole, so that proxies can share it with `defaults`. */
export interface KeepAliveConfig {
  readonly idleMs: number;
  readonly intervalMs: number;
  readonly count: number;
}

/** `source` of a proxy or server: an address, ports to choose from, an interface. */
export interface SourceConfig {
  readonly address: AddressSyntax;
  readonly interface: string | null;
}

/** One address of a line `bind`; all of a line share their settings. */
export interface BindConfig {
  readonly address: BindAddress;
  readonly name: string | null;
  readonly id: number | null;
  readonly settings: BindSettings;
  /** The address as written, for messages. */
  readonly text: string;
  readonly place: Place;
}

/** Where to listen; `fd` is inherited. */
export type BindAddress = AddressSyntax | { readonly kind: 'fd'; readonly fd: number };

/** Options of `bind`; null: nothing was said. */
export interface BindSettings {
  readonly backlog: number | null;
  readonly maxconn: number | null;
  /** Of UNIX sockets. */
  readonly mode: number | null;
  readonly user: string | null;
  readonly group: string | null;
  readonly interface: string | null;
  readonly acceptProxy: boolean;
  readonly deferAccept: boolean;
  readonly tcpUserTimeoutMs: number;
  readonly mss: number;
  readonly nice: number;
  readonly v4v6: boolean;
  readonly v6only: boolean;
  readonly transparent: boolean;
  readonly tfo: boolean;
}

/** `server`. */
export interface ServerConfig {
  readonly name: string;
  readonly address: ServerAddress;
  readonly settings: ServerSettings;
  readonly place: Place;
}

/** `server-template`: `prefix1` to `prefixN`. */
export interface ServerTemplate {
  readonly prefix: string;
  readonly first: number;
  readonly last: number;
  readonly address: ServerAddress;
  readonly settings: ServerSettings;
  readonly place: Place;
}

/** Where a server is: with a port of its own, the client's (null), or the client's and an offset (`:+1`). */
export interface ServerAddress {
  readonly syntax: AddressSyntax;
  readonly portOffset: number | null;
  readonly text: string;
}

/** Options of `server` and `default-server`. */
export interface ServerSettings {
  readonly id: number | null;
  /** 0..256 */
  readonly weight: number;
  readonly backup: boolean;
  readonly disabled: boolean;
  /** 0: none. */
  readonly maxconn: number;
  readonly minconn: number;
  readonly maxqueue: number;
  readonly slowstartMs: number;
  /** 0: none, else the version of the PROXY protocol's header. */
  readonly sendProxy: 0 | 1 | 2;
  /** `proxy-v2-options`, as written. */
  readonly proxyV2Options: readonly string[];
  readonly source: SourceConfig | null;
  readonly tcpUserTimeoutMs: number;
  readonly tfo: boolean;
  readonly cookie: string | null;
  /** `non-stick`: no entry of a stick table names it. */
  readonly nonStick: boolean;
  /** `init-addr`, as written, in order. */
  readonly initAddr: readonly string[] | null;
  /** `resolvers`: the section by which its name is resolved while it runs. */
  readonly resolvers: NamedReference | null;
  /** `resolve-prefer` */
  readonly resolvePrefer: 'ipv4' | 'ipv6';
  /** `resolve-net`, as `10.0.0.0/8`. */
  readonly resolveNets: readonly string[];
  /** `resolve-opts` */
  readonly allowDuplicateIp: boolean;
  readonly ignoreWeight: boolean;
  /** `track [backend/]server`. */
  readonly track: NamedReference | null;
  /** `verify`, `verifyhost`, `ca-file`: how certificates of servers are looked at, where there is TLS. */
  readonly verify: 'none' | 'required' | null;
  readonly verifyHost: string | null;
  readonly caFile: NamedReference | null;
  readonly check: ServerCheckSettings;
}

/** Health-check options of a server; times in milliseconds. */
export interface ServerCheckSettings {
  readonly enabled: boolean;
  readonly interMs: number;
  readonly fastinterMs: number | null;
  readonly downinterMs: number | null;
  readonly rise: number;
  readonly fall: number;
  readonly port: number | null;
  readonly address: AddressSyntax | null;
  readonly sendProxy: boolean;
  /** `check-ssl` and what belongs to it. */
  readonly ssl: boolean;
  readonly sni: string | null;
  readonly alpn: readonly string[];
  readonly observe: 'layer4' | 'layer7' | null;
  readonly errorLimit: number;
  readonly onError: 'fastinter' | 'fail-check' | 'sudden-death' | 'mark-down';
  readonly onMarkedDown: 'shutdown-sessions' | null;
  readonly onMarkedUp: 'shutdown-backup-sessions' | null;
  /** `agent-check` and what belongs to it. */
  readonly agent: {
    /** `agent-check`; the others say nothing without it. */
    readonly enabled: boolean;
    /** 0: none was given. */
    readonly port: number;
    readonly interMs: number | null;
    readonly address: AddressSyntax | null;
    readonly send: string;
  } | null;
}
