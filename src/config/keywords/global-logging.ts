/** Keywords of section `global` about logs and names (configuration manual, section 3.1). */
import type { GlobalKeyword } from '../keyword.js';
import { endsAfter, GLOBAL, type GlobalLine, isFirst, onlyWord, setting } from './global-line.js';
import { LOG_TARGET_ARGUMENTS, parseLogTarget } from './log-target.js';

const NODE_NAME = /^[A-Za-z0-9._-]+$/;

/** The keywords of this file. */
export const GLOBAL_LOGGING_KEYWORDS: readonly GlobalKeyword[] = [
  {
    name: 'log',
    sections: GLOBAL,
    arguments: LOG_TARGET_ARGUMENTS,
    no: true,
    help: "A target of logs, for the process and for proxies with 'log global'.",
    parse: log,
  },
  {
    name: 'log-send-hostname',
    sections: GLOBAL,
    arguments: '[<string>]',
    default: 'no host name, and the own one in format rfc5424',
    help: 'Host name in log lines; the own one unless another is given.',
    parse: (line) => {
      if (!endsAfter(line, 1) || !isFirst(line, line.target.logSendHostname)) return;
      line.target.logSendHostname = setting(line, line.words[0]?.text ?? null);
    },
  },
  {
    name: 'log-tag',
    sections: GLOBAL,
    arguments: '<string>',
    default: 'haproxy',
    help: 'Name of the program in log lines.',
    parse: (line) => {
      const word = onlyWord(line, 'expects a tag for use in syslog.');
      if (word !== null) line.target.logTag = setting(line, word.text);
    },
  },
  {
    name: 'node',
    sections: GLOBAL,
    arguments: '<name>',
    default: 'name of the host',
    help: 'Name of this balancer among several, for statistics.',
    parse: node,
  },
  {
    name: 'description',
    sections: GLOBAL,
    arguments: '<text>',
    help: 'Words about this balancer, for statistics.',
    parse: (line) => {
      if (line.words.length === 0) line.findings.line('alert', line.keyword[0].place, "'description' expects a string argument.");
      else line.target.description = setting(line, line.words.map(({ text }) => text).join(' '));
    },
  },
];

/** `no log` forgets the targets so far. */
function log(line: GlobalLine): void {
  const { target, words, findings } = line;
  if (line.negated !== null) {
    if (words.length > 0) findings.line('alert', words[0].place, "'no log' does not expect arguments.");
    target.logs.length = 0;
  } else if (words.length === 1 && words[0].text === 'global') {
    findings.alert(words[0].place, "log : 'global' is not supported for a global syslog server");
  } else {
    const parsed = parseLogTarget(line);
    if (parsed !== null) target.logs.push(parsed);
  }
}

function node(line: GlobalLine): void {
  const [word] = line.words;
  if (!endsAfter(line, 1)) return;
  if (word !== undefined && NODE_NAME.test(word.text)) line.target.node = setting(line, word.text);
  else {
    const text =
      "'node' requires valid node name - non-empty string with digits(0-9), letters(A-Z, a-z), dot(.), hyphen(-) or underscode(_).";
    line.findings.line('alert', (word ?? line.keyword[0]).place, text);
  }
}
