/** Keywords log-format, error-log-format, log-format-sd and unique-id-format. */
import type { ProxyConfig } from '../config.js';
import type { LineContext, ProxyKeyword } from '../keyword.js';
import { readFormat } from '../samples/format.js';
import type { EvaluationPlace } from '../samples/origins.js';

type FormatField = 'logFormat' | 'errorLogFormat' | 'logFormatSd' | 'uniqueIdFormat';

const parseFormat =
  (name: string, field: FormatField, places: readonly EvaluationPlace[]) =>
  ({ target, words, keyword, findings }: LineContext<ProxyConfig>): void => {
    const [word, extra] = words;
    if (word === undefined) {
      findings.alert(keyword[0].place, `${name} expects an argument.`);
      return;
    }
    if (extra !== undefined) {
      findings.alert(extra.place, `${name} expects only one argument, don't forget to escape spaces!`);
      return;
    }
    const read = readFormat(word.text, word.place, places, field === 'logFormat' || field === 'errorLogFormat');
    if (read.ok) {
      target[field] = read.format;
      return;
    }
    const { file, line } = word.place;
    const text = `config : Parsing [${file}:${line}]: failed to parse ${name.replace(/^unique-id-format$/, 'unique-id')} : ${read.message}.`;
    findings.add({ severity: 'alert', text, place: word.place, ...(read.hint !== undefined && { hint: read.hint }) });
  };

const format = (name: string, field: FormatField, places: readonly EvaluationPlace[], help: string): ProxyKeyword => ({
  name,
  sections: ['defaults', 'frontend', 'listen'],
  arguments: '<string>',
  help,
  misplaced: { severity: 'warning', text: `{proxy} : '${name}' directive is ignored in backends.` },
  argumentsFirst: true,
  parse: parseFormat(name, field, places),
});

/** Keywords of log formats. */
export const FORMAT_KEYWORDS: readonly ProxyKeyword[] = [
  format('log-format', 'logFormat', ['log'], 'The log line of a session.'),
  format('error-log-format', 'errorLogFormat', ['log'], 'The log line of a connection that failed before its session began.'),
  format('log-format-sd', 'logFormatSd', ['log'], 'The structured data of log lines of RFC 5424.'),
  format('unique-id-format', 'uniqueIdFormat', ['feContent'], 'The unique ID of a session, for %ID and unique-id.'),
];
