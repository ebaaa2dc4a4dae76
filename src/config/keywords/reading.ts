/**
 * What readers of proxy keywords have in common: sections by capability, how messages begin, and
 * arguments that are numbers. Texts are HAProxy's.
 */
import type { ProxyConfig } from '../config.js';
import type { Place } from '../diagnostics.js';
import type { Keyword, LineContext, SectionKind } from '../keyword.js';
import type { Word } from '../tokens/line.js';
import type { Parsed } from '../values/parsed.js';
import { parseTime } from '../values/time.js';

/** A line of a proxy or of `defaults`. */
export type ProxyLine = LineContext<ProxyConfig>;

/** Where clients are received or servers are used, or both. */
export const ANY_PROXY: readonly SectionKind[] = ['defaults', 'frontend', 'listen', 'backend'];
/** Where clients are received. */
export const FRONTENDS: readonly SectionKind[] = ['defaults', 'frontend', 'listen'];
/** Where servers are used. */
export const BACKENDS: readonly SectionKind[] = ['defaults', 'listen', 'backend'];

/** Half of what a proxy may be capable of. */
export type Capability = 'frontend' | 'backend';

/** The sections of proxies with that half, or of all. */
export function sectionsWith(needed: Capability | null): readonly SectionKind[] {
  if (needed === null) return ANY_PROXY;
  return needed === 'frontend' ? FRONTENDS : BACKENDS;
}

/** What some families say in a proxy without that half; `name` comes with its quotes, if it has any. */
export function willBeIgnored(name: string, needed: Capability): NonNullable<Keyword<ProxyConfig>['misplaced']> {
  return { severity: 'warning', text: `${name} will be ignored because {proxy} has no ${needed} capability` };
}

/** What some say in a frontend, and refuse it. */
export function backendsOnly(name: string): NonNullable<Keyword<ProxyConfig>['misplaced']> {
  return { severity: 'alert', text: `'${name}' only available in backend or listen section` };
}

/** `frontend`, `backend`, or `proxy` for a listen: HAProxy's word for a proxy in messages. */
export function proxyWord(proxy: ProxyConfig): string {
  return proxy.kind === 'listen' ? 'proxy' : proxy.kind;
}

/** The keyword as written, `timeout client`. */
export function keywordText(line: ProxyLine): string {
  return line.keyword.map(({ text }) => text).join(' ');
}

/** Where the keyword stands. */
export function keywordPlace(line: ProxyLine): Place {
  return line.keyword[0].place;
}

/** Reports a mistake at a word, or at the keyword when the word is missing. */
export function refuse(line: ProxyLine, text: string, word?: Word, hint?: string): void {
  line.findings.alert(word?.place ?? keywordPlace(line), text, hint);
}

/** Refuses words beyond the first `max`; true when there were none. */
export function endsAfter(line: ProxyLine, max: number): boolean {
  const extra = line.words[max];
  if (extra !== undefined) refuse(line, `'${keywordText(line)}' cannot handle unexpected argument '${extra.text}'.`, extra);
  return extra === undefined;
}

/** Bounds of a number, and what HAProxy says when there is none. */
export interface IntegerArgument {
  readonly min: number;
  readonly max: number;
  readonly missing?: string;
}

/** The largest number that HAProxy keeps. */
export const INTEGER_MAX = 2 ** 31 - 1;

/**
 * The only argument as a whole number; reports and answers null when it is none. Where HAProxy
 * takes what is no number for 0, this is stricter: such a line never does what it seems to say.
 */
export function onlyInteger(line: ProxyLine, { min, max, missing }: IntegerArgument): number | null {
  const [word] = line.words;
  const text = `'${keywordText(line)}' expects an integer argument${missing ?? '.'}`;
  if (word === undefined) {
    refuse(line, text);
    return null;
  }
  if (!endsAfter(line, 1)) return null;
  const value = wholeNumber(word.text);
  if (value !== null && value >= min && value <= max) return value;
  refuse(
    line,
    value === null ? `${text} Got '${word.text}'.` : `'${keywordText(line)}' : ${word.text} is not within ${min}..${max}.`,
    word,
  );
  return null;
}

/** A decimal number with an optional sign, or null. */
export function wholeNumber(text: string): number | null {
  return /^[+-]?[0-9]+$/.test(text) ? Number(text) : null;
}

/** Why a time is none, in the pieces that HAProxy's messages are made of. */
export type TimeFault = { readonly kind: 'overflow' } | { readonly kind: 'character'; readonly character: string };

/** What is wrong with a time that `parseTime` refused. */
export function timeFault(text: string): TimeFault {
  const rest = text.replace(/^[0-9]+/, '');
  const known = /^(us|ms|s|m|h|d)$/.test(rest);
  return rest === '' || (known && rest !== text) ? { kind: 'overflow' } : { kind: 'character', character: rest[0] };
}

/** What most keywords say of a time that is too long. */
export function timerOverflow(text: string, keyword: string): string {
  return `timer overflow in argument '${text}' to '${keyword}' (maximum value is 2147483647 ms or ~24.8 days)`;
}

/** Milliseconds below which a number without a unit is more likely meant as seconds. */
export const SUSPICIOUS_MS = 100;

/** Something to say, and the word that was probably meant. */
export interface Advice {
  readonly text: string;
  readonly hint: string;
}

/**
 * What to say of a time such as `4` that lacks its unit and is 4 ms, as newer versions of HAProxy
 * do; null when there is nothing to say. `owner` is `server 's1'` or `proxy 'l'`.
 */
export function suspiciousTime(keyword: string, text: string, owner: () => string): Advice | null {
  if (!/^[0-9]+$/.test(text) || Number(text) === 0 || Number(text) >= SUSPICIOUS_MS) return null;
  return {
    text:
      `'${keyword} ${text}' in ${owner()} is suspiciously small for a value in milliseconds. ` +
      `Please use an explicit unit ('${text}ms') if that was the intent; did you mean '${text}s' maybe ?`,
    hint: `${text}s`,
  };
}

/** A time of 0 or more, or null when it is none or too long. */
export function timeOf(text: string, unit: 'ms' | 's' = 'ms'): number | null {
  const time: Parsed<number> = parseTime(text, unit);
  return time.ok ? time.value : null;
}
