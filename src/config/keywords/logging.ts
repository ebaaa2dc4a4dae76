/** `log` and `log-tag` of proxies (configuration manual, section 4.2). Formats of lines have a family of their own. */
import type { LogTarget } from '../config.js';
import type { ProxyKeyword } from '../keyword.js';
import { LOG_TARGET_ARGUMENTS, parseLogTarget } from './log-target.js';
import { ANY_PROXY, type ProxyLine, refuse } from './reading.js';

/** Where proxies log to. */
export const LOGGING_KEYWORDS: readonly ProxyKeyword[] = [
  {
    name: 'log',
    sections: ANY_PROXY,
    arguments: `global | ${LOG_TARGET_ARGUMENTS}`,
    no: true,
    help: 'Where to log, or the targets of section global; no log forgets what was said before.',
    parse: parseLog,
  },
  {
    name: 'log-tag',
    sections: ANY_PROXY,
    arguments: '<string>',
    default: "global's, or haproxy",
    help: 'The name of the program in log lines.',
    parse: parseLogTag,
  },
];

function parseLog(line: ProxyLine): void {
  const { target, words } = line;
  if (line.negated !== null) forgetTargets(line);
  else if (words[0]?.text === 'global' && words.length === 1) addGlobal(line);
  else if (words.length < 2) refuse(line, 'log : expects <address> and <facility> or global as arguments', words[0]);
  else if (words[0].text === 'global') refuse(line, `log : unknown log facility '${words[1].text}'`, words[1]);
  else {
    const own = parseLogTarget(line);
    if (own !== null) target.logs = [...said(line), own];
  }
}

function forgetTargets(line: ProxyLine): void {
  if (line.words.length > 0) refuse(line, "log : 'no log' does not expect arguments", line.words[0]);
  else line.target.logs = [];
}

/** The targets so far; those of section global as they are at this line. */
function said({ target, file }: ProxyLine): readonly LogTarget[] {
  return target.logs === 'global' ? file.global.logs : (target.logs ?? []);
}

/** Nothing else, or both. A target of global is added once. */
function addGlobal(line: ProxyLine): void {
  const { target, file } = line;
  const own = target.logs === 'global' ? [] : (target.logs ?? []);
  const added = file.global.logs.filter((log) => !own.includes(log));
  target.logs = own.length === 0 ? 'global' : [...own, ...added];
}

function parseLogTag(line: ProxyLine): void {
  const [word] = line.words;
  if (word === undefined) refuse(line, "'log-tag' expects a tag for use in syslog.");
  else line.target.logTag = { value: word.text, place: word.place };
}
