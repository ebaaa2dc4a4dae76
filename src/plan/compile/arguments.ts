/** Arguments of fetches and converters: names to indexes, files to their place in the Plan. */

import type { Place } from '../../config/diagnostics.js';
import { bytesOf } from '../../config/samples/bytes.js';
import { translateRegex } from '../../config/samples/regex.js';
import { type ArgumentSpec, argumentType } from '../../config/samples/signature.js';
import type { Argument } from '../../config/samples/syntax.js';
import type { ArgumentPlan, PatternForm } from '../expression.js';
import type { Scope } from './references.js';

/** Who has the argument, for messages: `ACL keyword 'nbsrv'`, and where it stands. */
export interface ArgumentOwner {
  readonly keyword: string;
  readonly place: Place;
  /** Of a map: what its lines are. */
  readonly form: PatternForm | null;
  /** It is read when all sections have been, as HAProxy reads formats of logs and names of backends. */
  readonly late: boolean;
}

/** One argument; null where it is left out and nothing takes its place. Names that are not found yield -1. */
export function compileArgument(
  argument: Argument | null,
  spec: ArgumentSpec,
  position: number,
  owner: ArgumentOwner,
  scope: Scope,
): ArgumentPlan {
  const kind = argument?.kind ?? argumentType(spec).kind;
  const place = argument?.place ?? owner.place;
  const value = argument?.value ?? null;
  const name = value === null ? null : String(value);
  const within = `arg ${position} of ${owner.keyword} in proxy '${scope.proxy.name}'`;
  if (name === null && spec.endsWith('?')) return null;
  switch (kind) {
    case 'frontend':
    case 'backend':
      return proxyIndex(kind, name, within, place, scope);
    case 'server':
      return serverReference(name ?? '', within, place, scope);
    case 'table':
      return tableIndex(name ?? scope.proxy.name, within, place, scope);
    case 'map':
      return mapIndex(name ?? '', place, owner, scope);
    case 'regex':
      return regexSource(name ?? '', within, place, scope);
    case 'string':
      return name === null ? null : bytesOf(name);
    default:
      return value;
  }
}

function proxyIndex(kind: 'frontend' | 'backend', name: string | null, within: string, place: Place, scope: Scope): number {
  const { frontends, backends } = scope.references.names;
  const indexes = kind === 'frontend' ? frontends : backends;
  const index = indexes.get(name ?? scope.proxy.name);
  if (index !== undefined) return index;
  const text =
    name === null
      ? `proxy '${scope.proxy.name}', referenced in ${within}, has not ${kind} capability.`
      : `unable to find ${kind} '${name}' referenced in ${within}.`;
  scope.alert(place, text, name === null ? undefined : scope.nearest(name, indexes));
  return -1;
}

function serverReference(name: string, within: string, place: Place, scope: Scope): ArgumentPlan {
  const none = { backend: -1, server: -1 };
  const slash = name.lastIndexOf('/');
  const proxy = slash < 0 ? scope.proxy.name : name.slice(0, slash);
  const server = name.slice(slash + 1);
  const { frontends, backends, servers } = scope.references.names;
  const backend = backends.get(proxy);
  if (name === '') scope.alert(place, `missing server name in ${within}.`);
  else if (backend === undefined && !frontends.has(proxy))
    scope.alert(place, `unable to find proxy '${proxy}' referenced in ${within}.`, scope.nearest(proxy, backends));
  else {
    const index = backend === undefined ? undefined : servers[backend].get(server);
    if (backend !== undefined && index !== undefined) return { backend, server: index };
    const hint = backend === undefined ? undefined : scope.nearest(server, servers[backend]);
    scope.alert(place, `unable to find server '${server}' in proxy '${proxy}', referenced in ${within}.`, hint);
  }
  return none;
}

function tableIndex(name: string, within: string, place: Place, scope: Scope): number {
  const { tableIndexes } = scope.references;
  const index = tableIndexes.get(name);
  if (index !== undefined) return index;
  scope.alert(place, `unable to find table '${name}' referenced in ${within}.`, scope.nearest(name, tableIndexes));
  return -1;
}

const MAP_OF_TEXTS: PatternForm = { match: 'str', ignoreCase: false, dotted: false, map: true, value: 'str' };

function mapIndex(path: string, at: Place, { keyword, place, form, late }: ArgumentOwner, scope: Scope): number {
  const use = { kind: 'map', keyword: '', place: at, late } as const;
  const file = scope.references.patterns.file(path, form ?? MAP_OF_TEXTS, use);
  if (file.ok) return file.value;
  scope.references.findings.alert(
    place,
    `invalid args in ${keyword.replace(/^conversion keyword ('[^']*').*/, 'converter $1')} : ${file.message}`,
  );
  return -1;
}

function regexSource(pattern: string, within: string, place: Place, scope: Scope): string {
  const source = translateRegex(bytesOf(pattern));
  if (source.ok) return source.value;
  scope.alert(place, `error in regex '${pattern}' in ${within} : ${source.message}.`);
  return '';
}
