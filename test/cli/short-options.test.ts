/** The command line in HAProxy's style. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isShortStyle, parseShortOptions, type ShortOptions } from '../../src/cli/short-options.js';

function options(line: string): ShortOptions {
  const result = parseShortOptions(line.split(' '));
  assert.ok(result.ok, `${line}: ${result.ok ? '' : result.message}`);
  return result.value;
}

test('options of several letters are words, not letters', () => {
  const { masterWorker, notifySystemd, verbose, warningsFatal, diagnostics, foreground } = options('-Ws -dW -dD -db -f x');
  assert.equal(
    [masterWorker, notifySystemd, verbose, warningsFatal, diagnostics, foreground],
    [true, true, false, true, true, true],
  );
});

test('files come from -f and from all that follows --', () => {
  assert.equal(options('-f a -c -f b -- c -d').files, ['a', 'b', 'c', '-d']);
});

test('-dK alone lists nothing, as with HAProxy', () => {
  assert.is(options('-f a -dK').keywordClasses, '');
});

test('-sf and -st take numbers up to the next option', () => {
  const { finish, terminate, files } = options('-sf 12 13 -f a -st 14 -c');
  assert.equal([finish, terminate, files], [[12, 13], [14], ['a']]);
  assert.equal(options('-f a -sf').finish, []);
});

test('values are taken with their options', () => {
  const { maxconn, proxyMaxconn, pidfile, directory, localpeer, condition } = options(
    '-n 10 -N 5 -p pid -C / -L me -cc streq(a,b)',
  );
  assert.equal([maxconn, proxyMaxconn, pidfile, directory, localpeer, condition], [10, 5, 'pid', '/', 'me', 'streq(a,b)']);
});

test('versions, formats, and what has no effect', () => {
  assert.is(options('-vv').version, 'vv');
  assert.is(options('-vq').version, 'vq');
  assert.is(options('-c --diag=json').format, 'json');
  const { inert, megabytes, keywordClasses, listLibraries, listConfiguration, procName } = options(
    '-dM0x50,tag -de -dV -m 100 -dKcfg,smp -dL -dC --proc-name haproxy',
  );
  assert.equal(inert, ['-dM0x50,tag', '-de', '-dV']);
  assert.equal([megabytes, keywordClasses, listLibraries, listConfiguration, procName], [100, 'cfg,smp', true, true, 'haproxy']);
});

test('flags of our own may stand beside a file', () => {
  const { noPin, workers, ioEngine, files } = options('-db --no-pin --workers 3 --io-engine=epoll -f x');
  assert.equal([noPin, workers, ioEngine, files], [true, 3, 'epoll', ['x']]);
  assert.equal(options('--workers=auto -f x').workers, 'auto');
  const none = options('-f x');
  assert.equal([none.noPin, none.workers, none.ioEngine], [false, null, null]);
});

test('-d is a foreground that says more than -db', () => {
  assert.equal([options('-d -f x').debug, options('-db -f x').debug], [true, false]);
});

const FAULTS: readonly [line: string, message: string][] = [
  ['-f', '-f: expects a value'],
  ['-n many -f a', "-n: expects a number, not 'many'"],
  ['-f a -sf 0', "-sf: expects numbers of processes up to the next option, not '0'"],
  ['-f a -st 12 3x -c', "-st: expects numbers of processes up to the next option, not '3x'"],
  ['-sf 4294967295 -f a', "-sf: expects numbers of processes up to the next option, not '4294967295'"],
  ['-f a -sf pid', "-sf: expects numbers of processes up to the next option, not 'pid'"],
  ['-Z', '-Z: unknown option'],
  ['-c file.cfg', 'file.cfg: unexpected word; files follow -f or --'],
  ['-dCkey -f a', '-dCkey: the dump cannot be anonymized; -dC shows it as it is'],
  ['-f a --workers', '--workers: expects a value'],
  ['-f a --workers none', '--workers: not a whole number, and not auto'],
  ['-f a --io-engine=uringg', "--io-engine=uringg: unknown engine, known are auto, uring, epoll; did you mean 'uring' maybe ?"],
  ['-c --bind :80', "--bind: cannot stand beside options in HAProxy's style"],
];

for (const [line, message] of FAULTS) {
  test(`'${line}' is refused`, () => assert.equal(parseShortOptions(line.split(' ')), { ok: false, message }));
}

test('long flags and commands are not in this style', () => {
  assert.not.ok(isShortStyle(['--bind', ':80', '--server=x']));
  assert.not.ok(isShortStyle(['doctor', '--json']));
  assert.not.ok(isShortStyle([]));
  assert.ok(isShortStyle(['-f', 'x']));
  assert.ok(isShortStyle(['--diag=json', '-c', '-f', 'x']));
  assert.ok(isShortStyle(['--', 'x']));
});

test.run();
