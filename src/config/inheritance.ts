/**
 * Which sections may follow a `defaults` section that has rules: rules hold on one side of a session,
 * and are not copied on (configuration manual, section 4). In HAProxy's words.
 */
import type { ProxyConfig, ProxyKind } from './config.js';
import type { Findings, Place } from './diagnostics.js';

/** Keywords of mode http whose lines are rules, which nobody inherits as settings are. */
export const HTTP_RULES: ReadonlySet<string> = new Set(['http-request', 'http-response', 'http-after-response']);

/** Who follows each `defaults` section. */
export class Inheritance {
  /** Kinds of sections that follow one, of those with rules. */
  private readonly followers = new Map<ProxyConfig, Set<ProxyKind>>();

  constructor(private readonly findings: Findings) {}

  /** A section of this kind, at that place, follows a `defaults` section, if any. */
  follow(kind: ProxyKind, place: Place, defaults: ProxyConfig | null): void {
    if (defaults === null || !hasRules(defaults)) return;
    const kinds = this.followers.get(defaults) ?? new Set<ProxyKind>();
    const wrong = misfit(kind, defaults, kinds);
    if (wrong === null) {
      this.followers.set(defaults, kinds.add(kind));
      return;
    }
    const at = kind === 'listen' ? '' : ` (defaults section at ${defaults.place.file}:${defaults.place.line})`;
    this.findings.line('alert', place, `${wrong}${at}.`);
  }
}

function hasRules({ rules, httpOnly }: ProxyConfig): boolean {
  const { connection, session, content, response } = rules;
  return (
    connection.length + session.length + content.length + response.length > 0 ||
    httpOnly.some(({ keyword }) => HTTP_RULES.has(keyword))
  );
}

function misfit(kind: ProxyKind, { rules }: ProxyConfig, kinds: ReadonlySet<ProxyKind>): string | null {
  const inherit = `a ${kind} section cannot inherit from a defaults section defining`;
  if (kind === 'listen' || kind === 'defaults') return `${inherit} TCP/HTTP rules`;
  if (kinds.has(kind === 'frontend' ? 'backend' : 'frontend'))
    return 'frontends and backends cannot inherit from the same defaults section if it defines TCP/HTTP rules';
  if (kind === 'frontend' && rules.response.length > 0) return `${inherit} 'tcp-response content' rules`;
  if (kind === 'backend' && rules.connection.length + rules.session.length > 0)
    return `${inherit} 'tcp-request connection' or 'tcp-request session' rules`;
  return null;
}
