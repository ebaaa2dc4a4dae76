/**
 * The same configuration file and traffic through HAProxy and through turbo-lb, for situations that
 * need a file of their own: what the client saw, what the server saw, and the log line must be the
 * same. Many in one file: `situations.ts`; with both numbers of workers: `twins.ts`.
 */
import * as assert from 'uvu/assert';
import { type EngineChoice, freePort } from '../../harness.js';
import { Receiver } from '../../proxy/log/support/lab.js';
import { type Ends, NOBODY } from './ends.js';
import { dial, serve, silent, type TestServer } from './peers.js';
import { type Contender, startContender } from './twins.js';

/** What both log of a session: nothing that differs from run to run. */
const LOG_FORMAT = '%ft %b/%s %B %U %ts';

/** One thing to compare. */
export interface Situation {
  /** Lines of HAProxy's `listen t`. */
  readonly lines?: readonly string[];
  /** Words of its `bind`. */
  readonly bind?: string;
  /** Further sections. */
  readonly sections?: readonly string[];
  /** What happens; answers what is to be the same beside the logs. */
  readonly traffic: (ends: Ends) => Promise<readonly string[]>;
  /** Lines that each shall log. */
  readonly logged?: number;
  /** The traffic connects by itself: a connection may not come about. */
  readonly connects?: true;
  /** What the lines say. */
  readonly format?: string;
}

/** Runs a situation through both. */
export async function same(engine: EngineChoice, situation: Situation): Promise<void> {
  const [ours, theirs] = await Promise.all([
    through(situation, { name: 'turbo-lb', engine, workers: 1 }),
    through(situation, { name: 'haproxy' }),
  ]);
  assert.equal(ours, theirs);
}

async function through(situation: Situation, contender: Contender): Promise<readonly string[]> {
  const receiver = await Receiver.open();
  try {
    const listener = await serve(silent);
    const port = await freePort();
    await startContender(contender, configOf(situation, port, listener, receiver.port));
    const client = situation.connects ? NOBODY : await dial(port);
    const ends: Ends = { client, server: (nth = 0) => listener.peer(nth), dial: () => dial(port) };
    const seen = await situation.traffic(ends);
    return [...seen, ...(await receiver.take(situation.logged ?? 1)).map((line) => line.trim())];
  } finally {
    receiver.close();
  }
}

function configOf(situation: Situation, port: number, server: TestServer, log: number): string {
  return `
    global
      log 127.0.0.1:${log} len 1024 format raw local0
      maxconn 1000
    defaults
      mode tcp
      log global
      timeout connect 2s
      timeout client 5s
      timeout server 5s
    listen t
      log-format "${situation.format ?? LOG_FORMAT}"
      bind 127.0.0.1:${port} ${situation.bind ?? ''}
      ${(situation.lines ?? []).join('\n      ')}
      server s 127.0.0.1:${server.port}
    ${(situation.sections ?? []).join('\n    ')}
    `;
}
