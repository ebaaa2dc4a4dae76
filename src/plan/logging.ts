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

/** Where lines about a proxy go. Those about servers go where their backend says. */
export interface LogOutputPlan {
  /** Empty: nothing is logged. */
  readonly targets: readonly LogTargetPlan[];
  readonly tag: string;
  /** Host name in the header, or null: none (`log-send-hostname`; rfc5424 always has one). */
  readonly hostname: string | null;
}

/** The logging of a frontend. */
export interface LogPlan extends LogOutputPlan {
  /** null: the default line `Connect from ...`. */
  readonly format: FormatPlan | null;
  readonly errorFormat: FormatPlan | null;
  /** The part of structured data of rfc5424; null: "-". */
  readonly structuredData: FormatPlan | null;
  readonly uniqueIdFormat: FormatPlan | null;
  /** `option dontlognull`, `dontlog-normal`, `logasap`, `log-separate-errors`. */
  readonly dontLogNull: boolean;
  readonly dontLogNormal: boolean;
  readonly asap: boolean;
  readonly separateErrors: boolean;
}

/** No line goes anywhere. */
export const NO_LOG_OUTPUT: LogOutputPlan = { targets: [], tag: 'haproxy', hostname: null };

/** Nothing is logged. */
export const NO_LOG: LogPlan = {
  ...NO_LOG_OUTPUT,
  format: null,
  errorFormat: null,
  structuredData: null,
  uniqueIdFormat: null,
  dontLogNull: false,
  dontLogNormal: false,
  asap: false,
  separateErrors: false,
};
