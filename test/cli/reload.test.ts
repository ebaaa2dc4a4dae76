/** What a reload says, and to whom; what it does to a running balancer is tested with the balancer. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { reloadFiles } from '../../src/cli/reload.js';
import type { LoadBalancer } from '../../src/master/balancer.js';
import { loadConfiguration } from '../../src/master/configuration/configuration.js';
import type { LoggedMessage } from '../../src/master/process/process-log.js';
import { scratchFolder } from '../harness.js';

/** Reloads a file of this text; what the reload answered, and what the logs got. */
async function reload(text: string): Promise<{ ok: boolean; text: string; logged: string[] }> {
  const file = join(scratchFolder(), 'f.cfg');
  writeFileSync(file, text);
  const logged: string[] = [];
  const balancer = {
    plan: { process: { life: { chroot: null } } },
    reload: () => Promise.resolve(['nbthread: a change takes effect when the process is started anew']),
    tellLogs: (messages: readonly LoggedMessage[]) => logged.push(...messages.map((one) => `${one.level} ${one.text}`)),
  } as unknown as LoadBalancer;
  const result = await reloadFiles(balancer, {
    load: () => loadConfiguration({ paths: [file], environment: {} }),
    complete: (plan) => plan,
    warningsFatal: false,
    diagnostics: false,
    staysOutside: false,
    write: () => undefined,
  });
  return { ...result, logged: logged.map((line) => line.replace(file, 'f.cfg')) };
}

const GOOD = 'listen f\n mode tcp\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n bind 127.0.0.1:1\n';

test('the logs hear why a reload failed: nobody sees what a daemon says', async () => {
  const { ok, text, logged } = await reload(`${GOOD} bnid :1\n`);
  assert.is(ok, false);
  assert.match(text, "unknown keyword 'bnid'");
  assert.equal(
    [logged[0], logged.at(-1)],
    [
      "alert config : parsing [f.cfg:7] : unknown keyword 'bnid' in 'listen' section; did you mean 'bind' maybe ?",
      'alert Reload failed: the configuration in force stays as it was.',
    ],
  );
});

test('a file that listens nowhere, not even for commands, is refused', async () => {
  const { ok, logged } = await reload('backend b\n mode tcp\n timeout server 1s\n timeout connect 1s\n');
  assert.is(ok, false);
  assert.match(logged[0], "alert [turbo-lb.main()] No enabled listener found (check for 'bind' directives) !");
});

test('of very many mistakes the logs hear some, and whoever asked all', async () => {
  const { text, logged } = await reload(GOOD + ' bnid :1\n'.repeat(50));
  assert.is(text.match(/unknown keyword 'bnid'/g)?.length, 50);
  assert.is(logged.length, 9);
  assert.match(logged[8], 'Reload failed');
});

test('what a reload could not change is in the logs, too', async () => {
  const { ok, logged } = await reload(GOOD);
  assert.is(ok, true);
  assert.equal(logged, [
    'warning nbthread: a change takes effect when the process is started anew',
    'notice Configuration reloaded.',
  ]);
});

test.run();
