/** `turbo-lb doctor`: shows what `master/host/doctor` found, as a table for people or as JSON. */
import type { Options } from 'yargs';
import { parseInteger } from '../config/values/integer.js';
import { type Parsed, parsed } from '../config/values/parsed.js';
import { type DoctorReport, examine } from '../master/host/doctor.js';
import type { Finding, FindingState } from '../master/host/sysctl.js';
import { wrapText } from '../master/wrap.js';
import { parseMaxconn } from './check-flags.js';
import type { Command } from './command.js';
import { type Complaint, complain, EXIT_FAILURE, EXIT_OK, type Output } from './complaint.js';

/** The load that is asked about when none is given: what a small site's balancer carries. */
const MAXCONN_DEFAULT = 2000;

const DOCTOR_OPTIONS: Readonly<Record<string, Options>> = {
  maxconn: { describe: `Connections at once [default: ${MAXCONN_DEFAULT}]`, nargs: 1 },
  servers: { describe: 'Server addresses that share them [default: 1]', nargs: 1 },
  json: { describe: 'Print everything as JSON', type: 'boolean' },
};

const SERVERS_MAX = 65_535;
const WIDTH = 80;
/** Columns of the facts' names, and of the table. */
const NAME_WIDTH = 13;
const COLUMNS = { name: 30, current: 21, wanted: 13 } as const;
const INDENT = '    ';
/** Words carry the state, so that it survives without colour; capitals for what holds the load back. */
const STATE_WORDS: Record<FindingState, string> = { ok: 'ok', advice: 'advice', matters: 'MEND', absent: 'absent' };

const LEGEND =
  'MEND: it holds this load back; advice: worth having but not in the way of this load; absent: this kernel ' +
  'or this network namespace has no such setting. sysctl.conf.example keeps them over a reboot.';

const EXAMPLES = `Exit code 0 when this host can bear the load, 1 when it cannot.

Example:
  turbo-lb doctor --maxconn 50000 --servers 4`;

/** Exit code 0 when the host is fit for the load, 1 when it is not, or when a flag is wrong. */
export const DOCTOR: Command = { options: DOCTOR_OPTIONS, examples: EXAMPLES, handle: doctor };

function doctor(argv: Readonly<Record<string, unknown>>, output: Output): number {
  const complaints: Complaint[] = [];
  const number = (flag: string, parse: (text: string) => Parsed<number>, otherwise: number): number => {
    const text = argv[flag];
    const result = text === undefined ? parsed(otherwise) : parse(String(text));
    if (result.ok) return result.value;
    complaints.push({ about: `--${flag} ${text}`, message: result.message });
    return otherwise;
  };
  const maxconn = number('maxconn', parseMaxconn, MAXCONN_DEFAULT);
  const servers = number('servers', (text) => parseInteger(text, 1, SERVERS_MAX), 1);
  if (complaints.length > 0) return complain(complaints, output);
  const report = examine({ maxconn, servers });
  output.out(argv.json === true ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report));
  return report.fit ? EXIT_OK : EXIT_FAILURE;
}

/** The report for people, at most 80 columns wide. */
export function renderReport(report: DoctorReport): string {
  const { descriptors } = report;
  const load = `${descriptors.asked === 0 ? descriptors.maxconn : descriptors.asked} connections at once`;
  const lines = [
    report.fit ? `This host is fit for ${load}.` : `This host is NOT FIT for ${load}: see what to MEND below.`,
    '',
    ...renderFacts(report),
    '',
    tableRow('Setting', 'Current', 'Wanted', 'State'),
    ...report.settings.flatMap(renderFinding),
    '',
    ...wrapText(LEGEND, WIDTH),
  ];
  return `${lines.join('\n')}\n`;
}

function renderFacts(report: DoctorReport): string[] {
  const { cpus, engine, uring } = report;
  return [
    ...fact('Engine', engine.name),
    ...fact('io_uring', uring.usable ? `works: ${uring.features.join(', ')}` : uring.reason),
    ...fact('System', `Linux ${report.kernel}, Node ${report.node}`),
    ...fact('Workers', `${cpus.workers} (${cpus.reason})`),
    ...fact('Descriptors', describeDescriptors(report)),
  ];
}

function describeDescriptors({ descriptors }: DoctorReport): string {
  const { asked, maxconn, needed, soft, hard, ceiling } = descriptors;
  const limits = `limit ${soft} (soft), ${hard} (hard)`;
  if (maxconn > 0 && maxconn >= asked) return `ok: ${needed} needed for ${maxconn} connections; ${limits}`;
  return `MEND: ${needed} needed, ${ceiling} permitted, enough for ${maxconn} connections; ${limits}. Permit more with 'ulimit -n ${needed}' or LimitNOFILE=${needed} in the systemd unit`;
}

function fact(name: string, text: string): string[] {
  return wrapText(text, WIDTH - NAME_WIDTH).map((line, i) => `${(i === 0 ? name : '').padEnd(NAME_WIDTH)}${line}`);
}

function renderFinding(finding: Finding): string[] {
  const row = tableRow(finding.name, finding.current ?? '-', finding.wanted, STATE_WORDS[finding.state]);
  if (finding.state === 'ok' || finding.state === 'absent') return [row];
  return [row, ...wrapText(`${finding.cost}.`, WIDTH - INDENT.length).map((line) => INDENT + line), INDENT + finding.mend];
}

function tableRow(name: string, current: string, wanted: string, state: string): string {
  return `${name.padEnd(COLUMNS.name)}${current.padEnd(COLUMNS.current)}${wanted.padEnd(COLUMNS.wanted)}${state}`;
}
