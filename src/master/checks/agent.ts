/**
 * What an agent says of its server (configuration manual, 5.2, `agent-check`): words about its weight,
 * its limit, what the operator wants of it, and its health. A word that is none is told, not guessed at.
 */
import type { CheckPlan } from '../../plan/checks.js';
import { CONNECT_STEP } from '../../plan/checks.js';
import type { ServerPlace, ServerStates } from '../servers/server-states.js';
import type { CheckResult } from './result.js';

/** An answer, word by word; null where nothing is said. Of words that exclude each other the last one holds. */
export interface AgentAnswer {
  readonly health: (typeof HEALTH)[number] | null;
  /** The same as the agent wrote it. */
  readonly healthWord: string;
  readonly admin: (typeof ADMIN)[number] | null;
  /** Of the weight in the file. */
  readonly percent: number | null;
  readonly maxconn: number | null;
  /** Behind a `#`. */
  readonly description: string;
  /** The first word that is none of these. */
  readonly unknown: string | null;
  /** What is wrong with a weight or a limit, in HAProxy's words; '' otherwise. */
  readonly warning: string;
}

const HEALTH = ['up', 'down', 'stopped', 'fail'] as const;
const ADMIN = ['ready', 'drain', 'maint'] as const;
const WEIGHT_MAX = 256;
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
        message: null,
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

type Answer = { -readonly [K in keyof AgentAnswer]: AgentAnswer[K] };

/** Reads the first line; null: it has not come to its end, and says nothing. */
export function parseAgent(text: string): AgentAnswer | null {
  const line = /^[^\r\n\0]*(?=[\r\n])/.exec(text)?.[0];
  if (line === undefined) return null;
  const hash = /(?:^|[ \t,])#/.exec(line);
  const said = hash === null ? line : line.slice(0, hash.index);
  const answer: Answer = {
    ...{ health: null, healthWord: '', admin: null, percent: null, maxconn: null, unknown: null, warning: '' },
    description: hash === null ? '' : line.slice(hash.index + hash[0].length).trim(),
  };
  for (const word of said.split(/[ \t,]+/)) if (word !== '') readWord(word, answer);
  return answer;
}

function readWord(word: string, answer: Answer): void {
  const lower = word.toLowerCase();
  const health = HEALTH.find((one) => one === lower);
  const admin = ADMIN.find((one) => one === lower);
  if (health !== undefined) {
    answer.health = health;
    answer.healthWord = word;
  } else if (admin !== undefined) answer.admin = admin;
  else if (/^[0-9].*%/.test(word)) readPercent(word, answer);
  else if (lower.startsWith('maxconn:')) readMaxconn(word.slice('maxconn:'.length), answer);
  else answer.unknown ??= word;
}

function readPercent(word: string, answer: Answer): void {
  if (/^[0-9]+%$/.test(word)) answer.percent = Number(word.slice(0, -1));
  else answer.warning = 'Trailing garbage in weight string';
}

function readMaxconn(value: string, answer: Answer): void {
  if (/^[0-9]+$/.test(value)) answer.maxconn = Number(value);
  else if (value === '') answer.warning = 'Require <maxconn>.';
  else if (/^[0-9]/.test(value)) answer.warning = 'Trailing garbage in maxconn string';
  else answer.warning = 'maxconn string empty or preceded by garbage';
}

/** The result that an answer is. */
export function agentResult(answer: AgentAnswer | null): Omit<CheckResult, 'durationMs'> {
  if (answer === null) return { status: 'L7TOUT', info: 'Ignoring incomplete line from agent' };
  const { health, healthWord, description, unknown, warning } = answer;
  if (health === null) {
    const said = unknown !== null ? `agent reports an error : ${unknown}` : warning === '' ? '' : `agent warns : ${warning}`;
    return { status: 'CHECKED', info: said };
  }
  const more = description !== '' ? description : (unknown ?? '');
  const info = `via agent : ${healthWord}${more === '' ? '' : ` (${more})`}`;
  return { status: health === 'up' ? 'L7OK' : 'L7STS', code: 0, info };
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
  const weight = Math.min(WEIGHT_MAX, Math.floor((initialWeight * percent) / 100));
  if (weight === states.weight(place)) return '';
  try {
    states.setWeight(place, weight);
    return '';
  } catch (error) {
    return (error as RangeError).message;
  }
}
