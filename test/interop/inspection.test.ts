/** Rules and the inspection of contents, as HAProxy does them: what both sides see, and the log line. */
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import { type Ends, ending } from './support/ends.js';
import { type Situation, situations } from './support/situations.js';

/** An inspection delay that shall end, and one that shall not. */
const SHORT_MS = 300;
const LONG_MS = 20_000;
/** Between two pieces of what a peer sends: longer than a balancer takes to see the first on a busy machine. */
const PAUSE_MS = 500;
/** What both log of a session: nothing that differs from run to run. */
const LOG_FORMAT = '%ft %b/%s %B %U %ts';
/** Clients are accepted with what they say first: on a busy machine it could come when the delay has ended. */
const SPEAKS_FIRST = 'defer-accept';

const GO = 'tcp-request content accept if { req.payload(0,2) -m str GO }';

function requestSituation(lines: readonly string[], delayMs: number, traffic: Situation['traffic']): Situation {
  const inspected = [`tcp-request inspect-delay ${delayMs}`, ...lines];
  return { format: LOG_FORMAT, bind: SPEAKS_FIRST, lines: inspected, traffic };
}

function responseSituation(lines: readonly string[], delayMs: number, traffic: Situation['traffic']): Situation {
  return { format: LOG_FORMAT, lines: [`tcp-response inspect-delay ${delayMs}`, ...lines], traffic };
}

/** Both ends of a session that the client ends first. */
async function complete({ client, server }: Ends, nth = 0): Promise<string[]> {
  const peer = await server(nth);
  client.socket.end('!'); // HAProxy resets a server that has heard nothing
  await peer.hearsEnd();
  peer.socket.end('bye');
  return [await ending(client), await ending(peer)];
}

/** Sends pieces apart from each other. */
async function trickle({ client }: Ends, ...pieces: string[]): Promise<void> {
  for (const piece of pieces) {
    client.socket.write(piece);
    await delay(PAUSE_MS);
  }
}

situations('rules and inspection', {
  'what is accepted goes to the server with all that came before': requestSituation(
    [GO, 'tcp-request content reject'],
    LONG_MS,
    async (ends) => {
      await trickle(ends, 'G', 'O on');
      return complete(ends);
    },
  ),
  'the decision waits for no delay when it is certain': requestSituation(
    [GO, 'tcp-request content reject'],
    LONG_MS,
    async (ends) => {
      ends.client.socket.write('NO');
      return [await ending(ends.client)];
    },
  ),
  'at the end of the delay the contents are taken as they are': requestSituation(
    [GO, 'tcp-request content reject'],
    SHORT_MS,
    async (ends) => {
      ends.client.socket.write('G');
      return [await ending(ends.client)];
    },
  ),
  'without a last rule they pass at the end of the delay': requestSituation([GO], SHORT_MS, async (ends) => {
    ends.client.socket.write('G');
    return complete(ends);
  }),
  'a client that says nothing passes at the end of the delay': {
    ...requestSituation([GO], SHORT_MS, (ends) => complete(ends)),
    bind: '',
  },
  'a client that ends decides at once, and may be refused': requestSituation(
    [GO, 'tcp-request content reject'],
    LONG_MS,
    async (ends) => {
      ends.client.socket.end('G');
      return [await ending(ends.client)];
    },
  ),
  'a client that ends decides at once, and may pass': requestSituation([GO], LONG_MS, async (ends) => {
    ends.client.socket.end('G');
    const peer = await ends.server();
    await peer.hearsEnd();
    peer.socket.end('bye');
    return [await ending(ends.client), await ending(peer)];
  }),
  'a client that resets while it is inspected': requestSituation([GO], LONG_MS, async (ends) => {
    await trickle(ends, 'G');
    ends.client.socket.resetAndDestroy();
    return [];
  }),
  'a buffer that is full decides at once': requestSituation(
    ['tcp-request content accept if { req.payload(0,100000) -m found }'],
    LONG_MS,
    async (ends) => {
      ends.client.socket.write(Buffer.alloc(100_000, 'x'));
      const peer = await ends.server();
      await peer.receives(100_000);
      ends.client.socket.end();
      peer.socket.end('bye');
      await ending(peer);
      return [await ending(ends.client)];
    },
  ),
  'a connection is refused with a reset, and not logged': {
    format: LOG_FORMAT,
    lines: ['tcp-request connection reject'],
    connects: true,
    traffic: async ({ dial }) => [
      await dial().then(
        (client) => client.closed,
        (error: NodeJS.ErrnoException) => error.code ?? '',
      ),
    ],
    logged: 0,
  },
  'a session is refused with an end, and not logged': {
    format: LOG_FORMAT,
    lines: ['tcp-request session reject'],
    traffic: async ({ client }) => [await ending(client)],
    logged: 0,
  },
  'the first rule that applies ends the walk': {
    format: LOG_FORMAT,
    lines: ['tcp-request connection accept if { src 127.0.0.1 }', 'tcp-request connection reject'],
    traffic: (ends) => complete(ends),
  },
  'a client that is silent for longer than timeout client while it is inspected': {
    format: LOG_FORMAT,
    bind: SPEAKS_FIRST,
    lines: [`tcp-request inspect-delay ${LONG_MS}`, GO, `timeout client ${2 * PAUSE_MS}`],
    traffic: async (ends) => {
      await trickle(ends, 'G');
      return [await ending(ends.client)];
    },
  },
  'an answer is held until it is accepted': responseSituation(
    ['tcp-response content accept if { res.payload(0,2) -m str GO }', 'tcp-response content reject'],
    LONG_MS,
    async (ends) => {
      const peer = await ends.server();
      peer.socket.write('G');
      await delay(PAUSE_MS);
      peer.socket.write('O on');
      await ends.client.hears('GO on');
      return complete(ends);
    },
  ),
  'an answer is refused': responseSituation(
    ['tcp-response content reject if { res.payload(0,2) -m str NO }'],
    LONG_MS,
    async (ends) => {
      const peer = await ends.server();
      peer.socket.write('NO way');
      return [await ending(ends.client), await ending(peer)];
    },
  ),
  'an answer passes at the end of the delay': responseSituation(
    ['tcp-response content reject if { res.payload(0,13) -m str "NO WAY AT ALL" }'],
    SHORT_MS,
    async (ends) => {
      (await ends.server()).socket.write('NO way');
      await ends.client.hears('NO way');
      return complete(ends);
    },
  ),
  'an answer that ends decides at once': responseSituation(
    ['tcp-response content accept if { res.payload(0,2) -m str GO }', 'tcp-response content reject'],
    LONG_MS,
    async (ends) => {
      const peer = await ends.server();
      peer.socket.end('G');
      return [await ending(ends.client), await ending(peer)];
    },
  ),
  'an answer is cut off': responseSituation(
    ['tcp-response content close if { res.payload(0,2) -m str NO }'],
    LONG_MS,
    async (ends) => {
      const peer = await ends.server();
      peer.socket.write('NO');
      return [await ending(ends.client), await peer.closed];
    },
  ),
  'an answer that fails is passed on as far as it came': responseSituation(
    ['tcp-response content accept if { res.payload(0,2) -m str GO }'],
    LONG_MS,
    async (ends) => {
      const peer = await ends.server();
      peer.socket.write('G');
      await delay(PAUSE_MS);
      peer.socket.resetAndDestroy();
      await ends.client.receives(1);
      return [];
    },
  ),
});

test.run();
