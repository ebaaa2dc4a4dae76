/** The terminal of `turbo-lb top`: takes it over (alternate screen, no cursor, keys one by one), and gives it back as it was. */
import { emitKeypressEvents, type Key } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import { paintLine, repaint } from './paint.js';
import type { ScreenLine } from './screen.js';

/** xterm's private modes: alternate screen, and cursor off. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[2J';
const LEAVE = '\x1b[0m\x1b[?25h\x1b[?1049l';
/** Keys that go by their names; others are the character that was typed. */
const NAMED = /^(?:up|down|left|right|pageup|pagedown|home|end|return|enter|escape|backspace|space)$/;

/** A screen with a keyboard. */
export class Display {
  private shown: string[] = [];
  private entered = false;

  constructor(
    private readonly input: ReadStream,
    private readonly output: WriteStream,
    private readonly colour: boolean,
  ) {}

  get columns(): number {
    return Math.max(1, this.output.columns);
  }

  get rows(): number {
    return Math.max(1, this.output.rows);
  }

  /** Takes the terminal. */
  enter(): void {
    if (this.entered) return;
    this.entered = true;
    this.shown = [];
    this.input.setRawMode(true);
    this.input.resume();
    this.output.write(ENTER);
  }

  /** Gives it back; more than once does no harm. */
  leave(): void {
    if (!this.entered) return;
    this.entered = false;
    this.input.pause();
    try {
      this.input.setRawMode(false);
      this.output.write(LEAVE);
    } catch (error) {
      // Whoever closes the window takes the terminal along.
      if (!['EIO', 'EBADF', 'ENOTTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }

  /** Shows lines as many and as wide as the screen. */
  draw(lines: readonly ScreenLine[]): void {
    if (!this.entered) return;
    const painted = lines.map((line) => paintLine(line, this.colour));
    const bytes = repaint(this.shown, painted);
    this.shown = painted;
    if (bytes !== '') this.output.write(bytes);
  }

  /** Everything is drawn anew next time: the size has changed. */
  clear(): void {
    this.shown = [];
    if (this.entered) this.output.write('\x1b[2J');
  }

  /** Calls back with each key, as `press` of `state.ts` wants it. */
  onKey(take: (key: string) => void): void {
    emitKeypressEvents(this.input);
    this.input.on('keypress', (text: string | undefined, key: Key) => {
      if (key.ctrl && key.name !== undefined) take(`ctrl+${key.name}`);
      else take(key.name !== undefined && NAMED.test(key.name) ? key.name : (text ?? ''));
    });
  }
}
