/** Decides whether an answer is what a step expects; it neither waits nor knows of sockets. */
import type { ExpectPatternPlan, ExpectStep, HeaderPatternPlan } from '../../plan/checks.js';
import type { CheckEvaluation, HasSubject } from './evaluation.js';
import { type HttpResponse, readResponse } from './http-response.js';
import { isWhole } from './message.js';
import type { CheckStatus } from './result.js';

/** What has come, and whether more will. */
export interface Answer {
  readonly text: string;
  /** The stream has ended, or no more fits. */
  readonly last: boolean;
  /** It is one to the HTTP method HEAD. */
  readonly toHead: boolean;
}

/** What a step decides: to wait, that it is met, or why it is not; with the status of HTTP where there was one. */
export type Decision =
  | { readonly kind: 'wait' }
  | { readonly kind: 'met'; readonly code: number }
  | {
      readonly kind: 'failed';
      readonly status: CheckStatus;
      readonly info: string;
      readonly code: number;
      readonly plain?: true;
    };

const WAIT: Decision = { kind: 'wait' };

/** Evaluates steps of one plan. */
export class Expectations {
  constructor(private readonly evaluation: CheckEvaluation) {}

  /** @param number of the step in messages */
  decide(step: ExpectStep, number: number, answer: Answer, whose: HasSubject): Decision {
    return step.http ? this.decideHttp(step, answer, whose) : this.decideRaw(step, number, answer, whose);
  }

  private decideRaw(step: ExpectStep, number: number, { text, last }: Answer, whose: HasSubject): Decision {
    if (text === '' && last) return lacking('empty', step.errorStatus ?? 'L7RSP', number);
    if (text === '' || (text.length < step.minReceive && !last)) return WAIT;
    if (step.message !== null && !isWhole(step.message, text)) {
      if (!last) return WAIT;
      // What an SMTP server says without the end of a line is still an answer; of a packet it is not known what it says.
      if (step.message !== 'smtp') return lacking('incomplete', 'L7RSP', number);
    }
    const found = this.find(step.pattern, text, whose);
    if (!found && step.minReceive < 0 && !last) return WAIT;
    if (found !== step.negated) return { kind: 'met', code: 0 };
    const info = found ? `TCPCHK matched unwanted ${step.what}` : `TCPCHK did not match ${step.what}`;
    return { kind: 'failed', status: step.errorStatus ?? 'L7RSP', info: `${info} at step ${number}`, code: 0 };
  }

  private decideHttp(step: ExpectStep, { text, last, toHead }: Answer, whose: HasSubject): Decision {
    const response = readResponse(text, last, toHead);
    if (response === 'partial') return WAIT;
    if (response === 'invalid') return { kind: 'failed', status: 'L7RSP', info: '', code: 0, plain: true };
    const { status: code, body } = response;
    const { pattern } = step;
    if (pattern.kind !== 'data' && pattern.kind !== 'regex') {
      if (this.meets(pattern, response, whose) !== step.negated) return { kind: 'met', code };
      return { kind: 'failed', status: step.errorStatus ?? 'L7STS', info: response.reason, code };
    }
    const over = last || response.complete;
    if (body === '' && over)
      return {
        kind: 'failed',
        status: step.errorStatus ?? 'L7RSP',
        info: 'HTTP content check could not find a response body',
        code,
      };
    if (body === '' || (body.length < step.minReceive && !over)) return WAIT;
    const found = this.find(pattern, body, whose);
    if (!found && step.minReceive < 0 && !over) return WAIT;
    if (found !== step.negated) return { kind: 'met', code };
    const info = found ? 'HTTP check matched unwanted content' : 'HTTP content check did not match';
    return { kind: 'failed', status: step.errorStatus ?? 'L7RSP', info, code };
  }

  /** The number that groups of a pattern of hexadecimal digits hold, the lowest byte first; 0 where it does not match. */
  captured(pattern: ExpectPatternPlan, text: string): number {
    if (pattern.kind !== 'regex') return 0;
    const groups = this.evaluation.captures(pattern.regex, hexadecimalOf(text));
    return groups === null ? 0 : groups.slice(1).reduceRight((sum, group) => sum * 256 + Number.parseInt(group ?? '0', 16), 0);
  }

  private find(pattern: ExpectPatternPlan, text: string, whose: HasSubject): boolean {
    if (pattern.kind === 'data') {
      const wanted = this.evaluation.data(pattern.data, whose);
      return wanted !== null && text.includes(wanted);
    }
    if (pattern.kind !== 'regex') return false;
    const subjectText = pattern.hexadecimal ? hexadecimalOf(text) : text;
    return this.evaluation.matches(pattern.regex, subjectText);
  }

  private meets(pattern: ExpectPatternPlan, { status, headers }: HttpResponse, whose: HasSubject): boolean {
    if (pattern.kind === 'status') return pattern.ranges.some(([first, end]) => status >= first && status <= end);
    if (pattern.kind === 'rstatus') return this.evaluation.matches(pattern.regex, String(status));
    if (pattern.kind !== 'header') return false;
    const { name, value, whole } = pattern;
    return headers.some(([known, content]) => {
      if (!this.compare(name, known, whose, true)) return false;
      if (value === null) return true;
      const values = whole ? [content] : content.split(',').map((one) => one.trim());
      return values.some((one) => this.compare(value, one, whose, false));
    });
  }

  private compare({ match, text }: HeaderPatternPlan, value: string, whose: HasSubject, isName: boolean): boolean {
    const plain = this.evaluation.text(text, whose);
    if (match === 'reg') return this.evaluation.matches(plain, value);
    const wanted = isName ? plain.toLowerCase() : plain;
    if (match === 'beg') return value.startsWith(wanted);
    if (match === 'end') return value.endsWith(wanted);
    return match === 'sub' ? value.includes(wanted) : value === wanted;
  }
}

/** There is no answer, or not all of one. */
function lacking(what: 'empty' | 'incomplete', status: CheckStatus, number: number): Decision {
  return { kind: 'failed', status, info: `TCPCHK got an ${what} response at step ${number}`, code: 0, plain: true };
}

/** Digits in capitals, two for each byte. */
function hexadecimalOf(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex').toUpperCase();
}
