/**
 * The lines that begin sections (configuration manual, sections 2.1 and 4): names, `from`, and
 * which names may stand twice.
 */
import type { ProxyConfig, ProxyKind, ResolversConfig } from './config.js';
import type { Findings, Place } from './diagnostics.js';
import { Inheritance } from './inheritance.js';
import { newProxy } from './proxy.js';
import type { Word } from './tokens/line.js';

/** Sections that hold proxies, by their words. */
export const PROXY_SECTIONS: ReadonlySet<string> = new Set<ProxyKind>(['defaults', 'frontend', 'backend', 'listen']);
/** Sections that HAProxy has and that are not supported here. */
export const UNSUPPORTED_SECTIONS: ReadonlySet<string> = new Set([
  ...['acme', 'cache', 'crt-store', 'fcgi-app', 'http-errors', 'log-forward', 'log-profile', 'mailers', 'peers'],
  ...['program', 'ring', 'traces', 'userlist'],
]);
/** Everything that begins a section. */
export const SECTION_WORDS: readonly string[] = ['global', 'resolvers', ...PROXY_SECTIONS, ...UNSUPPORTED_SECTIONS];

/** A character that names may not have (configuration manual, section 4). */
const FORBIDDEN = /[^A-Za-z0-9_.:-]/u;

/** `frontend 'f'`, `backend 'b'`, and `proxy 'l'` for a listen, as messages call them. */
export function describeProxy({ kind, name }: Pick<ProxyConfig, 'kind' | 'name'>): string {
  if (kind === 'defaults') return name === '' ? "anonymous 'defaults' section" : `defaults section '${name}'`;
  return `${kind === 'listen' ? 'proxy' : kind} '${name}'`;
}

/** Proxies and `defaults` of a run, in the order of the files. */
export class ProxySections {
  readonly proxies: ProxyConfig[] = [];
  /** The first of each name. */
  private readonly byName = new Map<string, ProxyConfig>();
  private readonly defaultsByName = new Map<string, ProxyConfig[]>();
  /** The `defaults` that a proxy without `from` begins with. */
  private latestDefaults: ProxyConfig | null = null;

  private readonly inheritance: Inheritance;

  constructor(private readonly findings: Findings) {
    this.inheritance = new Inheritance(findings);
  }

  /** Begins a section. A line that is wrong begins one all the same, for the lines that follow. */
  begin(kind: ProxyKind, words: readonly Word[]): ProxyConfig {
    return kind === 'defaults' ? this.beginDefaults(words) : this.beginProxy(kind, words);
  }

  private beginDefaults(words: readonly Word[]): ProxyConfig {
    const named = words[1] !== undefined && !(words[1].text === 'from' && words[2] !== undefined);
    const name = named ? words[1].text : '';
    const rest = words.slice(named ? 2 : 1);
    const from = fromOf(rest);
    const parent = from === null ? null : this.namedDefaults(from, `defaults '${name}'`);
    this.refuseRest('warning', words[0], rest, from);
    this.inheritance.follow('defaults', words[0].place, parent);
    const section = newProxy('defaults', name, words[0].place, parent, from);
    if (name !== '') this.defaultsByName.set(name, [...(this.defaultsByName.get(name) ?? []), section]);
    this.latestDefaults = section;
    return section;
  }

  private beginProxy(kind: Exclude<ProxyKind, 'defaults'>, words: readonly Word[]): ProxyConfig {
    const [keyword, name] = words;
    if (name === undefined) {
      this.findings.alert(keyword.place, `'${kind}' expects an <id> argument`);
      return newProxy(kind, '', keyword.place, this.latestDefaults);
    }
    const rest = words.slice(2);
    const from = fromOf(rest);
    const defaults = from === null ? this.latestDefaults : this.namedDefaults(from, describeProxy({ kind, name: name.text }));
    this.inheritance.follow(kind, keyword.place, defaults);
    const proxy = newProxy(kind, name.text, name.place, defaults, from);
    this.checkName(proxy);
    if (kind === 'backend' || from !== null) this.refuseRest(kind === 'backend' ? 'warning' : 'alert', keyword, rest, from);
    else if (rest.length > 0)
      this.findings.alert(rest[0].place, "please use the 'bind' keyword for listening addresses.", `bind ${rest[0].text}`);
    this.proxies.push(proxy);
    return proxy;
  }

  /** Words after the name and `from`. HAProxy overlooks them in places where they cannot be meant; we do not. */
  private refuseRest(severity: 'warning' | 'alert', keyword: Word, rest: readonly Word[], from: ProxyConfig['from']): void {
    const extra = rest[from === null ? 0 : 2];
    if (extra !== undefined)
      this.findings[severity](extra.place, `'${keyword.text}' cannot handle unexpected argument '${extra.text}'.`);
  }

  private checkName(proxy: ProxyConfig): void {
    const { kind, name, place } = proxy;
    const forbidden = FORBIDDEN.exec(name);
    if (forbidden !== null) {
      this.findings.alert(place, `character '${forbidden[0]}' is not permitted in '${kind}' name '${name}'.`);
      return;
    }
    const other = this.byName.get(name);
    if (other === undefined) this.byName.set(name, proxy);
    else this.duplicate(proxy, other);
  }

  /**
   * A frontend and a backend could share a name until HAProxy 3.3, and files of that time do: they
   * stay usable, since a reference always tells which of the two it means.
   */
  private duplicate(proxy: ProxyConfig, other: ProxyConfig): void {
    const { file, line } = proxy.place;
    const shared = [proxy.kind, other.kind].sort().join() === 'backend,frontend';
    const note = shared ? ' This is no longer supported as of 3.3. Please rename one or the other.' : '';
    const text =
      `config : Parsing [${file}:${line}]: ${describeProxy(proxy)} has the same name as ${describeProxy(other)} ` +
      `declared at ${other.place.file}:${other.place.line}.${note}`;
    this.findings.add({ severity: shared ? 'warning' : 'alert', text, place: proxy.place });
  }

  private namedDefaults({ name, place }: { name: string; place: Place }, user: string): ProxyConfig | null {
    const known = this.defaultsByName.get(name) ?? [];
    if (known.length === 0) {
      this.findings.alert(place, `defaults section '${name}' not found for ${user}.`);
    } else if (known.length > 1) {
      const [first, second] = known.map((section) => `${section.place.file}:${section.place.line}`);
      const text = `ambiguous defaults section name '${name}' referenced by ${user} exists at least at ${first} and ${second}.`;
      this.findings.alert(place, text);
    }
    return known[0] ?? null;
  }
}

/** Sections `resolvers` of a run, in the order of the files. */
export class ResolversSections {
  readonly list: ResolversConfig[] = [];

  constructor(private readonly findings: Findings) {}

  /** Begins a section. One that is wrong holds the lines that follow, and is no part of the configuration. */
  begin([keyword, name]: readonly Word[]): ResolversConfig {
    const { place } = name ?? keyword;
    const section: ResolversConfig = { name: name?.text ?? '', place, nameservers: [], holdMs: new Map() };
    if (name === undefined) this.findings.alert(keyword.place, 'missing name for resolvers section.');
    else if (this.isGood(name)) this.list.push(section);
    return section;
  }

  private isGood({ text, place }: Word): boolean {
    const forbidden = FORBIDDEN.exec(text);
    if (forbidden !== null) {
      this.findings.alert(place, `character '${forbidden[0]}' is not permitted in 'resolvers' name '${text}'.`);
      return false;
    }
    const other = this.list.find(({ name }) => name === text);
    if (other === undefined) return true;
    const declared = `${other.place.file}:${other.place.line}`;
    const same = `resolvers '${text}' has same name as another resolvers (declared at ${declared}).`;
    this.findings.add({ severity: 'alert', text: `config : Parsing [${place.file}:${place.line}]: ${same}`, place });
    return false;
  }
}

function fromOf(rest: readonly Word[]): ProxyConfig['from'] {
  const [word, name] = rest;
  return word?.text === 'from' && name !== undefined ? { name: name.text, place: name.place } : null;
}
