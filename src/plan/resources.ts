/**
 * What compiling a configuration needs from the outside world, gathered before: the compiler
 * itself opens no file and asks no resolver, so that it stays a function of its arguments.
 */

import type { ServerState } from './server-state.js';

/** A name looked up, or why it could not be, as half a sentence. */
export type Resolved =
  | { readonly ok: true; readonly address: { readonly family: 'ipv4' | 'ipv6'; readonly host: string } }
  | { readonly ok: false; readonly message: string };

/** The answers that `master/configuration/configuration.ts` gathered for one Config. */
export interface Resources {
  /** The address of a name that the configuration mentions, in that family. */
  resolve(host: string, family: 'ipv4' | 'ipv6' | 'any'): Resolved;
  /**
   * `-dr`: a server whose name has no address is no mistake; it starts disabled, as with `init-addr
   * none`.
   */
  readonly ignoreUnresolved?: boolean;
  /** The text of /etc/resolv.conf; absent: it cannot be read. */
  readonly resolvConf?: string;
  /** States that servers had before a restart, by `backend/server`. */
  readonly serverStates?: ReadonlyMap<string, ServerState>;
  /** Texts of the files that it names (`-f` of ACLs, maps), by their paths as written. */
  readonly files: ReadonlyMap<string, string>;
  /** Name of this host, for logs and `node`. */
  readonly hostname: string;
  /** The working directory, which relative paths of UNIX sockets begin from. */
  readonly directory: string;
}
