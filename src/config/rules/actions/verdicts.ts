/** Actions that decide on the connection, and those that set something of it (configuration manual, section 4.2). */
import { LEVELS } from '../../config.js';
import { type ActionKeyword, ALL_SETS, REQUEST_SETS, type ReadAction, withExpression, wrong } from './outcome.js';

type Simple = 'accept' | 'reject' | 'close' | 'silent-drop';

const simple = (name: Simple, sets: ActionKeyword['sets']): ActionKeyword => ({
  name,
  sets,
  read: () => ({ ok: true, action: { kind: name }, taken: 1 }),
});

const readExpectProxy: ActionKeyword['read'] = ({ set, about, words }) => {
  const layer = words[1]?.text ?? '';
  if (layer !== 'layer4') return wrong(`'${set} expect-proxy' only supports 'layer4' in ${about} (got '${layer}')`);
  if (set !== 'tcp-request connection') return wrong(`'expect-proxy layer4' is not allowed in '${set}' rules in ${about}`);
  return { ok: true, action: { kind: 'expect-proxy' }, taken: 2 };
};

/** Decimal, hexadecimal or octal, as strtoul(3) with base 0 reads it. */
const readMark =
  (kind: 'set-mark' | 'set-tos'): ActionKeyword['read'] =>
  ({ words }) => {
    const text = words[1]?.text ?? '';
    if (text === '') return wrong('expects exactly 1 argument (integer/hex value)');
    const [digits] = /^(0x[0-9a-f]+|[0-9]+)?/i.exec(text) as RegExpExecArray;
    if (digits !== text)
      return wrong(`invalid character starting at '${text.slice(digits?.length ?? 0)}' (integer/hex value expected)`);
    const octal = /^0[0-7]+$/.test(text);
    return { ok: true, action: { kind, value: octal ? Number.parseInt(text, 8) : Number(text) }, taken: 2 };
  };

/** Nice values are kept within -1024..1024. */
const readNice: ActionKeyword['read'] = ({ words }) => {
  const text = words[1]?.text ?? '';
  if (!/^[+-]?[0-9]+$/.test(text)) return wrong('expects exactly 1 argument (integer value)');
  return { ok: true, action: { kind: 'set-nice', value: Math.max(-1024, Math.min(1024, Number(text))) }, taken: 2 };
};

const readLogLevel: ActionKeyword['read'] = ({ words }) => {
  const level = words[1]?.text ?? '';
  const known = level === 'silent' || LEVELS.some((name) => name === level);
  if (!known) return wrong("expects exactly 1 argument (log level name or 'silent')");
  return { ok: true, action: { kind: 'set-log-level', level }, taken: 2 };
};

const CONTENT: ActionKeyword['sets'] = ['tcp-request content'];
const CONTENTS: ActionKeyword['sets'] = ['tcp-request content', 'tcp-response content'];
const refuse =
  (reason: string): ActionKeyword['read'] =>
  ({ set, words }): ReadAction =>
    wrong(`'${set} ${words[0].text}' ${reason}`);

/** All of them. */
export const VERDICT_ACTIONS: readonly ActionKeyword[] = [
  simple('accept', ALL_SETS),
  simple('reject', ALL_SETS),
  simple('close', ['tcp-response content']),
  simple('silent-drop', ALL_SETS),
  { name: 'expect-proxy', sets: REQUEST_SETS, read: readExpectProxy },
  ...(['set-src', 'set-src-port', 'set-dst', 'set-dst-port'] as const).map(
    (kind): ActionKeyword => ({ name: kind, sets: REQUEST_SETS, read: withExpression((expression) => ({ kind, expression })) }),
  ),
  ...(['set-priority-class', 'set-priority-offset'] as const).map(
    (kind): ActionKeyword => ({ name: kind, sets: CONTENT, read: withExpression((expression) => ({ kind, expression })) }),
  ),
  { name: 'set-mark', sets: ALL_SETS, read: readMark('set-mark') },
  { name: 'set-tos', sets: ALL_SETS, read: readMark('set-tos') },
  { name: 'set-nice', sets: CONTENTS, read: readNice },
  { name: 'set-log-level', sets: CONTENTS, read: readLogLevel },
];

/** Actions of HAProxy that are known and refused. */
export const REFUSED_ACTIONS: readonly ActionKeyword[] = [
  { name: 'expect-netscaler-cip', sets: REQUEST_SETS, read: refuse('is not supported') },
  { name: 'use-service', sets: CONTENT, read: refuse('is not supported: there are no services in mode tcp') },
  { name: 'do-resolve', sets: CONTENT, read: refuse("is not supported: there is no section 'resolvers'") },
  { name: 'switch-mode', sets: CONTENT, read: refuse("needs 'mode http', which is not supported yet") },
  { name: 'send-spoe-group', sets: CONTENTS, read: refuse('is not supported: there are no SPOE filters') },
  { name: 'ot-group', sets: CONTENTS, read: refuse('is not supported: there is no OpenTracing filter') },
  { name: 'set-bandwidth-limit', sets: CONTENTS, read: refuse('is not supported: there are no filters') },
];
