/**
 * Commands that show the inside of the process, for who looks for a leak or a stall: what each worker has
 * done and what it holds of everything that is limited. The layout is HAProxy's, the counters are ours.
 */
import type { LoadBalancer } from '../../master/balancer.js';
import type { WorkerHoldingsView } from '../../proxy/questions.js';
import { COUNTER, COUNTER_NAMES } from '../../shared/counters.js';
import { type Command, type CommandCall, failure, type Reply } from '../command.js';

/** The commands of this file. */
export const ACTIVITY_COMMANDS: readonly Command[] = [
  {
    name: 'show activity',
    usage: '[-1|0|thread_num]',
    help: 'show per-thread activity stats (for support/developers)',
    level: 'operator',
    run: showActivity,
  },
  {
    name: 'show pools',
    usage: '',
    help: 'report information about the memory pools usage',
    level: 'user',
    run: ({ balancer }) => poolsText(balancer),
  },
  {
    name: 'show fd',
    usage: '[num]',
    help: 'dump list of file descriptors in use or a specific one',
    level: 'operator',
    run: showDescriptors,
  },
  { name: 'show threads', usage: '', help: 'show some threads debugging information', level: 'user', run: showThreads },
];

/** What every worker holds; null in the place of one that does not answer. */
function holdings(balancer: LoadBalancer): Promise<(WorkerHoldingsView | null)[]> {
  const workers = Array.from({ length: balancer.workerCount }, (_, worker) => worker);
  return Promise.all(
    workers.map(async (worker) => (await balancer.ask(worker, { kind: 'holdings' })) as WorkerHoldingsView | null),
  );
}

/** Values of workers in a row, with their sum: all, the sum alone (`0`), or those of one thread. */
async function showActivity({ balancer, words: [which = '-1'] }: CommandCall): Promise<Reply> {
  const thread = Number(which);
  const { workerCount, tables, engine } = balancer;
  if (!Number.isInteger(thread) || thread < -1 || thread > workerCount)
    return failure(`Thread number must be within -1..${workerCount}.\n`);
  const views = await holdings(balancer);
  const row = (name: string, values: readonly number[]): string => {
    const sum = values.reduce((total, value) => total + value, 0);
    const text = thread > 0 ? values[thread - 1] : thread === 0 || workerCount === 1 ? sum : `${sum} [ ${values.join(' ')} ]`;
    return `${name}: ${text}\n`;
  };
  const held = (name: keyof WorkerHoldingsView): number[] => views.map((view) => view?.[name] ?? 0);
  const descriptors = views.map((_, worker) => tables.holdings.descriptors(worker).length);
  const now = Date.now() * 1000;
  return [
    `thread_id: ${thread > 0 ? thread : 1} (1..${workerCount})\n`,
    `date_now: ${Math.floor(now / 1e6)}.${String(now % 1e6).padStart(6, '0')}\n`,
    `engine: ${engine.name}\n`,
    row(
      'silent',
      views.map((view) => (view === null ? 1 : 0)),
    ),
    ...COUNTER_NAMES.map((name) =>
      row(
        name,
        views.map((_, worker) => tables.counters.row(worker)[COUNTER[name]]),
      ),
    ),
    row('completions', held('completions')),
    row('internalErrors', held('internalErrors')),
    row('descriptors', descriptors),
    `checkDescriptors: ${balancer.checkDescriptors}\n`,
    row('slots', held('sessions')),
    row('slotsMade', held('sessionsMade')),
    row('timers', held('timers')),
    row('heapBytes', held('heapBytes')),
    row('arrayBytes', held('arrayBytes')),
  ].join('');
}

/** What is taken out of each pool, over all workers; a pool grows to the greatest load met. */
export async function poolsText(balancer: LoadBalancer): Promise<string> {
  const views = (await holdings(balancer)).filter((view) => view !== null);
  const sum = (value: (view: WorkerHoldingsView) => number): number => views.reduce((total, view) => total + value(view), 0);
  const { bufsize } = balancer.plan.process.tune;
  const buffers = sum(({ buffers: count }) => count);
  const used = balancer.tables.counters.total('buffersInUseNow');
  const pools = [
    { name: 'buffer', size: bufsize, allocated: buffers, used },
    { name: 'session', size: 0, allocated: sum(({ sessionsMade }) => sessionsMade), used: sum(({ sessions }) => sessions) },
  ];
  const rows = pools.map(
    ({ name, size, allocated, used: taken }) =>
      `  - Pool ${name} (${size} bytes) : ${allocated} allocated (${allocated * size} bytes), ${taken} used, ${views.length} users\n`,
  );
  const heap = sum(({ heapBytes, arrayBytes }) => heapBytes + arrayBytes);
  const total = `Total: ${pools.length} pools, ${buffers * bufsize} bytes allocated, ${used * bufsize} used. Heaps of workers: ${heap} bytes.\n`;
  return `Dumping pools usage.\n${rows.join('')}${total}`;
}

/** Which descriptors each worker holds. */
function* showDescriptors({ balancer, words: [number] }: CommandCall): Iterable<string> {
  for (let worker = 0; worker < balancer.workerCount; worker++) {
    for (const fd of balancer.tables.holdings.descriptors(worker))
      if (number === undefined || fd === Number(number)) yield `${String(fd).padStart(7)} : worker=${worker}\n`;
  }
}

async function showThreads({ balancer }: CommandCall): Promise<string> {
  const views = await holdings(balancer);
  const { counters } = balancer.tables;
  return views
    .map((view, worker) => {
      const turns = counters.row(worker)[COUNTER.turns];
      const state = view === null ? 'stuck=1' : `stuck=0 sessions=${view.sessions} timers=${view.timers}`;
      return `  Thread ${worker + 1} : engine=${balancer.engine.name} loops=${turns} ${state}\n`;
    })
    .join('');
}
