/** Shapes that options of servers share: a switch that is on or off, and a text that must be there. */
import type { ServerSettings } from '../config.js';
import type { OptionKeyword } from '../keyword.js';
import { isNegated } from './option-words.js';
import { reportServer, type ServerOption } from './server-report.js';

type Parse = OptionKeyword<ServerSettings>['parse'];

/** Sets something by the name alone; `no-` before it takes it back. */
export function flag(set: (context: ServerOption, on: boolean) => void): Parse {
  return (context) => {
    set(context, !isNegated(context));
    return 0;
  };
}

/** Sets something by the next word. @param missing what is said when there is none */
export function text(missing: string, set: (context: ServerOption, value: string) => void): Parse {
  return (context) => {
    const [word] = context.words;
    if (word === undefined) {
      reportServer(context, 'alert', missing, context.option);
      return null;
    }
    set(context, word.text);
    return 1;
  };
}
