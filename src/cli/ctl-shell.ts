/**
 * The prompt of `turbo-lb ctl` at a terminal: history, completion (`ctl-completion.ts`), payloads, and a
 * new connection where the balancer was restarted in between.
 */
import { createInterface, type Interface } from 'node:readline';
import { Conversation } from '../admin/client/conversation.js';
import { type Endpoint, Unreachable } from '../admin/client/endpoint.js';
import { endOfPayload, takesPayload } from '../admin/client/payload.js';
import { EXIT_OK } from './complaint.js';
import { complete, namesOf, usagesOf } from './ctl-completion.js';

type CompleterDone = (error: Error | null, found?: [candidates: string[], word: string]) => void;

/** Lines that arrow keys bring back. */
const HISTORY_LINES = 500;
/** What the balancer asks for the lines of a payload with. */
const PAYLOAD_PROMPT = '+ ';
/** What takes the balancer's prompt away, by which a person here sees where an answer ends. */
const ENDS_PROMPT = /^prompt(?!\s+(?:timed|p|help)\s*$)/;

/** The command that is being written goes to a worker: `@1 show`, at the master's socket. */
const BEHIND_PREFIX = /(?:^|;)\s*@+\S+\s[^;]*$/;

/** Talks until the person leaves (`quit`, Ctrl-D); answers the exit code. Throws Unreachable when nobody answers at first. */
export async function shell(endpoint: Endpoint, timeoutMs: number): Promise<number> {
  const conversation = await Conversation.open(endpoint, timeoutMs);
  const usages = usagesOf(await conversation.ask('help'));
  const isMaster = conversation.prompt.includes('master');
  const ofWorker = isMaster ? usagesOf(await conversation.ask('@1 help')) : usages;
  process.stdout.write(`${endpoint.text}: ${usages.length} commands, TAB completes, Ctrl-D leaves.\n`);
  const terminal = createInterface({
    input: process.stdin,
    output: process.stdout,
    historySize: HISTORY_LINES,
    removeHistoryDuplicates: true,
    completer: (line: string, done: CompleterDone) => {
      const isForMaster = terminal.getPrompt().includes('master') && !BEHIND_PREFIX.test(line);
      complete(line, isForMaster ? usages : ofWorker, () => namesOf(endpoint, isMaster))
        .then((found) => done(null, found))
        .catch(done);
    },
  });
  return await new Shell(endpoint, timeoutMs, conversation, terminal).run();
}

class Shell {
  /** Lines of a payload so far, with the command in front; null: the next line is a command. */
  private collected: string[] | null = null;
  private working = false;
  /** The person has gone. */
  private left = false;
  /** Ends when the lines so far are done: pasted ones come all at once. */
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly endpoint: Endpoint,
    private readonly timeoutMs: number,
    private conversation: Conversation,
    private readonly terminal: Interface,
  ) {}

  run(): Promise<number> {
    const { terminal } = this;
    return new Promise((resolve, reject) => {
      terminal.on('line', (line) => {
        this.turn = this.turn.then(() => this.take(line)).then(() => this.prompt());
        this.turn.catch(reject);
      });
      terminal.on('SIGINT', () => this.interrupt());
      terminal.on('close', () => {
        if (!this.left) process.stdout.write('\n'); // Ctrl-D leaves the cursor behind the prompt
        this.left = true;
        this.conversation.close();
        resolve(EXIT_OK);
      });
      this.prompt();
    });
  }

  private prompt(): void {
    if (this.left) return;
    this.terminal.setPrompt(this.collected === null ? this.conversation.prompt : PAYLOAD_PROMPT);
    this.terminal.prompt();
  }

  /** Ctrl-C: gives up an answer that does not end, or the line that is being written. */
  private interrupt(): void {
    if (this.working) this.conversation.close('interrupted');
    else {
      this.collected = null;
      this.terminal.write(null, { ctrl: true, name: 'u' });
      process.stdout.write('\n');
      this.prompt();
    }
  }

  private async take(line: string): Promise<void> {
    const { collected } = this;
    if (collected !== null) {
      collected.push(line);
      if (line !== endOfPayload(collected[0])) return;
      this.collected = null;
      await this.send(collected.join('\n'));
      return;
    }
    const command = line.trim();
    if (/^(?:quit|exit)$/.test(command)) {
      this.left = true;
      this.terminal.close();
    } else if (takesPayload(command)) this.collected = [command];
    // One at a time: between the answers of a line, the balancer would put prompts.
    else for (const one of command.split(/(?<!\\);/)) if (one.trim() !== '') await this.send(one.trim());
  }

  private async send(question: string): Promise<void> {
    if (ENDS_PROMPT.test(question)) {
      process.stdout.write("The prompt stays as long as you do; 'quit' or Ctrl-D leaves.\n");
      return;
    }
    this.working = true;
    try {
      if (!this.conversation.isOpen) {
        this.conversation = await Conversation.open(this.endpoint, this.timeoutMs);
        process.stdout.write('(connected anew: level and modes of the session are as at first)\n');
      }
      process.stdout.write(await this.conversation.ask(question));
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      process.stdout.write(`${error.message}\n`);
    } finally {
      this.working = false;
    }
  }
}
