/**
 * Health checks of a backend's servers: one sequence of steps whatever the kind (configuration
 * manual, 4.2, `tcp-check`, `http-check` and `option ...chk`). Texts are a character for each byte.
 */
import type { Assigned } from '../config/samples/variables.js';
import type { SocketAddress } from '../kernel/address.js';
import type { ExpressionPlan, FormatPlan } from './expression.js';

/** A text as it is, or a format that becomes one. */
export type CheckTextPlan = string | FormatPlan;

/** What is sent or expected. */
export interface CheckDataPlan {
  readonly text: CheckTextPlan;
  /** What the format yields are hexadecimal digits of the bytes; a text is bytes already. */
  readonly hexadecimal: boolean;
}

/** A pattern of a header's name or value; of `reg`, the source of a regular expression. */
export interface HeaderPatternPlan {
  readonly match: 'str' | 'beg' | 'end' | 'sub' | 'reg';
  readonly text: CheckTextPlan;
}

/** What is looked for in an answer. */
export type ExpectPatternPlan =
  | { readonly kind: 'data'; readonly data: CheckDataPlan }
  /** `hexadecimal`: matched with the digits of the bytes, in capitals. */
  | { readonly kind: 'regex'; readonly regex: string; readonly hexadecimal: boolean }
  | { readonly kind: 'status'; readonly ranges: readonly (readonly [first: number, last: number])[] }
  | { readonly kind: 'rstatus'; readonly regex: string }
  /** `whole`: commas separate no values. */
  | {
      readonly kind: 'header';
      readonly name: HeaderPatternPlan;
      readonly value: HeaderPatternPlan | null;
      readonly whole: boolean;
    };

/** Opens a connection; one that is open is closed. */
export interface ConnectStep {
  readonly kind: 'connect';
  /** null: where checks of the server go. */
  readonly port: number | ExpressionPlan | null;
  readonly address: SocketAddress | null;
  /** What the server's line says of PROXY headers and TLS holds. */
  readonly asServer: boolean;
  readonly sendProxy: boolean;
  readonly ssl: boolean;
  readonly sni: string | null;
  readonly alpn: readonly string[];
  /** It is closed in order, not with a reset. */
  readonly linger: boolean;
}

/** Sends bytes. */
export interface SendStep {
  readonly kind: 'send';
  readonly data: CheckDataPlan;
}

/** Sends an HTTP request. */
export interface RequestStep {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: CheckTextPlan;
  readonly version: string;
  readonly headers: readonly { readonly name: string; readonly value: FormatPlan }[];
  readonly body: CheckTextPlan | null;
  /** With a header that tells the server how it is seen (`http-check send-state`). */
  readonly state: boolean;
}

/** How a protocol's messages say where they end. */
export type MessageForm = 'smtp' | 'mysql' | 'ldap';

/** Waits for an answer and decides by it. */
export interface ExpectStep {
  readonly kind: 'expect';
  /** The answer is an HTTP response. */
  readonly http: boolean;
  readonly pattern: ExpectPatternPlan;
  readonly negated: boolean;
  /** Bytes that must have come, no fewer than a text that is looked for has; -1: until it matches, or all has come. */
  readonly minReceive: number;
  /** A whole message of that form must have come, however many segments it comes in; null: the answer is bytes. */
  readonly message: MessageForm | null;
  readonly okStatus: 'L4OK' | 'L6OK' | 'L7OK' | 'L7OKC';
  /** null: L7STS about statuses and headers, L7RSP about contents. */
  readonly errorStatus: 'L7OKC' | 'L7RSP' | 'L7STS' | 'L6RSP' | 'L4CON' | null;
  readonly timeoutStatus: 'L7TOUT' | 'L6TOUT' | 'L4TOUT';
  readonly onSuccess: FormatPlan | null;
  readonly onError: FormatPlan | null;
  /** 'capture': the bytes that the pattern's groups hold, the lowest first. */
  readonly statusCode: ExpressionPlan | 'capture' | null;
  /** What messages call the pattern: `content 'x'`, `content (regex)`. */
  readonly what: string;
}

/** One step. */
export type CheckStep = (
  | ConnectStep
  | SendStep
  | RequestStep
  | ExpectStep
  | ({ readonly kind: 'set-var'; readonly value: ExpressionPlan } & Assigned)
  | ({ readonly kind: 'set-var-fmt'; readonly value: FormatPlan } & Assigned)
  | { readonly kind: 'unset-var'; readonly variable: string }
) & {
  /** Its number in messages, from 1; 0: it does not stand in the file. */
  readonly number: number;
  /** `connect port 80`, `expect string 'x'`: what messages about a failed connection say of it; '': nothing. */
  readonly label: string;
  readonly comment: string;
};

/** The check of the servers of a backend. */
export interface CheckPlan {
  readonly steps: readonly CheckStep[];
  /** The steps are those of the file: messages tell at which one it failed. */
  readonly explicit: boolean;
  /** A running server that answers 404 is not to get more (`http-check disable-on-404`). */
  readonly disableOn404: boolean;
}

/** A connection as the server's line says. */
export const CONNECT_STEP: CheckStep & ConnectStep = {
  kind: 'connect',
  port: null,
  address: null,
  asServer: true,
  sendProxy: false,
  ssl: false,
  sni: null,
  alpn: [],
  linger: false,
  number: 0,
  label: '',
  comment: '',
};

/** Connects, no more. */
export const CONNECTION_CHECK: CheckPlan = { steps: [CONNECT_STEP], explicit: false, disableOn404: false };
