/** What every part of the compiler is given, and addresses, which all of them need. */
import type { Config, ProxyConfig } from '../../config/config.js';
import type { Findings, Place } from '../../config/diagnostics.js';
import type { AddressSyntax } from '../../config/values/address.js';
import type { SocketAddress } from '../../kernel/address.js';
import type { ResolversPlan } from '../plan.js';
import type { Resources } from '../resources.js';
import type { RulesPlan } from '../rules.js';
import type { References, Scope } from './references.js';

/** One run of the compiler. */
export interface Compilation {
  readonly config: Config;
  readonly resources: Resources;
  readonly findings: Findings;
  readonly references: References;
  /** Sections `resolvers`, compiled. */
  readonly resolvers: readonly ResolversPlan[];
}

/** A proxy with its number, the view that its rules have of the others, and the rules of both of its halves. */
export interface NumberedProxy {
  readonly proxy: ProxyConfig;
  readonly id: number;
  readonly scope: Scope;
  readonly rules: RulesPlan;
}

/** `f.cfg:12` */
export function originOf({ file, line }: Place): string {
  return `${file}:${line}`;
}

/** An address of no host that something still needs to have. */
export const NOWHERE: SocketAddress = { family: 'ipv4', host: '0.0.0.0', port: 0 };

/**
 * The address of a socket; null when its name cannot be looked up.
 *
 * @param port in place of the address's own, of which a range has the first
 */
export function socketAddress(syntax: AddressSyntax, resources: Resources, port?: number): SocketAddress | null {
  if (syntax.kind === 'unix') {
    const path = syntax.abstract || syntax.path.startsWith('/') ? syntax.path : `${resources.directory}/${syntax.path}`;
    return { family: 'unix', path, abstract: syntax.abstract };
  }
  const number = port ?? syntax.ports?.first ?? 0;
  if (syntax.kind === 'ip') return { family: syntax.family, host: syntax.host, port: number };
  const found = resources.resolve(syntax.host, syntax.family);
  return found.ok ? { ...found.address, port: number } : null;
}

/** `nohost.invalid`, of an address that has a name. */
export function hostOf(syntax: AddressSyntax): string {
  return syntax.kind === 'unix' ? syntax.path : syntax.host;
}
