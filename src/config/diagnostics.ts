/**
 * What is wrong with a configuration: findings with a place, collected and never thrown, so that
 * one run shows all of them. How they are shown to people and to programs is the business of
 * whoever prints them.
 */
import { nearestWord } from './values/nearest.js';

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

/** Findings after which words are not compared any more with thousands of others to guess what was meant. */
const SUGGESTED_MAX = 30;

/** Collects findings in the order in which they were made. */
export class Findings {
  readonly list: Finding[] = [];
  private alerts = 0;

  add(finding: Finding): void {
    this.list.push(finding);
    if (finding.severity === 'alert') this.alerts++;
  }

  /** `config : parsing [file:line] : text`, the form of most of HAProxy's messages. */
  alert(place: Place, text: string, hint?: string): void {
    this.parsing('alert', place, text, hint);
  }

  warning(place: Place, text: string, hint?: string): void {
    this.parsing('warning', place, text, hint);
  }

  /**
   * `config : parsing [file:line]: text`, the form of messages about lines as such: their quotes,
   * their conditions, sections that nobody knows.
   */
  line(severity: Severity, place: Place, text: string, hint?: string): void {
    const whole = `config : parsing [${place.file}:${place.line}]: ${text}`;
    this.add({ severity, text: whole, place, ...(hint !== undefined && { hint }) });
  }

  /** The word that was probably meant, as long as there are few findings: a large file of mistakes must not take minutes. */
  nearest(word: string, known: () => Iterable<string>): string | undefined {
    return this.list.length < SUGGESTED_MAX ? nearestWord(word, [...known()]) : undefined;
  }

  /** The file is refused. */
  get fatal(): boolean {
    return this.alerts > 0;
  }

  private parsing(severity: Severity, place: Place, text: string, hint: string | undefined): void {
    const whole = `config : parsing [${place.file}:${place.line}] : ${text}`;
    this.add({ severity, text: whole, place, ...(hint !== undefined && { hint }) });
  }
}
