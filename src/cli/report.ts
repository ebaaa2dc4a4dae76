/**
 * Findings about a configuration as the command line shows them: HAProxy's lines on standard error,
 * or JSON on standard output (`--diag=json`).
 */
import type { Finding } from '../config/diagnostics.js';
import { findingRecord, renderFinding, SourceLines } from '../config/render.js';
import type { LoadedConfiguration } from '../master/configuration/configuration.js';
import type { Log, Severity } from '../master/log.js';
import { packageVersion } from '../shared/version.js';
import type { Output } from './complaint.js';

/** Writes messages of a start; before the first one it says who speaks, as HAProxy does. */
export class StartMessages {
  private introduced = false;

  constructor(private readonly log: Log) {}

  write(severity: Severity, text: string): void {
    if (!this.introduced) {
      this.introduced = true;
      this.log.notice(`turbo-lb version is ${packageVersion()}`);
      this.log.notice(`path to executable is ${process.argv[1] ?? process.execPath}`);
    }
    this.log.write(severity, text);
  }
}

/** What was loaded, as far as it is reported. */
export type Reported = Pick<LoadedConfiguration, 'files' | 'findings' | 'fileEnds'>;

/** Prints every finding; those of severity `diag` only when asked for. */
export function reportFindings(loaded: Reported, messages: StartMessages, withDiagnostics: boolean): void {
  const sources = new SourceLines(loaded.files);
  const summaries = errorSummaries(loaded);
  for (const [index, finding] of loaded.findings.list.entries()) {
    const { severity } = finding;
    if (severity !== 'diag' || withDiagnostics) messages.write(severity, renderFinding(finding, sources));
    for (const text of summaries.get(index + 1) ?? []) messages.write('alert', text);
  }
  if (loaded.findings.fatal) messages.write('alert', 'config : Fatal errors found in configuration.');
}

/** What follows the last finding of each file that has mistakes, by the number of findings before it. */
function errorSummaries({ findings, fileEnds }: Reported): Map<number, string[]> {
  const summaries = new Map<number, string[]>();
  let start = 0;
  for (const [file, end] of fileEnds) {
    const faulty = findings.list.slice(start, end).some(({ severity }) => severity === 'alert');
    if (faulty) summaries.set(end, [...(summaries.get(end) ?? []), `config : Error(s) found in configuration file : ${file}`]);
    start = end;
  }
  return summaries;
}

/** Prints every finding as an array of objects, for editors and CI. */
export function reportJson(findings: readonly Finding[], output: Output): void {
  output.out(`${JSON.stringify(findings.map(findingRecord), null, 2)}\n`);
}
