/** The master's socket (`-S`): the same conversations with HAProxy's and with ours. */
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TURBO_LB } from '../cli/turbo.js';
import { eventually, freePort, type RunningProcess, scratchFolder, startProcess, withProcesses } from '../harness.js';

/** A process with a master's socket. */
interface Master {
  readonly process: RunningProcess;
  readonly socket: string;
  readonly config: string;
}

async function start(command: readonly string[], ...options: string[]): Promise<Master> {
  const folder = scratchFolder();
  const [socket, config] = [join(folder, 'master.sock'), join(folder, 'f.cfg')];
  const times = ['connect', 'client', 'server'].map((name) => `timeout ${name} 1s`);
  const lines = ['global', 'nbthread 1', 'maxconn 100', 'defaults', 'mode tcp', ...times];
  writeFileSync(config, [...lines, 'listen l', `bind 127.0.0.1:${await freePort()}`, 'server s 127.0.0.1:1', ''].join('\n'));
  const [program, ...words] = command;
  const args = [...words, '-W', '-db', '-S', [socket, ...options].join(','), '-f', config];
  const process = await startProcess(program, args, { readyWhen: /Loading success/ });
  return { process, socket, config };
}

const OURS = [process.execPath, TURBO_LB];

/** Says something and answers all that comes until the other end closes, without what differs by design. */
function ask({ socket }: Master, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const client = connect(socket, () => client.end(text));
    client.setEncoding('utf8').on('data', (chunk: string) => {
      heard += chunk;
    });
    client.on('error', reject).on('close', () => resolve(heard));
  });
}

function withoutNumbers(text: string): string {
  return text
    .replaceAll(/^\d+( +)(master|worker)/gm, 'PID $2')
    .replaceAll(/^\d+>/gm, 'PID>')
    .replaceAll(/\b\d+> /g, 'PID> ')
    .replaceAll(/\dd\d\dh\d\dm\d\ds +\S+/g, 'UPTIME VERSION')
    .replaceAll(/\d+\.\d+\.\S+$/gm, 'VERSION')
    .replaceAll(/^# (programs|old workers)\n/gm, '');
}

const CONVERSATIONS: readonly string[] = [
  'show proc\n',
  '@1 show version\n',
  '@1; show version; @; show proc\n',
  'prompt\nshow proc\n@1\nshow version\n@\nexpert-mode on\n',
  'prompt\nexperimental-mode on\nexpert-mode on\nexperimental-mode off\n',
  '@1 set timeout cli 5\n',
  '@1 set timeout cli 5;@1 show cli level;@1 set timeout cli 5\n',
  '@1;set timeout cli 5;show cli level\n',
  '@1;set timeout cli 5;@master;show cli level\n',
  'prompt\n@1 set timeout cli 5\n@1\nset timeout cli 5\nshow cli level\n',
  '@1;operator;show cli level;user;show cli level\n',
  'show cli level\n',
  'user; show cli level\n',
];

test('conversations are those of HAProxy', () =>
  withProcesses(async () => {
    const [theirs, ours] = [await start(['haproxy']), await start(OURS)];
    for (const conversation of CONVERSATIONS)
      assert.is(withoutNumbers(await ask(ours, conversation)), withoutNumbers(await ask(theirs, conversation)), conversation);
    assert.match(await ask(ours, '@2 show info\n'), "Can't find the target PID matching the prefix '@2'");
    assert.match(await ask(ours, `@!${ours.process.pid} show info\n`), /^Name: HAProxy\n/);
    assert.match(await ask(ours, 'show stat\n'), /^Unknown command: 'show stat'/);
  }));

test('reload answers when it is over; what is wrong changes nothing and is shown', () =>
  withProcesses(async () => {
    const master = await start(OURS, 'level', 'operator');
    assert.match(await ask(master, 'reload\n'), /^Success=1\n--\n/);
    assert.is(await ask(master, 'hard-reload\n'), 'Permission denied\n\n');
    writeFileSync(master.config, `${readFileSync(master.config, 'utf8')}nonsense\n`);
    const failed = await ask(master, 'reload\n');
    assert.match(failed, /^Success=0\n--\n/);
    assert.match(failed, "unknown keyword 'nonsense'");
    // The master tells of the latest attempt, a worker of the configuration in force.
    assert.match(await ask(master, 'show startup-logs\n'), "unknown keyword 'nonsense'");
    assert.not.match(await ask(master, '@1 show startup-logs\n'), 'nonsense');
    assert.match(await ask(master, 'show proc\n'), /\d+ +master +2 \[failed: 1\]/);
    assert.is(await ask(master, 'prompt\n'), 'master[ReloadFailed]> ');
  }));

test('-S without -W is said, as HAProxy says it, and opens nothing', () =>
  withProcesses(async () => {
    const { process, socket, config } = await start(OURS);
    await process.stop();
    const other = await startProcess(OURS[0], [OURS[1], '-db', '-S', socket, '-f', config]);
    await eventually('it is said', () =>
      other.stderr.includes('a master CLI socket was defined, but master-worker mode (-W) is not'),
    );
    const refused = await ask({ process: other, socket, config }, 'show proc\n').catch((error) => error.code);
    assert.is(refused, 'ENOENT');
  }));

test.run();
