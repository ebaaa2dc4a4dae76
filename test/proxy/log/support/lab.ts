/** What tests of log lines need: formats from their text, a worker's surroundings, sessions, a syslog receiver. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { FormatFlags } from '../../../../src/config/samples/syntax.js';
import type { Engine } from '../../../../src/kernel/engine.js';
import type { HostAddress } from '../../../../src/kernel/host-address.js';
import type { FormatPartPlan, FormatPlan } from '../../../../src/plan/expression.js';
import { type LogPlan, type LogTargetPlan, NO_LOG } from '../../../../src/plan/logging.js';
import {
  DEFAULT_BACKEND,
  DEFAULT_FRONTEND,
  DEFAULT_PROCESS,
  defaultBind,
  defaultServer,
  type Plan,
} from '../../../../src/plan/plan.js';
import { statisticsNames } from '../../../../src/plan/statistics-names.js';
import type { LogSurroundings } from '../../../../src/proxy/log/session-log.js';
import type { ExpressionCompiler, SampleContext } from '../../../../src/proxy/samples/context.js';
import { FOUND, MISSING } from '../../../../src/proxy/samples/sample.js';
import { Session } from '../../../../src/proxy/session.js';
import { createShared, openShared } from '../../../../src/shared/state.js';
import { allocateStatistics } from '../../../../src/shared/statistics.js';
import { eventually } from '../../../harness.js';

const NO_FLAGS: FormatFlags = { quoted: false, hexadecimal: false, escaped: false, mandatory: true };

/** Flags as written: `+Q,-E`. */
function flagsOf(text: string | undefined, base: FormatFlags): FormatFlags {
  const names = { Q: 'quoted', X: 'hexadecimal', E: 'escaped', M: 'mandatory' } as const;
  const set = [...(text ?? '').matchAll(/([+-])([QXEM])/g)].map(([, sign, flag]) => [names[flag as 'Q'], sign === '+']);
  return { ...base, ...Object.fromEntries(set) };
}

/** A format as `log-format` takes it, without the checks. */
export function formatOf(text: string): FormatPlan {
  let base = NO_FLAGS;
  return [...text.matchAll(/%(?:\{([^}]*)\})?(?:\[([^\]]*)\]|([A-Za-z]+))|([^%]+)/g)].flatMap<FormatPartPlan>((match) => {
    const [, flagText, expression, name, literal] = match;
    if (literal !== undefined) return [{ kind: 'text', text: literal }];
    const flags = flagsOf(flagText, base);
    if (name === 'o') base = flags;
    if (name !== undefined) return [{ kind: 'variable', name, argument: '', flags }];
    const plan = { fetch: expression, arguments: [], kinds: [], converters: [], type: 'any' } as const;
    return [{ kind: 'expression', expression: plan, flags }];
  });
}

/** Expressions that tests use, by their text; others have no value. */
export const compiler: Pick<ExpressionCompiler, 'expression'> = {
  expression:
    ({ fetch }) =>
    ({ session }, sample) => {
      const text = /^str\((.*)\)$/.exec(fetch)?.[1];
      const bytes = /^bin\((.*)\)$/.exec(fetch)?.[1];
      if (fetch === 'src') sample.setIpv4(session.source.word0);
      else if (fetch === 'src_port') sample.setInteger(session.source.port);
      else if (fetch === 'bool(true)') sample.setBool(true);
      else if (fetch === 'ipv6(2001:db8::1)') sample.setIpv6(0x20010db8, 0, 0, 1);
      else if (fetch === 'int(-42)') sample.setInteger(-42);
      else if (fetch === 'int(9223372036854775807)') sample.setWide(2n ** 63n - 1n);
      else if (text !== undefined) sample.setString(text);
      else if (bytes !== undefined) sample.setBinary(Buffer.from(bytes, 'hex').toString('latin1'));
      else return MISSING;
      return FOUND;
    },
};

/** A target that takes everything as it is. */
export function targetOf(target: LogTargetPlan['target'], changes: Partial<LogTargetPlan> = {}): LogTargetPlan {
  return { target, length: 1024, format: 'raw', facility: 16, maxLevel: 7, minLevel: 0, sample: null, ...changes };
}

/** UDP on loopback. */
export const udp = (port: number): LogTargetPlan['target'] => ({
  kind: 'socket',
  address: { family: 'ipv4', host: '127.0.0.1', port },
});

/** A plan with one frontend `fe` and one backend `be` of one server `s1`, which logs so. */
export function planOf(log: Partial<LogPlan>, captures: readonly number[] = []): Plan {
  const address = { family: 'ipv4', host: '127.0.0.1', port: 80 } as const;
  const bind = { ...defaultBind(address, 1, ''), name: 'b1' };
  const server = defaultServer('s1', 1, { ...address, port: 8080 }, 1);
  return {
    process: DEFAULT_PROCESS,
    frontends: [{ ...DEFAULT_FRONTEND, name: 'fe', id: 1, binds: [bind], captures, log: { ...NO_LOG, ...log } }],
    backends: [{ ...DEFAULT_BACKEND, name: 'be', id: 2, servers: [server] }],
    proxyIds: [],
    acls: [],
    patternLists: [],
    tables: [],
  };
}

/** The surroundings of worker 0, whose server connections come from this address. */
export function surroundingsOf(plan: Plan, said: string[] = [], backendPort = 40000): LogSurroundings {
  const shared = createShared({
    workers: 1,
    maxconn: 100,
    descriptorsMax: 1024,
    statistics: allocateStatistics(statisticsNames(plan), 1),
    backendSizes: plan.backends.map((backend) => backend.servers.length),
    wakeFds: [-1],
  });
  const tables = openShared(shared, 0);
  const engine = {
    localAddress: (_: number, into: HostAddress) => into.setIpv4(0x7f000001, backendPort),
    peerAddress: (_: number, into: HostAddress) => into.clear(),
  } as Partial<Engine> as Engine;
  const notify = (severity: string, text: string): void => void said.push(`${severity}: ${text}`);
  return { holdings: tables.holdings.forWorker(0), plan, engine, tables, counters: tables.counters.row(0), notify };
}

/** A session of `fe` that reached `be/s1` and ended well. */
export function sessionOf(changes: Partial<Session> = {}): Session {
  const session = new Session(0);
  session.source.setIpv4(0x7f000001, 50000);
  session.sourceKnown = true;
  session.destination.setIpv4(0x7f000001, 80);
  session.destinationKnown = true;
  session.client.fd = 100;
  session.server.fd = 101;
  session.client.received = 4;
  session.server.received = 11;
  session.backend = 0;
  session.chosen = 0;
  session.acceptDateMs = Date.UTC(2026, 10, 21, 2, 49, 57, 182);
  session.waitMs = 0;
  session.connectMs = 1;
  return Object.assign(session, changes);
}

/** The context of a session that is `ageMs` old. */
export function contextOf(session: Session, ageMs = 5): SampleContext {
  return { session, nowMs: session.acceptedAt + ageMs } as Partial<SampleContext> as SampleContext;
}

/** Receives datagrams on loopback. */
export class Receiver {
  readonly lines: string[] = [];

  private constructor(readonly socket: Socket) {
    socket.on('message', (message) => this.lines.push(message.toString('latin1')));
  }

  static async open(port = 0, host = '127.0.0.1'): Promise<Receiver> {
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
    const receiver = new Receiver(socket);
    socket.bind(port, host);
    await once(socket, 'listening');
    return receiver;
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** The first `count` lines, once they are here. */
  async take(count: number): Promise<string[]> {
    await eventually(`${count} lines, ${this.lines.length} came`, () => this.lines.length >= count);
    return this.lines.splice(0, count);
  }

  close(): void {
    this.socket.close();
  }
}
