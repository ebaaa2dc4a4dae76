/** What a proxy logs, and where to. */
import type { LogLineFormat } from '../config/config.js';
import type { SocketAddress } from '../kernel/address.js';
import type { FormatPlan } from './expression.js';

/** One target of logs. */
export interface LogTargetPlan {
  readonly target: { readonly kind: 'socket'; readonly address: SocketAddress } | { readonly kind: 'fd'; readonly fd: number };
  /** Bytes of a line at most. */
  readonly length: number;
  readonly format: LogLineFormat;
  readonly facility: number;
  readonly maxLevel: number;
  readonly minLevel: number;
  readonly sample: {
    readonly ranges: readonly { readonly first: number; readonly last: number }[];
    readonly size: number;
  } | null;
}

/** The logging of a frontend. */
export interface LogPlan {
  /** Empty: nothing is logged. */
  readonly targets: readonly LogTargetPlan[];
  /** null: the default line `Connect from ...`. */
  readonly format: FormatPlan | null;
  readonly errorFormat: FormatPlan | null;
  /** The part of structured data of rfc5424; null: "-". */
  readonly structuredData: FormatPlan | null;
  readonly uniqueIdFormat: FormatPlan | null;
  readonly tag: string;
  /** Host name in the header, or null: none (`log-send-hostname`; rfc5424 always has one). */
  readonly hostname: string | null;
  /** `option dontlognull`, `dontlog-normal`, `logasap`, `log-separate-errors`. */
  readonly dontLogNull: boolean;
  readonly dontLogNormal: boolean;
  readonly asap: boolean;
  readonly separateErrors: boolean;
}

/** Nothing is logged. */
export const NO_LOG: LogPlan = {
  targets: [],
  format: null,
  errorFormat: null,
  structuredData: null,
  uniqueIdFormat: null,
  tag: 'haproxy',
  hostname: null,
  dontLogNull: false,
  dontLogNormal: false,
  asap: false,
  separateErrors: false,
};
