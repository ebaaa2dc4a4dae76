/**
 * The variables of log formats as texts, for formats that do not become a log line: names of
 * backends, values of variables.
 */
import { hostname } from 'node:os';
import type { SampleContext } from '../samples/context.js';
import { DateWriter } from './dates.js';
import { Line } from './line.js';
import type { LogSurroundings } from './session-log.js';
import { type Flags, variableWriter } from './variables.js';

/** Bytes of a variable at most, as many as HAProxy's buffers hold (`tune.bufsize`). */
const ROOM = 16384;

/**
 * Makes readers of variables, by name, argument and flags; they throw RangeError for a name that is
 * none. The unique id is unknown here: `%ID` has no value, `%lc` is 0.
 */
export function textVariables(
  lane: Pick<LogSurroundings, 'plan' | 'tables' | 'engine'>,
): (name: string, argument: string, flags: Flags) => (context: SampleContext) => string {
  const { plan, tables, engine } = lane;
  const bytes = Buffer.alloc(ROOM);
  const line = new Line(bytes);
  const sources = {
    plan,
    tables,
    engine,
    dates: new DateWriter(),
    pid: process.pid,
    hostname: hostname(),
    lineCounts: new Float64Array(plan.frontends.length),
    uniqueId: null,
  };
  return (name, _, flags) => {
    const writers = plan.frontends.map((__, frontend) => variableWriter(name, flags, { ...sources, frontend }));
    return (context) => {
      line.begin(0, ROOM);
      writers[context.session.frontend]?.(line, context);
      return bytes.toString('latin1', 0, line.at);
    };
  };
}
