/**
 * Global keywords that are accepted and change nothing, and those that are refused because a file
 * that has them counts on what is not here. Accepting is said aloud where somebody could miss the
 * effect, and with -dD otherwise: many files carry settings of features that they do not use.
 */
import type { Severity } from '../diagnostics.js';
import type { GlobalKeyword } from '../keyword.js';
import { GLOBAL, type GlobalLine, nameOf, refuse, setting } from './global-line.js';
import { readInertArguments } from './inert-arguments.js';

/** Names, how loud their acceptance is, and why they change nothing. */
interface InertFamily {
  readonly names: readonly string[];
  readonly severity: Exclude<Severity, 'alert'>;
  readonly help: string;
  /** They may have no arguments at all. */
  readonly bare?: boolean;
}

const INERT: readonly InertFamily[] = [
  {
    names: ['tune.buffers.limit', 'tune.buffers.reserve', 'tune.maxpollevents', 'tune.runqueue-depth', 'tune.recv_enough'],
    severity: 'diag',
    help: "Part of HAProxy's inner workings; buffers and turns are organised otherwise here.",
  },
  {
    names: ['tune.fd.edge-triggered', 'tune.listener.multi-queue', 'tune.sched.low-latency', 'tune.idletimer', 'tune.fail-alloc'],
    severity: 'diag',
    help: "Part of HAProxy's inner workings; the engines need no such choice.",
  },
  {
    names: ['tune.idle-pool.shared', 'tune.pool-high-fd-ratio', 'tune.pool-low-fd-ratio'],
    severity: 'diag',
    help: 'Idle connections to servers are kept in mode http only.',
  },
  {
    names: ['tune.http.cookielen', 'tune.http.logurilen', 'tune.http.maxhdr', 'tune.maxrewrite', 'tune.comp.maxlevel'],
    severity: 'diag',
    help: 'For mode http.',
  },
  {
    names: ['maxcompcpuusage', 'maxcomprate', 'maxzlibmem', 'tune.zlib.memlevel', 'tune.zlib.windowsize'],
    severity: 'diag',
    help: 'For compression, in mode http.',
  },
  {
    names: ['header-table-size', 'initial-window-size', 'max-concurrent-streams', 'max-frame-size'].map(
      (name) => `tune.h2.${name}`,
    ),
    severity: 'diag',
    help: 'For HTTP/2.',
  },
  {
    names: ['h1-case-adjust', 'h1-case-adjust-file', 'h2-workaround-bogus-websocket-clients'],
    severity: 'diag',
    help: 'For mode http.',
    bare: true,
  },
  {
    names: ['tune.pattern.cache-size', 'tune.peers.max-updates-at-once', 'tune.memory.hot-size'],
    severity: 'diag',
    help: "Part of HAProxy's inner workings.",
  },
  {
    names: ['global', 'proc', 'reqres', 'sess', 'txn', 'check'].map((scope) => `tune.vars.${scope}-max-size`),
    severity: 'diag',
    help: 'The memory of variables has a bound of its own here.',
  },
  {
    names: [
      ...['cachesize', 'capture-buffer-size', 'capture-cipherlist-size', 'default-dh-param', 'hard-maxrecord', 'keylog'],
      ...['lifetime', 'maxrecord', 'ssl-ctx-cache-size'],
    ].map((name) => `tune.ssl.${name}`),
    severity: 'diag',
    help: 'For TLS, which is passed through and not ended here.',
  },
  {
    names: [
      ...['ca-base', 'crt-base', 'ssl-default-bind-ciphers', 'ssl-default-bind-ciphersuites', 'ssl-default-bind-curves'],
      ...['ssl-default-bind-options', 'ssl-default-server-ciphers', 'ssl-default-server-ciphersuites'],
      ...['ssl-default-server-options', 'ssl-dh-param-file', 'ssl-load-extra-files'],
      ...['issuers-chain-path', 'maxsslconn', 'maxsslrate', 'httpclient.ssl.verify', 'httpclient.ssl.ca-file'],
    ],
    severity: 'diag',
    help: 'For TLS, which is passed through and not ended here.',
  },
  {
    names: ['ssl-skip-self-issued-ca', 'tune.ssl.force-private-cache', 'ssl-mode-async'],
    severity: 'diag',
    help: 'For TLS, which is passed through and not ended here.',
    bare: true,
  },
  {
    names: ['noepoll', 'nopoll', 'nokqueue', 'noevports', 'nogetaddrinfo', 'no-memory-trimming', 'quiet'],
    severity: 'diag',
    help: 'The engine is chosen by tune.io-engine; what else these switch off is not there.',
    bare: true,
  },
  {
    names: ['strict-limits', 'busy-polling', 'numa-cpu-mapping', 'insecure-fork-wanted', 'insecure-setuid-wanted'],
    severity: 'diag',
    help: "Switches of HAProxy's process, which this one does not need.",
    bare: true,
  },
  {
    names: ['profiling.tasks', 'profiling.memory', 'thread-groups', 'thread-group', 'mworker-max-reloads', 'fd-hard-limit'],
    severity: 'diag',
    help: "Part of HAProxy's inner workings.",
  },
  {
    names: ['pp2-never-send-local', 'expose-experimental-directives', 'expose-deprecated-directives'],
    severity: 'diag',
    help: 'Caution about new keywords and local connections.',
    bare: true,
  },
  {
    names: [
      ...['bool-sample-conversion', 'burst-timeout', 'forced-yield', 'log.loggers', 'log.stderr', 'maxmem', 'openlibs'],
      ...['service-timeout', 'session-timeout', 'task-timeout'],
    ].map((name) => `tune.lua.${name}`),
    severity: 'diag',
    help: 'For Lua, which is not here.',
  },
  {
    names: [
      ...['tune.h2.be.', 'tune.h2.fe.'].flatMap((side) =>
        ['glitches-threshold', 'initial-window-size', 'max-concurrent-streams', 'rxbuf'].map((name) => side + name),
      ),
      ...['tune.h2.fe.max-total-streams', 'tune.h2.log-errors', 'tune.h2.zero-copy-fwd-send', 'tune.h1.be.glitches-threshold'],
      ...['tune.h1.fe.glitches-threshold', 'tune.h1.zero-copy-fwd-recv', 'tune.h1.zero-copy-fwd-send', 'http-err-codes'],
      ...['http-fail-codes', 'tune.glitches.kill.cpu-usage', 'tune.http.maxhdr-trailers', 'httpclient.retries'],
      ...['httpclient.timeout.connect', 'httpclient.resolvers.disabled'],
    ],
    severity: 'diag',
    help: 'For mode http.',
  },
  {
    names: [
      ...['tune.applet.zero-copy-forwarding', 'tune.pt.zero-copy-forwarding', 'tune.bufsize.small', 'tune.bufsize.large'],
      ...['tune.defaults.purge', 'tune.epoll.mask-events', 'tune.events.max-events-at-once', 'tune.listener.default-shards'],
      ...['tune.max-checks-per-thread', 'tune.max-rules-at-once', 'tune.notsent-lowat.client', 'tune.notsent-lowat.server'],
      ...['tune.rcvbuf.backend', 'tune.rcvbuf.frontend', 'tune.sndbuf.backend', 'tune.sndbuf.frontend', 'tune.ring.queues'],
      ...['tune.stick-counters', 'tune.takeover-other-tg-connections', 'tune.renice.runtime', 'tune.renice.startup'],
      ...['tune.cli.max-payload-size', 'tune.resolvers.default-hosts-file', 'anonkey', 'warn-blocked-traffic-after'],
    ],
    severity: 'diag',
    help: "Part of HAProxy's inner workings, of versions after 2.6.",
  },
  {
    names: ['tune.disable-fast-forward', 'tune.disable-zero-copy-forwarding', 'prealloc-fd'],
    severity: 'diag',
    help: "Part of HAProxy's inner workings, of versions after 2.6.",
    bare: true,
  },
  {
    names: [
      ...['key-base', 'ssl-security-level', 'ssl-default-bind-sigalgs', 'ssl-default-bind-client-sigalgs', 'ssl-provider-path'],
      ...['ssl-default-server-curves', 'ssl-default-server-sigalgs', 'ssl-default-server-client-sigalgs', 'ssl-propquery'],
      ...['ocsp-update.disable', 'ocsp-update.httpproxy', 'ocsp-update.maxdelay', 'ocsp-update.mindelay', 'ocsp-update.mode'],
      ...['tune.ssl.ocsp-update.maxdelay', 'tune.ssl.ocsp-update.mindelay', 'acme.scheduler'],
    ],
    severity: 'diag',
    help: 'For TLS, which is passed through and not ended here.',
  },
  {
    names: ['ssl-load-extra-del-ext'],
    severity: 'diag',
    help: 'For TLS, which is passed through and not ended here.',
    bare: true,
  },
  {
    names: ['h1-accept-payload-with-any-method', 'h1-do-not-close-on-insecure-transfer-encoding', 'no-quic'],
    severity: 'diag',
    help: 'For mode http.',
    bare: true,
  },
  {
    names: ['harden.reject-privileged-ports.tcp', 'harden.reject-privileged-ports.quic'],
    severity: 'warning',
    help: 'Rules of tcp-request connection on src_port do it.',
  },
  {
    names: ['cpu-policy', 'cpu-set', 'thread-hard-limit'],
    severity: 'warning',
    help: 'The keywords nbthread and cpu-map say how many workers there are, and where.',
  },
  { names: ['dns-accept-family'], severity: 'warning', help: 'Names are looked up in the families that lines ask for.' },
  { names: ['setcap'], severity: 'warning', help: 'With -W the main thread keeps what a reload needs; workers keep none.' },
  {
    names: ['close-spread-time'],
    severity: 'warning',
    help: 'The end of sessions is spread in a way of its own here.',
  },
  {
    names: ['cluster-secret', 'limited-quic', 'httpclient.resolvers.id', 'httpclient.resolvers.prefer'],
    severity: 'diag',
    help: 'For QUIC and for requests that HAProxy itself makes.',
    bare: true,
  },
];

/** Switches among them that `no` may precede, as HAProxy lists them. */
const NEGATABLE: ReadonlySet<string> = new Set(['strict-limits', 'busy-polling', 'numa-cpu-mapping', 'insecure-fork-wanted']);

/** What a file counts on that is not here. */
const REFUSED: readonly [name: string, help: string][] = [
  ['default-path', 'Relative paths begin where the process starts; -C changes that.'],
  ['external-check', 'Health checks by programs are not supported.'],
  ['lua-load', 'Lua is not supported.'],
  ['lua-load-per-thread', 'Lua is not supported.'],
  ['lua-prepend-path', 'Lua is not supported.'],
  ['ssl-engine', 'Engines of OpenSSL are not supported.'],
  ['ssl-provider', 'Providers of OpenSSL are not supported.'],
  ['shm-stats-file', 'Counters are not carried over from a file.'],
  ['stats-file', 'Counters are not carried over from a file.'],
  ['unix-bind', 'Give mode, user and group at each bind.'],
];

/** The keywords of this file. */
export const GLOBAL_INERT_KEYWORDS: readonly GlobalKeyword[] = [
  ...INERT.flatMap((family) => family.names.map((name) => inertKeyword(name, family))),
  ...REFUSED.map(([name, help]): GlobalKeyword => {
    const parse = (line: GlobalLine): void => void refuse(line, `'${name}' is not supported: ${lowered(help)}`);
    return { name, sections: GLOBAL, arguments: '', refused: true, help: `Refused. ${help}`, parse };
  }),
];

function inertKeyword(name: string, { severity, help, bare }: InertFamily): GlobalKeyword {
  return {
    name,
    sections: GLOBAL,
    arguments: bare ? '' : '<value>',
    help,
    inert: true,
    ...(NEGATABLE.has(name) && { no: true }),
    parse: (line) => acceptInert(line, severity, help, bare === true),
  };
}

function acceptInert(line: GlobalLine, severity: InertFamily['severity'], help: string, bare: boolean): void {
  const { keyword, words, findings } = line;
  if (!bare && words.length === 0) {
    refuse(line, `'${nameOf(line)}' expects an argument.`);
    return;
  }
  if (!readInertArguments(line)) return;
  const { place } = setting(line, true);
  const text = `config : parsing [${place.file}:${place.line}] : '${keyword[0].text}' is accepted and has no effect: ${lowered(help)}`;
  findings.add({ severity, text, place });
}

/** A sentence as the end of another one. */
function lowered(sentence: string): string {
  const acronym = /^[A-Z]{2}|^(HAProxy|Lua|OpenSSL)/.test(sentence);
  return acronym ? sentence : sentence[0].toLowerCase() + sentence.slice(1);
}
