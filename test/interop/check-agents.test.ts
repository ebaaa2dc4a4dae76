/** What agents say, well and badly, and what becomes of their servers: as with HAProxy. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseStat } from '../../src/admin/client/tables.js';
import { eventually, withProcesses } from '../harness.js';
import { comparableCheck } from './support/check-lines.js';
import { closeAll, serve } from './support/peers.js';
import { type Managed, runtimeConfig, sideBySide } from './support/runtime.js';

/** An answer each; the agent then ends the connection. */
const ANSWERS: readonly string[] = [
  ...[
    'up\n',
    'UP\n',
    'Down\n',
    'stopped # foo bar\n',
    'fail\n',
    'down # \n',
    'up\r\n',
    ' up\n',
    '\tup\t\n',
    'up\rdown\n',
    'up\ndown\n',
  ],
  ...['up down\n', 'down up\n', 'ready maint\n', 'ready drain up\n', 'maint\n', 'Drain\n', 'ready\n', 'ready up\n'],
  ...[
    '50%\n',
    '300%\n',
    '5000%\n',
    '0%\n',
    '-5%\n',
    '+5%\n',
    '50.5%\n',
    '5%%\n',
    '50 %\n',
    '50% 25%\n',
    '%\n',
    'up%\n',
    'up,75%\n',
    'down 50%\n',
  ],
  ...['maxconn:0\n', 'maxconn:5\n', 'MAXCONN:5\n', 'maxconn:x\n', 'maxconn:5x\n', 'up 50% maxconn:10\n'],
  ...['foo\n', 'foo up\n', 'up foo\n', 'fail#x\n', 'up #a#b\n', '#desc\n', 'up#"quoted"\n', '\n', `${'up '.repeat(5000)}\n`],
  ...[`up # ${'x'.repeat(400)}\n`, `${'x'.repeat(300)}\n`],
];
/** Without an end: HAProxy says that it ignores the line from the second time on, and never in the line of the check. */
const UNENDED: readonly string[] = ['up', '', 'down\0x\n', 'x'.repeat(20_000)];
const COLUMNS = [
  ...[
    'status',
    'weight',
    'slim',
    'agent_status',
    'agent_code',
    'agent_desc',
    'last_agt',
    'agent_rise',
    'agent_fall',
    'agent_health',
  ],
  'chkdown',
];

/** Not asked yet, or being asked again: then HAProxy has forgotten the last answer already. */
const UNSETTLED = /^(?:INI)?$|^\* /;

async function found({ ask, process }: Managed, answers: readonly string[]): Promise<string[]> {
  const rows = await eventually('all agents have been asked, and none is being asked', async () => {
    const all = (parseStat(await ask('show stat\n')) ?? []).filter((row) => row.text('svname') === 's');
    return all.length === answers.length && all.every((row) => !UNSETTLED.test(row.text('agent_status'))) && all;
  });
  return answers.map((answer, i) => {
    const ended = answer === '' || !UNENDED.includes(answer);
    const names = COLUMNS.filter((name) => ended || name !== 'last_agt');
    const columns = names.map((name) => `${name}=${rows[i].text(name)}`).join(' ');
    const said = ended ? linesAbout(`b${i}/s`, process.stderr) : [];
    return [JSON.stringify(answer.slice(0, 50)), columns, ...said].join(' | ');
  });
}

/** What was said of a server, each once. */
function linesAbout(name: string, stderr: string): string[] {
  const lines = stderr.split('\n').filter((line) => line.includes(`erver ${name} `));
  return [...new Set(lines.map((line) => comparableCheck(line.replace(/^.*?\) : /, ''))))];
}

test('the same answers, the same states', () =>
  withProcesses(async () => {
    const answers = [...ANSWERS, ...UNENDED];
    const agents = await Promise.all(answers.map((answer) => serve((peer) => peer.socket.end(Buffer.from(answer, 'latin1')))));
    const server = await serve(() => undefined);
    const sections = agents.map(
      ({ port }, i) => `
backend b${i}
  option log-health-checks
  server s 127.0.0.1:${server.port} weight 20 maxconn 100 agent-check agent-port ${port} agent-inter 500ms`,
    );
    const front = `\nlisten l\n  bind 127.0.0.1:{traffic}\n  server x 127.0.0.1:${server.port}`;
    const [theirs, ours] = await sideBySide(runtimeConfig(front + sections.join('')));
    assert.equal(await found(ours, answers), await found(theirs, answers));
  }).finally(closeAll));

test.run();
