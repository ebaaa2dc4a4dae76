/** Which sessions are logged, when, where to and in which words: the options of logging beside HAProxy. */
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import { eventually } from '../harness.js';
import { type Ends, ending } from './support/ends.js';
import { echo, type Peer } from './support/peers.js';
import { type Situation, situations } from './support/situations.js';
import { type Run, twins } from './support/twins.js';

/** Longer than a balancer takes to see what has happened. */
const PAUSE_MS = 500;

/** A session in which the client says something and ends. */
async function speak({ client }: Ends): Promise<readonly string[]> {
  await client.echoes('hello');
  client.socket.end();
  return [await ending(client)];
}

/** Sessions one after the other: each with the number of lines there are before the next one begins. */
function inTurn(...acts: readonly (readonly [act: (client: Peer) => Promise<unknown>, lines: number])[]): Situation['traffic'] {
  return async ({ dial, logged }) => {
    for (const [act, lines] of acts) {
      const client = await dial();
      await act(client);
      await client.closed;
      await logged(lines);
    }
    return [];
  };
}

const speaks = async (client: Peer): Promise<void> => {
  await client.echoes('hello');
  client.socket.end();
};
const speaksSilently = async (client: Peer): Promise<void> => {
  await client.echoes('silent');
  client.socket.end();
};
/** Where it is logged, not for the first session: a balancer that has just begun may accept it late, and log a shorter one. */
const saysNothing = async (client: Peer): Promise<void> => {
  await delay(PAUSE_MS);
  client.socket.end();
};
const resets = async (client: Peer): Promise<void> => {
  await client.echoes('hello');
  client.socket.resetAndDestroy();
};

const MANY =
  '%ci %ft %f %fi %b %bi %s %si %Tw/%Tc/%Tt %B %U %ts %tsc %fc/%bc/%sc/%rc %sq/%bq %hr|%hs %Th %lc %ST ' +
  '%[src] %[dst] %[fe_name] %[be_name] %[srv_name] %[fe_id] %{+Q}b %{+X}fi %[var(txn.none)] %[int(5),add(2)]';

situations('options of logging', {
  logasap: {
    lines: ['option logasap'],
    serves: echo,
    traffic: async (all) => {
      await all.logged(1);
      return speak(all);
    },
  },
  'logasap, and a server that refuses': {
    lines: ['option logasap', 'server s {nobody}'],
    traffic: async ({ client }) => [await ending(client)],
  },
  'a format that needs no end': {
    format: '%ci %ft %b/%s %si %bi',
    serves: echo,
    traffic: async (all) => {
      await all.logged(1);
      return speak(all);
    },
  },
  dontlognull: {
    lines: ['option dontlognull'],
    serves: echo,
    connects: true,
    traffic: inTurn([saysNothing, 0], [speaks, 1]),
  },
  'without dontlognull': { serves: echo, connects: true, traffic: inTurn([speaks, 1], [saysNothing, 2]), logged: 2 },
  'dontlognull, and a server that refuses': {
    lines: ['option dontlognull', 'server s {nobody}', 'server other {server}', 'balance roundrobin'],
    serves: echo,
    connects: true,
    traffic: inTurn([async (client) => client.over(), 0], [speaks, 1]),
  },
  'dontlog-normal': {
    lines: ['option dontlog-normal'],
    serves: echo,
    connects: true,
    traffic: inTurn([speaks, 0], [resets, 1]),
  },
  'log-separate-errors': {
    lines: ['option log-separate-errors'],
    serves: echo,
    connects: true,
    traffic: inTurn([speaks, 1], [resets, 2]),
    logged: 2,
  },
  'dontlog-normal, and a retry': {
    lines: ['option dontlog-normal', 'server s {nobody}', 'server other {server}', 'retries 1', 'option redispatch'],
    serves: echo,
    traffic: speak,
  },
  'no format at all': { format: null, serves: echo, traffic: speak },
  'no format, and a rule that refuses': {
    format: null,
    lines: ['tcp-request content reject'],
    traffic: async ({ client }) => [await ending(client)],
  },
  'many variables': {
    format: MANY,
    lines: [
      'tcp-request inspect-delay 2s',
      'tcp-request content capture src len 9',
      'tcp-request content capture src_port,mul(0) len 5',
    ],
    serves: echo,
    traffic: speak,
  },
  'an error-log-format': {
    bind: 'accept-proxy',
    lines: ['error-log-format "broken %ci %f %b %s %ts %Tw %B"', 'option log-separate-errors'],
    traffic: async ({ client }) => {
      client.socket.write('PROXY NONSENSE\r\n');
      return [await client.closed];
    },
  },
  'a broken PROXY header': {
    bind: 'accept-proxy name front',
    traffic: async ({ client }) => {
      client.socket.write('no header, whatever it is\r\n');
      return [await client.closed];
    },
  },
  'a client that leaves before its PROXY header, and dontlognull': {
    bind: 'accept-proxy',
    lines: ['option dontlognull'],
    serves: echo,
    connects: true,
    traffic: async ({ dial }) => {
      const [first, second] = [await dial(), await dial()];
      first.socket.end();
      await first.closed;
      second.socket.write('PROXY TCP4 192.0.2.1 198.51.100.2 1111 2222\r\nhello');
      await second.hears('hello');
      second.socket.end();
      return [await ending(second)];
    },
  },
  'a capture in braces': {
    format: '%hr %hs %b',
    lines: ['tcp-request inspect-delay 2s', 'tcp-request content capture req.payload(0,5) len 4'],
    serves: echo,
    traffic: speak,
  },
  'a capture of what may still change': {
    format: '%hr %Tw/%Tc/%Tt %b',
    lines: ['tcp-request inspect-delay 1s', 'tcp-request content capture req.len len 4'],
    serves: echo,
    traffic: async (ends) => {
      await ends.server(); // a balancer that has just begun accepts late: the pause is to be part of the session
      await delay(PAUSE_MS);
      return speak(ends);
    },
  },
  'a unique id': {
    format: '%ID %b',
    lines: ['unique-id-format %{+X}o%fi-%[src]-%[int(10)]'],
    serves: echo,
    traffic: speak,
  },
  'a tag, and several targets with levels': {
    lines: [
      'log {log} len 4096 local1',
      'log {log} len 4096 format rfc5424 local2 err',
      'log {log} len 4096 format rfc3164 local3 debug info',
      'log {log} len 100 format raw local4 notice warning',
      'log-tag balancer',
      'log-format-sd [x@1\\ b="%b"]',
      'option log-separate-errors',
      'option tcplog',
    ],
    serves: echo,
    connects: true,
    traffic: inTurn([speaks, 2], [resets, 6]),
    logged: 6,
  },
  'a level for some': {
    lines: [
      'tcp-request inspect-delay 5s',
      'tcp-request content set-log-level alert if { req.payload(0,1) -m str h }',
      'tcp-request content set-log-level silent if { req.payload(0,1) -m str s }',
    ],
    serves: echo,
    connects: true,
    traffic: inTurn([speaksSilently, 0], [speaks, 1]),
  },
  'a level for answers': {
    lines: ['tcp-response content set-log-level warning'],
    serves: echo,
    traffic: speak,
  },
  'connections of frontend, backend and servers': {
    format: '%b/%s %B %ts %fc/%bc/%sc/%rc %sq/%bq',
    lines: ['server a {server}', 'server b {server}', 'balance roundrobin'],
    serves: echo,
    traffic: async ({ client, dial, logged }) => {
      await client.echoes('1');
      const others: Peer[] = [client];
      for (let i = 2; i < 6; i++) {
        const next = await dial();
        await next.echoes(String(i));
        others.push(next);
      }
      for (const [i, peer] of others.entries()) {
        peer.socket.end();
        await logged(i + 1);
      }
      return [];
    },
    logged: 5,
  },
  'connections while there are more, as they begin': {
    format: '%b/%s +%B %ts %fc/%bc/%sc/%rc',
    lines: ['option logasap', 'server a {server}', 'server b {server}', 'balance leastconn'],
    serves: echo,
    traffic: async ({ client, dial, logged }) => {
      await client.echoes('1');
      for (let i = 2; i < 6; i++) {
        const next = await dial();
        await next.echoes(String(i));
        await logged(i);
      }
      return [];
    },
    logged: 5,
  },
});

/** Servers of these backends that refuse: who hears of it, with which facility, level and tag. */
async function downLines(run: Run): Promise<string[]> {
  const log = `log 127.0.0.1:${run.log.port} len 4096`;
  const server = `server s 127.0.0.1:${await run.port('nobody')} check inter 100 fall 1`;
  await run.start(`
    global
      ${log} local0
      log-tag whole
    defaults
      mode tcp
      timeout connect 1s
      timeout client 1s
      timeout server 1s
    backend none
      ${server}
    backend own
      ${log} local3 alert
      log-tag own
      ${server}
    backend all
      log global
      ${server}
    listen both
      bind 127.0.0.1:${await run.port('both')}
      ${log} local5
      ${server}`);
  const short = (line: string): string | undefined =>
    /^(<\d+>).{15} (\w+)\[\d+\]: (Server \S+ is DOWN)/.exec(line)?.slice(1).join(' ');
  const found = () => [...new Set(run.log.lines.map(short).filter((line) => line !== undefined))].sort();
  return eventually('lines about the servers of three backends', () => found().length >= 3 && found());
}

twins('lines about servers', downLines, { workers: [1] });

test.run();
