/** A process whose file changes while it runs, and what it says of itself. */
import { renameSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { type EngineChoice, eventually, isListening, type RunningProcess, scratchFolder, startTurbo } from '../../harness.js';

/** A running process, and the file that it was started with. */
export interface Reloadable {
  readonly process: RunningProcess;
  /** Writes other sections. */
  write(sections: string): void;
  /** Writes other sections and has them loaded; resolves when the process has said what came of it. */
  reload(sections: string, signal?: NodeJS.Signals): Promise<string>;
  /** An answer of the runtime API. */
  ask(command: string): Promise<string>;
}

/**
 * Starts one with `global` and `defaults` of its own before these sections; it is ready.
 * @param inherits descriptors that it has as 3 and following
 */
export async function startReloadable(
  engine: EngineChoice,
  workers: number,
  ports: readonly number[],
  sections: string,
  inherits: readonly number[] = [],
): Promise<Reloadable> {
  const folder = scratchFolder();
  const file = join(folder, 'haproxy.cfg');
  const socket = join(folder, 'socket');
  const write = (body: string): void => {
    writeFileSync(
      `${file}.new`,
      `global
  tune.io-engine ${engine}
  nbthread ${workers}
  maxconn 500
  stats socket ${socket} level admin
defaults
  timeout connect 5s
  timeout client 1m
  timeout server 1m
${body}`,
    );
    renameSync(`${file}.new`, file); // at once: a process may be reading it
  };
  write(sections);
  const readyWhen = (): boolean => ports.every(isListening);
  const turbo = await startTurbo(['-W', '-db', '-f', file], { readyWhen, inherits });
  await eventually('it is ready', () => turbo.stderr.includes('Loading success.'));
  return {
    process: turbo,
    write,
    reload: async (body, signal = 'SIGUSR2') => {
      write(body);
      const { length } = turbo.stderr;
      turbo.child.kill(signal);
      const said = (): string => turbo.stderr.slice(length);
      await eventually('the reload is over', () => /Loading success\.|Reload failed/.test(said()));
      return said();
    },
    ask: (command) => ask(socket, command),
  };
}

function ask(socket: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const client = createConnection(socket, () => client.write(`${command}\n`));
    client.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    client.on('end', () => resolve(answer)).on('error', reject);
  });
}

/** A column of `show stat`, of one row. */
export async function stat({ ask }: Reloadable, row: string, column: string): Promise<number> {
  const lines = (await ask('show stat')).trim().split('\n');
  const columns = lines[0].replace(/^# /, '').split(',');
  const found = lines.map((line) => line.split(',')).find(([proxy, server]) => `${proxy}/${server}` === row) ?? [];
  return Number(found[columns.indexOf(column)]);
}
