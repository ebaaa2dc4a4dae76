/** What is read and not done is said, once for each place, and nothing else is. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { reportWithoutEffect } from '../../../src/config/checks/effects.js';
import { Findings } from '../../../src/config/diagnostics.js';
import { readConfig } from '../../../src/config/read.js';

/** Line numbers and texts of what is said of a file. */
function said(lines: readonly string[]): string[] {
  const { config, findings } = readConfig([{ name: 'f.cfg', text: `${lines.join('\n')}\n` }], new Map());
  assert.not.ok(findings.fatal, JSON.stringify(findings.list));
  const effects = new Findings();
  reportWithoutEffect(config, effects);
  assert.ok(effects.list.every(({ severity }) => severity === 'warning'));
  return effects.list.map(({ place, text }) => `${place?.line} ${/'(.*)' has no effect/.exec(text)?.[1]}`);
}

test('a file that asks for nothing of the kind', () => {
  assert.equal(said(['global', ' maxconn 10', 'backend b', ' server a 127.0.0.1:1 check inter 1s']), []);
});

test('each of them, at its place', () => {
  const lines = [
    'global',
    ' stats socket /run/s.sock',
    'defaults',
    ' option tcp-check',
    ' timeout check 1s',
    'backend b',
    ' server a 127.0.0.1:1 check check-send-proxy on-marked-down shutdown-sessions',
    ' server c 127.0.0.1:1 agent-check agent-port 9 on-marked-up shutdown-backup-sessions',
    'backend d',
    ' option redis-check',
  ];
  assert.equal(said(lines), [
    '5 timeout check',
    '4 option tcp-check',
    '7 check-send-proxy',
    '8 agent-check',
    '10 option redis-check',
  ]);
});

test.run();
