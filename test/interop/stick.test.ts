/** Clients that stick to servers: who is remembered, where, and for how long, compared with HAProxy. */
import { setTimeout } from 'node:timers/promises';
import { test } from 'uvu';
import { echo, serve, type TestServer } from './support/peers.js';
import { attempt, balance, exchange, lineOf } from './support/sticky.js';
import { type Run, twins } from './support/twins.js';

/** Servers that repeat what they hear. */
const servers = (count: number): Promise<TestServer[]> => Promise.all(Array.from({ length: count }, () => serve(echo)));
const lines = (list: readonly TestServer[], more = ''): string =>
  list.map((server, i) => `  server s${i} ${server.address} id ${i + 11} ${more}`).join('\n');

/** The servers that clients with these words came to, one after the other, as log lines tell. */
async function visits(run: Run, port: number, words: readonly string[]): Promise<string[]> {
  const seen: string[] = [];
  for (const word of words) seen.push(`${word} ${await exchange(run, port, word)}`);
  return seen;
}

interface Case {
  readonly name: string;
  /** Lines of the backend. */
  readonly backend: readonly string[];
  /** Further sections. */
  readonly sections?: readonly string[];
  readonly words?: readonly string[];
  readonly servers?: string;
  /** What the lines show besides the server. */
  readonly shows?: readonly string[];
}

const WAIT = ['tcp-request inspect-delay 5s', 'tcp-request content accept if { req.len ge 4 }'];
const WORDS = ['aaaa', 'bbbb', 'aaaa', 'cccc', 'bbbb', 'aaaa', 'cccc', 'dddd'];

const cases: readonly Case[] = [
  { name: 'stick on src', backend: ['stick-table type ip size 10k', 'stick on src'], shows: ['src,table_server_id(back)'] },
  { name: 'stick on a masked src', backend: ['stick-table type ip size 10k', 'stick on src,ipmask(24)'] },
  {
    name: 'stick on payload in a table of strings',
    backend: ['stick-table type string len 4 size 10k expire 1h', 'stick on req.payload(0,4)', ...WAIT],
    shows: ['str(aaaa),table_server_id(back)', 'str(bbbb),table_server_id(back)', 'str(zzzz),table_server_id(back)'],
  },
  {
    name: 'stick on payload in a table of binary keys, which are cut and filled',
    backend: ['stick-table type binary len 6 size 10k', 'stick on req.payload(0,4)', ...WAIT],
    words: ['aaaa', 'bbbb', 'aaaa', 'aaaax', 'bbbbyyyy'],
    shows: ['bin(61616161),table_server_id(back)', 'bin(616161610000),table_server_id(back)', 'table_cnt(back)'],
  },
  {
    name: 'stick on a number in a table of integers',
    backend: ['stick-table type integer size 10k', 'stick on req.payload(0,4),lower', ...WAIT],
    words: ['0001', '1   ', '0002', '1abc', 'zero', '-001', '0000'],
    shows: ['int(1),table_server_id(back)', 'int(0),table_server_id(back)', 'table_cnt(back)'],
  },
  {
    name: 'stick on an address of IPv4 in a table of IPv6',
    backend: ['stick-table type ipv6 size 10k', 'stick on src'],
    shows: ['src,table_server_id(back)', 'str(::ffff:127.0.0.1),table_server_id(back)', 'str(127.0.0.1),table_server_id(back)'],
  },
  {
    name: 'match alone finds what another rule has stored under a condition',
    backend: [
      'stick-table type string len 4 size 10k',
      'stick match req.payload(0,4)',
      'stick store-request req.payload(0,4) if { req.payload(0,1) -m str a }',
      ...WAIT,
    ],
  },
  {
    name: 'the keys of the answer, later matched in the request',
    backend: [
      'stick-table type string len 4 size 10k',
      'stick match req.payload(0,4)',
      'stick store-response res.payload(0,4)',
      'tcp-response inspect-delay 5s',
      'tcp-response content accept if { res.len ge 4 }',
      ...WAIT,
    ],
    shows: ['table_cnt(back)', 'str(aaaa),table_server_id(back)'],
  },
  {
    name: 'the answer without an inspection of it',
    backend: [
      'stick-table type string len 4 size 10k',
      'stick match req.payload(0,4)',
      'stick store-response res.payload(0,4)',
      ...WAIT,
    ],
    shows: ['table_cnt(back)'],
  },
  {
    name: 'several tables, some of other proxies',
    backend: [
      'stick-table type string len 4 size 10k',
      'stick on req.payload(0,4) table first if { req.payload(0,1) -m str a }',
      'stick on req.payload(0,4) table second if { req.payload(0,1) -m str b }',
      'stick on req.payload(0,4)',
      'stick store-request src table third',
      ...WAIT,
    ],
    sections: [
      'backend first\n  stick-table type string len 2 size 10k',
      'backend second\n  stick-table type string len 8 size 10k store server_id',
      'backend third\n  stick-table type ip size 10k',
    ],
    shows: [
      ...['table_cnt(back)', 'table_cnt(first)', 'table_cnt(second)', 'table_cnt(third)'],
      ...['src,table_server_id(third)', 'str(aa),table_server_id(first)', 'str(bbbb),table_server_id(second)'],
    ],
  },
  {
    name: 'of several rules of one table only the first that stores counts',
    backend: [
      'stick-table type string len 4 size 10k',
      'stick on req.payload(0,2)',
      'stick store-request req.payload(2,2)',
      'stick match req.payload(2,2)',
      ...WAIT,
    ],
    words: ['aabb', 'bbaa', 'ccaa', 'aacc', 'ccbb'],
    shows: ['table_cnt(back)'],
  },
  {
    name: 'servers that are not to be remembered',
    backend: ['stick-table type string len 4 size 10k', 'stick on req.payload(0,4)', ...WAIT],
    servers: 'non-stick',
    shows: ['table_cnt(back)'],
  },
  // Which entry goes depends on what lay in HAProxy's memory before; here it is the one used longest ago.
  {
    name: 'a full table makes room for the new',
    backend: ['stick-table type string len 4 size 3 expire 1h', 'stick on req.payload(0,4)', ...WAIT],
    words: ['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee', 'ffff'],
    shows: ['table_cnt(back)', 'table_avl(back)'],
  },
  {
    name: 'a full table with nopurge keeps what it has',
    backend: ['stick-table type string len 4 size 3 nopurge', 'stick on req.payload(0,4)', ...WAIT],
    words: ['aaaa', 'bbbb', 'cccc', 'dddd', 'aaaa', 'dddd', 'eeee', 'bbbb'],
    shows: ['table_cnt(back)', 'table_avl(back)'],
  },
  {
    name: 'an entry that names a disabled server is overwritten',
    backend: [
      'stick-table type ip size 10k',
      'stick on src',
      'server gone 127.0.0.1:1 id 1 disabled',
      'use-server gone if FALSE',
    ],
    shows: ['src,table_server_id(back)'],
  },
  {
    name: 'a disabled server that table and option persist ask for',
    backend: [
      'option persist',
      'option redispatch',
      'retries 1',
      'stick-table type string len 4 size 10k',
      'stick on req.payload(0,4)',
      'use-server gone if { req.payload(0,1) -m str a }',
      'server gone 127.0.0.1:1 id 1 disabled',
      ...WAIT,
    ],
    shows: ['str(aaaa),table_server_id(back)'],
  },
];

for (const { name, backend, sections = [], words = WORDS, servers: options, shows = [] } of cases) {
  const scenario = async (run: Run): Promise<string[]> => {
    const port = await run.port('bind');
    const format = ['%b/%s', '%B', ...shows.map((text) => `${text}=%[${text}]`)].join('\\ ');
    await balance(
      run,
      `
frontend front
  bind 127.0.0.1:${port}
  log-format ${format}
  default_backend back
backend back
  balance roundrobin
  ${backend.join('\n  ')}
${lines(await servers(3), options)}
${sections.join('\n')}`,
    );
    return await visits(run, port, words);
  };
  twins(name, scenario, { workers: [2] });
}

/** Clients come again before and after the entry's time is over. */
for (const [name, pauses] of Object.entries({ 'in time': [0, 300, 300, 300], 'too late': [0, 900, 900] })) {
  twins(`an entry of 600 ms, used again ${name}`, async (run) => {
    const port = await run.port('bind');
    await balance(
      run,
      `
frontend front
  bind 127.0.0.1:${port}
  log-format %b/%s\\ %B\\ %[table_cnt(other)]\\ %[src,table_conn_cnt(other)]
  tcp-request connection track-sc0 src table other
  default_backend back
backend back
  stick-table type ip size 10k expire 600ms
  stick on src
${lines(await servers(3))}
backend other
  stick-table type ip size 10k expire 600ms store conn_cnt`,
    );
    const seen: string[] = [];
    for (const pauseMs of pauses) {
      await setTimeout(pauseMs);
      seen.push(await exchange(run, port));
    }
    return seen;
  });
}

twins('a server that goes down keeps its clients with option persist, and loses them without', async (run) => {
  const seen: string[] = [];
  const list = await servers(2);
  const dead = await run.port('dead');
  for (const options of ['option redispatch', 'no option redispatch', 'option persist']) {
    const port = await run.port(options);
    await balance(
      run,
      `
listen front
  bind 127.0.0.1:${port}
  log-format %b/%s\\ %B\\ %ts\\ %[src,table_server_id(front)]
  retries 1
  ${options}
  stick-table type ip size 10k
  stick on src
  server gone 127.0.0.1:${dead} id 5
${lines(list)}`,
    );
    for (let i = 0; i < 4; i++) {
      const before = run.log.trafficCount;
      seen.push(await attempt(port), await lineOf(run, before));
    }
  }
  return seen;
});

test.run();
