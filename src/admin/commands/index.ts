/** Every command of the runtime API: a row for each family. */
import type { Command } from '../command.js';
import { ACTIVITY_COMMANDS } from './activity.js';
import { FRONTEND_COMMANDS } from './frontends.js';
import { CONTROL_COMMANDS, MASTER_COMMANDS } from './master.js';
import { PATTERN_COMMANDS } from './patterns.js';
import { PROCESS_COMMANDS } from './process.js';
import { REPLACEMENT_COMMANDS } from './replacement.js';
import { RESOLVERS_COMMANDS } from './resolvers.js';
import { SERVER_STATE_COMMANDS } from './server-state.js';
import { SERVER_COMMANDS } from './servers.js';
import { SESSION_COMMANDS } from './session.js';
import { SESSION_LIST_COMMANDS } from './sessions.js';
import { SET_SERVER_COMMANDS } from './set-server.js';
import { STATS_COMMANDS } from './stats.js';
import { TABLE_COMMANDS } from './tables.js';
import { VARIABLE_COMMANDS } from './variables.js';
import { WAIT_COMMANDS } from './wait.js';

/** All of them, in any order. */
export const COMMANDS: readonly Command[] = [
  ...ACTIVITY_COMMANDS,
  ...CONTROL_COMMANDS,
  ...FRONTEND_COMMANDS,
  ...PATTERN_COMMANDS,
  ...PROCESS_COMMANDS,
  ...REPLACEMENT_COMMANDS,
  ...RESOLVERS_COMMANDS,
  ...SERVER_COMMANDS,
  ...SERVER_STATE_COMMANDS,
  ...SESSION_COMMANDS,
  ...SESSION_LIST_COMMANDS,
  ...SET_SERVER_COMMANDS,
  ...STATS_COMMANDS,
  ...TABLE_COMMANDS,
  ...VARIABLE_COMMANDS,
  ...WAIT_COMMANDS,
];

/** Of those of every process, what the master's socket has, too. */
const ALSO_OF_MASTER = ['show version', 'show cli sockets'];

/** The commands of the master's socket (`-S`); all others are behind a prefix. */
export const MASTER_SOCKET_COMMANDS: readonly Command[] = [
  ...MASTER_COMMANDS,
  ...PROCESS_COMMANDS.filter(({ name }) => ALSO_OF_MASTER.includes(name)),
  ...SESSION_COMMANDS,
];
