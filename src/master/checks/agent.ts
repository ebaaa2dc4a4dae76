/**
 * What an agent says of its server (configuration manual, 5.2, `agent-check`): words about its weight,
 * its limit, what the operator wants of it, and its health. A word that is none is told, not guessed at.
 */
import type { CheckPlan } from '../../plan/checks.js';
import { CONNECT_STEP } from '../../plan/checks.js';
import type { ServerPlace, ServerStates } from '../server-states.js';
import type { CheckResult } from './result.js';

/** An answer, word by word; null where nothing is said. */
export interface AgentAnswer {
  readonly health: 'up' | 'down' | 'stopped' | 'fail' | null;
  readonly admin: 'ready' | 'drain' | 'maint' | null;
  /** Of the weight in the file. */
  readonly percent: number | null;
  readonly maxconn: number | null;
  /** Behind a `#`. */
  readonly description: string;
  /** The first word that is none of these. */
  readonly unknown: string | null;
}

const HEALTH = ['up', 'down', 'stopped', 'fail'] as const;
const ADMIN = ['ready', 'drain', 'maint'] as const;
/** The connection of an agent, and its number in messages. */
const STEP_OF_ANSWER = 2;

/** Asks an agent: sends what is to be sent, and waits for a line. */
export function agentCheck(send: string): CheckPlan {
  const common = { number: 0, label: '', comment: '' };
  return {
    explicit: false,
    disableOn404: false,
    steps: [
      { ...CONNECT_STEP, asServer: false },
      ...(send === '' ? [] : [{ ...common, kind: 'send', data: { text: send, hexadecimal: false } } as const]),
      {
        ...common,
        number: STEP_OF_ANSWER,
        kind: 'expect',
        http: false,
        pattern: { kind: 'regex', regex: '[\\r\\n]', hexadecimal: false },
        negated: false,
        minReceive: -1,
        okStatus: 'L7OK',
        errorStatus: null,
        timeoutStatus: 'L7TOUT',
        onSuccess: null,
        onError: null,
        statusCode: null,
        what: '',
      },
    ],
  };
}

/** Reads the first line. */
export function parseAgent(text: string): AgentAnswer {
  const [line] = text.split(/[\r\n]/);
  const [said, ...more] = line.split('#');
  const words = said.split(/[ \t,]+/).filter((word) => word !== '');
  const find = <T extends string>(known: readonly T[]): T | null => known.find((one) => words.includes(one)) ?? null;
  const percent = words.findLast((word) => /^[0-9]+%$/.test(word));
  const maxconn = words.findLast((word) => /^maxconn:[0-9]+$/.test(word));
  const known = (word: string): boolean =>
    /^(?:[0-9]+%|maxconn:[0-9]+)$/.test(word) || [...HEALTH, ...ADMIN].some((one) => one === word);
  return {
    health: find(HEALTH),
    admin: find(ADMIN),
    percent: percent === undefined ? null : Number(percent.slice(0, -1)),
    maxconn: maxconn === undefined ? null : Number(maxconn.slice('maxconn:'.length)),
    description: more.join('#').trim(),
    unknown: words.find((word) => !known(word)) ?? null,
  };
}

/** The result that an answer is. */
export function agentResult({ health, description, unknown }: AgentAnswer): Omit<CheckResult, 'durationMs'> {
  if (health === null) return { status: 'CHECKED', info: unknown === null ? '' : `agent reports an error : ${unknown}` };
  const more = description === '' ? '' : ` (${description})`;
  return { status: health === 'up' ? 'L7OK' : 'L7STS', code: 0, info: `via agent : ${health}${more}` };
}

/** Does what the answer says beside health; what it cannot have is answered in words, '' otherwise. */
export function obeyAgent(answer: AgentAnswer, place: ServerPlace, states: ServerStates, initialWeight: number): string {
  if (answer.admin === 'ready') states.setReady(place);
  else if (answer.admin === 'drain') states.setDrain(place);
  else if (answer.admin === 'maint') states.setMaintenance(place);
  if (answer.maxconn !== null && states.maxconn(place) !== answer.maxconn) states.setMaxconn(place, answer.maxconn);
  return answer.percent === null ? '' : setPercent(answer.percent, place, states, initialWeight);
}

function setPercent(percent: number, place: ServerPlace, states: ServerStates, initialWeight: number): string {
  const weight = Math.floor((initialWeight * percent) / 100);
  if (weight === states.weight(place)) return '';
  try {
    states.setWeight(place, weight);
    return '';
  } catch (error) {
    return (error as RangeError).message;
  }
}
