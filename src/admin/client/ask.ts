/**
 * One question to a runtime socket: a connection, a line (and what follows `<<`), and the answer
 * until the balancer closes. That is the socket's own framing without `prompt` (management manual, section 9.3).
 */
import { connect } from 'node:net';
import { type Endpoint, NO_ANSWER, Unreachable, unreachable } from './endpoint.js';

/** How long to wait, and who wants to hear while it comes. */
export interface AskOptions {
  /** Milliseconds of silence after which it is given up, unless the command is one that waits; 0: never. */
  readonly silenceMs: number;
  /** Ends it from outside, for a bound on the whole. */
  readonly signal?: AbortSignal;
  /** Takes the answer in pieces; what `ask` answers is '' then. */
  readonly onText?: (text: string) => void;
}

/** Commands that go on for as long as somebody is there: `show events buf0 -w`, `wait 30s`. */
const WAITS = /(?:^|[;\s])(?:-w|wait)(?:\s|$)/;

/** Commands that may be answered by the end of the connection alone; of the reloads, with HAProxy 2.6. */
const ENDS = /(?:^|;)\s*(?:quit|prompt|(?:hard-)?reload)\s*(?:;|$)/;

/** Of the master's socket: HAProxy says without an empty line that there is no such process. */
const PREFIXED = /(?:^|;)\s*@/;

const BROKEN_OFF = 'the answer broke off: the balancer has ended meanwhile, or waited for longer than its stats timeout';

/** Asks, and answers all that was said, without the empty line that ends it. Throws Unreachable. */
export function ask(endpoint: Endpoint, question: string, options: AskOptions): Promise<string> {
  const { silenceMs, signal, onText } = options;
  return new Promise((resolve, reject) => {
    let answer = '';
    const ends = ENDS.test(question);
    let isHeard = ends;
    const take = onText ?? ((text: string) => (answer += text));
    const trimmer = new EndTrimmer(take);
    const waits = WAITS.test(question.split('\n', 1)[0]);
    const socket = connect(endpoint.target, () => {
      socket.write(`${question}\n`);
      // The master's socket answers until there is nothing more to come; what waits would stop waiting.
      if (!waits) socket.end();
    });
    const abort = (): void => void socket.destroy(new Unreachable(endpoint, 'no complete answer in time'));
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    socket.setEncoding('utf8').setTimeout(waits ? 0 : silenceMs);
    socket.on('timeout', () => socket.destroy(new Unreachable(endpoint, `no answer within ${silenceMs} ms`)));
    socket.on('data', (text: string) => {
      isHeard = true;
      trimmer.take(text);
    });
    socket.on('error', (error) => reject(error instanceof Unreachable ? error : unreachable(endpoint, error)));
    socket.on('close', () => {
      signal?.removeEventListener('abort', abort);
      if (!isHeard) reject(new Unreachable(endpoint, NO_ANSWER));
      else if (ends || waits || PREFIXED.test(question) || trimmer.sawEnd) resolve(answer);
      else reject(new Unreachable(endpoint, BROKEN_OFF));
    });
  });
}

/** Passes text on, but for line ends that nothing follows: one line end closes the last line, a second one the answer. */
class EndTrimmer {
  private held = '';

  constructor(private readonly pass: (text: string) => void) {}

  /** The empty line that ends an answer has come, and nothing behind it. */
  get sawEnd(): boolean {
    return this.held !== '';
  }

  take(text: string): void {
    const all = this.held + text;
    const end = all.replace(/\n+$/, '').length;
    const whole = end === 0 ? 0 : Math.min(end + 1, all.length);
    if (whole > 0) this.pass(all.slice(0, whole));
    this.held = all.slice(whole);
  }
}
