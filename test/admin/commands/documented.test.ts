/** docs/runtime-socket.md has a table of all commands with their levels: of every one that there is, and of no other. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LEVELS, type Level } from '../../../src/admin/command.js';
import { COMMANDS } from '../../../src/admin/commands/index.js';

const PAGE = fileURLToPath(new URL('../../../../docs/runtime-socket.md', import.meta.url));
/** They come with every table of commands, and from where processes speak to one another. */
const HELP = { name: 'help', level: 'user' as Level };
const HIDDEN = ['_getsocks'];

const ALL = [...COMMANDS.filter(({ name }) => !HIDDEN.includes(name)), HELP];

interface Row {
  readonly text: string;
  readonly level: Level | undefined;
}

/** Each command in the first column of the table, with the first word of the second. */
function rows(): Row[] {
  const table = readFileSync(PAGE, 'utf8').split('| command | level | |\n')[1].split('\n\n')[0];
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, commands, level] = line.replaceAll('\\|', '/').split('|');
      return [...commands.matchAll(/`([^`]+)`/g)].map(([, text]) => ({
        text,
        level: LEVELS.find((one) => level.trim().startsWith(one)),
      }));
    });
}

const names = ({ text }: Row, name: string): boolean => text === name || text.startsWith(`${name} `);

test('every command is there', () => {
  const documented = rows();
  assert.equal(
    ALL.filter(({ name }) => !documented.some((row) => names(row, name))).map(({ name }) => name),
    [],
  );
});

test('nothing else is there, and levels are right', () => {
  for (const row of rows()) {
    const command = ALL.filter(({ name }) => names(row, name)).sort((a, b) => b.name.length - a.name.length)[0];
    assert.ok(command !== undefined, row.text);
    if (row.text !== 'operator') assert.is(row.level, command.level, row.text);
  }
});

test.run();
