/** Keywords `stats` of section `global`: the sockets of the runtime API (configuration manual, section 3.1). */
import type { StatsSocket } from '../config.js';
import { Findings } from '../diagnostics.js';
import type { GlobalKeyword, OptionContext, OptionKeyword } from '../keyword.js';
import type { Word } from '../tokens/line.js';
import { didYouMean } from '../values/nearest.js';
import { readBindAddresses } from './bind.js';
import { BIND_DEFAULTS, BIND_OPTIONS, type BindLine } from './bind-options.js';
import { GLOBAL, type GlobalLine, onlyInteger, onlyWord, refuse, setting } from './global-line.js';
import { choiceWord, OptionTable } from './option-words.js';
import { timeFault, timeOf, timerOverflow } from './reading.js';

/** What a line says beside its addresses. */
type StatsLine = BindLine & Pick<StatsSocket, 'level' | 'exposeFdListeners' | 'severityOutput'>;

const LEVELS = ['user', 'operator', 'admin'] as const;
const SEVERITY_OUTPUTS = ['none', 'number', 'string'] as const;
const DEFAULTS: StatsLine = { ...BIND_DEFAULTS, level: 'operator', exposeFdListeners: false, severityOutput: 'none' };

/** Reports what is wrong with an option; `missing` when there is no word behind it. */
function fault({ findings, option, words }: OptionContext<StatsLine>, missing: string, wrong: string): null {
  const [word] = words;
  findings.alert(
    (word ?? option).place,
    `'${option.text}' ${word === undefined ? `: ${missing}` : `${wrong} (got '${word.text}')`}`,
  );
  return null;
}

/** Options that mean something for the runtime API only. */
const OWN: readonly OptionKeyword<StatsLine>[] = [
  {
    name: 'level',
    arguments: '<level>',
    default: 'operator',
    help: 'What may be done here: user, operator or admin.',
    parse: (context) => {
      const level = choiceWord(context.words[0], LEVELS);
      if (level === null) return fault(context, 'missing level', "only supports 'user', 'operator', and 'admin'");
      context.settings.level = level;
      return 1;
    },
  },
  {
    name: 'severity-output',
    arguments: '<format>',
    default: 'none',
    help: 'Whether messages begin with their severity: none, number or string.',
    parse: (context) => {
      const output = choiceWord(context.words[0], SEVERITY_OUTPUTS);
      if (output === null) return fault(context, 'missing severity format', "only supports 'none', 'number', and 'string'");
      context.settings.severityOutput = output;
      return 1;
    },
  },
  {
    name: 'expose-fd',
    arguments: 'listeners',
    help: 'Another process may take the listening sockets over from here.',
    parse: (context) => {
      if (context.words[0]?.text !== 'listeners') return fault(context, 'missing fd type', "only supports 'listeners'");
      context.settings.exposeFdListeners = true;
      return 1;
    },
  },
];

const ownNames = new Set(OWN.map(({ name }) => name));
const OPTIONS = new OptionTable<StatsLine>([...OWN, ...BIND_OPTIONS.options.filter(({ name }) => !ownNames.has(name))]);
const OPTION_NAMES = OPTIONS.options.map(({ name }) => name);

/** The keywords of this file. */
export const GLOBAL_STATS_KEYWORDS: readonly GlobalKeyword[] = [
  {
    name: 'stats socket',
    sections: GLOBAL,
    arguments: '[<address:port>|<path>|fd@<n>] [param*]',
    help: 'A socket of the runtime API, with level, expose-fd and the options of bind.',
    parse: statsSocket,
  },
  {
    name: 'stats maxconn',
    sections: GLOBAL,
    arguments: '<connections>',
    default: '10',
    help: 'Connections to the runtime API at a time; others wait.',
    parse: (line) => {
      const value = onlyInteger(line, 1);
      if (value !== null) line.target.statsMaxconn = setting(line, value);
    },
  },
  {
    name: 'stats bind-process',
    sections: GLOBAL,
    arguments: '[ all | odd | even | <process_num> ]',
    help: 'Processes of the runtime API; here there is one.',
    inert: true,
    parse: statsBindProcess,
  },
  {
    name: 'stats timeout',
    sections: GLOBAL,
    arguments: '<timeout, in milliseconds>',
    default: '10s',
    help: 'Longest silence on a socket of the runtime API.',
    parse: statsTimeout,
  },
];

function statsSocket(line: GlobalLine): void {
  const [addressWord, ...words] = line.words;
  if (addressWord === undefined) {
    refuse(line, "'stats socket' in global section expects an address or a path to a UNIX socket");
    return;
  }
  const addresses = readBindAddresses(addressWord.text, line.file.environment);
  if (!addresses.ok) {
    refuse(line, `'stats socket' : ${addresses.message}`, addressWord);
    return;
  }
  const read = readOptions(line, words);
  if (read === null) return;
  const { name, id, level, exposeFdListeners, severityOutput, ...settings } = read;
  const { place } = line.keyword[0];
  for (const { address, text } of addresses.value)
    line.target.statsSockets.push({ address, text, name, id, settings, level, exposeFdListeners, severityOutput, place });
}

/** HAProxy puts what an option has to complain about into quotes of its own. */
function readOptions(line: GlobalLine, words: readonly Word[]): StatsLine | null {
  const settings: StatsLine = { ...DEFAULTS };
  const { place } = line.keyword[0];
  const complaints = new Findings();
  const context = { settings, about: '', place, findings: complaints, file: line.file };
  const good = OPTIONS.read(words, context, (word) =>
    refuse(line, `'stats socket' : unknown keyword '${word.text}'${didYouMean(word.text, OPTION_NAMES) || '.'}`, word),
  );
  for (const { severity, text, place: at = place } of complaints.list) {
    const said = text.replace(/^.*?\] : (?: : )?/s, '');
    if (severity === 'alert') line.findings.alert(at, `'stats socket' : '${said}'`);
    else line.findings.warning(at, `'stats socket' : ${said}`);
  }
  return good ? settings : null;
}

function statsTimeout(line: GlobalLine): void {
  const word = onlyWord(line, 'expects a positive value');
  if (word === null) return;
  const time = timeOf(word.text);
  const fault = time === null ? timeFault(word.text) : null;
  if (fault?.kind === 'overflow') refuse(line, timerOverflow(word.text, 'stats timeout'), word);
  else if (fault !== null) refuse(line, `'stats timeout' : unexpected character '${fault.character}'`, word);
  else if (time === 0) refuse(line, "'stats timeout' expects a positive value", word);
  else if (time !== null) line.target.statsTimeoutMs = setting(line, time);
}

/** Accepted and without effect, as HAProxy takes it since there is one process. */
function statsBindProcess(line: GlobalLine): void {
  for (const word of line.words)
    if (!/^(all|odd|even|1(-1?)?)$/.test(word.text)) {
      refuse(line, `'stats bind-process' : '${word.text}' is not a valid number/range.`, word);
      return;
    }
}
