/**
 * What a command of the runtime socket is (management manual, section 9.3). Commands stand in
 * tables, one file a family in `commands/`; the table drives dispatch, permissions, `help` and the
 * list that an unknown command is answered with. Nothing here knows how bytes come and go.
 */
import type { LoadBalancer } from '../master/balancer.js';

/** What a connection may do, each including the ones before (`level` of `stats socket`). */
export type Level = 'user' | 'operator' | 'admin';

/** One connection to the runtime socket, as far as commands see and change it. */
export interface RuntimeSession {
  /** `operator` and `user` lower it. */
  level: Level;
  /** `expert-mode on` */
  expert: boolean;
  /** Milliseconds of silence after which the connection is closed (`stats timeout`, `set timeout cli`). */
  timeoutMs: number;
}

/** One call of a command. */
export interface CommandCall {
  /** Read it at each call and keep nothing of it: a reload replaces plan, tables and states. */
  readonly balancer: LoadBalancer;
  readonly session: RuntimeSession;
  /** The words behind those of the command. */
  readonly words: readonly string[];
  /** What came behind `<<`, without the line that ends it; null: nothing did. */
  readonly payload: string | null;
}

/** What a command answers: a text, without the empty line that ends it, at once, later, or in pieces. */
export type Answer = string | Promise<string> | AsyncIterable<string> | Iterable<string>;

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
