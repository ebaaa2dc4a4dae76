/**
 * What is seen only when all sections are read: names that nothing has, values that do not go
 * together, what is missing, what has no effect. In the order and in the words of HAProxy's check.
 */
import type { Config, ProxyConfig } from '../config.js';
import type { Findings } from '../diagnostics.js';
import { checkDuplicates } from './duplicates.js';
import { checkHttpRules, warnIgnored, warnReplaced } from './ignored.js';
import { checkBinds, checkTimeouts } from './missing.js';
import { checkReferences } from './references.js';
import { checkResolvers, checkServerResolvers } from './resolvers.js';
import { checkServerState } from './server-state.js';
import { checkServers } from './servers.js';
import { checkSizes } from './sizes.js';

/** Checks a configuration that was read without alerts. */
export function checkConfig(config: Config, findings: Findings): void {
  if (!checkSizes(config, findings)) return; // ranges are written out from here on
  checkDuplicates(config, findings);
  checkModes(config, findings);
  checkResolvers(config, findings);
  const backends = new Map(config.proxies.filter(({ kind }) => kind !== 'frontend').map((proxy) => [proxy.name, proxy]));
  for (const proxy of config.proxies) {
    if (proxy.disabled?.value === true || proxy.mode.value === 'http') continue;
    warnReplaced(proxy, findings);
    checkBinds(proxy, findings);
    checkHttpRules(proxy, findings);
    checkReferences(proxy, backends, findings);
    checkTimeouts(proxy, findings);
    checkServers(proxy, backends, findings, config.global);
    checkServerResolvers(proxy, config, findings);
    checkServerState(proxy, config, findings);
    warnIgnored(proxy, config.global, findings);
  }
}

/** One alert for each line `mode http`, however many proxies it holds for. */
function checkModes(config: Config, findings: Findings): void {
  const told = new Set<ProxyConfig['mode']>();
  for (const { mode, disabled } of config.proxies) {
    if (mode.value !== 'http' || disabled?.value === true || told.has(mode)) continue;
    told.add(mode);
    findings.alert(mode.place, "'mode http' is not supported yet, only 'mode tcp' is.");
  }
}
