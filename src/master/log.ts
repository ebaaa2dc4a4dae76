/**
 * What the process says to the person who started it, on standard error, in HAProxy's form:
 * `[NOTICE]   (PID) : text`. Lines about traffic are no business of this file.
 */

import { STANDARD_ERROR } from './process/standard-error.js';

/** How much a message matters: advice that was asked for, something to know, something to mend, something that broke. */
export type Severity = 'diag' | 'notice' | 'warning' | 'alert';

/** Where the lines go: standard error, or a collector in tests. */
export interface LogSink {
  write(text: string): unknown;
  /** Hears each message by itself, too. */
  heard?(severity: Severity, text: string): void;
  readonly isTTY?: boolean | undefined;
}

/** Columns of the bracketed tag with its padding. */
const TAG_WIDTH = 11;
/** SGR colours of the tag on a terminal; what is no trouble has none. */
const COLOURS: Record<Severity, string> = { diag: '', notice: '', warning: '\x1b[33m', alert: '\x1b[31m' };
const COLOUR_END = '\x1b[0m';
/** What lines after the first one of a message begin with, as in HAProxy. */
const CONTINUATION = '\n   | ';

/** Characters of the messages of a start, or of a reload, that are kept for who asks later: a file of mistakes has many. */
export const STARTUP_TEXT_MAX = 256 * 1024;

/** Writes messages to one sink. */
export class Log {
  /** Warnings and alerts so far. */
  warnings = 0;
  /** What was said until the start was over, without colours; no more than so many characters of it. */
  startupText = '';
  private starting = true;
  private isSilent = false;
  private readonly colour: boolean;

  /**
   * @param sink where the lines go
   * @param pid the process they speak of
   * @param environment NO_COLOR, when set and not empty, forbids colour (no-color.org)
   */
  constructor(
    private readonly sink: LogSink = STANDARD_ERROR,
    private readonly pid: number = process.pid,
    environment: NodeJS.ProcessEnv = process.env,
  ) {
    this.colour = sink.isTTY === true && !environment.NO_COLOR;
  }

  /** What is said in `action` is kept for who asks later, and not written: somebody else has said it. */
  keepOnly(action: () => void): void {
    this.isSilent = true;
    try {
      action();
    } finally {
      this.isSilent = false;
    }
  }

  /** The start is over: what is said from now on is no part of it. */
  endStartup(): void {
    this.starting = false;
  }

  notice(text: string): void {
    this.write('notice', text);
  }

  warning(text: string): void {
    this.write('warning', text);
  }

  alert(text: string): void {
    this.write('alert', text);
  }

  /** One message; further lines of `text` are marked as belonging to it. */
  write(severity: Severity, text: string): void {
    if (severity === 'warning' || severity === 'alert') this.warnings++;
    const tag = `[${severity.toUpperCase()}]`;
    const start = this.colour ? COLOURS[severity] : '';
    const end = start === '' ? '' : COLOUR_END;
    const padding = ' '.repeat(TAG_WIDTH - tag.length);
    const rest = `${padding}(${this.pid}) : ${text.replaceAll('\n', CONTINUATION)}\n`;
    if (this.starting) this.startupText = (this.startupText + tag + rest).slice(0, STARTUP_TEXT_MAX);
    if (!this.isSilent) this.sink.write(start + tag + end + rest);
    this.sink.heard?.(severity, text);
  }
}
