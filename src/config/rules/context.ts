/** What reading a rule needs to know: where it stands, and where its findings go. */
import type { ProxyConfig } from '../config.js';
import type { Findings, Place } from '../diagnostics.js';
import type { EvaluationPlace } from '../samples/origins.js';
import type { Word } from '../tokens/line.js';
import type { RuleSet } from './syntax.js';

/** One rule of `tcp-request` or `tcp-response` that is being read. */
export interface RuleContext {
  readonly set: RuleSet;
  readonly proxy: ProxyConfig;
  /** `frontend 'f'`, for messages. */
  readonly about: string;
  /** Where it is evaluated. */
  readonly places: readonly EvaluationPlace[];
  readonly findings: Findings;
  /** The keyword, for what no word is to blame for. */
  readonly place: Place;
  /** The action and all that follows it. */
  readonly words: readonly Word[];
}

/** Where the rules of a set are evaluated in a proxy of that kind. */
export function placesOf(set: RuleSet, kind: ProxyConfig['kind']): readonly EvaluationPlace[] {
  if (set === 'tcp-request connection') return ['feConnection'];
  if (set === 'tcp-request session') return ['feSession'];
  if (set === 'tcp-response content') return ['beResponse'];
  if (kind === 'frontend') return ['feContent'];
  return kind === 'backend' ? ['beContent'] : ['feContent', 'beContent'];
}
