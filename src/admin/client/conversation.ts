/**
 * A connection to a runtime socket that stays: `prompt` makes the balancer end each answer with
 * `> ` and go on listening (management manual, section 9.3). Level, expert mode and timeout of the
 * session last as long as it does.
 */
import { connect, type Socket } from 'node:net';
import { type Endpoint, Unreachable, unreachable } from './endpoint.js';

/**
 * What ends an answer: `> `, behind how long the process has been running (`prompt timed`), and at the master's
 * socket behind who answers, its modes, and what became of the last reload: `[0:00:12:05]master(xe)[ReloadFailed]> `.
 */
const PROMPT = /(?:^|\n)((?:\[[0-9:]+\])?[\w-]*(?:\([a-z]+\))?(?:\[\w+\])?> )$/;
/** Asked for each line of a payload. */
const PAYLOAD_PROMPTS = /^(?:\+ )+/;
/** A person thinks for longer than the 10 seconds after which the balancer hangs up. */
const PATIENCE = 'set timeout cli 1h';

/** A conversation; one question at a time. */
export class Conversation {
  /** What stands before the next command, `> ` or `master> `. */
  prompt = '> ';
  private heard = '';
  private waiting: { resolve(answer: string): void; reject(error: Error): void } | null = null;
  private failure: Error | null = null;

  private constructor(
    private readonly socket: Socket,
    private readonly endpoint: Endpoint,
  ) {
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.hear(text));
    socket.on('error', (error) => this.fail(error instanceof Unreachable ? error : unreachable(endpoint, error)));
    socket.on('close', () => this.fail(new Unreachable(endpoint, 'the balancer has closed the connection')));
  }

  /** Connects and asks for a prompt. Throws Unreachable, at the latest after so many milliseconds. */
  static async open(endpoint: Endpoint, timeoutMs: number): Promise<Conversation> {
    const conversation = new Conversation(connect(endpoint.target), endpoint);
    const late = new Unreachable(endpoint, `no answer within ${timeoutMs} ms`);
    const timer = setTimeout(() => conversation.socket.destroy(late), timeoutMs);
    try {
      await conversation.ask('prompt');
      await conversation.ask(PATIENCE); // the master's own socket knows no such command, and no such timeout
    } finally {
      clearTimeout(timer);
    }
    return conversation;
  }

  get isOpen(): boolean {
    return this.failure === null;
  }

  /** One command, with its payload and the line that ends it where it has one. Throws Unreachable. */
  ask(command: string): Promise<string> {
    if (this.failure !== null) return Promise.reject(this.failure);
    if (this.waiting !== null) throw new Error('one question at a time');
    this.heard = '';
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(`${command}\n`);
    });
  }

  /** Hangs up; a question that waits fails. */
  close(reason = 'closed'): void {
    this.socket.destroy(new Unreachable(this.endpoint, reason));
  }

  private hear(text: string): void {
    this.heard += text;
    // A prompt stands at the end of what has come; within an answer there could be only one that looks like it.
    const prompt = PROMPT.exec(this.heard.slice(-200))?.[1];
    if (prompt === undefined || this.waiting === null) return;
    const { resolve } = this.waiting;
    const answer = this.heard.slice(0, -prompt.length);
    this.prompt = prompt;
    this.waiting = null;
    resolve(answer.replace(PAYLOAD_PROMPTS, '').replace(/\n+$/, (ends) => ends.slice(0, ends.length > 1 ? 1 : 0)));
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.waiting?.reject(this.failure);
    this.waiting = null;
  }
}
