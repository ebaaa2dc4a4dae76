/** Choosing an engine: io_uring is tried out for real, and a refusal is explained in a sentence. */
import { readdirSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SystemCallError } from '../../src/kernel/errno.js';
import { openEventfd } from '../../src/kernel/eventfd.js';
import { getNofileLimit, setNofileLimit } from '../../src/kernel/limits.js';
import { chooseEngine, explainRefusal, openEngine, probeUring } from '../../src/kernel/probe.js';
import { EINVAL, EMFILE, ENOMEM, ENOSYS, EPERM } from '../../src/kernel/sys/constants.js';
import { sys } from '../../src/kernel/sys/libc.js';
import { missingOperations } from '../../src/kernel/uring/operations.js';
import { Ring } from '../../src/kernel/uring/ring.js';
import { Ledger } from './support/ledger.js';

const SETUP = 'io_uring_setup';
const openDescriptors = () => readdirSync('/proc/self/fd').length;

/** Runs with a limit that leaves no descriptor to open. */
function withoutDescriptors<T>(body: () => T): T {
  const lowestFree = openEventfd();
  sys.close(lowestFree);
  const limit = getNofileLimit();
  assert.is(setNofileLimit({ soft: lowestFree, hard: limit.hard }), 0);
  try {
    return body();
  } finally {
    assert.is(setNofileLimit(limit), 0);
  }
}

test('io_uring of this machine passes the trial, and the trial leaves nothing open', () => {
  const before = openDescriptors();
  const probe = probeUring();
  assert.ok(probe.usable, probe.usable ? '' : probe.reason);
  assert.ok(probe.features.includes('multishot receive'));
  assert.is(openDescriptors(), before);
  assert.equal(missingOperations(), []);
});

test('a kernel that refuses a ring makes a reason, not an exception', () => {
  const before = openDescriptors();
  const probe = withoutDescriptors(probeUring);
  assert.equal(probe, { usable: false, reason: 'io_uring_setup: too many open files (EMFILE)' });
  assert.is(openDescriptors(), before);
});

test('a refusal names the call and the error', () => {
  assert.throws(
    () => new Ring(0, 16),
    (error: unknown) => error instanceof SystemCallError && error.syscall === SETUP && error.errno === EINVAL,
  );
});

test('each refusal is explained as far as the error tells', () => {
  const why = (errno: number, sysctl: string) => explainRefusal(SETUP, errno, sysctl);
  const denied = 'io_uring_setup: operation not permitted (EPERM)';
  assert.is(why(EPERM, '2'), `${denied}: disabled by the sysctl kernel.io_uring_disabled=2, if not by a seccomp profile`);
  assert.is(why(EPERM, '0'), `${denied}: a seccomp profile forbids it`);
  assert.is(why(EPERM, ''), `${denied}: a seccomp profile forbids it`);
  assert.match(why(ENOSYS, ''), /ENOSYS.*built without io_uring/);
  assert.match(why(EINVAL, ''), /EINVAL.*too old/);
  assert.match(why(ENOMEM, ''), /ENOMEM.*RLIMIT_MEMLOCK/);
  assert.is(why(EMFILE, '0'), 'io_uring_setup: too many open files (EMFILE)');
});

test('auto takes io_uring where it works, and epoll with the reason where it does not', () => {
  const works = () => ({ usable: true, features: ['a', 'b'] }) as const;
  const fails = () => ({ usable: false, reason: 'the reason' }) as const;
  assert.equal(chooseEngine('auto', works), { name: 'uring', reason: 'io_uring works here: a, b' });
  assert.equal(chooseEngine('uring', works), { name: 'uring', reason: 'io_uring works here: a, b' });
  assert.equal(chooseEngine('auto', fails), { name: 'epoll', reason: 'the reason' });
});

test('io_uring demanded where it does not work is an error with the reason', () => {
  assert.throws(
    () => withoutDescriptors(() => chooseEngine('uring')),
    /^io_uring cannot be used: io_uring_setup: too many open files/,
  );
});

test('epoll asked for is not put to the trial', () => {
  const choice = chooseEngine('epoll', () => {
    throw new Error('no need to probe');
  });
  assert.equal(choice, { name: 'epoll', reason: 'epoll was asked for' });
});

for (const name of ['uring', 'epoll'] as const) {
  test(`openEngine opens ${name}, and fails with the call that failed`, () => {
    const options = { slots: 2, bufferCount: 4, bufferSize: 4096, pipesMax: 0, pipeSize: 0, wakeFd: -1, holdings: new Ledger() };
    const engine = openEngine(name, options);
    assert.is(engine.name, name);
    engine.stop();
    options.holdings.assertBalanced();
    assert.throws(() => withoutDescriptors(() => openEngine(name, options)), /io_uring_setup|epoll_create1/);
  });
}

test.run();
