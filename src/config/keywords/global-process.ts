/** Keywords of section `global` about the process: its life, its rights, its threads (configuration manual, section 3.1). */
import type { GlobalConfig, Setting } from '../config.js';
import type { GlobalKeyword } from '../keyword.js';
import { parseCpuMap } from './cpu-map.js';
import {
  endsAfter,
  GLOBAL,
  type GlobalLine,
  INTEGER_MAX,
  isFirst,
  nameOf,
  onlyInteger,
  onlyTime,
  onlyWord,
  refuse,
  setting,
  switchKeyword,
} from './global-line.js';

/** Worker threads at most; HAProxy's own limit is 64 for each of up to 16 groups. */
export const THREADS_MAX = 1024;
/** Identifiers of users and groups are unsigned 32-bit numbers, of which the last means none. */
const ID_MAX = 2 ** 32 - 2;

/** Settings that are a single text. */
type TextField = 'pidfile' | 'chroot' | 'user' | 'group' | 'localpeer';

/** The keywords of this file. */
export const GLOBAL_PROCESS_KEYWORDS: readonly GlobalKeyword[] = [
  switchKeyword('daemon', { help: 'Run in the background.', default: 'in the foreground' }, (line) => {
    line.target.daemon = setting(line, true);
  }),
  {
    name: 'master-worker',
    sections: GLOBAL,
    arguments: '[no-exit-on-failure]',
    help: "The role of HAProxy's master, as -W; the argument changes nothing.",
    parse: masterWorker,
  },
  text('pidfile', '<pidfile>', 'File to write the number of the process to.', 'expects a file name as an argument.'),
  text('chroot', '<jail dir>', 'Directory to lock the process into.', 'expects a directory as an argument.'),
  text('user', '<user name>', 'User to become once the listeners are open.', 'expects a user name as an argument.'),
  text('group', '<group name>', 'Group to become once the listeners are open.', 'expects a group name as an argument.'),
  numericId('uid', 'user', 'As user, by number.'),
  numericId('gid', 'group', 'As group, by number.'),
  {
    name: 'nbproc',
    sections: GLOBAL,
    arguments: '<number>',
    help: 'Processes; only 1 is possible. Work is spread over threads, see nbthread.',
    parse: nbproc,
  },
  {
    name: 'nbthread',
    sections: GLOBAL,
    arguments: '<number>',
    default: 'one for each usable CPU',
    help: 'Worker threads.',
    parse: nbthread,
  },
  {
    name: 'cpu-map',
    sections: GLOBAL,
    arguments: '[auto:]<thread-group>[/<thread-set>] <cpu-set>...',
    default: 'a CPU for each thread',
    help: 'CPUs that threads run on.',
    parse: (line) => parseCpuMap(line, THREADS_MAX),
  },
  {
    name: 'ulimit-n',
    sections: GLOBAL,
    arguments: '<number>',
    default: 'as many as maxconn needs',
    help: 'File descriptors that the process may open.',
    parse: (line) => takeOnce(line, 'ulimitN', () => onlyInteger(line, 0)),
  },
  {
    name: 'hard-stop-after',
    sections: GLOBAL,
    arguments: '<time>',
    default: 'no limit',
    help: 'Longest time that sessions may take to end after a soft stop.',
    parse: (line) =>
      take(line, 'hardStopAfterMs', () => onlyTime(line, 'argument to <hard-stop-after>', 'expects <time> as argument.')),
  },
  {
    name: 'grace',
    sections: GLOBAL,
    arguments: '<time>',
    default: '0',
    help: 'Time between a soft stop and the end of listening.',
    parse: (line) => take(line, 'graceMs', () => onlyTime(line, 'argument to <grace>', 'expects <time> as argument.')),
  },
  switchKeyword('set-dumpable', { help: 'Allow core dumps after a change of user.', no: true }, (line) => {
    line.target.setDumpable = setting(line, line.negated === null);
  }),
  switchKeyword('zero-warning', { help: 'Refuse a configuration with warnings.' }, (line) => {
    line.target.zeroWarning = setting(line, true);
  }),
  text('localpeer', '<name>', 'Name of this host among peers; -L goes before it.', 'expects a name as an argument.'),
];

/** Sets a field from a reader that may have failed; the last line holds. */
function take<K extends keyof GlobalConfig>(line: GlobalLine, field: K, read: () => number | null): void {
  const value = read();
  if (value !== null) Object.assign(line.target, { [field]: setting(line, value) });
}

/** The same, but the first line holds. */
function takeOnce<K extends 'ulimitN'>(line: GlobalLine, field: K, read: () => number | null): void {
  if (isFirst(line, line.target[field])) take(line, field, read);
}

function text(name: TextField, parameters: string, help: string, missing: string): GlobalKeyword {
  return {
    name,
    sections: GLOBAL,
    arguments: parameters,
    help,
    parse: (line) => {
      const word = onlyWord(line, missing);
      if (word === null || !isFirst(line, line.target[name])) return;
      const value: Setting<string> = { value: word.text, place: word.place };
      line.target[name] = value;
      if (name === 'localpeer') line.file.environment.set('HAPROXY_LOCALPEER', word.text);
    },
  };
}

function numericId(name: 'uid' | 'gid', field: 'user' | 'group', help: string): GlobalKeyword {
  return {
    name,
    sections: GLOBAL,
    arguments: '<number>',
    help,
    parse: (line) => {
      if (!isFirst(line, line.target[field])) return;
      const word = onlyWord(line, 'expects an integer argument.');
      if (word === null) return;
      if (/^[0-9]+$/.test(word.text) && Number(word.text) <= ID_MAX) line.target[field] = { value: word.text, place: word.place };
      else refuse(line, `'${name}' : '${word.text}' is not a number.`, word, `'${field}' takes a name`);
    },
  };
}

function masterWorker(line: GlobalLine): void {
  const [word] = line.words;
  if (!endsAfter(line, 1)) return;
  if (word === undefined || word.text === 'no-exit-on-failure') line.target.masterWorker = setting(line, true);
  else refuse(line, "'master-worker' only supports 'no-exit-on-failure' option.", word);
}

/** Older guides recommend `nbproc 1`, which is what there is. */
function nbproc(line: GlobalLine): void {
  const word = onlyWord(line, 'expects an integer argument.');
  if (word === null) return;
  const gone =
    'nbproc is not supported any more since HAProxy 2.5. Threads will automatically be used on multi-processor machines if available.';
  if (word.text === '1') line.findings.warning(word.place, gone, 'remove the line');
  else refuse(line, gone, word, 'remove the line, or use nbthread');
}

function nbthread(line: GlobalLine): void {
  const [word] = line.words;
  if (!endsAfter(line, 1)) return;
  if (word === undefined || !/^-?[0-9]+$/.test(word.text)) {
    refuse(line, `'nbthread' passed a missing or unparsable integer value in '${word?.text ?? ''}'`, word);
    return;
  }
  const value = Number(word.text);
  if (value >= 1 && value <= THREADS_MAX && value <= INTEGER_MAX) line.target.nbthread = { value, place: word.place };
  else refuse(line, `'${nameOf(line)}' value must be between 1 and ${THREADS_MAX} (was ${value})`, word);
}
