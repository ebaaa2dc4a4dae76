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
    parse: ({ words, findings, line, keyword, file }) => {
      if (words.length === 0)
        findings.line('alert', keyword[0].place, `'${line.words[0].text}' expects at least one variable name.`);
      for (const { text } of words) file.environment.delete(text);
    },
  },
  {
    name: 'resetenv',
    sections: GLOBAL,
    arguments: '[<name>...]',
    help: 'Removes every variable of the environment but those that are named.',
    parse: ({ words, file: { environment } }) => {
      const kept = new Set(words.map(({ text }) => text));
      for (const name of [...environment.keys()]) if (!kept.has(name)) environment.delete(name);
    },
  },
];

function set({ words: [name, value], keyword, findings, file }: GlobalLine, wanted: (name: string) => boolean): void {
  if (name === undefined || value === undefined) {
    findings.line('alert', keyword[0].place, `'${keyword[0].text}' expects a name and a value.`);
  } else if (wanted(name.text)) file.environment.set(name.text, value.text);
}
