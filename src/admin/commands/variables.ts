/** `get var`, `set var`: variables of the process, by the language of configuration files itself. */
import { readConfig } from '../../config/read.js';
import type { LoadBalancer } from '../../master/balancer.js';
import { compilePlan } from '../../plan/compile.js';
import { formatIpv4, formatIpv6 } from '../../proxy/samples/addresses.js';
import { ProcessVariableSetter } from '../../proxy/samples/process-variables.js';
import { TYPE_BOOL, TYPE_INTEGER, TYPE_IPV4, TYPE_IPV6, TYPE_STRING } from '../../proxy/samples/sample.js';
import type { StoredValue } from '../../shared/process-variables.js';
import { type Command, type CommandCall, failure, Message, type Reply } from '../command.js';

const TYPES: ReadonlyMap<number, string> = new Map([
  [TYPE_BOOL, 'bool'],
  [TYPE_INTEGER, 'sint'],
  [TYPE_IPV4, 'ipv4'],
  [TYPE_IPV6, 'ipv6'],
  [TYPE_STRING, 'str'],
]);

/** The commands of this file. */
export const VARIABLE_COMMANDS: readonly Command[] = [
  {
    name: 'get var',
    usage: '<name>',
    help: 'retrieve contents of a process-wide variable',
    level: 'operator',
    run: ({ balancer, words: [name] }) => {
      if (name === undefined) return failure('Missing process-wide variable identifier.\n');
      const value = balancer.tables.variables.read(name);
      if (value === null) return failure('Variable not found.\n');
      return new Message('info', `${name}: type=${TYPES.get(value.type) ?? 'bin'} value=<${valueText(value)}>\n`);
    },
  },
  { name: 'set var', usage: '<name> [fmt] <expr>', help: null, level: 'operator', run: setVar },
];

function valueText({ type, integer, wide, text, words }: StoredValue): string {
  if (type === TYPE_BOOL || type === TYPE_INTEGER) return String(wide ?? integer);
  if (type === TYPE_IPV4) return formatIpv4(integer);
  if (type === TYPE_IPV6) return formatIpv6(words);
  return Buffer.from(text, 'latin1').toString(type === TYPE_STRING ? 'utf8' : 'hex');
}

/** `set var proc.x int(5)`, `set var proc.x expr int(5)`, `set var proc.x fmt "%[date]"`. */
function setVar({ balancer, words: [name = '', ...rest] }: CommandCall): Reply {
  const kind = rest[0] === 'expr' || rest[0] === 'fmt' ? rest[0] : null;
  const value = kind === null ? rest : rest.slice(1);
  if (!/^proc\.[A-Za-z0-9_.]+$/.test(name))
    return failure(`invalid variable name '${name}'. Only variables of the process can be set here: 'proc.<name>'\n`);
  if (value.length === 0) return failure("Missing either 'expr', 'fmt' or expression.\n");
  return assign(balancer, `${kind === 'fmt' ? 'set-var-fmt' : 'set-var'} ${[name, ...value].map(quoted).join(' ')}`);
}

/** A word that stands for itself in a configuration file. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function assign({ plan, tables }: LoadBalancer, line: string): Reply {
  const { config, findings } = readConfig([{ name: 'socket', text: `global\n ${line}\n` }], new Map());
  const resources = {
    resolve: () => ({ ok: false, message: 'no names here' }) as const,
    files: new Map(),
    hostname: '',
    directory: '/',
  };
  const compiled = findings.fatal ? null : compilePlan(config, resources, findings);
  const [fault] = findings.list.filter(({ severity }) => severity === 'alert');
  if (compiled === null || fault !== undefined)
    return failure(
      `${fault?.text.replace(/^config : parsing \[[^\]]*\] ?: (?:'set-var(?:-fmt)?' ?: )?/, '') ?? 'it cannot be set'}\n`,
    );
  const setter = new ProcessVariableSetter(plan, tables);
  return compiled.process.variables.every((variable) => setter.set(variable))
    ? ''
    : failure('there is no such value, or no room for it\n');
}
