/** What has no effect in mode tcp, and what takes its place: warnings in HAProxy's words and order. */
import type { GlobalConfig, ProxyConfig } from '../config.js';
import type { Findings, Place } from '../diagnostics.js';
import { describeProxy } from '../sections.js';
import { serversOf } from '../servers.js';
import { isBackend, isFrontend, say } from './proxies.js';

/** `option x` of mode http, in the order in which HAProxy looks at them. */
const HTTP_OPTIONS = [
  ...['forwardfor', 'originalto', 'checkcache', 'http-buffer-request', 'http-ignore-probes', 'idle-close-on-response'],
  ...['prefer-last-server', 'accept-invalid-http-request', 'accept-invalid-http-response', 'http-use-proxy-header'],
  ...['accept-unsafe-violations-in-http-request', 'accept-unsafe-violations-in-http-response'],
  ...['http-pretend-keepalive', 'http-no-delay', 'disable-h2-upgrade'],
];

/** Keywords of mode http and what is said of them, `{}` for the proxy. */
type Rows = readonly (readonly [keywords: readonly string[], text: string])[];

const REPLACED: Rows = [
  [['cookie'], "cookie will be ignored for {} (needs 'mode http')."],
  [['monitor-uri'], "monitor-uri will be ignored for {} (needs 'mode http')."],
  [['balance'], "Layer 7 hash not possible for {} (needs 'mode http'). Falling back to round robin."],
];

const IGNORED: Rows = [
  [['stats'], "'stats' statement ignored for {} as it requires HTTP mode."],
  [['capture cookie'], "'capture' statement ignored for {} as it requires HTTP mode."],
  [['http-request'], "'http-request' rules ignored for {} as they require HTTP mode."],
  [['http-response'], "'http-response' rules ignored for {} as they require HTTP mode."],
  [['http-after-response'], "'http-after-response' rules ignored for {} as they require HTTP mode."],
  [['redirect'], "'redirect' rules ignored for {} as they require HTTP mode."],
];

function placeOf({ httpOnly }: ProxyConfig, keywords: readonly string[]): Place | undefined {
  return httpOnly.find(({ keyword }) => keywords.includes(keyword))?.place;
}

function warnRows(proxy: ProxyConfig, rows: Rows, findings: Findings): void {
  for (const [keywords, text] of rows) {
    const place = placeOf(proxy, keywords);
    if (place !== undefined)
      say(
        findings,
        'warning',
        place,
        text.replace('{}', () => describeProxy(proxy)),
      );
  }
}

/** What something else takes the place of. */
export function warnReplaced(proxy: ProxyConfig, findings: Findings): void {
  warnRows(proxy, REPLACED, findings);
  if (!isFrontend(proxy)) return; // who logs nothing
  for (const name of ['httplog', 'httpslog']) {
    const place = proxy.options.get(name)?.place;
    if (place === undefined || proxy.logFormat !== undefined) continue;
    const needs = `'option ${name}' not usable with ${describeProxy(proxy)} (needs 'mode http').`;
    say(findings, 'warning', place, `parsing [${place.file}:${place.line}] : ${needs} Falling back to 'option tcplog'.`);
  }
}

const EXTERNAL: Rows = [
  [['external-check command'], "'external-check command' will be ignored for {} (requires 'option external-check')."],
  [['external-check path'], "'external-check path' will be ignored for {} (requires 'option external-check')."],
];

/** Rules of checks without the option that makes use of them. */
export function checkHttpRules(proxy: ProxyConfig, findings: Findings): void {
  warnRows(proxy, EXTERNAL, findings);
  for (const [keyword, option] of [
    ['http-check', 'httpchk'],
    ['tcp-check', 'tcp-check'],
  ] as const) {
    const { rules, inherited } = proxy.checkRules[keyword];
    const [first] = rules;
    // Those of a section `defaults` are for whom it may concern.
    if (first === undefined || inherited || proxy.checkKind?.name === option) continue;
    const text = `${describeProxy(proxy)} uses ${keyword} rules without 'option ${option}', so the rules are ignored.`;
    say(findings, 'warning', first.place, text);
  }
}

/** What has no effect at all. */
export function warnIgnored(proxy: ProxyConfig, global: GlobalConfig, findings: Findings): void {
  warnLogFormat(proxy, global, findings);
  warnRows(proxy, IGNORED, findings);
  for (const name of HTTP_OPTIONS) {
    const option = proxy.options.get(name);
    if (option?.value !== true || !applies(proxy, name)) continue;
    say(findings, 'warning', option.place, `'option ${name}' ignored for ${describeProxy(proxy)} as it requires HTTP mode.`);
  }
  if (isBackend(proxy)) warnCookies(proxy, findings);
}

/** What `defaults` say for the other half of proxies is not meant here. */
function applies(proxy: ProxyConfig, option: string): boolean {
  const side = SIDES[option];
  return side === undefined || (side === 'frontend' ? isFrontend(proxy) : isBackend(proxy));
}

const SIDES: Readonly<Record<string, 'frontend' | 'backend'>> = {
  checkcache: 'backend',
  'http-ignore-probes': 'frontend',
  'idle-close-on-response': 'frontend',
  'prefer-last-server': 'backend',
  'accept-invalid-http-request': 'frontend',
  'accept-unsafe-violations-in-http-request': 'frontend',
  'accept-unsafe-violations-in-http-response': 'backend',
  'accept-invalid-http-response': 'backend',
  'http-use-proxy-header': 'frontend',
  'http-pretend-keepalive': 'backend',
  'disable-h2-upgrade': 'frontend',
};

function warnLogFormat(proxy: ProxyConfig, global: GlobalConfig, findings: Findings): void {
  if (!isFrontend(proxy)) return;
  const logs = proxy.logs === 'global' ? global.logs : (proxy.logs ?? []);
  const option = ['tcplog', 'httplog', 'httpslog'].map((name) => proxy.options.get(name)).find((found) => found !== undefined);
  const place = proxy.logFormat?.place ?? proxy.logFormatSd?.place ?? option?.place;
  if (logs.length > 0 || place === undefined) return;
  say(findings, 'warning', place, `log format ignored for ${describeProxy(proxy)} since it has no log address.`);
}

function warnCookies(proxy: ProxyConfig, findings: Findings): void {
  for (const { name, settings, place } of serversOf(proxy)) {
    if (settings.cookie !== null)
      say(findings, 'warning', place, `${describeProxy(proxy)} : ignoring cookie for server '${name}' as HTTP mode is disabled.`);
  }
}
