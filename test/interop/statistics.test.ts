/**
 * The same file and the same traffic through HAProxy and turbo-lb: afterwards `show stat` of both says
 * the same, column by column. Columns that tell of time, and those that HAProxy 2.6 does not have yet,
 * are left out.
 */

import { test } from 'uvu';
import { ask as askOnce } from '../../src/admin/client/ask.js';
import { PROXY_FIELDS } from '../../src/admin/stats/proxy-fields.js';
import { readRows } from '../admin/stats/support/lab.js';
import { eventually } from '../harness.js';
import { DeafServer } from './support/deaf-server.js';
import { dial, echo, type Peer, serve, silent } from './support/peers.js';
import { manage } from './support/runtime.js';
import { twins } from './support/twins.js';

/** Times and rates; the columns behind the separator. */
const OF_TIME = new Set([
  ...['lastchg', 'downtime', 'check_duration', 'qtime', 'ctime', 'rtime', 'ttime'],
  ...['qtime_max', 'ctime_max', 'rtime_max', 'ttime_max', 'rate', 'rate_max', 'conn_rate', 'conn_rate_max'],
]);
/** HAProxy 2.6 words system errors otherwise than 3.5, and keeps no connection for later here. */
const NOT_OURS = new Set(['last_chk', 'need_conn_est', 'used_conn_cur', 'addr']);

/** The columns of HAProxy 2.6. */
const COLUMNS = PROXY_FIELDS.map(({ name }) => name).slice(
  0,
  PROXY_FIELDS.findIndex(({ name }) => name === 'srid'),
);

/** Where it is certain how many there are at a time. */
const MAXIMA = /^(?:queued|crowded|limited|inspectsilence|states)\//;

/** One thing that happens, with sections of its own; `{...}` are ports. */
interface Scene {
  readonly config: string;
  readonly traffic: (port: (name: string) => number, seen: Seen) => Promise<void>;
}

/** Resolves when a row has this value in a column. */
type Seen = (row: string, column: string, value: string) => Promise<void>;

const over = async (peer: Peer): Promise<void> => {
  await peer.over();
};
/** Says something, hears it again, and leaves. */
const talk = async (port: number, words: string): Promise<void> => {
  const client = await dial(port);
  await client.echoes(words);
  client.socket.end();
  await over(client);
};
/** Connects and waits until it is sent away. */
const sentAway = async (port: number, words = ''): Promise<void> => {
  const client = await dial(port).catch(() => null);
  if (client === null) return;
  if (words !== '') client.socket.write(words);
  await over(client);
};

const SCENES: Readonly<Record<string, Scene>> = {
  plain: {
    config: `frontend plain
  bind 127.0.0.1:{plain}
  default_backend plainbe
backend plainbe
  server a 127.0.0.1:{echo} weight 7
  server b 127.0.0.1:{echo} weight 1`,
    traffic: async (port) => {
      for (const words of ['one', 'two', 'six']) await talk(port('plain'), words);
    },
  },
  listen: {
    config: `listen both
  bind 127.0.0.1:{both}
  server a 127.0.0.1:{echo}`,
    traffic: (port) => talk(port('both'), 'hello'),
  },
  refused: {
    config: `listen refused
  bind 127.0.0.1:{refused}
  retries 2
  server a 127.0.0.1:{nobody}`,
    traffic: async (port) => {
      await sentAway(port('refused'));
      await sentAway(port('refused'), 'hello');
    },
  },
  redispatched: {
    config: `listen redispatched
  bind 127.0.0.1:{redispatched}
  retries 3
  option redispatch 1
  server a 127.0.0.1:{nobody}
  server b 127.0.0.1:{echo}`,
    traffic: async (port) => {
      for (const words of ['a', 'b', 'c', 'd']) await talk(port('redispatched'), words);
    },
  },
  nobodyAtAll: {
    config: `listen empty
  bind 127.0.0.1:{empty}
frontend lost
  bind 127.0.0.1:{lost}`,
    traffic: async (port) => {
      await sentAway(port('empty'));
      await sentAway(port('lost'));
    },
  },
  queued: {
    config: `listen queued
  bind 127.0.0.1:{queued}
  timeout queue 10s
  balance leastconn
  server a 127.0.0.1:{echo} maxconn 1`,
    traffic: async (port, seen) => {
      const clients = [await dial(port('queued'))];
      await clients[0].echoes('first');
      for (let i = 0; i < 2; i++) clients.push(await dial(port('queued')));
      await seen('queued/BACKEND', 'scur', '3');
      for (const client of clients.slice(1)) client.socket.write('next');
      await Promise.all(
        clients.map(async (client, i) => {
          if (i > 0) await client.hears('next');
          client.socket.end();
          await over(client);
        }),
      );
    },
  },
  queueTimeout: {
    config: `listen impatient
  bind 127.0.0.1:{impatient}
  timeout queue 150
  server a 127.0.0.1:{echo} maxconn 1`,
    traffic: async (port) => {
      const first = await dial(port('impatient'));
      await first.echoes('x');
      await sentAway(port('impatient'), 'y');
      first.socket.end();
      await over(first);
    },
  },
  queueFull: {
    config: `listen crowded
  bind 127.0.0.1:{crowded}
  timeout queue 10s
  balance source
  server a 127.0.0.1:{echo} maxconn 1 maxqueue 1`,
    traffic: async (port, seen) => {
      const first = await dial(port('crowded'));
      await first.echoes('x');
      const second = await dial(port('crowded'));
      second.socket.write('waits');
      await seen('crowded/a', 'qcur', '1');
      await sentAway(port('crowded'));
      first.socket.end();
      await over(first);
      await second.hears('waits');
      second.socket.end();
      await over(second);
    },
  },
  deniedConnection: {
    config: `frontend dcon
  bind 127.0.0.1:{dcon}
  tcp-request connection reject
  default_backend ofdcon
backend ofdcon
  server a 127.0.0.1:{echo}`,
    traffic: (port) => sentAway(port('dcon')),
  },
  deniedSession: {
    config: `frontend dses
  bind 127.0.0.1:{dses}
  option socket-stats
  tcp-request session reject
  default_backend ofdses
backend ofdses
  server a 127.0.0.1:{echo}`,
    traffic: (port) => sentAway(port('dses')),
  },
  deniedContent: {
    config: `frontend dreq
  bind 127.0.0.1:{dreq}
  tcp-request inspect-delay 5s
  tcp-request content reject if { req.len gt 0 }
  default_backend ofdreq
backend ofdreq
  server a 127.0.0.1:{echo}
listen dreqlisten
  bind 127.0.0.1:{dreqlisten}
  tcp-request content reject
  server a 127.0.0.1:{echo}
frontend dreqbe
  bind 127.0.0.1:{dreqbe}
  default_backend denying
backend denying
  tcp-request content reject
  server a 127.0.0.1:{echo}`,
    traffic: async (port) => {
      await sentAway(port('dreq'), 'hello');
      await sentAway(port('dreqlisten'));
      await sentAway(port('dreqbe'));
    },
  },
  deniedResponse: {
    config: `frontend dresp
  bind 127.0.0.1:{dresp}
  default_backend denyresp
backend denyresp
  tcp-response inspect-delay 5s
  tcp-response content reject if { res.len gt 0 }
  server a 127.0.0.1:{echo}`,
    traffic: (port) => sentAway(port('dresp'), 'hello'),
  },
  inspection: {
    config: ['silence', 'reset', 'end']
      .map((how) => ({ how, patience: how === 'silence' ? 600 : 10_000 }))
      .map(
        ({ how, patience }) => `listen inspect${how}
  bind 127.0.0.1:{inspect${how}}
  timeout client ${patience}
  tcp-request inspect-delay 5s
  tcp-request content accept if { req.len gt 100 }
  server a 127.0.0.1:{echo}
frontend front${how}
  bind 127.0.0.1:{front${how}}
  timeout client ${patience}
  tcp-request inspect-delay 5s
  tcp-request content accept if { req.len gt 100 }
  default_backend back${how}
backend back${how}
  server a 127.0.0.1:{echo}
frontend behind${how}
  bind 127.0.0.1:{behind${how}}
  timeout client ${patience}
  default_backend inside${how}
backend inside${how}
  tcp-request inspect-delay 5s
  tcp-request content accept if { req.len gt 100 }
  server a 127.0.0.1:{echo}`,
      )
      .join('\n'),
    traffic: async (port, seen) => {
      for (const [where, row] of [
        ['inspect', 'inspect'],
        ['front', 'front'],
        ['behind', 'behind'],
      ]) {
        await sentAway(port(`${where}silence`), 'too little');
        const leaver = await dial(port(`${where}reset`));
        leaver.socket.write('x');
        await seen(`${row}reset/FRONTEND`, 'stot', '1');
        leaver.socket.resetAndDestroy();
        const ender = await dial(port(`${where}end`));
        ender.socket.end('bye');
        await over(ender);
      }
    },
  },
  clientAborts: {
    config: `listen clientgone
  bind 127.0.0.1:{clientgone}
  server a 127.0.0.1:{echo}`,
    traffic: async (port) => {
      const client = await dial(port('clientgone'));
      await client.echoes('hello');
      client.socket.resetAndDestroy();
    },
  },
  serverAborts: {
    config: `listen servergone
  bind 127.0.0.1:{servergone}
  server a 127.0.0.1:{resetting}
listen serverends
  bind 127.0.0.1:{serverends}
  server a 127.0.0.1:{ending}`,
    traffic: async (port) => {
      await sentAway(port('servergone'), 'hello');
      await sentAway(port('serverends'));
    },
  },
  silence: {
    config: `listen silentclient
  bind 127.0.0.1:{silentclient}
  timeout client 300
  timeout server 600
  server a 127.0.0.1:{silent}
listen silentserver
  bind 127.0.0.1:{silentserver}
  timeout server 600
  timeout client 1500
  server a 127.0.0.1:{silent}
listen deafserver
  bind 127.0.0.1:{deafserver}
  retries 1
  server a 127.0.0.1:{deaf}`,
    traffic: async (port) => {
      await Promise.all([
        sentAway(port('silentclient')),
        sentAway(port('silentserver'), 'hello'),
        sentAway(port('deafserver'), 'hello'),
      ]);
    },
  },
  clientLeavesEarly: {
    config: ['end', 'reset', 'wordsend']
      .map((how) => ({ how, patience: how === 'wordsend' ? 1500 : 10_000 }))
      .flatMap(({ how, patience }) => [
        `listen early${how}
  bind 127.0.0.1:{early${how}}
  timeout connect ${patience}
  retries 0
  server a 127.0.0.1:{deaf}`,
        `listen waiting${how}
  bind 127.0.0.1:{waiting${how}}
  timeout queue ${patience}
  server a 127.0.0.1:{echo} maxconn 1`,
      ])
      .join('\n'),
    traffic: async (port, seen) => {
      for (const how of ['end', 'reset', 'wordsend']) {
        const first = await dial(port(`waiting${how}`));
        await first.echoes('x');
        const leavers = [await dial(port(`early${how}`)), await dial(port(`waiting${how}`))];
        await seen(`waiting${how}/BACKEND`, 'stot', '2');
        await seen(`early${how}/BACKEND`, 'stot', '1');
        await Promise.all(
          leavers.map(async (leaver) => {
            if (how.startsWith('words')) leaver.socket.write('words');
            if (how.endsWith('reset')) leaver.socket.resetAndDestroy();
            else {
              leaver.socket.end();
              await over(leaver);
            }
          }),
        );
        await seen(`waiting${how}/BACKEND`, 'scur', '1');
        first.socket.end();
        await over(first);
      }
    },
  },
  silentClients: {
    config: `listen silentearly
  bind 127.0.0.1:{silentearly}
  timeout connect 700
  timeout client 150
  retries 0
  server a 127.0.0.1:{deaf}
frontend patient
  bind 127.0.0.1:{patient}
  default_backend silentqueue
frontend silentwaiting
  bind 127.0.0.1:{silentwaiting}
  timeout client 150
  default_backend silentqueue
backend silentqueue
  timeout queue 700
  server a 127.0.0.1:{echo} maxconn 1`,
    traffic: async (port) => {
      const first = await dial(port('patient'));
      await first.echoes('x');
      await Promise.all([sentAway(port('silentearly')), sentAway(port('silentwaiting'))]);
      first.socket.end();
      await over(first);
    },
  },
  binds: {
    config: `frontend binds
  bind 127.0.0.1:{bindone} name one
  bind 127.0.0.1:{bindtwo} maxconn 5
  option socket-stats
  maxconn 33
  default_backend ofbinds
backend ofbinds
  server a 127.0.0.1:{echo}`,
    traffic: async (port) => {
      await talk(port('bindone'), 'a');
      await talk(port('bindtwo'), 'bb');
      await talk(port('bindtwo'), 'cc');
    },
  },
  chosenByRule: {
    config: `listen ruled
  bind 127.0.0.1:{ruled}
  use-server b if { src 127.0.0.0/8 }
  server a 127.0.0.1:{echo}
  server b 127.0.0.1:{echo}`,
    traffic: async (port) => {
      await talk(port('ruled'), 'a');
      await talk(port('ruled'), 'b');
    },
  },
  proxyHeader: {
    config: `listen proxied
  bind 127.0.0.1:{proxied} accept-proxy
  server a 127.0.0.1:{echo} send-proxy`,
    traffic: async (port) => {
      const client = await dial(port('proxied'));
      client.socket.write('PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\nhello');
      await client.hears('hello');
      client.socket.end();
      await over(client);
      await sentAway(port('proxied'), 'no header\r\n');
    },
  },
  limits: {
    config: `frontend limited
  bind 127.0.0.1:{limited}
  maxconn 1
  rate-limit sessions 1000
  default_backend oflimited
backend oflimited
  server a 127.0.0.1:{echo}`,
    traffic: async (port) => {
      const first = await dial(port('limited'));
      await first.echoes('x');
      const second = await dial(port('limited'));
      second.socket.write('later');
      first.socket.end();
      await over(first);
      await second.hears('later');
      second.socket.end();
      await over(second);
    },
  },
  states: {
    config: `backend states
  balance leastconn
  option allbackups
  fullconn 77
  server up 127.0.0.1:{echo} check inter 100 rise 1 fall 1
  server down 127.0.0.1:{nobody} check inter 100 rise 1 fall 1 weight 9
  server tracking 127.0.0.1:{echo} track states/down
  server maintained 127.0.0.1:{echo} disabled check
  server light 127.0.0.1:{echo} weight 0
  server plain 127.0.0.1:{echo} maxconn 5 maxqueue 6
  server spare 127.0.0.1:{echo} backup weight 3
backend onbackups
  server down 127.0.0.1:{nobody} check inter 100 rise 1 fall 1 weight 9
  server one 127.0.0.1:{echo} backup weight 3
  server two 127.0.0.1:{echo} backup weight 4
backend allgone
  balance source
  server maintained 127.0.0.1:{echo} disabled
backend nowhere
  server named nosuch.invalid:80 check init-addr none
  server maintained 127.0.0.1:{echo} disabled
backend somewhere
  server named nosuch.invalid:80 check init-addr none
  server one 127.0.0.1:{echo}`,
    traffic: async () => undefined,
  },
};

twins('show stat after all kinds of traffic', async (run) => {
  const [echoing, resetting, ending, quiet] = await Promise.all([
    serve(echo),
    serve((peer) => void peer.hears('h').then(() => peer.socket.resetAndDestroy())),
    serve((peer) => peer.socket.end('bye')),
    serve(silent),
  ]);
  const deaf = await DeafServer.open();
  const balancer = await manage(
    run.contender,
    `global
  stats socket {socket} level admin
  maxconn 500
defaults
  mode tcp
  timeout connect 150
  timeout client 10s
  timeout server 10s
${Object.values(SCENES)
  .map(({ config }) => config)
  .join('\n')}`,
    { echo: echoing.port, resetting: resetting.port, ending: ending.port, silent: quiet.port, deaf: deaf.port },
  );
  const endpoint = { target: { path: balancer.socket }, text: balancer.socket };
  const ask = async () => readRows(await askOnce(endpoint, 'show stat', { silenceMs: 5000 }));
  const seen: Seen = async (row, column, value) => {
    await eventually(`${row} has ${column} ${value}`, async () => (await ask()).get(row)?.[column] === value);
  };
  // Checks have found out what they can before traffic chooses.
  await eventually('checks are done', async () => {
    const rows = await ask();
    return (
      rows.get('states/down')?.status === 'DOWN' &&
      rows.get('onbackups/down')?.status === 'DOWN' &&
      rows.get('states/up')?.status === 'UP'
    );
  });
  await Promise.all(Object.values(SCENES).map(({ traffic }) => traffic((name) => balancer.ports[name], seen)));
  await eventually('all sessions are over', async () => [...(await ask()).values()].every(({ scur }) => scur === '0'));
  const rows = await ask();
  deaf.close();
  return [...rows].flatMap(([name, row]) => comparable(row).map((line) => `${name} ${line}`));
});

/** What is to be the same, without what is empty: `scur 0`. */
function comparable(row: Record<string, string>): string[] {
  const isCertain = MAXIMA.test(`${row.pxname}/`);
  const shown = COLUMNS.filter(
    (column) => row[column] !== '' && !OF_TIME.has(column) && !NOT_OURS.has(column) && (isCertain || !column.endsWith('max')),
  );
  return shown.map((column) => `${column} ${settled(column, row[column])}`);
}

/** How long ago is a time, too; and another check may be under way. */
function settled(column: string, value: string): string {
  if (column === 'lastsess') return value === '-1' ? 'never' : 'once';
  return column === 'check_status' ? value.replace('* ', '') : value;
}

test.run();
