/** The runtime sockets that configuration files mention, for commands that want to speak to one. Nothing else of the files is judged. */
import type { StatsSocket } from '../config/config.js';
import { readConfig } from '../config/read.js';
import { type Parsed, parsed, refused } from '../config/values/parsed.js';
import { configurationFiles, UnreadableConfiguration } from '../master/configuration/configuration.js';
import { readTextFile } from '../master/configuration/text-file.js';

const LEVELS = ['admin', 'operator', 'user'];

/** Those of files and directories, the most powerful first. */
export function statsSockets(paths: readonly string[]): Parsed<readonly StatsSocket[]> {
  try {
    const files = configurationFiles(paths).map((name) => ({ name, text: readTextFile(name) }));
    const environment = new Map(Object.entries(process.env).map(([name, value]) => [name, value ?? '']));
    const { config } = readConfig(files, environment);
    return parsed([...config.global.statsSockets].sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level)));
  } catch (error) {
    if (error instanceof UnreadableConfiguration || (error as NodeJS.ErrnoException).code !== undefined)
      return refused((error as Error).message);
    throw error;
  }
}
