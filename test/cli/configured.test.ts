/** `turbo-lb -f`: what it prints and answers, without starting anything. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runProcess, scratchFolder } from '../harness.js';
import { turbo } from './turbo.js';

const WRONG = 'frontend f\n mode tcp\n bnid :80\n';

function file(text: string, name = 'f.cfg'): string {
  const path = join(scratchFolder(), name);
  writeFileSync(path, text);
  return path;
}

test('a mistake is shown with its line, a mark, and the nearest word; the code is 1', async () => {
  const path = file(WRONG);
  const { code, stdout, stderr } = await turbo(['-c', '-f', path]);
  assert.is(code, 1);
  assert.is(stdout, '');
  assert.equal(
    stderr
      .replaceAll(/\(\d+\)/g, '(1)')
      .split('\n')
      .slice(2),
    [
      `[ALERT]    (1) : config : parsing [${path}:3] : unknown keyword 'bnid' in 'frontend' section; did you mean 'bind' maybe ?`,
      '   |    bnid :80',
      '   |    ^^^^',
      `[ALERT]    (1) : config : Error(s) found in configuration file : ${path}`,
      '[ALERT]    (1) : config : Fatal errors found in configuration.',
      '',
    ],
  );
});

test('--diag=json prints the findings and nothing else', async () => {
  const path = file(WRONG);
  const { code, stdout, stderr } = await turbo(['-c', '--diag=json', '-f', path]);
  assert.is(code, 1);
  assert.is(stderr, '');
  assert.equal(JSON.parse(stdout), [
    {
      file: path,
      line: 3,
      column: 2,
      length: 4,
      severity: 'alert',
      text: "unknown keyword 'bnid' in 'frontend' section; did you mean 'bind' maybe ?",
      hint: 'bind',
    },
  ]);
});

test('-q says nothing, the code is the same', async () => {
  const { code, stdout, stderr } = await turbo(['-q', '-c', '-f', file(WRONG)]);
  assert.equal([code, stdout, stderr], [1, '', '']);
});

test('diagnostics are shown with -dD only', async () => {
  const path = file(`global\n tune.ssl.default-dh-param 2048\n${WRONG}`);
  assert.not.match((await turbo(['-c', '-f', path])).stderr, 'dh-param');
  assert.match(
    (await turbo(['-c', '-dD', '-f', path])).stderr,
    /\[DIAG\] .*'tune.ssl.default-dh-param' is accepted and has no effect/,
  );
});

test("a file that is not there: HAProxy's text, the usage, code 1", async () => {
  const { code, stdout, stderr } = await turbo(['-c', '-f', '/nonexistent.cfg']);
  assert.is(code, 1);
  assert.match(stderr, ' : config : Cannot open configuration file/directory /nonexistent.cfg : No such file or directory\n');
  assert.match(stderr, '\nUsage : turbo-lb [-f <cfgfile|cfgdir>]*');
  assert.match(stdout, /^turbo-lb version /);
  const json = await turbo(['-c', '--diag=json', '-f', '/nonexistent.cfg']);
  assert.is(JSON.parse(json.stdout).length, 1);
});

const CONDITIONS: readonly [condition: string, code: number][] = [
  ['streq(a,a)', 0],
  ['streq(a,b)', 1],
  ['nonsense', 2],
];

for (const [condition, expected] of CONDITIONS) {
  test(`-cc '${condition}' answers ${expected}`, async () => {
    assert.is((await turbo(['-cc', condition])).code, expected);
  });
}

test('-v names the program; -vq nothing but the number', async () => {
  assert.match((await turbo(['-v'])).stdout, /^turbo-lb version \d+\.\d+\.\d+ - reads configurations of HAProxy \d/);
  assert.match((await turbo(['-vq'])).stdout, /^\d+\.\d+\.\d+\n$/);
  assert.match((await turbo(['-vv'])).stdout, /\nFeature list : .*\+EPOLL/);
});

test('an unknown option, none of files, or nothing at all shows the usage', async () => {
  for (const words of [['-Z'], ['-c'], []]) {
    const { code, stdout, stderr } = await turbo(words);
    assert.is(code, 1);
    assert.match(stdout, /^turbo-lb version /);
    assert.match(stderr, 'Usage : turbo-lb');
  }
});

test("a master's socket without a master is a warning of a check, too, and fatal with -dW", async () => {
  const path = file('defaults\n mode tcp\n timeout client 1s\nfrontend f\n bind 127.0.0.1:1\n');
  const { code, stdout, stderr } = await turbo(['-c', '-S', '/nonexistent', '-f', path]);
  assert.equal([code, stdout], [0, 'Warnings were found.\n']);
  assert.match(stderr, 'config : a master CLI socket was defined, but master-worker mode (-W) is not enabled.');
  assert.is((await turbo(['-c', '-dW', '-S', '/nonexistent', '-f', path])).code, 1);
  assert.is((await turbo(['-c', '-dW', '-W', '-S', '/nonexistent', '-f', path])).code, 0);
});

test('-C changes to a directory before files are looked for', async () => {
  const path = file(WRONG, 'here.cfg');
  const { stderr } = await turbo(['-c', '-C', join(path, '..'), '-f', 'here.cfg']);
  assert.match(stderr, '[here.cfg:3]');
  const missing = await turbo(['-c', '-C', '/nonexistent', '-f', right()]);
  assert.is(missing.code, 1);
  assert.match(missing.stderr, 'Could not change to directory /nonexistent : No such file or directory');
  assert.match((await turbo(['-c', '-C', path, '-f', 'x'])).stderr, `Could not change to directory ${path} : Not a directory`);
});

/** A file that is right. */
function right(): string {
  return file(
    '# nothing\ndefaults\n mode tcp # so\n\n timeout connect 1s\n timeout client 1s\n timeout server 1s\nlisten l\n bind :80\n',
    'r.cfg',
  );
}

test('a directory that is gone is said to be, as by HAProxy', async () => {
  const gone = join(scratchFolder(), 'gone');
  const { code, stderr } = await turbo(['-c', '-f', right()], {}, `mkdir '${gone}' && cd '${gone}' && rmdir '${gone}'`);
  assert.is(code, 1);
  assert.match(stderr, 'Impossible to retrieve startup directory name: No such file or directory\n');
});

test('-dK lists keywords by classes, in the form of HAProxy', async () => {
  const { code, stdout } = await turbo(['-dKcfg,cnv', '-q', '-c', '-f', right()]);
  assert.is(code, 0);
  assert.match(stdout, /^# List of registered configuration keywords:\nglobal\n\t/);
  assert.match(stdout, /\nbackend\n(\t.+\n)*\tbalance\n/);
  const haproxy = await runProcess('haproxy', ['-dKcnv', '-q', '-c', '-f', right()]);
  const ours = stdout.split('\n').filter((line) => line.includes(' => '));
  const theirs = new Set(haproxy.stdout.split('\n').map((line) => line.split(/[(:]/)[0]));
  assert.ok(ours.length > 50);
  assert.ok(ours.includes('and(string): sint => sint'));
  assert.ok(ours.filter((line) => theirs.has(line.split(/[(:]/)[0])).length > 50);
  assert.match((await turbo(['-dKcli', '-q', '-c', '-f', right()])).stdout, /\n_getsocks \[WORKER\] \n/);
  assert.match((await turbo(['-dKhelp', '-q', '-c', '-f', right()])).stdout, /^# List of supported keyword classes:\nall: /);
});

test('-dL lists what is loaded, -dC the file without comments', async () => {
  const path = right();
  const { stdout } = await turbo(['-dL', '-dC', '-c', '-f', path]);
  assert.match(stdout, `# ${path}\ndefaults\n mode tcp # so\n timeout connect 1s\n`);
  assert.match(stdout, `List of loaded object files:\n`);
  assert.ok(stdout.split('\n').includes(process.execPath));
  assert.match(stdout, /koffi.*\.node\n/);
});

test('what has no effect says so with -V', async () => {
  const { code, stderr } = await turbo(['-dM', '-dG', '-c', '-V', '-f', right()]);
  assert.is(code, 0);
  assert.match(stderr, /\[NOTICE\] +\(\d+\) : -dM is accepted and has no effect: memory/);
  assert.match(stderr, ' : -dG is accepted and has no effect: ');
  assert.is((await turbo(['-dM', '-c', '-f', right()])).stderr, '');
});

test.run();
