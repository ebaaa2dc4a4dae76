/**
 * What a command of the runtime socket is (management manual, section 9.3). Commands stand in
 * tables, one file a family in `commands/`; the table drives dispatch, permissions, `help` and the
 * list that an unknown command is answered with. Nothing here knows how bytes come and go.
 */
import type { SeverityOutput } from '../config/config.js';
import type { LoadBalancer } from '../master/balancer.js';

/** What a connection may do, each including the ones before (`level` of `stats socket`). */
export const LEVELS = ['user', 'operator', 'admin'] as const;
/** One of them. */
export type Level = (typeof LEVELS)[number];

/** What follows an answer: the end of the connection, the next command, or a prompt for it. */
export type SessionMode = 'single' | 'interactive' | 'prompt';

/** What a process can do as a whole, and what became of it. */
export interface ProcessControl {
  /** How often the configuration was read again, and how often in vain. */
  readonly reloads: number;
  readonly failedReloads: number;
  readonly lastReloadFailed: boolean;
  /** When the configuration in force was read, as performance.now(): the clock may be set meanwhile. */
  readonly lastReloadAt: number;
  /** What was said when the configuration in force was read again, and at the latest attempt to; null: it never was. */
  readonly lastLoadText: string | null;
  readonly lastAttemptText: string | null;
  /** Reads the configuration again; does not reject. */
  reload(): Promise<{ readonly ok: boolean; readonly text: string }>;
}

/** One connection to the runtime socket, as far as commands see and change it. */
export interface RuntimeSession {
  /** `operator` and `user` lower it. */
  level: Level;
  /** `expert-mode on` */
  expert: boolean;
  /** `experimental-mode on`, which scripts say before what HAProxy has under it: nothing here depends on it. */
  experimental: boolean;
  /** Milliseconds of silence after which the connection is closed (`stats timeout`, `set timeout cli`). */
  timeoutMs: number;
  /** `prompt` */
  mode: SessionMode;
  /** The prompt tells how long the process has been running (`prompt timed`). */
  timed: boolean;
  /** Whether messages begin with their severity (`set severity-output`). */
  severityOutput: SeverityOutput;
  /** It came through the master's socket (`-S`). */
  readonly isMaster: boolean;
  /** Whose commands it speaks to; there, `@1` and `@` change it. */
  target: 'master' | 'worker';
  /** `quit`: nothing more is read. */
  ended: boolean;
  /** The descriptor of the connection, for who passes others through it; -1: that is not permitted there (`expose-fd listeners`). */
  readonly descriptor: number;
}

/** A connection that nothing has been said on. */
export function newSession(given: Partial<RuntimeSession> = {}): RuntimeSession {
  return {
    level: 'operator',
    expert: false,
    experimental: false,
    timeoutMs: 10_000,
    mode: 'single',
    timed: false,
    severityOutput: 'none',
    isMaster: false,
    target: given.isMaster === true ? 'master' : 'worker',
    ended: false,
    descriptor: -1,
    ...given,
  };
}

/** One call of a command. */
export interface CommandCall {
  /** Read it at each call and keep nothing of it: a reload replaces plan, tables and states. */
  readonly balancer: LoadBalancer;
  readonly session: RuntimeSession;
  /** Absent: nobody may be asked, as in a program that embeds a balancer. */
  readonly control?: ProcessControl;
  /** The words behind those of the command. */
  readonly words: readonly string[];
  /** What came behind `<<`, without the line that ends it; null: nothing did. */
  readonly payload: string | null;
  /** Aborts when nobody waits for the answer any more; what takes long heeds it. Absent: somebody always does. */
  readonly left?: AbortSignal;
}

/** How grave messages are, by syslog's names and numbers; which command says what how gravely is as in HAProxy. */
export const SEVERITIES = { err: 3, warning: 4, notice: 5, info: 6 } as const;
/** One of them. */
export type MessageSeverity = keyof typeof SEVERITIES;

/** What a command says about itself, rather than shows: with `severity-output` it begins with how grave it is. */
export class Message {
  constructor(
    readonly severity: MessageSeverity,
    readonly text: string,
  ) {}
}

/** A message that a command was not carried out. */
export function failure(text: string): Message {
  return new Message('err', text);
}

/** A command's answer as it is sent: `[3]: No such server.`, or without the number. */
export function replyText(reply: Reply, output: SeverityOutput): string {
  if (typeof reply === 'string') return reply;
  const { severity, text } = reply;
  return output === 'none' ? text : `[${output === 'number' ? SEVERITIES[severity] : severity}]: ${text}`;
}

/** What is shown, or said. */
export type Reply = string | Message;

/**
 * What a command answers: a text of whole lines, without the empty line that ends it, at once, later,
 * or in pieces. A large answer in pieces is made as fast as it is read.
 */
export type Answer = Reply | Promise<Reply> | AsyncIterable<string> | Iterable<string>;

/** A command. */
export interface Command {
  /** The words that name it, as `show stat`. */
  readonly name: string;
  /** Its arguments, as `help` shows them; '' when it takes none. */
  readonly usage: string;
  /** What it does, as `help` says it; null: it works, and `help` does not tell. */
  readonly help: string | null;
  /** Who may call it; where a part of it needs more, the command itself asks the session. */
  readonly level: Level;
  /** Works only after `expert-mode on`. */
  readonly expert?: boolean;
  run(call: CommandCall): Answer;
}

/** What a connection is told that may not do what it asks for. */
export const PERMISSION_DENIED = failure('Permission denied\n');

/** Whether a connection may do what a level may. */
export function permits(session: RuntimeSession, level: Level): boolean {
  return LEVELS.indexOf(session.level) >= LEVELS.indexOf(level);
}
