/** Whole screens, as they are to look, and what holds for a screen of any size. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { paintLine, repaint } from '../../../src/admin/top/paint.js';
import { renderPage, renderScreen, textOf } from '../../../src/admin/top/screen.js';
import { newState, press, type TopState, withFailure, withSample } from '../../../src/admin/top/state.js';
import { farm, sampleAt, watched } from './support.js';

const typed = (state: TopState, ...keys: string[]): TopState => keys.reduce((now, key) => press(now, key, 5)[0], state);

/** The screen as text, without the blanks at the ends of lines. */
function screen(state: TopState, columns: number, rows: number): string {
  return renderScreen(state, columns, rows, '12:00:00')
    .map((line) => textOf(line).trimEnd())
    .join('\n');
}

const HEAD = `HAProxy 3.5  pid 77  up 1m38s  /run/lb.sock                             12:00:00
conn 12/1000  20 new/s  10.0kB/s in  1.00MB/s out  servers 2 up 1 down 2 other
 NAME          STATUS    SESS   MAX LIMIT NEW/s  IN/s OUT/s  ERR  QUE WGT CHECK`;
const FOOT = '? help  / filter  s sort  v view  d drain  r ready  m maint  q quit';

test('80 columns', () => {
  assert.is(
    screen(typed(watched(), 'down', 'down'), 80, 14),
    `${HEAD}
 F web         OPEN        12    40  1000    20 10.0k 1.00M    0
 B app         UP          12    29   100    50  2000  3000    0    5   2 2/4 up
>   s1         UP           9    20          40  2000  3000    0    0   1 L4OK
    s2         UP 1/3       3     9    10    10     -     -    6    5   1 L4TOUT
    s3         DOWN         0     0           0     -     -    0    0   1 L4CON
    s4         MAINT (~     0     0           0     -     -    0    0   1
 B a-back~name UP           0           1     0     -     -    0    0   1 1/1 up
    serve~r-17 no check     0     0           0     -     -    0    0   1


${FOOT}`,
  );
});

test('a wide screen has more columns, and servers are named in full where they stand alone', () => {
  const wide = screen(typed(watched(), 'S'), 150, 6);
  assert.is(
    wide,
    `HAProxy 3.5  pid 77  up 1m38s  /run/lb.sock${' '.repeat(99)}12:00:00
conn 12/1000  20 new/s  10.0kB/s in  1.00MB/s out  servers 2 up 1 down 2 other
 by status                              STATUS    SESS   MAX LIMIT NEW/s  IN/s OUT/s  ERR  QUE WGT CHECK   SINCE DOWNTIME LAST CHECK
>S app/s3                               DOWN         0     0           0     -     -    0    0   1 L4CON   2h05m    1d01h Connection refused, twice
 S app/s2                               UP 1/3       3     9    10    10     -     -    6    5   1 L4TOUT  1m30s       0s
${FOOT}`,
  );
});

test('a list longer than the screen moves with the selection', () => {
  const lines = screen(typed(watched(), 'end'), 80, 6).split('\n');
  assert.match(lines[3], /^ B a-back~name/);
  assert.match(lines[4], /^> {3}serve~r-17 no check/);
});

test('a question names the server and the keys, whatever else is cut', () => {
  assert.match(
    screen(typed(watched(), 'down', 'down', 'd'), 80, 8),
    /\nDrain app\/s1\? \(y\/n\) {2}No new sessions; those it has go on\.$/,
  );
  assert.match(screen(typed(watched(), 'end', 'm'), 80, 8), /server-number-17\? \(y\/n\)/);
});

test('no answer is said in words above what was known', () => {
  const lost = screen(withFailure(watched(), '/run/lb.sock: nobody listens there', '11:59:00'), 80, 8).split('\n');
  assert.is(lost[1], 'NO ANSWER since 11:59:00: /run/lb.sock: nobody listens there');
  assert.match(lost[3], /^>F web +OPEN/);
  assert.match(
    screen(withFailure(newState('/run/x', 1000), 'nobody', '1'), 80, 8),
    /^\/run\/x +12:00:00\nNO ANSWER since 1: nobody\n NAME/,
  );
  assert.match(screen(newState('/run/x', 1000), 80, 8), /\nasking \.\.\.\n/);
});

test('turbo-lb goes by its own name', () => {
  const sample = sampleAt(1, farm(1), { Version: '3.4.0-turbo-lb-0.1.0' });
  assert.match(screen(withSample(newState('/run/x', 1000), sample), 80, 8), /^turbo-lb 0\.1\.0 {2}pid 77 /);
});

test('filters, views and their emptiness', () => {
  assert.match(screen(typed(watched(), '/', 'z'), 80, 8), /\n nothing matches 'z'; Esc shows all\n(.*\n)*\/z_/);
  assert.match(screen(typed(watched(), '/', 's', '2', 'return'), 80, 8), /\n>S app\/s2 .*\n(.*\n)*\[filter: s2\] \? help/);
  assert.match(screen(typed(watched(), 'v', 'v', 'v'), 80, 8), /\n problems {6}STATUS/);
});

test('the help fits 80x24, and can be scrolled where it does not', () => {
  const help = screen(typed(watched(), '?'), 80, 24);
  assert.match(help, /^Keys\n/);
  assert.match(help, /Any key: back\.\n/);
  assert.not.match(help, '~');
  assert.not.match(screen(typed(watched(), '?'), 80, 10), 'Any key: back.');
  assert.match(screen(typed(watched(), '?', ...Array(30).fill('down')), 80, 10), 'Any key: back.');
});

test('whatever the size: as many lines as rows, as wide as the screen', () => {
  const states = [
    watched(),
    typed(watched(), '?'),
    typed(watched(), '/'),
    withFailure(watched(), 'x'.repeat(300), 'now'),
    newState('s', 1),
  ];
  for (const state of states) {
    for (let columns = 1; columns < 200; columns += 7) {
      for (const rows of [1, 2, 3, 4, 5, 24, 100]) {
        const lines = renderScreen(state, columns, rows, '12:00:00');
        assert.is(lines.length, rows);
        for (const line of lines) assert.is(textOf(line).length, columns, `${columns}x${rows}: ${textOf(line)}`);
      }
    }
  }
});

test('a page for pipes has no marks and no keys', () => {
  const page = renderPage(watched(), 80, '12:00:00');
  assert.is(page.length, 3 + 8);
  assert.not.match(page.join('\n'), />|quit| $/m);
});

test('styles become control sequences, and without colour none that has one', () => {
  const line = [
    ['UP', 'good'],
    [' ', 'plain'],
    ['DOWN', 'bad'],
    ['x', 'reverse'],
  ] as const;
  assert.is(paintLine(line, true), '\x1b[32mUP\x1b[0m \x1b[1;31mDOWN\x1b[0m\x1b[7mx\x1b[0m');
  assert.is(paintLine(line, false), 'UP \x1b[1mDOWN\x1b[0m\x1b[7mx\x1b[0m');
});

test('only lines that have changed are written', () => {
  assert.is(repaint(['a', 'b', 'c'], ['a', 'B', 'c']), '\x1b[2;1HB');
  assert.is(repaint([], ['a']), '\x1b[1;1Ha');
});

test.run();
