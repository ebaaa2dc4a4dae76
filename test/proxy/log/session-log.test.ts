/** Which sessions are logged, when, and at which level; what goes out in which system call. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { HostAddress } from '../../../src/kernel/host-address.js';
import { O_NONBLOCK } from '../../../src/kernel/sys/constants.js';
import { sys } from '../../../src/kernel/sys/libc.js';
import { allocate } from '../../../src/kernel/sys/memory.js';
import type { LogPlan } from '../../../src/plan/logging.js';
import { OVER_AFTER_MS } from '../../../src/proxy/log/drops.js';
import { SessionLog } from '../../../src/proxy/log/session-log.js';
import { textVariables } from '../../../src/proxy/log/text.js';
import { NO_FD, type Session } from '../../../src/proxy/session.js';
import { ServerAddressRow } from '../../../src/shared/addresses.js';
import { COUNTER } from '../../../src/shared/counters.js';
import { scratchFolder } from '../../harness.js';
import { compiler, contextOf, formatOf, planOf, Receiver, sessionOf, surroundingsOf, targetOf, udp } from './support/lab.js';

const scratch = allocate(4096);
const formatFlags = { quoted: false, hexadecimal: false, escaped: false, mandatory: false };

/** A log whose lines are read here, each with its level in front. */
class Desk {
  readonly log: SessionLog;
  readonly said: string[] = [];
  readonly counters: Float64Array;
  private readonly fd: number;
  private readonly writeEnd: number;

  constructor(changes: Partial<LogPlan>, format: string | null = '%ts %B') {
    assert.is(sys.pipe2(scratch.address, O_NONBLOCK), 0);
    this.fd = scratch.i32[0];
    this.writeEnd = scratch.i32[1];
    const target = targetOf({ kind: 'fd', fd: this.writeEnd }, { format: 'short' });
    const plan = planOf({ targets: [target], format: format === null ? null : formatOf(format), ...changes });
    const lane = surroundingsOf(plan, this.said);
    this.counters = lane.counters;
    this.log = new SessionLog(lane, compiler);
  }

  /** What has been written since the last look. */
  read(): string {
    this.log.flush(0);
    const bytes = Buffer.alloc(65536);
    try {
      return bytes.toString('latin1', 0, readSync(this.fd, bytes));
    } catch (error) {
      assert.is((error as NodeJS.ErrnoException).code, 'EAGAIN');
      return '';
    }
  }

  /** The line of a session that has ended. */
  ended(changes: Partial<Session> = {}): string {
    const session = sessionOf(changes);
    this.log.write(session, contextOf(session), false);
    return this.read();
  }

  close(): void {
    this.log.close(0);
    sys.close(this.fd);
    sys.close(this.writeEnd);
  }
}

/** Runs a test at a desk. */
function at(changes: Partial<LogPlan>, body: (desk: Desk) => void, format?: string | null): void {
  const desk = new Desk(changes, format);
  body(desk);
  desk.close();
}

test('an ordinary session leaves one line', () =>
  at({}, (desk) => {
    const session = sessionOf();
    for (const asap of [true, false, false]) desk.log.write(session, contextOf(session), asap);
    assert.is(desk.read(), '<6>-- 11\n');
  }));

test('dontlognull: nothing from the client, whatever the server sent', () => {
  const silent = (): Session => {
    const session = sessionOf();
    session.client.received = 0;
    return session;
  };
  for (const dontLogNull of [false, true])
    at({ dontLogNull }, (desk) => {
      const session = silent();
      desk.log.write(session, contextOf(session), false);
      assert.is(desk.read(), dontLogNull ? '' : '<6>-- 11\n');
    });
  at({ dontLogNull: true, asap: true }, (desk) => {
    const session = silent();
    desk.log.write(session, contextOf(session), true);
    assert.is(desk.read(), '<6>-- +11\n', 'nothing can have come yet when the line is written early');
  });
});

const ERRONEOUS: Partial<Session>[] = [
  { termination: 'cD' },
  { termination: 'SC' },
  { termination: 'PR' },
  { termination: 'RC' },
  { retries: 1 },
  { redispatched: true },
  { redispatched: true, termination: 'LR' },
];
const NORMAL: Partial<Session>[] = [{}, { termination: 'LR' }, { termination: 'LR', retries: 1 }];

test('dontlog-normal and log-separate-errors tell errors, timeouts, retries and redispatches', () =>
  at({ dontLogNormal: true, separateErrors: true }, (desk) => {
    for (const changes of ERRONEOUS) assert.is(desk.ended(changes), `<3>${changes.termination ?? '--'} 11\n`);
    for (const changes of NORMAL) assert.is(desk.ended(changes), '');
  }));

test('without these options all are alike', () =>
  at({}, (desk) => {
    for (const changes of [...ERRONEOUS, ...NORMAL]) assert.is(desk.ended(changes), `<6>${changes.termination ?? '--'} 11\n`);
  }));

test('dontlog-normal with logasap: what goes wrong later is still logged', () =>
  at({ dontLogNormal: true, asap: true }, (desk) => {
    const session = sessionOf();
    desk.log.write(session, contextOf(session), true);
    assert.is(desk.read(), '');
    session.termination = 'sD';
    desk.log.write(session, contextOf(session), false);
    assert.is(desk.read(), '<6>sD +11\n');
  }));

test('logasap: at the connection to the server, and not again', () =>
  at({ asap: true }, (desk) => {
    const session = sessionOf();
    desk.log.write(session, contextOf(session), true);
    assert.is(desk.read(), '<6>-- +11\n');
    desk.log.write(session, contextOf(session), false);
    assert.is(desk.read(), '');
  }));

test('a format that speaks of nothing later is written at the connection to the server', () => {
  const early = '%ci:%cp [%t] %ft %b/%s %si:%sp %bi:%bp %fi:%fp %ms %Ts %T %Tl %H %pid %rt %lc %hr %hrl %tsc %ST %[src] text';
  const late = 'B ID Tc Td Th Tt Tu Tw U ac bc bq fc rc sc sq ts'.split(' ').map((name) => `%${name}`);
  for (const format of [early, ...late])
    at(
      {},
      (desk) => {
        const session = sessionOf();
        desk.log.write(session, contextOf(session), true);
        assert.is(desk.read() !== '', format === early, format);
      },
      format,
    );
});

test('set-log-level', () =>
  at({ separateErrors: true }, (desk) => {
    assert.is(desk.ended({ logLevel: -2 }), '');
    assert.is(desk.ended({ logLevel: 1, termination: 'SC' }), '<1>SC 11\n');
    assert.is(desk.ended({ logLevel: 7 }), '<7>-- 11\n');
  }));

test('%rc with its redispatch, and %lc counts lines', () =>
  at(
    {},
    (desk) => {
      assert.is(desk.ended({ retries: 3, redispatched: true }), '<6>+3 0\n');
      assert.is(desk.ended({ logLevel: -2 }), '');
      assert.is(desk.ended({ retries: 2 }), '<6>2 1\n');
    },
    '%rc %lc',
  ));

test('without a format the line is that of the incoming connection', () =>
  at(
    {},
    (desk) => {
      const session = sessionOf();
      desk.log.accepted(session, contextOf(session));
      assert.is(desk.read(), '<6>Connect from 127.0.0.1:50000 to 127.0.0.1:80 (fe/TCP)\n');
      desk.log.write(session, contextOf(session), true);
      desk.log.write(session, contextOf(session), false);
      assert.is(desk.read(), '');
    },
    null,
  ));

test('a connection that failed before it was a session', () => {
  for (const dontLogNull of [false, true])
    at({ dontLogNull }, (desk) => {
      const session = sessionOf();
      desk.log.writeFailed(session, contextOf(session), 'no header', true);
      assert.is(desk.read() === '', dontLogNull);
      const spoke = sessionOf();
      desk.log.writeFailed(spoke, contextOf(spoke), 'no header', false);
      assert.match(desk.read(), /^<6>127\.0\.0\.1:50000 \[\d\d\/Nov\/2026:.*\.182\] fe\/b1: no header\n$/);
    });
});

test('UNIX sockets: "unix" and the number of the bind', () => {
  const base = planOf({ targets: [], format: formatOf('%ci:%cp %fi:%fp') });
  const [frontend] = base.frontends;
  const [bind] = frontend.binds;
  const address = { family: 'unix', path: '/run/s', abstract: false } as const;
  assert.is(sys.pipe2(scratch.address, O_NONBLOCK), 0);
  const [from, to] = [scratch.i32[0], scratch.i32[1]];
  const targets = [targetOf({ kind: 'fd', fd: to })];
  const plan = (log: Partial<LogPlan>) => ({
    ...base,
    frontends: [{ ...frontend, log: { ...frontend.log, targets, ...log }, binds: [{ ...bind, address, id: 77 }] }],
  });
  for (const log of [{}, { format: null }]) {
    const lines = new SessionLog(surroundingsOf(plan(log)), compiler);
    const session = sessionOf();
    session.source.clear();
    session.destination.clear();
    lines.accepted(session, contextOf(session));
    lines.write(session, contextOf(session), false);
    lines.close(0);
  }
  const bytes = Buffer.alloc(4096);
  assert.is(bytes.toString('latin1', 0, readSync(from, bytes)), 'unix:77 unix:77\nConnect to unix:77 (fe/TCP)\n');
  sys.close(from);
  sys.close(to);
});

test('a server that has moved', async () => {
  const receiver = await Receiver.open();
  const lane = surroundingsOf(planOf({ targets: [targetOf(udp(receiver.port))], format: formatOf('%si %sp %{+X}si %{+Q}si') }));
  const log = new SessionLog(lane, compiler);
  const end = (session = sessionOf()): void => log.write(session, contextOf(session), false);
  const row = new ServerAddressRow();
  end();
  row.address.setIpv4(0x0a000007, 99);
  lane.tables.addresses.write(0, 0, row);
  end();
  row.address.setIpv6(0x20010db8, 0, 0, 7, 98);
  lane.tables.addresses.write(0, 0, row);
  end();
  log.close(0);
  assert.equal(await receiver.take(3), [
    '127.0.0.1 8080 7F000001 "127.0.0.1"\n',
    '10.0.0.7 99 0A000007 "10.0.0.7"\n',
    '2001:db8::7 98 20010DB8000000000000000000000007 "2001:db8::7"\n',
  ]);
  receiver.close();
});

test('a server on a UNIX socket', async () => {
  const receiver = await Receiver.open();
  const base = planOf({ targets: [targetOf(udp(receiver.port))], format: formatOf('%si %sp %bi %bp|%{+Q}si %{+Q}bi %{+Q}sp') });
  const [backend] = base.backends;
  const address = { family: 'unix', path: '/run/s', abstract: false } as const;
  const lane = surroundingsOf({
    ...base,
    backends: [{ ...backend, servers: backend.servers.map((server) => ({ ...server, address })) }],
  });
  const engine = { ...lane.engine, localAddress: (_: number, into: HostAddress) => into.clear() };
  const log = new SessionLog({ ...lane, engine }, compiler);
  const [session, failed] = [sessionOf(), sessionOf()];
  failed.server.fd = NO_FD;
  for (const one of [session, failed]) log.write(one, contextOf(one), false);
  log.close(0);
  assert.equal(await receiver.take(2), ['unix 0 unix 0|"unix" "unix" 0\n', 'unix 0 - -|"unix" "" 0\n']);
  receiver.close();
});

test('a port that follows the one the client came to', () => {
  const base = planOf({});
  const [backend] = base.backends;
  const lane = surroundingsOf({
    ...base,
    backends: [{ ...backend, servers: backend.servers.map((server) => ({ ...server, portOffset: 1000 })) }],
  });
  assert.is(textVariables(lane)('sp', '', formatFlags)(contextOf(sessionOf())), '1080');
});

test('variables of formats that become a text', () => {
  const base = planOf({});
  const [frontend] = base.frontends;
  const two = { ...base, frontends: [frontend, { ...frontend, name: 'other' }] };
  const read = (name: string, session: Session, flags = formatFlags): string =>
    textVariables(surroundingsOf(two))(name, '', flags)(contextOf(session));
  assert.is(read('ci', sessionOf()), '127.0.0.1');
  assert.is(read('f', sessionOf()), 'fe');
  assert.is(read('f', sessionOf({ frontend: 1 }), { ...formatFlags, quoted: true }), '"other"');
  assert.is(read('hr', sessionOf()), '', 'nothing is captured');
  assert.throws(() => read('nonsense', sessionOf()), /no variable %nonsense/);
});

test('integers of 64 bits in expressions', () =>
  at({}, (desk) => assert.is(desk.ended(), '<6>9223372036854775807 -42\n'), '%[int(9223372036854775807)] %[int(-42)]'));

test('a pipe that nobody reads: the loop comes back soon, and lines are lost in the end', () =>
  at({}, (desk) => {
    const { log } = desk;
    assert.is(log.boundDelay(-1), -1);
    const write = (nowMs = 0): void => {
      const session = sessionOf();
      log.write(session, contextOf(session), false);
      log.flush(nowMs);
    };
    for (let i = 0; i < 1000; i++) write();
    assert.is(log.boundDelay(-1), -1, 'the pipe still takes everything');
    for (let i = 0; i < 30_000; i++) write();
    assert.ok(desk.counters[COUNTER.logsDropped] > 0);
    assert.is(desk.said.length, 1);
    assert.match(desk.said[0], /^warning: log lines to fd@\d+ are dropped: resource temporarily unavailable \(EAGAIN\)/);
    for (const delay of [-1, 60_000]) assert.ok(log.boundDelay(delay) > 0 && log.boundDelay(delay) <= 100);
    assert.is(log.boundDelay(1), 1);
    while (desk.read() !== '');
    assert.is(log.boundDelay(-1), -1);
    write(100);
    assert.is(desk.said.length, 1, 'it may come and go');
    write(OVER_AFTER_MS + 100);
    assert.is(desk.said.length, 2);
    assert.match(desk.said[1], /^notice: log lines are delivered again, \d+ were dropped$/);
  }));

/** Writes a line for each number below `count`, all in one turn; `%U` tells which one it is. */
function writeMany(log: SessionLog, count: number): void {
  for (let i = 0; i < count; i++) {
    const session = sessionOf();
    session.client.received = i;
    log.write(session, contextOf(session), false);
  }
  log.close(0);
}

test('more bytes in a turn than there is memory for are written meanwhile', () => {
  const path = join(scratchFolder(), 'log');
  const fd = openSync(path, 'w');
  const text = 'x'.repeat(6000);
  const target = targetOf({ kind: 'fd', fd }, { length: 8192 });
  const log = new SessionLog(surroundingsOf(planOf({ targets: [target], format: formatOf(`%U ${text}`) })), compiler);
  writeMany(log, 300);
  closeSync(fd);
  const lines = readFileSync(path, 'latin1').split('\n').slice(0, -1);
  assert.is(lines.length, 300);
  for (const [i, line] of lines.entries()) assert.ok(line === `${i} ${text}`, `line ${i}`);
});

test('more lines in a turn than one system call takes are sent in several', async () => {
  const receiver = await Receiver.open();
  const target = targetOf(udp(receiver.port));
  const log = new SessionLog(surroundingsOf(planOf({ targets: [target], format: formatOf('%U') })), compiler);
  writeMany(log, 150);
  assert.equal(
    await receiver.take(150),
    Array.from({ length: 150 }, (_, i) => `${i}\n`),
  );
  receiver.close();
});

test.run();
