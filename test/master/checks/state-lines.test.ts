/** Lines about servers that change their states: what HAProxy 2.6.12 wrote for the same steps. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stateLines } from '../../../src/master/checks/state-lines.js';
import { STATE_DOWN, STATE_DRAIN, STATE_MAINTENANCE, STATE_RESOLUTION, STATE_STOPPING } from '../../../src/shared/servers.js';

const UP = 0;
const WHY = 'reason: Layer7 wrong status, code: 500, info: "X", check duration: 0ms';
const LEFT = '1 active and 1 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.';
const ONLINE = '1 active and 1 backup servers online. 0 sessions requeued, 0 total in queue.';

/** What a server's own state was and is, why, and the lines. */
const OWN: readonly (readonly [before: number, after: number, because: string, ...lines: string[]])[] = [
  [UP, STATE_DOWN, WHY, `<1>Server b/s is DOWN, ${WHY}. ${LEFT}`],
  [STATE_STOPPING, STATE_DOWN, WHY, `<5>Server b/s is DOWN, ${WHY}. ${LEFT}`],
  [STATE_DOWN, UP, WHY, `<5>Server b/s is UP, ${WHY}. ${ONLINE}`],
  [UP, STATE_STOPPING, WHY, `<5>Server b/s is stopping, ${WHY}. ${ONLINE}`],
  [UP, STATE_DOWN, 'changed from CLI', `<1>Server b/s is DOWN, changed from CLI. ${LEFT}`],
  [UP, STATE_MAINTENANCE, '', `<1>Server b/s is going DOWN for maintenance. ${LEFT}`],
  [STATE_DRAIN, STATE_MAINTENANCE, '', `<5>Server b/s is going DOWN for maintenance. ${LEFT}`],
  [STATE_STOPPING, STATE_STOPPING | STATE_MAINTENANCE, '', `<5>Server b/s is going DOWN for maintenance. ${LEFT}`],
  [STATE_DOWN, STATE_DOWN | STATE_MAINTENANCE, '', '<5>Server b/s was DOWN and now enters maintenance.'],
  [STATE_MAINTENANCE, UP, '', '<5>Server b/s is UP/READY (leaving forced maintenance).'],
  [STATE_MAINTENANCE, STATE_DOWN, '', '<5>Server b/s is DOWN/READY (leaving forced maintenance).'],
  [
    STATE_MAINTENANCE,
    STATE_DRAIN,
    '',
    '<5>Server b/s is UP/DRAIN (leaving forced maintenance).',
    '<5>Server b/s remains in forced drain mode.',
  ],
  [UP, STATE_RESOLUTION, 'DNS NX status', `<1>Server b/s is going DOWN for maintenance (DNS NX status). ${LEFT}`],
  [STATE_RESOLUTION, UP, '', "<5>Server b/s ('host') is UP/READY (resolves again)."],
  [UP, STATE_DRAIN, '', `<5>Server b/s enters drain state. ${ONLINE}`],
  [STATE_DOWN, STATE_DOWN | STATE_DRAIN, '', `<5>Server b/s enters drain state. ${LEFT}`],
  [STATE_DRAIN, UP, '', '<5>Server b/s is UP (leaving forced drain).'],
  [STATE_DOWN | STATE_DRAIN, STATE_DOWN, '', '<5>Server b/s is DOWN (leaving forced drain).'],
  [
    STATE_DRAIN,
    STATE_DRAIN | STATE_DOWN,
    WHY,
    `<5>Server b/s is DOWN, ${WHY}. ${LEFT}`,
    '<5>Server b/s remains in forced drain mode.',
  ],
];

/** The same of what a server takes over, which has an own state too. */
const INHERITED: readonly (readonly [own: number, before: number, after: number, ...lines: string[]])[] = [
  [UP, UP, STATE_DOWN, `<1>Server b/s is DOWN via a/t. ${LEFT}`],
  [UP, STATE_DOWN, UP, `<5>Server b/s is UP via a/t. ${ONLINE}`],
  [UP, UP, STATE_STOPPING, `<5>Server b/s is stopping via a/t. ${ONLINE}`],
  [UP, UP, STATE_MAINTENANCE, `<1>Server b/s is going DOWN for maintenance via a/t. ${LEFT}`],
  [UP, STATE_DOWN, STATE_DOWN | STATE_MAINTENANCE, '<5>Server b/s was DOWN and now enters maintenance via a/t.'],
  [UP, STATE_MAINTENANCE, UP, '<5>Server b/s is UP/READY (leaving maintenance).'],
  [
    UP,
    STATE_MAINTENANCE,
    STATE_DRAIN,
    '<5>Server b/s is UP/DRAIN (leaving maintenance).',
    '<5>Server b/s is leaving forced drain but remains in drain mode via a/t.',
  ],
  [UP, UP, STATE_DRAIN, `<5>Server b/s enters drain state via a/t. ${ONLINE}`],
  [UP, STATE_DRAIN, UP, '<5>Server b/s is UP (leaving forced drain).'],
  [STATE_MAINTENANCE, UP, STATE_MAINTENANCE],
  [STATE_MAINTENANCE, STATE_MAINTENANCE, UP, '<5>Server b/s remains in forced maintenance.'],
  [STATE_DRAIN, UP, STATE_DRAIN, '<5>Server b/s remains in forced drain mode.'],
  [STATE_DRAIN, STATE_DRAIN, UP, '<5>Server b/s remains in forced drain mode.'],
];

const place = { backend: 0, server: 0 };
const LEVELS = { alert: 1, notice: 5 } as Readonly<Record<string, number>>;
const context = { name: 'b/s', fqdn: 'host', isBackup: false, followed: '', active: 1, backup: 1, sessions: 0, queued: 0 };

test('lines of a server of its own', () => {
  for (const [before, after, because, ...lines] of OWN) {
    const standing = (own: number) => ({ own, inherited: 0 });
    const transition = { place, before: standing(before), after: standing(after), because, followed: null, requeued: 0 };
    assert.equal(
      stateLines(transition, context).map(({ level, text }) => `<${LEVELS[level]}>${text}`),
      lines,
    );
  }
});

test('lines of a server that follows another one', () => {
  for (const [own, before, after, ...lines] of INHERITED) {
    const transition = {
      place,
      before: { own, inherited: before },
      after: { own, inherited: after },
      because: '',
      followed: place,
      requeued: 0,
    };
    assert.equal(
      stateLines(transition, { ...context, followed: 'a/t' }).map(({ level, text }) => `<${LEVELS[level]}>${text}`),
      lines,
    );
  }
});

test('backup servers are called so, and sessions are counted', () => {
  const transition = {
    place,
    before: { own: 0, inherited: 0 },
    after: { own: STATE_DOWN, inherited: 0 },
    because: '',
    followed: null,
    requeued: 2,
  };
  const lines = stateLines(transition, { ...context, isBackup: true, active: 0, sessions: 5, queued: 3 });
  assert.is(
    lines[0].text,
    'Backup Server b/s is DOWN. 0 active and 1 backup servers left. Running on backup. 5 sessions active, 2 requeued, 3 remaining in queue.',
  );
});

test.run();
