/** Keywords tcp-request and tcp-response. */
import type { ProxyConfig, Setting } from '../config.js';
import type { LineContext, ProxyKeyword, SectionKind } from '../keyword.js';
import { placesOf } from '../rules/context.js';
import { warnOfOrder } from '../rules/order.js';
import type { RuleSet } from '../rules/syntax.js';
import { readRule } from '../rules/tcp-rules.js';
import { describeProxy } from '../sections.js';
import { parseTime, TIME_MS_MAX } from '../values/time.js';

type RuleList = keyof ProxyConfig['rules'];
type Delay = 'requestInspectDelayMs' | 'responseInspectDelayMs';

/** `defaults` without a name hold no rules. */
function isAnonymous({ target, keyword, findings }: LineContext<ProxyConfig>): boolean {
  if (target.kind !== 'defaults' || target.name !== '') return false;
  const name = keyword.map(({ text }) => text).join(' ');
  const response = keyword[0].text === 'tcp-response';
  findings.alert(
    keyword[0].place,
    response
      ? `${name} is only allowed in 'backend' sections or 'defaults' section with a name`
      : `${name} is not allowed in anonymous 'defaults' sections`,
  );
  return true;
}

const parseRule =
  (set: RuleSet, list: RuleList) =>
  (context: LineContext<ProxyConfig>): void => {
    if (isAnonymous(context)) return;
    const { target, words, keyword, findings } = context;
    const about = describeProxy(target);
    const rule = readRule({
      set,
      proxy: target,
      about,
      places: placesOf(set, target.kind),
      findings,
      place: keyword[0].place,
      words,
    });
    if (rule === null) return;
    if (set !== 'tcp-response content') warnOfOrder(set, target, keyword[0].place, findings);
    target.rules[list].push(rule);
  };

const parseDelay =
  (field: Delay) =>
  (context: LineContext<ProxyConfig>): void => {
    if (isAnonymous(context)) return;
    const { target, words, keyword, findings } = context;
    const name = keyword.map(({ text }) => text).join(' ');
    const about = describeProxy(target);
    const time = parseTime(words[0]?.text ?? '');
    if (!time.ok) {
      const detail = delayFault(words[0]?.text ?? '');
      findings.alert((words[0] ?? keyword[0]).place, `'${name}' expects a positive delay in milliseconds, in ${about}${detail}`);
      return;
    }
    if (isOwn(target, target[field])) findings.warning(keyword[0].place, `ignoring ${name} (was already defined) in ${about}`);
    else target[field] = { value: time.value, place: words[0].place };
  };

/** What is wrong with a time, as HAProxy says it behind the rest. */
function delayFault(text: string): string {
  if (text === '') return '';
  if (/^[0-9]+(us|ms|s|m|h|d)?$/.test(text))
    return ` (timer overflow in '${text}', maximum value is ${TIME_MS_MAX} ms or ~24.8 days)`;
  return ` (unexpected character '${/^[0-9]*(.)/s.exec(text)?.[1] ?? ''}')`;
}

/** Whether the proxy's own lines set it, not its `defaults`. */
function isOwn({ place }: ProxyConfig, setting: Setting<number> | undefined): boolean {
  return setting !== undefined && setting.place.file === place.file && setting.place.line > place.line;
}

const rules = (set: RuleSet, list: RuleList, sections: readonly SectionKind[], help: string): ProxyKeyword => ({
  name: set,
  sections,
  arguments: '<action> [{if | unless} <condition>]',
  help,
  ...(set === 'tcp-response content' ? { misplaced: misplacedResponse(set) } : {}),
  ...(list === 'connection' || list === 'session' ? { misplaced: misplacedRequest(set) } : {}),
  parse: parseRule(set, list),
});

function misplacedRequest(name: string): NonNullable<ProxyKeyword['misplaced']> {
  return { severity: 'alert', text: `${name} is not allowed because {proxy} is not a frontend` };
}

function misplacedResponse(name: string): NonNullable<ProxyKeyword['misplaced']> {
  return { severity: 'alert', text: `${name} is only allowed in 'backend' sections or 'defaults' section with a name` };
}

const FRONT: readonly SectionKind[] = ['defaults', 'frontend', 'listen'];
const BACK: readonly SectionKind[] = ['defaults', 'listen', 'backend'];
const ALL: readonly SectionKind[] = ['defaults', 'frontend', 'listen', 'backend'];

/** Keywords of rules. */
export const RULE_KEYWORDS: readonly ProxyKeyword[] = [
  rules(
    'tcp-request connection',
    'connection',
    FRONT,
    'What to do with a connection before anything is known but its addresses.',
  ),
  rules('tcp-request session', 'session', FRONT, 'What to do with a session once handshakes and the PROXY header are done.'),
  rules('tcp-request content', 'content', ALL, 'What to do with a session by what the client sends.'),
  rules('tcp-response content', 'response', BACK, 'What to do with a session by what the server answers.'),
  {
    name: 'tcp-request inspect-delay',
    sections: ALL,
    arguments: '<timeout>',
    help: 'How long tcp-request content rules wait for data that they look at.',
    parse: parseDelay('requestInspectDelayMs'),
  },
  {
    name: 'tcp-response inspect-delay',
    sections: BACK,
    arguments: '<timeout>',
    help: 'How long tcp-response content rules wait for data that they look at.',
    misplaced: misplacedResponse('tcp-response inspect-delay'),
    parse: parseDelay('responseInspectDelayMs'),
  },
];
