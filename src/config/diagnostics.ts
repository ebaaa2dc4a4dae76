/**
 * What is wrong with a configuration: findings with a place, collected and never thrown, so that
 * one run shows all of them. How they are shown to people and to programs is the business of
 * whoever prints them.
 */

/** A stretch of one line of a configuration file. */
export interface Place {
  /** As it was given on the command line. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters; 0 when the whole line is meant. */
  readonly column: number;
  /** Characters, 0 when the whole line is meant. */
  readonly length: number;
}

/** How much a finding matters; an alert refuses the file, `diag` is shown with -dD only. */
export type Severity = 'diag' | 'notice' | 'warning' | 'alert';

/** One finding. */
export interface Finding {
  readonly severity: Severity;
  /**
   * HAProxy's text after the tag, whole: `config : parsing [f.cfg:5] : unknown keyword 'bnid' in
   * 'frontend' section; did you mean 'bind' maybe ?`
   */
  readonly text: string;
  /** Where it is; absent for what no line is to blame for. */
  readonly place?: Place;
  /** The word that was probably meant, or what to do. */
  readonly hint?: string;
}

/** Collects findings in the order in which they were made. */
export class Findings {
  readonly list: Finding[] = [];

  add(finding: Finding): void {
    this.list.push(finding);
  }

  /** `config : parsing [file:line] : text`, the form of most of HAProxy's messages. */
  alert(place: Place, text: string, hint?: string): void {
    this.parsing('alert', place, text, hint);
  }

  warning(place: Place, text: string, hint?: string): void {
    this.parsing('warning', place, text, hint);
  }

  /** The file is refused. */
  get fatal(): boolean {
    return this.list.some(({ severity }) => severity === 'alert');
  }

  private parsing(severity: Severity, place: Place, text: string, hint: string | undefined): void {
    const whole = `config : parsing [${place.file}:${place.line}] : ${text}`;
    this.add({ severity, text: whole, place, ...(hint !== undefined && { hint }) });
  }
}
