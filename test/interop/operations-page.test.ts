/**
 * docs/operations.md, as written: the file it begins with, the commands of every block marked `sh` one
 * after another in one shell, and those of its table of symptoms, on a host of its own (namespaces of
 * mounts, network and processes). Blocks marked `shell` need systemd or change the host; they are not run.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TURBO_LB } from '../cli/turbo.js';
import { runProcess, scratchFolder } from '../harness.js';

const PAGE = readFileSync(fileURLToPath(new URL('../../../docs/operations.md', import.meta.url)), 'utf8');

/** What stands in blocks of a kind, in the order of the page. */
function blocks(kind: string): string[] {
  return [...PAGE.matchAll(new RegExp(`^\`\`\`${kind}\\n([^]*?)^\`\`\`$`, 'gm'))].map((match) => match[1]);
}

/** The second cells of the table of symptoms. */
function remedies(): string[] {
  const section = PAGE.split('## When something is wrong')[1].split('\n## ')[0];
  return [...section.matchAll(/^\|[^|]+\| `((?:[^`\\]|\\.)+)` \|/gm)].map((match) => match[1].replaceAll('\\|', '|'));
}

const SERVER = `const s=require('node:http').createServer((q,r)=>r.end('ok'));s.listen(80,process.argv[1])`;

/** A script that makes the host: the page's file, its two servers, its user, a PATH with turbo-lb. */
function preparation(folder: string): string {
  return `set -eu -o pipefail
mount -t tmpfs tmpfs /run
mkdir -p /etc/haproxy && mount --bind ${folder}/etc /etc/haproxy
export PATH=${folder}/bin:$PATH
ip link set lo up
for address in 10.99.0.11 10.99.0.12; do ip address add $address/32 dev lo; "$NODE" -e "${SERVER}" $address & done
until curl --silent --fail http://10.99.0.11/ && curl --silent --fail http://10.99.0.12/; do sleep 0.1; done >/dev/null 2>&1
`;
}

/** Runs a script on a host that exists for it alone. */
async function onHost(script: string): Promise<{ code: number | null; output: string }> {
  const folder = scratchFolder();
  mkdirSync(join(folder, 'etc'));
  mkdirSync(join(folder, 'bin'));
  // whoever runs the tests need not have a user called haproxy
  const config = blocks('haproxy')[0].replace('user haproxy', 'user nobody').replace('group haproxy', 'group nogroup');
  writeFileSync(join(folder, 'etc/haproxy.cfg'), config);
  writeFileSync(join(folder, 'bin/turbo-lb'), `#!/bin/sh\nexec '${process.execPath}' '${TURBO_LB}' "$@"\n`);
  chmodSync(join(folder, 'bin/turbo-lb'), 0o755);
  writeFileSync(join(folder, 'script'), preparation(folder) + script);
  const words = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child', 'bash', join(folder, 'script')];
  const { code, stdout, stderr } = await runProcess('unshare', words, { env: { NODE: process.execPath } });
  return { code, output: stdout + stderr };
}

test('every command of the page does what the page says', async () => {
  const commands = blocks('sh');
  assert.ok(commands.length >= 8, String(commands.length));
  const { code, output } = await onHost(`set -x\n${commands.join('')}set +x\necho 'to the end'`);
  assert.match(output, /^to the end$/m, output);
  assert.is(code, 0);
  assert.match(output, /^web,FRONTEND,0,OPEN$/m, output);
  assert.match(output, /^app,s1,0,DRAIN/m, output);
  assert.match(output, /^(?:256|1) \(initial 1\)/m, output);
});

test('every command for when something is wrong', async () => {
  const commands = remedies();
  assert.ok(commands.length >= 8, String(commands.length));
  const start = 'mkdir -p /run/turbo-lb\nturbo-lb -f /etc/haproxy/haproxy.cfg -D -p /run/turbo-lb/turbo-lb.pid\n';
  const each = commands.map(
    (command) => `(${command}) >out 2>&1 && echo "ok" || { echo 'failed: ${command.replaceAll("'", '"')}'; cat out; }`,
  );
  const { output } = await onHost(`cd "$(mktemp -d)"\n${start}${each.join('\n')}`);
  assert.is(output.replace(/^\[.*\n/gm, ''), 'ok\n'.repeat(commands.length), output);
});

test.run();
