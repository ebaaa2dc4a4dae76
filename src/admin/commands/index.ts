/** Every command of the runtime API: a row for each family. */
import type { Command } from '../command.js';
import { SESSION_COMMANDS } from './session.js';

/** All of them, in any order. */
export const COMMANDS: readonly Command[] = [...SESSION_COMMANDS];
