/** Keywords of section `global` that change variables for the lines that follow (configuration manual, section 3.1). */
import type { GlobalKeyword } from '../keyword.js';
import { GLOBAL, type GlobalLine } from './global-line.js';

/** The keywords of this file. */
export const GLOBAL_ENVIRONMENT_KEYWORDS: readonly GlobalKeyword[] = [
  {
    name: 'setenv',
    sections: GLOBAL,
    arguments: '<name> <value>',
    help: 'Sets a variable of the environment.',
    parse: (line) => set(line, () => true),
  },
  {
    name: 'presetenv',
    sections: GLOBAL,
    arguments: '<name> <value>',
    help: 'Sets a variable of the environment unless there is one.',
    parse: (line) => set(line, (name) => !line.file.environment.has(name)),
  },
  {
    name: 'unsetenv',
    sections: GLOBAL,
    arguments: '<name>...',
    help: 'Removes variables of the environment.',
    parse: (line) => {
      if (line.words.length === 0)
        line.findings.line('alert', line.keyword[0].place, `'${line.keyword[0].text}' expects at least one variable name.`);
      for (const { text } of line.words) change(line, text, null);
    },
  },
  {
    name: 'resetenv',
    sections: GLOBAL,
    arguments: '[<name>...]',
    help: 'Removes every variable of the environment but those that are named.',
    parse: (line) => {
      const kept = new Set(line.words.map(({ text }) => text));
      for (const name of [...line.file.environment.keys()]) if (!kept.has(name)) change(line, name, null);
    },
  },
];

function set(line: GlobalLine, wanted: (name: string) => boolean): void {
  const [name, value] = line.words;
  const { keyword, findings } = line;
  if (name === undefined || value === undefined) {
    findings.line('alert', keyword[0].place, `'${keyword[0].text}' expects a name and a value.`);
  } else if (wanted(name.text)) change(line, name.text, value.text);
}

/** For the lines that follow, and for expressions. @param value null: there is no such variable any more */
function change({ file, target }: GlobalLine, name: string, value: string | null): void {
  if (value === null) file.environment.delete(name);
  else file.environment.set(name, value);
  target.environment.set(name, value);
}
