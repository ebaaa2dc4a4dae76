/** `turbo-lb doctor` on this host: exit codes, table and JSON; and the table of made-up reports. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderReport } from '../../src/cli/doctor.js';
import { type DoctorReport, examine } from '../../src/master/host/doctor.js';
import { SETTINGS } from '../../src/master/host/sysctl-table.js';
import { turbo } from './turbo.js';

/** More connections than descriptors can be permitted for, fs.nr_open being below 2^31. */
const BEYOND_ANY_HOST = String(2 ** 29);

function assertFits80(text: string): void {
  for (const line of text.split('\n')) assert.ok(line.length <= 80, `${line.length} columns: ${line}`);
}

test('a load that any host bears: exit code 0 and a table of everything', async () => {
  const { code, stdout, stderr } = await turbo(['doctor', '--maxconn', '10']);
  assert.is(stderr, '');
  assert.is(code, 0);
  assert.match(stdout, /^This host is fit for 10 connections at once\.\n/);
  for (const name of ['Engine', 'io_uring', 'System', 'Workers', 'Descriptors'])
    assert.match(stdout, new RegExp(`^${name} `, 'm'));
  for (const { name } of SETTINGS) assert.match(stdout, new RegExp(`^${name} .*(ok|advice|MEND|absent)$`, 'm'));
  assertFits80(stdout);
});

test('a load that no host bears: exit code 1, and how many it would be', async () => {
  const { code, stdout } = await turbo(['doctor', '--maxconn', BEYOND_ANY_HOST]);
  assert.is(code, 1);
  assert.match(stdout, new RegExp(`^This host is NOT FIT for ${BEYOND_ANY_HOST} connections at once`));
  assert.match(stdout, /^Descriptors +MEND: \d+ needed, \d+ permitted/m);
  assertFits80(stdout);
});

test('JSON says the same', async () => {
  const fit = await turbo(['doctor', '--maxconn', '10', '--json']);
  assert.is((JSON.parse(fit.stdout) as DoctorReport).fit, true);
  assert.is(fit.code, 0);
  const unfit = await turbo(['doctor', '--maxconn', BEYOND_ANY_HOST, '--json']);
  assert.is((JSON.parse(unfit.stdout) as DoctorReport).fit, false);
  assert.is(unfit.code, 1);
});

test('what differs is followed by its cost and the command, what is fine or absent is not', () => {
  const report: DoctorReport = {
    ...examine({ maxconn: 10, servers: 1 }),
    settings: [
      { name: 'a.ok', current: '1', wanted: '1', state: 'ok', cost: 'nothing', mend: 'sysctl -w a.ok=1' },
      { name: 'b.gone', current: undefined, wanted: '1', state: 'absent', cost: 'nothing', mend: 'sysctl -w b.gone=1' },
      { name: 'c.differs', current: '2', wanted: '1', state: 'advice', cost: 'little', mend: 'sysctl -w c.differs=1' },
      { name: 'd.bad', current: '3', wanted: '1', state: 'matters', cost: 'much '.repeat(30).trim(), mend: 'sysctl -w d.bad=1' },
    ],
  };
  const text = renderReport(report);
  assert.match(
    text,
    /^a\.ok {26}1 {20}1 {12}ok\nb\.gone {24}- {20}1 {12}absent\nc\.differs .* advice\n {4}little\.\n {4}sysctl -w c\.differs=1\n/m,
  );
  assert.match(text, /^d\.bad .* MEND\n( {4}much.*\n)+ {4}sysctl -w d\.bad=1\n/m);
  assertFits80(text);
});

test('numbers as large as the kernel has them leave the columns apart', () => {
  const report = examine({ maxconn: 10, servers: 1 });
  const settings = report.settings.map((finding) => ({ ...finding, current: '9223372036854775807' }));
  assert.match(renderReport({ ...report, settings }), /^fs\.file-max +9223372036854775807 +\d+ +\w+$/m);
  assertFits80(renderReport({ ...report, settings }));
});

test.run();
