/**
 * The lines that sessions leave: decides as HAProxy does whether a session is logged, when and at
 * which level (configuration manual, sections 8.2 and 8.3), and has the line written and sent. One
 * for each worker.
 */
import { hostname } from 'node:os';
import { WallClock } from '../../kernel/wall-clock.js';
import type { FormatPlan } from '../../plan/expression.js';
import type { LogPlan } from '../../plan/logging.js';
import type { Lane } from '../lane.js';
import type { ExpressionCompiler, SampleContext } from '../samples/context.js';
import type { Session } from '../session.js';
import { DateWriter } from './dates.js';
import { LineFormat } from './format.js';
import type { Line } from './line.js';
import { longestOf, roomFor, TargetList, type WriteBody } from './targets.js';
import { LogTransport } from './transport.js';
import type { VariableSources } from './variables.js';

/** Levels of syslog that lines of sessions have. */
const LEVEL_ERR = 3;
const LEVEL_INFO = 6;
/** `session.logLevel`: as usual; not at all. */
const SILENT = -2;

/** What of the surroundings of a worker its log needs. */
export type LogSurroundings = Pick<Lane, 'holdings' | 'plan' | 'engine' | 'tables' | 'counters' | 'notify'>;

/** The logging of one frontend, ready to write. */
interface FrontendLog {
  readonly plan: LogPlan;
  readonly targets: TargetList<SampleContext>;
  /** null: the line `Connect from ...`, when the connection comes in. */
  readonly body: WriteBody<SampleContext> | null;
  readonly errorBody: WriteBody<SampleContext>;
  /** The line is written when the connection to the server is established. */
  readonly atConnect: boolean;
}

/** The log lines of the sessions of one worker. */
export class SessionLog {
  private readonly transport: LogTransport;
  private readonly frontends: readonly FrontendLog[];
  private readonly lineCounts: Float64Array;
  /** What is wrong with the connection of the line being written. */
  private problem = '';

  constructor(
    private readonly lane: LogSurroundings,
    compiler: Pick<ExpressionCompiler, 'expression'>,
  ) {
    const { plan, tables, holdings } = lane;
    const logs = plan.frontends.map((frontend) => frontend.log);
    const targets = logs.flatMap((log) => log.targets);
    const longest = longestOf(targets);
    this.lineCounts = new Float64Array(plan.frontends.length);
    this.transport = new LogTransport({
      targets,
      room: logs.reduce((most, log) => Math.max(most, roomFor(log.targets, longest)), 0),
      holdings,
      notify: lane.notify,
      row: lane.counters,
      counters: tables.counters,
    });
    const sources = { pid: process.pid, dates: new DateWriter(), clock: new WallClock(holdings) };
    const system = hostname();
    this.frontends = logs.map((log, frontend) => {
      const variables = { ...sources, plan, tables, engine: lane.engine, hostname: system, lineCounts: this.lineCounts };
      const formats = new Formats(compiler, { ...variables, frontend, uniqueId: null }, log.uniqueIdFormat);
      const list = (structured: WriteBody<SampleContext> | null) =>
        new TargetList(log.targets, log.tag, log.hostname, sources, this.transport, structured, longest);
      const body = formats.compile(log.format);
      return {
        plan: log,
        targets: list(formats.writer(log.structuredData)),
        body: body && ((line: Line, context: SampleContext) => body.write(line, context)),
        errorBody: formats.writer(log.errorFormat) ?? ((line, context) => this.writeProblem(line, context, sources.dates)),
        atConnect: body !== null && (log.asap || !body.needsEnd),
      };
    });
  }

  /** A connection came in, its PROXY header (if any) was read: frontends without a format log now. */
  accepted(session: Session, context: SampleContext): void {
    const log = this.frontends[session.frontend];
    if (log.body !== null || log.targets.isEmpty) return;
    log.targets.send(LEVEL_INFO, this.writeConnect, context, context.nowMs);
    session.logged = true;
  }

  /**
   * Writes the line of a session, once in its life.
   * @param asap the connection to the server was just established: frontends with `option logasap`,
   * or a format that speaks of nothing later, log now. Otherwise the session has ended.
   */
  write(session: Session, context: SampleContext, asap: boolean): void {
    const log = this.frontends[session.frontend];
    const { plan, targets, body } = log;
    if (session.logged || body === null || targets.isEmpty) return;
    if (asap ? !log.atConnect : plan.dontLogNull && session.client.received === 0) return;
    const erroneous = isErroneous(session);
    if (!erroneous && plan.dontLogNormal) return;
    session.logged = true;
    if (session.logLevel === SILENT) return;
    const usual = erroneous && plan.separateErrors ? LEVEL_ERR : LEVEL_INFO;
    targets.send(session.logLevel >= 0 ? session.logLevel : usual, body, context, context.nowMs);
    this.lineCounts[session.frontend]++;
  }

  /**
   * A connection failed before it became a session (PROXY header): `error-log-format`, or
   * `IP:PORT [date] frontend/bind: problem` (configuration manual, section 8.2.5).
   * @param problem as HAProxy words it, for example "Timeout while waiting for PROXY protocol header"
   * @param silent the client sent nothing at all: not logged with `option dontlognull`
   */
  writeFailed(session: Session, context: SampleContext, problem: string, silent: boolean): void {
    const { plan, targets, errorBody } = this.frontends[session.frontend];
    if (session.logged || targets.isEmpty || (silent && plan.dontLogNull)) return;
    session.logged = true;
    this.problem = problem;
    targets.send(plan.separateErrors ? LEVEL_ERR : LEVEL_INFO, errorBody, context, context.nowMs);
  }

  /** Sends what was written; once a turn, and after the last one. */
  flush(nowMs: number): void {
    this.transport.flush(nowMs);
  }

  /** How long the loop may wait, given how long it would: shorter when lines wait for a pipe. */
  boundDelay(delayMs: number): number {
    return this.transport.boundDelay(delayMs);
  }

  /** Sends what was written and closes the sockets. */
  close(nowMs: number): void {
    this.flush(nowMs);
    this.transport.close();
  }

  /** `Connect from 127.0.0.1:1234 to 127.0.0.1:80 (fe/TCP)` (configuration manual, section 8.2.1). */
  private readonly writeConnect = (line: Line, { session }: SampleContext): void => {
    const { engine, plan } = this.lane;
    const frontend = plan.frontends[session.frontend];
    const bind = frontend.binds[session.bind];
    if (bind.address.family === 'unix') {
      line.text('Connect to unix:');
      line.integer(bind.id);
    } else {
      line.text('Connect from ');
      writeHost(line, session.readSource(engine));
      line.text(' to ');
      writeHost(line, session.readDestination(engine));
    }
    line.text(' (');
    line.text(frontend.name);
    line.text('/TCP)');
  };

  private writeProblem(line: Line, { session }: SampleContext, dates: DateWriter): void {
    const { engine, plan } = this.lane;
    const frontend = plan.frontends[session.frontend];
    const bind = frontend.binds[session.bind];
    if (bind.address.family === 'unix') {
      line.text('unix:');
      line.integer(bind.id);
    } else writeHost(line, session.readSource(engine));
    line.text(' [');
    dates.withMilliseconds(line, Math.floor(session.acceptDateMs / 1000), session.acceptDateMs % 1000);
    line.text('] ');
    line.text(frontend.name);
    line.text('/');
    if (bind.name === null) line.integer(bind.id);
    else line.text(bind.name);
    line.text(': ');
    line.text(this.problem);
  }
}

function writeHost(line: Line, address: ReturnType<Session['readSource']>): void {
  line.address(address);
  line.byte(58);
  line.integer(address.port);
}

/** An error, a timeout, a retry or a redispatch; what a rule of our own answered or refused is none ('L'). */
function isErroneous({ termination, redispatched, retries }: Session): boolean {
  if (redispatched) return true;
  return termination.startsWith('-') ? retries > 0 : !termination.startsWith('L');
}

/** Compiles the formats of one frontend. */
class Formats {
  private readonly sources: VariableSources;

  constructor(
    private readonly compiler: Pick<ExpressionCompiler, 'expression'>,
    sources: VariableSources,
    uniqueId: FormatPlan | null,
  ) {
    this.sources = sources;
    this.sources = { ...sources, uniqueId: this.writer(uniqueId) };
  }

  compile(plan: FormatPlan | null): LineFormat | null {
    return plan && new LineFormat(plan, this.compiler, this.sources);
  }

  writer(plan: FormatPlan | null): WriteBody<SampleContext> | null {
    const format = this.compile(plan);
    return format && ((line, context) => format.write(line, context));
  }
}
