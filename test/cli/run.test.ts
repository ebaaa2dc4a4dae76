/** The program as a person meets it: help, versions, mistakes; standard output, standard error and exit codes. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bothEngines, freePort, runProcess, startProcess } from '../harness.js';
import { TURBO_LB, turbo } from './turbo.js';

for (const words of [
  ['--help'],
  ['ctl', '--help'],
  ['alive', '--help'],
  ['top', '--help'],
  ['demo', '--help'],
  ['doctor', '--help'],
  ['keywords', '--help'],
]) {
  test(`${words.join(' ')} fits 80 columns and shows an example`, async () => {
    const { code, stdout, stderr } = await turbo(words);
    assert.is(code, 0);
    assert.is(stderr, '');
    assert.match(stdout, /Examples?:\n(.*\n)*? +turbo-lb /);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, `${line.length} columns: ${line}`);
  });
}

test('the help names every flag, and speaks English wherever it runs', async () => {
  const { stdout } = await turbo(['--help'], { LC_ALL: 'de_DE.UTF-8', LANG: 'de_DE.UTF-8' });
  const flags = ['bind', 'server', 'balance', 'maxconn', 'retries', 'redispatch', 'workers', 'no-pin', 'io-engine', 'backlog'];
  const timeouts = ['connect', 'client', 'server', 'client-fin', 'server-fin', 'tunnel'].map((name) => `timeout-${name}`);
  for (const flag of [...flags, ...timeouts]) assert.match(stdout, new RegExp(`^  --${flag} `, 'm'));
  assert.match(stdout, 'Show help');
});

test('the version is the one of the package', async () => {
  const { code, stdout } = await turbo(['--version']);
  assert.is(code, 0);
  assert.match(stdout, /^turbo-lb \d+\.\d+\.\d+\n$/);
});

const MISTAKES: readonly [words: readonly string[], stderr: string][] = [
  [
    ['--bind', '127.0.0.1:99999', '--server', '127.0.0.1:1'],
    'turbo-lb: --bind 127.0.0.1:99999: port 99999 is not within 1..65535\n',
  ],
  [
    ['--bind=:80', '--server=127.0.0.1:1', '--balance=random'],
    'turbo-lb: --balance random: unknown algorithm, known are roundrobin, leastconn, source\n',
  ],
  [['--bind', ':80'], 'turbo-lb: no server to send connections to: add --server, for example --server 127.0.0.1:9001\n'],
  [['--server', '127.0.0.1:1'], 'turbo-lb: nowhere to listen: add --bind, for example --bind :8080\n'],
  [['--bnid', ':80'], "turbo-lb: --bnid: unknown flag; did you mean '--bind' maybe ?\n"],
  [['--timeout-cleint=5s'], "turbo-lb: --timeout-cleint: unknown flag; did you mean '--timeout-client' maybe ?\n"],
  [['doctr'], "turbo-lb: doctr: unknown command; did you mean 'doctor' maybe ?\n"],
  [['demo', 'twice'], 'turbo-lb: twice: unknown command\n'],
  [['doctor', '--jsno'], "turbo-lb: --jsno: unknown flag; did you mean '--json' maybe ?\n"],
  [['doctor', '--maxconn', 'many'], 'turbo-lb: --maxconn many: not a whole number\n'],
  [['--bind'], 'turbo-lb: a value is missing after --bind\n'],
  [['demo', '--bind', '127.0.0.1'], 'turbo-lb: --bind 127.0.0.1: the port is missing\n'],
];

for (const [words, expected] of MISTAKES) {
  test(`'${words.join(' ')}' ends with one line and exit code 1`, async () => {
    const { code, stdout, stderr } = await turbo(words);
    assert.is(stderr, expected);
    assert.is(stdout, '');
    assert.is(code, 1);
  });
}

bothEngines('an address in use is named with the flag, without a stack', async (engine) => {
  const bind = `127.0.0.1:${await freePort()}`;
  const [host, port] = bind.split(':');
  const listen = `require('node:net').createServer().listen(${port}, '${host}', () => console.log('listening'))`;
  await startProcess(process.execPath, ['-e', listen], { readyWhen: /listening/ });
  const { code, stderr } = await turbo(['--bind', bind, '--server', '127.0.0.1:1', '--maxconn', '100', '--io-engine', engine]);
  assert.is(stderr, `turbo-lb: --bind ${bind}: cannot bind ${bind}: address already in use (EADDRINUSE)\n`);
  assert.is(code, 1);
});

test('limits that leave no room end the start with one line', async () => {
  const words = ['--bind', `127.0.0.1:${await freePort()}`, '--server', '127.0.0.1:1', '--workers', '40'];
  const { code, stderr } = await turbo(words, {}, 'ulimit -n 300');
  assert.match(
    stderr,
    /^turbo-lb: 300 file descriptors are too few for 40 workers: permit at least (\d+) with 'ulimit -n \1'\n$/,
  );
  assert.is(code, 1);
});

test('mistakes of several flags are several lines', async () => {
  const { code, stderr } = await turbo(['--bind', ':0', '--server', '127.0.0.1:0', '--workers', 'x']);
  assert.is(stderr.split('\n').length, 4);
  assert.is(code, 1);
});

for (const limit of [30, 60, 100])
  test(`with ${limit} descriptors it says what it needs, if it comes to nothing`, async () => {
    const command = `ulimit -n ${limit}; exec "$0" "$@"`;
    const { code, stderr } = await runProcess('bash', ['-c', command, process.execPath, TURBO_LB, '-f', '/nonexistent']);
    assert.is(code, 1);
    // Not all versions of Node.js load code many files at a time.
    assert.match(
      stderr,
      /^turbo-lb: too many open files \(EMFILE\): .*LimitNOFILE\n$|Cannot open configuration file\/directory \/nonexistent/,
    );
  });

test.run();
