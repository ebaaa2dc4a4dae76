/** Why a balancer cannot start, for whoever started it; it says nothing by itself. */
import type { SocketAddress } from '../kernel/address.js';

/** In words: an address in use, no permission. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** One bind that failed. */
export interface BindFailure {
  /** Where it was asked for, as `--bind :80` or `haproxy.cfg:12`. */
  readonly origin: string;
  /** `frontend web`; `proxy web` of a section `listen`. */
  readonly proxy: string;
  /** What listens there in HAProxy's words: `tcpv4`, `tcpv6`, `unix_stream`. */
  readonly protocol: string;
  readonly address: SocketAddress;
  /** `bind 127.0.0.1:80`: what was tried, and of which address. */
  readonly action: string;
  /** What stands against it: `address already in use (EADDRINUSE)`. */
  readonly reason: string;
  /** All of it as HAProxy says it, `cannot bind socket (Address already in use) for [127.0.0.1:80]`. */
  readonly text: string;
}

/** Addresses that cannot be listened on: all of them, found in one run. */
export class BindError extends StartError {
  constructor(readonly failures: readonly BindFailure[]) {
    super(failures.map(({ origin, action, reason }) => `${origin}: cannot ${action}: ${reason}`).join('\n'));
  }
}
