/**
 * Many situations through one configuration file: each has a `listen` of its own, with its own server
 * and its own log receiver, and all happen at the same time. What clients and servers saw and the
 * lines of the log must be HAProxy's; see `twins`.
 */
import { DeafServer } from './deaf-server.js';
import { type Ends, NOBODY } from './ends.js';
import { comparable, LogReceiver } from './log-receiver.js';
import { dial, type Peer, serve, silent, type TestServer } from './peers.js';
import { type Run, type TwinOptions, twins } from './twins.js';

/** A situation that takes longer waits for something that will not come (ms). */
const SITUATION_MS_MAX = 25_000;
/** The connections of the process: other situations have some at the same time. */
const PROCESS_CONNECTIONS = /( [^ ]{2} )\d+(\/\d+\/\d+\/\d+\/\+?\d+ \d+\/\d+)/;

/** The ends of a session, and what is logged of it. */
export interface LoggedEnds extends Ends {
  /** Resolves when so many lines were logged. */
  logged(count: number): Promise<unknown>;
}

/** One thing to compare. */
export interface Situation {
  /**
   * Lines of the `listen`, in which `{server}` is the address of its server, `{nobody}` one that
   * refuses, `{deaf}` one that does not answer, `{source}` one to connect from with a range of one port,
   * and `{log}` that of the receiver. Without a line
   * `server`, one stands for its server; without a line `log`, all is logged to the receiver.
   */
  readonly lines?: readonly string[];
  /** Words of its `bind`. */
  readonly bind?: string;
  /** Further sections, in which the same words stand for addresses. */
  readonly sections?: readonly string[];
  /** What the server does with a connection; nothing, unless said. */
  readonly serves?: (peer: Peer) => void;
  /** What happens; answers what is to be the same beside the logs. */
  readonly traffic: (ends: LoggedEnds) => Promise<readonly string[]>;
  /** Lines that shall be logged; 1 unless said. */
  readonly logged?: number;
  /** The traffic connects by itself: a connection may not come about. */
  readonly connects?: true;
  /** The `log-format`; `null`: none at all; `option tcplog` unless said. */
  readonly format?: string | null;
}

/** What both have in common beside the situations. */
const DEFAULTS = `
defaults
  mode tcp
  timeout connect 2s
  timeout client 20s
  timeout server 20s
  retries 0
`;

/** Declares a test of all these situations. */
export function situations(title: string, all: Readonly<Record<string, Situation>>, options: TwinOptions = {}): void {
  twins(title, (run) => seenOf(run, Object.entries(all)), options);
}

async function seenOf(run: Run, all: readonly (readonly [string, Situation])[]): Promise<Record<string, readonly string[]>> {
  const stages = await Promise.all(all.map(([name, situation], i) => Stage.open(run, name, situation, i)));
  try {
    await run.start(`${DEFAULTS}${stages.map((stage) => stage.config).join('\n')}`);
    const seen = await Promise.all(stages.map(async (stage) => [stage.name, await stage.play()] as const));
    return Object.fromEntries(seen);
  } finally {
    for (const stage of stages) stage.close();
  }
}

/** Where one situation takes place. */
class Stage {
  private constructor(
    readonly name: string,
    readonly config: string,
    private readonly situation: Situation,
    private readonly port: number,
    private readonly server: TestServer,
    private readonly log: LogReceiver,
    private readonly deaf: DeafServer,
    private readonly hidden: ReadonlyMap<string, string>,
  ) {}

  static async open(run: Run, name: string, situation: Situation, number: number): Promise<Stage> {
    const port = await run.port(`bind of ${name}`);
    const nobody = await run.port(`nobody of ${name}`);
    const source = await run.port(`source of ${name}`);
    const [log, server, deaf] = await Promise.all([LogReceiver.open(), serve(situation.serves ?? silent), DeafServer.open()]);
    const words = new Map([
      ['{server}', server.address],
      ['{nobody}', `127.0.0.1:${nobody}`],
      ['{source}', `127.0.0.1:${source}-${source}`],
      ['{deaf}', `127.0.0.1:${deaf.port}`],
      ['{log}', `127.0.0.1:${log.port}`],
      ['{bind}', `127.0.0.1:${port}`],
      ['{number}', String(number)],
    ]);
    const config = textOf(situation, number, words);
    return new Stage(name, config, situation, port, server, log, deaf, words);
  }

  /** Has it happen; answers what is to be compared. */
  async play(): Promise<readonly string[]> {
    let late: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      late = setTimeout(() => reject(new Error(`not over; it has logged ${this.log.lines.join('')}`)), SITUATION_MS_MAX);
    });
    try {
      return await Promise.race([this.act(), tooLong]);
    } catch (cause) {
      throw new Error(`${this.name}: ${(cause as Error).message}`, { cause });
    } finally {
      clearTimeout(late);
    }
  }

  close(): void {
    this.deaf.close();
  }

  private async act(): Promise<readonly string[]> {
    const { situation, server, port, log } = this;
    const client = situation.connects ? NOBODY : await dial(port);
    const ends: LoggedEnds = {
      client,
      server: (nth = 0) => server.peer(nth),
      dial: () => dial(port),
      logged: (count) => log.traffic(count),
    };
    const seen = await situation.traffic(ends);
    const lines = await log.traffic(situation.logged ?? 1);
    const shown = lines.map((line) => this.hide(comparable(line).replace(PROCESS_CONNECTIONS, '$1ac$2').trim()));
    return [...seen, ...shown.sort()]; // two workers send their lines in any order
  }

  private hide(line: string): string {
    let text = line;
    for (const [word, address] of this.hidden) if (word !== '{number}') text = text.replaceAll(address, word);
    return text;
  }
}

function textOf(situation: Situation, number: number, words: ReadonlyMap<string, string>): string {
  const { lines = [], bind = '', sections = [], format } = situation;
  const says = (keyword: string): boolean => lines.some((line) => line.startsWith(`${keyword} `));
  const logs = format === undefined ? ['option tcplog'] : format === null ? [] : [`log-format "${format}"`];
  const all = [
    ...(says('log') ? [] : ['log {log} len 4096 local0']),
    ...logs,
    `bind {bind} ${bind}`,
    ...lines,
    ...(says('server') || says('server-template') || says('default_backend') ? [] : ['server s {server}']),
  ];
  let text = [`listen t${number}`, ...all.map((line) => `  ${line}`), ...sections].join('\n');
  for (const [word, address] of words) text = text.replaceAll(word, address);
  return text;
}
