/**
 * Proxies as they begin: empty, or as the `defaults` section says that they follow. Nothing that a
 * proxy changes later reaches the section that it was copied from.
 */
import type { GlobalConfig, ProxyConfig, ProxyKind } from './config.js';
import type { Place } from './diagnostics.js';
import { HTTP_RULES } from './inheritance.js';

/** Section `global` of a configuration that says nothing there. */
export function newGlobal(): GlobalConfig {
  return { logs: [], statsSockets: [], environment: new Map(), variables: [], tune: new Map() };
}

/**
 * A proxy at its first line.
 *
 * @param defaults the `defaults` section it begins from
 * @param from where the line names that section
 */
export function newProxy(
  kind: ProxyKind,
  name: string,
  place: Place,
  defaults: ProxyConfig | null,
  from: ProxyConfig['from'] = null,
): ProxyConfig {
  const fresh = emptyProxy(kind, name, place, from);
  return defaults === null ? fresh : inherit(fresh, defaults);
}

function emptyProxy(kind: ProxyKind, name: string, place: Place, from: ProxyConfig['from']): ProxyConfig {
  return {
    kind,
    name,
    place,
    from,
    mode: { value: 'tcp', place },
    binds: [],
    servers: [],
    templates: [],
    serverDefaults: null,
    timeouts: new Map(),
    options: new Map(),
    useBackends: [],
    useServers: [],
    acls: new Map(),
    rules: { connection: [], session: [], content: [], response: [] },
    stickRules: [],
    checkRules: { 'tcp-check': { rules: [], inherited: false }, 'http-check': { rules: [], inherited: false } },
    checkFlags: { disableOn404: false, sendState: false },
    captures: { request: [], response: [] },
    httpOnly: [],
  };
}

/**
 * Sections `defaults` hold no servers and the like; what they hold is copied, lists and maps element by
 * element. Their ACLs are for their own rules: proxies do not see them.
 */
function inherit(fresh: ProxyConfig, defaults: ProxyConfig): ProxyConfig {
  const { id: _id, description: _description, stickTable: _stickTable, ...settings } = defaults;
  const { kind, name, place, from, binds, servers, templates, useBackends, useServers, acls, stickRules, captures } = fresh;
  return {
    ...settings,
    ...{ kind, name, place, from, binds, servers, templates, useBackends, useServers, acls, stickRules, captures },
    timeouts: new Map(defaults.timeouts),
    options: new Map(defaults.options),
    rules: copyRules(defaults.rules),
    checkRules: {
      'tcp-check': { rules: [...defaults.checkRules['tcp-check'].rules], inherited: true },
      'http-check': { rules: [...defaults.checkRules['http-check'].rules], inherited: true },
    },
    ...(Array.isArray(defaults.logs) && { logs: [...defaults.logs] }),
    httpOnly: defaults.httpOnly.filter(({ keyword }) => !HTTP_RULES.has(keyword)),
  };
}

function copyRules({ connection, session, content, response }: ProxyConfig['rules']): ProxyConfig['rules'] {
  return { connection: [...connection], session: [...session], content: [...content], response: [...response] };
}
