/** Samples made up for the tests of `top`: a frontend, two backends, some servers. */
import { readSample, type Sample } from '../../../src/admin/top/sample.js';
import { newState, type TopState, withSample } from '../../../src/admin/top/state.js';

const COLUMNS =
  'pxname svname type status scur smax slim stot bin bout econ qcur weight act bck check_status last_chk lastchg downtime'.split(
    ' ',
  );

/** Cells by column; what is left out is empty. */
export type Cells = Readonly<Partial<Record<string, string | number>>>;

/** What a balancer says to SAMPLE_QUESTION. */
export function answer(rows: readonly Cells[], info: Cells = {}): string {
  const fields = {
    Name: 'HAProxy',
    Version: '3.5-dev5-50872d-2',
    Pid: 77,
    Uptime_sec: 98,
    Maxconn: 1000,
    CurrConns: 12,
    ...info,
  };
  const head = `# ${COLUMNS.join(',')},`;
  const lines = rows.map((row) => COLUMNS.map((column) => row[column] ?? '').join(',') + ',');
  const facts = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return `${facts.join('\n')}\n\n${[head, ...lines].join('\n')}\n`;
}

/** A sample of these rows at a time in seconds. */
export function sampleAt(seconds: number, rows: readonly Cells[], info: Cells = {}): Sample {
  const sample = readSample(answer(rows, info), seconds * 1000);
  if (sample === null) throw new Error('not a sample');
  return sample;
}

const server = (pxname: string, svname: string, cells: Cells): Cells => ({
  pxname,
  svname,
  type: 2,
  weight: 1,
  act: 1,
  bck: 0,
  qcur: 0,
  scur: 0,
  smax: 0,
  lastchg: 90,
  downtime: 0,
  ...cells,
});

/** What runs: `app` has a server of each state; `turn` counts the samples, which are one second and a half apart. */
export function farm(turn: number): Cells[] {
  return [
    {
      pxname: 'web',
      svname: 'FRONTEND',
      type: 0,
      status: 'OPEN',
      scur: 12,
      smax: 40,
      slim: 1000,
      stot: 100 + 30 * turn,
      bin: 15_000 * turn,
      bout: 1_500_000 * turn,
    },
    server('app', 's1', {
      status: 'UP',
      scur: 9,
      smax: 20,
      stot: 60 * turn,
      bin: 3000 * turn,
      bout: 4500 * turn,
      check_status: 'L4OK',
    }),
    server('app', 's2', {
      status: 'UP 1/3',
      scur: 3,
      smax: 9,
      slim: 10,
      stot: 15 * turn,
      econ: 3 * turn,
      qcur: 5,
      check_status: '* L4TOUT',
    }),
    server('app', 's3', {
      status: 'DOWN',
      stot: 7,
      check_status: 'L4CON',
      last_chk: '"Connection refused, twice"',
      lastchg: 7500,
      downtime: 90_000,
    }),
    server('app', 's4', { status: 'MAINT (via app/s3)', stot: 7 }),
    {
      pxname: 'app',
      svname: 'BACKEND',
      type: 1,
      status: 'UP',
      scur: 12,
      smax: 29,
      slim: 100,
      stot: 75 * turn,
      bin: 3000 * turn,
      bout: 4500 * turn,
      qcur: 5,
      weight: 2,
      act: 2,
      bck: 0,
    },
    server('a-backend-of-a-long-name', 'server-number-17', { status: 'no check', stot: 0 }),
    {
      pxname: 'a-backend-of-a-long-name',
      svname: 'BACKEND',
      type: 1,
      status: 'UP',
      scur: 0,
      slim: 1,
      stot: 0,
      qcur: 0,
      weight: 1,
      act: 1,
      bck: 0,
    },
    { pxname: 'web', svname: 'sock-1', type: 3, status: 'OPEN' },
  ];
}

/** The state after two samples. */
export function watched(): TopState {
  return withSample(withSample(newState('/run/lb.sock', 1000), sampleAt(10, farm(1))), sampleAt(11.5, farm(2)));
}
