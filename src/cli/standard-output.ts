/**
 * Standard output of the program, and its end. A pipe takes 64 KiB, and Node keeps the rest until the reader has
 * read: a process that ends forgets it. Who ends the process waits for `written` first.
 */
import { STANDARD_ERROR, written } from '../master/process/standard-error.js';
import type { Output } from './complaint.js';

/** A reader that has read enough, as `head` does, is no failure. */
const ENOUGH = 'EPIPE';

class StandardOutput implements Output {
  private used = false;
  private failure: NodeJS.ErrnoException | null = null;

  out(text: string): void {
    if (!this.used) process.stdout.on('error', (error) => (this.failure ??= error));
    this.used = true;
    process.stdout.write(text);
  }

  err(text: string): void {
    STANDARD_ERROR.write(text);
  }

  async written(): Promise<string | null> {
    if (this.used) await written(process.stdout);
    await STANDARD_ERROR.written();
    return this.failure === null || this.failure.code === ENOUGH ? null : this.failure.message;
  }
}

/** The process's own standard output and standard error. */
export const STANDARD_OUTPUT: Output & Required<Pick<Output, 'written'>> = new StandardOutput();
