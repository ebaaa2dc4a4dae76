/** A terminal to run a program in, 80x24 unless resized: tmux, with a server of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, scratchFolder, startProcess } from '../../harness.js';

/** Words of a command line as one for a shell. */
const quoted = (words: readonly string[]): string => words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');

/** A screen and a keyboard. */
export class Terminal {
  private constructor(private readonly socket: string) {}

  /** Runs the program, and when it has ended writes `ended: CODE` and waits for the terminal to be closed. */
  static async open(words: readonly string[], { columns = 80, rows = 24, env = {} as Readonly<Record<string, string>> } = {}) {
    const terminal = new Terminal(join(scratchFolder(), 'tmux.sock'));
    const size = ['-x', String(columns), '-y', String(rows)];
    const command = `${quoted(words)}; printf 'ended: %s\\n' $?; stty -a | grep -c -- '-echo ' ; exec sleep 600`;
    // -D keeps the server in the foreground, in the process group that the harness ends; -N starts no other one.
    const server = ['-S', terminal.socket, '-f', '/dev/null', '-D'];
    const readyWhen = () => existsSync(terminal.socket);
    await startProcess('tmux', server, { env: { TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' }, readyWhen });
    const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    await eventually('tmux listens', () => terminal.tmux('new-session', '-d', ...size, ...variables, 'sh', '-c', command).ok);
    return terminal;
  }

  /** Keys by tmux's names: letters as they are, Enter, Tab, Up, C-c. */
  keys(...keys: string[]): void {
    this.must('send-keys', ...keys);
  }

  /** What stands on the screen; spaces at the ends of lines and empty lines at its end are left out. */
  screen(): string {
    return this.must('capture-pane', '-p').trimEnd();
  }

  /** The same with control sequences for colours and the like. */
  styledScreen(): string {
    return this.must('capture-pane', '-p', '-e');
  }

  /** Waits until the screen matches, and answers it. */
  async until(pattern: RegExp): Promise<string> {
    try {
      return await eventually(`the screen shows ${pattern}`, () => {
        const screen = this.screen();
        return pattern.test(screen) && screen;
      });
    } catch (error) {
      throw new Error(`${(error as Error).message}; it shows:\n${this.screen()}`, { cause: error });
    }
  }

  resize(columns: number, rows: number): void {
    this.must('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** One of tmux's variables, as `cursor_flag` or `alternate_on`. */
  variable(name: string): string {
    return this.must('display-message', '-p', `#{${name}}`).trim();
  }

  /** The process that runs in it: the shell that has started the program. */
  get pid(): number {
    return Number(this.variable('pane_pid'));
  }

  private must(...words: string[]): string {
    const { ok, output } = this.tmux(...words);
    if (!ok) throw new Error(`tmux ${words.join(' ')}: ${output}`);
    return output;
  }

  private tmux(...words: string[]): { ok: boolean; output: string } {
    const { status, stdout, stderr } = spawnSync('tmux', ['-N', '-S', this.socket, ...words], { encoding: 'utf8' });
    return { ok: status === 0, output: status === 0 ? stdout : stderr };
  }
}
