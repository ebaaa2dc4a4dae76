/**
 * Lines that begin with a dot (configuration manual, section 2.4): conditional blocks, and
 * messages. It knows which lines count; reading those is up to others.
 */
import type { Findings, Severity } from '../diagnostics.js';
import { type ConditionContext, evaluateCondition } from './condition.js';
import type { Word } from './line.js';

/** A level of `.if`: whether its lines count, and whether a branch was taken already. */
interface Level {
  readonly outerActive: boolean;
  active: boolean;
  taken: boolean;
  elseSeen: boolean;
}

/** Levels of `.if` within each other; HAProxy's MAXNESTEDCONDS counts from 0. */
const NESTED_MAX = 99;

const MESSAGES: Readonly<Record<string, Severity>> = {
  '.diag': 'diag',
  '.notice': 'notice',
  '.warning': 'warning',
  '.alert': 'alert',
};

/** The directives of one file. */
export class Directives {
  private readonly levels: Level[] = [];
  /** Levels above NESTED_MAX that are open: their lines are passed over. */
  private beyond = 0;

  constructor(
    private readonly context: ConditionContext,
    private readonly findings: Findings,
  ) {}

  /** Lines count at present. */
  get active(): boolean {
    return this.beyond === 0 && (this.levels.at(-1)?.active ?? true);
  }

  /** Carries out the directive that `words` begin with. */
  run(words: readonly Word[]): void {
    const [{ text }] = words;
    if (text === '.if') this.openLevel(words);
    else if (text === '.elif') this.elseIf(words);
    else if (text === '.else') this.otherwise(words);
    else if (text === '.endif') this.close(words);
    else if (this.active) this.message(words);
  }

  /** At the end of the file, on its last line. */
  end(file: string, line: number): void {
    if (this.levels.length > 0) this.findings.line('alert', { file, line, column: 0, length: 0 }, "non-terminated '.if' block.");
  }

  private openLevel(words: readonly Word[]): void {
    if (this.levels.length === NESTED_MAX) {
      if (this.beyond++ === 0) this.findings.line('alert', words[0].place, `too many nested '.if', max is ${NESTED_MAX + 1}.`);
      return;
    }
    const outerActive = this.active;
    const active = outerActive && this.judge(words);
    this.levels.push({ outerActive, active, taken: active, elseSeen: false });
  }

  private elseIf(words: readonly Word[]): void {
    const level = this.beyond > 0 ? null : this.branch(words[0]);
    if (level === null) return;
    level.active = level.outerActive && !level.taken && this.judge(words);
    level.taken ||= level.active;
  }

  private otherwise(words: readonly Word[]): void {
    if (this.hasArgument(words, 1)) return;
    const level = this.beyond > 0 ? null : this.branch(words[0]);
    if (level === null) return;
    level.active = level.outerActive && !level.taken;
    level.elseSeen = true;
  }

  private close(words: readonly Word[]): void {
    if (this.hasArgument(words, 1)) return;
    if (this.beyond > 0) this.beyond--;
    else if (this.levels.pop() === undefined) this.lone(words[0]);
  }

  /** The level that `.elif` or `.else` belongs to. */
  private branch(word: Word): Level | null {
    const level = this.levels.at(-1);
    if (level === undefined) return this.lone(word);
    if (!level.elseSeen) return level;
    this.findings.line('alert', word.place, `'${word.text}' after '.else' is not permitted.`);
    return null;
  }

  private lone(word: Word): null {
    this.findings.line('alert', word.place, `lone '${word.text}' with no matching '.if'.`);
    return null;
  }

  /** A condition that cannot be read is false, and reported. */
  private judge([directive, ...words]: readonly Word[]): boolean {
    const result = evaluateCondition(words.map(({ text }) => text).join(' '), this.context);
    if (result.ok) return result.value;
    const { place } = words[0];
    const message = result.message.replace('{directive}', directive.text);
    const at = { ...place, column: place.column + result.position - 1, length: 1 };
    this.findings.line('alert', at, `${message} at position ${result.position}:`);
    return false;
  }

  private message(words: readonly Word[]): void {
    const [{ text: directive, place }, text] = words;
    const severity = MESSAGES[directive];
    if (severity === undefined) {
      this.findings.line('alert', place, `unknown directive '${directive}'.`);
    } else if (!this.hasArgument(words, 2, ' Use quotes if the message should contain spaces.')) {
      this.findings.line(severity, text?.place ?? place, `'${text?.text ?? ''}'.`);
    }
  }

  private hasArgument(words: readonly Word[], count: number, advice = ''): boolean {
    const extra = words[count];
    if (extra === undefined) return false;
    this.findings.line('alert', extra.place, `Unexpected argument '${extra.text}' for '${words[0].text}'.${advice}`);
    return true;
  }
}
