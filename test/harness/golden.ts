/**
 * Golden files of configurations: `test/golden/*.cfg` hold a configuration and, below a line
 * `#=== findings`, what is to be said of it. A line `ALERT text` holds for us and for HAProxy,
 * `ours ALERT text` for us alone, `2.6 ALERT text` for HAProxy 2.6 alone: newer versions say it
 * otherwise, or we go on where it stops. With `, no LF` the last newline is not part of the file.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One golden file. */
export interface Golden {
  /** File name, which messages hold. */
  readonly name: string;
  readonly text: string;
  /** `SEVERITY text`, in order. */
  readonly ours: readonly string[];
  readonly haproxy: readonly string[];
}

const FOLDER = fileURLToPath(new URL('../../../test/golden/', import.meta.url));
const MARK = /^#=== findings(, no LF)?\n/m;

/** All of them, by name. */
export function goldenFiles(): Golden[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.cfg'))
    .sort()
    .map((name) => parseGolden(name, readFileSync(FOLDER + name, 'utf8')));
}

/** The lines of a text beside them: words, conditions and the like, one each. */
export function goldenLines(name: string): string[] {
  return readFileSync(FOLDER + name, 'utf8')
    .split('\n')
    .slice(0, -1);
}

function parseGolden(name: string, whole: string): Golden {
  const mark = MARK.exec(whole);
  if (mark === null) throw new Error(`${name} has no line '#=== findings'`);
  const text = whole.slice(0, mark.index);
  const lines = whole
    .slice(mark.index + mark[0].length)
    .split('\n')
    .filter((line) => line !== '');
  const of = (owner: string, other: string): string[] =>
    lines.filter((line) => !line.startsWith(other)).map((line) => (line.startsWith(owner) ? line.slice(owner.length) : line));
  return {
    name,
    text: mark[1] === undefined ? text : text.replace(/\n$/, ''),
    ours: of('ours ', '2.6 '),
    haproxy: of('2.6 ', 'ours '),
  };
}

/** `ALERT text` of the messages that HAProxy, or who speaks like it, printed about a configuration. */
export function printedFindings(stderr: string): string[] {
  const found = [...stderr.matchAll(/^\[(ALERT|WARNING|NOTICE|DIAG)\] +\(\d+\) : (.*)$/gm)].map(
    ([, severity, text]) => `${severity} ${text}`,
  );
  return found.filter(
    (line) => !/ (version is|path to executable is|.*Error\(s\) found in|.*Fatal errors found in) ?/.test(line),
  );
}
