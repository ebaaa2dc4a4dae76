/** Fetches of internal states that belong to no session: constants, time, the process, variables (configuration manual, 7.3.2). */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setAddress } from '../addresses.js';
import { bytesOfHex, hasArgument, numberArgument, textArgument } from '../arguments.js';
import type { FetchFactory, FetchFamily, SampleContext } from '../context.js';
import { setParsed } from '../integers.js';
import { FOUND, MISSING, NOT_YET, type Sample } from '../sample.js';
import { readVariable } from '../variables.js';
import { constant, count, flag, integer, isFinal } from './results.js';

const RANGE_MAX = 2 ** 32;
const MICROSECONDS = 1000000;
/** The two clocks may differ by as much before the time of day counts as set: they are not read in the same moment. */
const CLOCK_SET_MS = 2;

/** When the clock of `performance.now()` began, in milliseconds since 1970, by the time of day as it was last seen to be set. */
let origin = performance.timeOrigin;

/** Microseconds since 1970. The clock may be set meanwhile: `Date` goes along but tells no microseconds. */
function now(): number {
  const sinceOrigin = performance.now();
  if (Math.abs(origin + sinceOrigin - Date.now()) > CLOCK_SET_MS) origin = Date.now() - sinceOrigin;
  return Math.floor((origin + sinceOrigin) * 1000);
}

/** Dates in each unit, from microseconds since 1970. */
const UNITS: Readonly<Record<string, number>> = { s: MICROSECONDS, ms: 1000, us: 1 };

/** A value that is another one each time: a test of it is not decided before its time. */
function volatile(read: (sample: Sample) => void): ReturnType<FetchFactory> {
  return (context, sample) => {
    read(sample);
    sample.mayChange = !isFinal(context);
    return FOUND;
  };
}

const date: FetchFactory = (plan) => {
  const offset = numberArgument(plan, 0);
  const unit = UNITS[textArgument(plan, 1) || 's'];
  return volatile((sample) => sample.setInteger(Math.floor(now() / unit) + offset));
};

const rand: FetchFactory = (plan) => {
  const range = numberArgument(plan, 0, RANGE_MAX);
  return volatile((sample) => sample.setInteger(Math.floor(Math.random() * range)));
};

/** The environment is that at the start, with what the file has changed, as in HAProxy. */
const env: FetchFactory = (plan, { lane }) => {
  const name = textArgument(plan, 0);
  const said = lane.plan.process.environment[name];
  const value = said === undefined ? process.env[name] : said;
  return value === undefined || value === null
    ? () => MISSING
    : constant((sample) => sample.setString(Buffer.from(value).toString('latin1')));
};

const variable: FetchFactory = (plan) => {
  const name = textArgument(plan, 0);
  const fallback = hasArgument(plan, 1) ? textArgument(plan, 1) : null;
  return (context, sample) => {
    const stored = readVariable(context, name);
    if (stored !== null) sample.load(stored);
    else if (fallback !== null) sample.setString(fallback);
    else return MISSING;
    return FOUND;
  };
};

const address: FetchFactory = (plan) =>
  constant((sample) => {
    if (!setAddress(sample, textArgument(plan, 0))) throw new Error(`${plan.fetch}: '${textArgument(plan, 0)}' is no address`);
  });

/** True when the inspection of contents is over, undecided before. */
function waitEnd(context: SampleContext, sample: Sample): typeof FOUND | typeof NOT_YET {
  if (!isFinal(context)) return NOT_YET;
  sample.setBool(true);
  return FOUND;
}

/** Fetches that belong to no session. */
export const INTERNAL_FETCHES: FetchFamily = {
  always_true: () => constant((sample) => sample.setBool(true)),
  always_false: () => constant((sample) => sample.setBool(false)),
  bool: (plan) => constant((sample) => sample.setBool(/^(?:true|1)$/i.test(textArgument(plan, 0)))),
  int: (plan) => constant((sample) => setParsed(sample, textArgument(plan, 0))),
  str: (plan) => constant((sample) => sample.setString(textArgument(plan, 0))),
  bin: (plan) => constant((sample) => sample.setBinary(bytesOfHex(textArgument(plan, 0)))),
  ipv4: address,
  ipv6: address,
  date,
  date_us: () => volatile((sample) => sample.setInteger(now() % MICROSECONDS)),
  env,
  hostname: () => constant((sample) => sample.setString(hostname())),
  rand,
  uuid: () => volatile((sample) => sample.setString(randomUUID())),
  proc: count(() => 1),
  nbproc: count(() => 1),
  thread: count(({ lane }) => lane.worker),
  prio_class: integer(({ session }) => session.priorityClass),
  prio_offset: integer(({ session }) => session.priorityOffsetMs),
  stopping: flag((context) => context.stopping ?? false),
  var: variable,
  wait_end: () => waitEnd,
};
