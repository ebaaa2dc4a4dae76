/** `turbo-lb top`: a live view of a running balancer, or one page of it; `admin/top` has what is shown. */
import type { Options } from 'yargs';
import { Unreachable } from '../admin/client/endpoint.js';
import { parseTime } from '../config/values/time.js';
import type { Arguments, Command } from './command.js';
import { complain, EXIT_OK, type Output } from './complaint.js';
import { chooseSocket, SOCKET_OPTIONS, SOCKET_SEARCH } from './socket-flags.js';

const INTERVAL_MS = 1000;
/** Shorter ones cost the balancer more than they tell. */
const INTERVAL_MS_MIN = 100;
const TIMEOUT_MS = 3000;
/** Columns where there is no terminal, and the environment says nothing. */
const COLUMNS = 80;

const OPTIONS: Readonly<Record<string, Options>> = {
  ...SOCKET_OPTIONS,
  interval: { group: 'Options:', describe: 'Between two looks, as 500ms [default: 1s]', nargs: 1 },
  once: { group: 'Options:', describe: 'Print one page, with the rates of one interval', type: 'boolean' },
};

const EXAMPLES = `Frontends, backends and servers: state, sessions, rates, bytes, errors, queues,
checks. '?' shows the keys: sort, filter, and drain, ready or maintenance of the
selected server. Where standard output is no terminal, one page is printed, as
with --once, as wide as $COLUMNS says [default: ${COLUMNS}]. NO_COLOR is respected;
states are words anyway.

${SOCKET_SEARCH}

Examples:
  turbo-lb top
  turbo-lb top -f /etc/haproxy/haproxy.cfg --interval 2s
  turbo-lb top --socket 127.0.0.1:9999 --once > page.txt`;

/** Runs until the person leaves, or prints a page. */
export const TOP: Command = { options: OPTIONS, examples: EXAMPLES, handle: top };

async function top(argv: Arguments, output: Output): Promise<number> {
  const { endpoint, timeoutMs, complaints } = await chooseSocket(argv, TIMEOUT_MS);
  const interval = parseTime(argv.interval === undefined ? `${INTERVAL_MS}` : String(argv.interval));
  const about = `--interval ${argv.interval}`;
  const wrong = !interval.ok
    ? [{ about, message: interval.message }]
    : interval.value < INTERVAL_MS_MIN
      ? [{ about, message: `at least ${INTERVAL_MS_MIN}ms` }]
      : [];
  if (endpoint === null || !interval.ok || wrong.length + complaints.length > 0)
    return complain([...complaints, ...wrong], output);
  const options = { endpoint, intervalMs: interval.value, timeoutMs };
  const { Top, topOnce } = await import('../admin/top/top.js');
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY && process.env.TERM !== 'dumb';
  if (isTerminal && argv.once !== true) return await live(Top, options);
  try {
    output.out(await topOnce(options, process.stdout.columns ?? (Number(process.env.COLUMNS) || COLUMNS)));
    return EXIT_OK;
  } catch (error) {
    if (error instanceof Unreachable) return complain([{ about: '', message: error.message }], output);
    throw error;
  }
}

type TopModule = typeof import('../admin/top/top.js');

/** However it ends, the terminal is given back: `exit` is the last that any way out comes by. */
async function live(Top: TopModule['Top'], options: ConstructorParameters<TopModule['Top']>[0]): Promise<number> {
  const { Display } = await import('../admin/top/display.js');
  const display = new Display(process.stdin, process.stdout, (process.env.NO_COLOR ?? '') === '');
  const view = new Top(options, display);
  let code = EXIT_OK;
  process.on('exit', () => display.leave());
  process.on('uncaughtExceptionMonitor', () => display.leave());
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    process.on(signal, () => {
      code = 128 + number;
      view.stop();
    });
  }
  process.on('SIGCONT', () => view.redraw());
  process.stdout.on('resize', () => view.redraw());
  process.stdout.on('error', () => view.stop());
  process.stdin.on('error', () => view.stop()).on('end', () => view.stop());
  await view.run();
  return code;
}
