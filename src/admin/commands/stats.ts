/** Commands that show and clear statistics: `show info`, `show stat`, `show schema json`, `clear counters`. */
import { type Answer, type Command, type CommandCall, failure, PERMISSION_DENIED, permits, type Reply } from '../command.js';
import { infoSourceOf } from '../stats/info-field.js';
import { infoLines, jsonInfo, typedInfo } from '../stats/info-texts.js';
import { SCHEMA_TEXT } from '../stats/schema.js';
import { selected, selectionOf } from '../stats/selection.js';
import { sourceOf } from '../stats/source.js';
import type { Subject } from '../stats/subjects.js';
import { CSV_HEADER, csvLines, jsonPieces, type TextOptions, typedLines } from '../stats/texts.js';

/** The commands of this file. */
export const STATS_COMMANDS: readonly Command[] = [
  {
    name: 'show info',
    usage: '[desc|json|typed|float]*',
    help: 'report information about the running process',
    level: 'user',
    run: showInfo,
  },
  {
    name: 'show stat',
    usage: '[desc|json|no-maint|typed|up]*',
    help: 'report counters for each proxy and server',
    level: 'user',
    run: showStat,
  },
  {
    name: 'show schema json',
    usage: '',
    help: 'report schema used for stats',
    level: 'user',
    run: () => SCHEMA_TEXT,
  },
  {
    name: 'clear counters',
    usage: '[all]',
    help: 'clear max statistics counters (or all counters)',
    level: 'operator',
    run: clearCounters,
  },
];

/** As HAProxy, words that mean nothing are passed over, and of several forms the last one holds. */
function formOf(words: readonly string[]): 'plain' | 'typed' | 'json' {
  const last = words.findLast((word) => word === 'typed' || word === 'json');
  return last === undefined ? 'plain' : (last as 'typed' | 'json');
}

function showInfo({ balancer, words }: CommandCall): string {
  const info = infoSourceOf(balancer);
  const options = { described: words.includes('desc'), fractions: words.includes('float') };
  const form = formOf(words);
  if (form === 'json') return jsonInfo(info, options);
  return form === 'typed' ? typedInfo(info, options) : infoLines(info, options);
}

function showStat({ balancer, words, session }: CommandCall): Answer {
  const source = sourceOf(balancer);
  const selection = selectionOf(words, source.plan);
  if (selection === null) return failure('No such proxy.\n');
  const subjects = selected(source, selection);
  const form = formOf(words);
  const options = {
    described: words.includes('desc'),
    whole: session.level !== 'user',
    counted: selection.up || selection.noMaintenance,
  };
  if (form === 'json') return jsonPieces(subjects, options);
  return form === 'typed' ? typedLines(subjects, options) : csv(subjects, options);
}

function* csv(subjects: Iterable<Subject>, options: TextOptions): Iterable<string> {
  yield CSV_HEADER;
  yield* csvLines(subjects, options);
}

/** The highest values begin anew, or everything but what is at the moment. */
function clearCounters({ balancer, words, session }: CommandCall): Reply {
  const { proxies } = balancer.tables;
  if (words[0] !== 'all') {
    for (const row of proxies.all) row.clearHighest();
    return '';
  }
  if (!permits(session, 'admin')) return PERMISSION_DENIED;
  for (const row of proxies.all) {
    if (row === proxies.process) row.clearHighest();
    else row.clearAll();
  }
  balancer.health.clear();
  return '';
}
