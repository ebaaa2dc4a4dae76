/**
 * The master's socket (`-S ADDRESS[,OPTION,...]`; management manual, sections 3 and 9.4): what the command
 * line says of it is read as the line `stats socket` of a file is, of which it has the options.
 */
import { readConfig } from '../../config/read.js';
import { compilePlan } from '../../plan/compile.js';
import type { RuntimeSocketPlan } from '../../plan/runtime.js';
import { StartError } from '../start-error.js';

/** The sockets of the option. Throws StartError, naming it, for what is wrong with it. */
export function masterSockets(option: string): RuntimeSocketPlan[] {
  const [address, ...options] = option.split(',').map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const line = ['stats socket', address, 'level admin', ...options].join(' ');
  const { config, findings } = readConfig([{ name: '-S', text: `global\n${line}\n` }], new Map());
  const resources = {
    resolve: () => ({ ok: false, message: 'the master listens at addresses, not at names' }) as const,
    files: new Map<string, string>(),
    hostname: '',
    directory: process.cwd(),
  };
  const plan = findings.fatal ? null : compilePlan(config, resources, findings);
  const wrong = findings.list.find(({ severity }) => severity === 'alert');
  if (plan === null || wrong !== undefined) throw new StartError(`-S ${option}: ${wrong?.text ?? 'it cannot be read'}`);
  return plan.process.runtime.sockets.map((socket) => ({ ...socket, isMaster: true }));
}
