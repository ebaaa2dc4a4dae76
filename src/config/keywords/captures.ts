/** `declare capture`, which reserves a slot that rules fill and log lines show (configuration manual, section 4.2). */
import type { ProxyKeyword } from '../keyword.js';
import { type ProxyLine, refuse, wholeNumber } from './reading.js';

/** Bytes of a capture at most; HAProxy takes what fits its buffer. */
const LENGTH_MAX = 16_384;

/** Captures. */
export const CAPTURE_KEYWORDS: readonly ProxyKeyword[] = [
  {
    name: 'declare capture',
    sections: ['frontend', 'listen'],
    misplaced: { severity: 'alert', text: "'declare' only available in frontend or listen section" },
    arguments: '{ request | response } len <length>',
    help: 'Reserve a capture that rules may fill.',
    parse: parseDeclare,
  },
];

function parseDeclare(line: ProxyLine): void {
  const [side, len, length] = line.words;
  const value = wholeNumber(length?.text ?? '');
  if (side?.text !== 'request' && side?.text !== 'response')
    refuse(line, "'declare capture' requires a direction ('request' or 'response')", side);
  else if (len?.text !== 'len') refuse(line, "'declare capture' requires a capture length ('len')", len ?? side);
  else if (length === undefined)
    refuse(line, "'declare capture': 'len' requires a numeric value that represents the capture length", len);
  else if (value === null) refuse(line, "'declare capture': cannot parse the length 'len'.", length);
  else if (value <= 0) refuse(line, 'length must be > 0', length);
  else if (value > LENGTH_MAX) refuse(line, `length must be at most ${LENGTH_MAX}`, length);
  else line.target.captures[side.text].push(value);
}
