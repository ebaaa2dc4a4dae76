/** How the process appears in lists: its name, which killall, pgrep and pidof look for, and its arguments. */
import { writeFileSync } from 'node:fs';

/** Where the kernel has the name, of 15 bytes at most (proc(5)). */
const NAME = '/proc/self/comm';

/** Gives the process a name, and shows it with the arguments of the command line (`ps -f`). */
export function showAs(name: string): void {
  process.title = [name, ...process.argv.slice(2)].join(' ');
  try {
    writeFileSync(NAME, name); // Node has made it the beginning of the title
  } catch {
    process.title = name; // without /proc the name alone is both
  }
}
