/** Lines of the screen as a terminal shows them: styles to control sequences (ECMA-48, SGR), and no more bytes than have changed. */
import type { ScreenLine, Style } from './screen.js';

const RESET = '\x1b[0m';
/** Without colour, what would be coloured is bold or as plain as the word that it is. */
const WITHOUT_COLOUR: Readonly<Record<Style, string>> = {
  plain: '',
  bold: '\x1b[1m',
  dim: '',
  reverse: '\x1b[7m',
  good: '',
  fair: '',
  bad: '\x1b[1m',
};
const WITH_COLOUR: Readonly<Record<Style, string>> = {
  ...WITHOUT_COLOUR,
  dim: '\x1b[2m',
  good: '\x1b[32m',
  fair: '\x1b[33m',
  bad: '\x1b[1;31m',
};

/** One line with its styles. */
export function paintLine(line: ScreenLine, colour: boolean): string {
  const styles = colour ? WITH_COLOUR : WITHOUT_COLOUR;
  return line.map(([text, style]) => (styles[style] === '' ? text : `${styles[style]}${text}${RESET}`)).join('');
}

/** What to write so that a screen which shows `before` shows `after`, whose lines are as wide as the screen. */
export function repaint(before: readonly string[], after: readonly string[]): string {
  return after.map((line, index) => (line === before[index] ? '' : `\x1b[${index + 1};1H${line}`)).join('');
}
