/** What proxies and the process log, and where to. */
import type { GlobalConfig, LogTarget, ProxyConfig } from '../../config/config.js';
import { knownFormat } from '../../config/samples/format.js';
import type { Format } from '../../config/samples/syntax.js';
import type { FormatPlan } from '../expression.js';
import type { LogOutputPlan, LogPlan, LogTargetPlan } from '../logging.js';
import { DEFAULTS } from '../plan.js';
import { type Compilation, hostOf, socketAddress } from './context.js';
import { compileFormat, withSingleSpaces } from './formats.js';
import type { Scope } from './references.js';

/** `option tcplog` (configuration manual, section 8.2.2). */
const TCP_LOG = '%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq';
/** Options that ask for it; those of mode http fall back to it. */
const TCP_LOG_OPTIONS = ['tcplog', 'httplog', 'httpslog'];

/** The logging of a frontend. */
export function compileLog(proxy: ProxyConfig, compilation: Compilation, scope: Scope): LogPlan {
  const on = (option: string) => proxy.options.get(option)?.value === true;
  const optional = (format: Format | undefined): FormatPlan | null =>
    format === undefined ? null : compileFormat(format, scope);
  const uniqueId = optional(proxy.uniqueIdFormat);
  return {
    ...compileLogOutput(proxy, compilation),
    format: optional(proxy.logFormat ?? tcpLog(proxy)),
    errorFormat: optional(proxy.errorLogFormat),
    structuredData: optional(proxy.logFormatSd),
    uniqueIdFormat: uniqueId === null ? null : withSingleSpaces(uniqueId),
    dontLogNull: on('dontlognull'),
    dontLogNormal: on('dontlog-normal'),
    asap: on('logasap'),
    separateErrors: on('log-separate-errors'),
  };
}

/** Where the lines about a proxy go: nowhere, unless it says so. */
export function compileLogOutput({ logs, logTag }: ProxyConfig, compilation: Compilation): LogOutputPlan {
  const { global } = compilation.config;
  return {
    targets: compileTargets(logs === 'global' ? global.logs : (logs ?? []), compilation),
    tag: logTag?.value ?? global.logTag?.value ?? DEFAULTS.logTag,
    hostname: logHostname(global, compilation.resources.hostname),
  };
}

function tcpLog({ options }: ProxyConfig): Format | undefined {
  const option = TCP_LOG_OPTIONS.map((name) => options.get(name)).find((found) => found?.value === true);
  return option === undefined ? undefined : knownFormat(TCP_LOG, option.place);
}

/** `log-send-hostname`: null where lines have none. */
export function logHostname({ logSendHostname }: GlobalConfig, own: string): string | null {
  return logSendHostname === undefined ? null : (logSendHostname.value ?? own);
}

/** Targets of log lines. Rings are kept in memory by nobody here, of which there is a warning. */
export function compileTargets(logs: readonly LogTarget[], compilation: Compilation): LogTargetPlan[] {
  return logs.flatMap((log) => {
    const target = compileTarget(log, compilation);
    if (target === null) return [];
    const { length, facility, maxLevel, minLevel, sample } = log;
    const named = compilation.config.global.logSendHostname !== undefined && log.formatIsDefault === true;
    return [{ ...{ target, length, facility, maxLevel, minLevel, sample }, format: named ? 'rfc3164' : log.format }];
  });
}

function compileTarget(log: LogTarget, { resources, findings }: Compilation): LogTargetPlan['target'] | null {
  const { target, place, text } = log;
  if (target.kind === 'fd') return target;
  if (target.kind === 'ring') {
    findings.warning(place, `log : '${text}' : rings are not supported, nothing is logged there`);
    return null;
  }
  const address = socketAddress(target.address, resources);
  if (address === null) findings.alert(place, `log : invalid address: '${hostOf(target.address)}' in '${text}'`);
  return address === null ? null : { kind: 'socket', address };
}
