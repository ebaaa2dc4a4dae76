/** Endings of sessions in the log, beside HAProxy's, for which a connection fails before it is tried, or at its very end. */
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import { type Ends, ending } from './support/ends.js';
import { echo } from './support/peers.js';
import { situations } from './support/situations.js';

/** What a balancer does with a connection by itself is done after this time. */
const PAUSE_MS = 500;

const waits = async ({ client }: Ends): Promise<string[]> => [await ending(client)];

const LAST = 'x'.repeat(8 << 20);
/** The server says more than anybody buffers, and ends; the client does not read. */
async function lastData({ client, server }: Ends): Promise<void> {
  client.socket.pause();
  client.socket.write('hello');
  const peer = await server();
  await peer.hears('hello');
  peer.socket.end(LAST);
  await delay(PAUSE_MS);
}

situations('the last data', {
  'the client resets while it is on its way': {
    format: '%ft %b/%s %ts %fc/%bc/%sc',
    traffic: async (all) => {
      await lastData(all);
      all.client.socket.resetAndDestroy();
      return [];
    },
  },
  'the client does not read it': {
    format: '%ft %b/%s %ts %fc/%bc/%sc',
    lines: ['timeout client 500'],
    traffic: async (all) => {
      await lastData(all);
      await all.logged(1);
      return [];
    },
  },
  'the client ends and reads it late': {
    format: '%ft %b/%s %B %ts %fc/%bc/%sc',
    traffic: async (all) => {
      await lastData(all);
      all.client.socket.end();
      all.client.socket.resume();
      return [await all.client.closed];
    },
  },
});

/**
 * Letters that are not provoked, since HAProxy 2.6 has them in no session of mode tcp: R, P and I with C
 * (a lack of sockets, of source ports, of an address to connect from) are followed by SC once the last
 * attempt has failed, as these situations show; L, T and H are of mode http. K is an order of the
 * runtime API, D and U are orders of health checks: they are provoked where those are tested.
 */
situations('connections that cannot be begun', {
  'the ports of a source have run out': {
    format: '%ft %b/%s %B %ts %rc',
    lines: ['server s {server} source {source}'],
    serves: echo,
    traffic: async ({ client, dial: again, logged }) => {
      await client.echoes('first');
      const seen = await ending(await again());
      await logged(1);
      client.socket.end();
      return [seen, await ending(client)];
    },
    logged: 2,
  },
  'the ports of a source have run out, and another server has none': {
    format: '%ft %b/%s %B %ts %rc',
    lines: ['server s {server} source {source} weight 200', 'server t {server} weight 1', 'option redispatch', 'retries 1'],
    serves: echo,
    traffic: async ({ client, dial: again, logged }) => {
      await client.echoes('first');
      const next = await again();
      await next.echoes('second');
      next.socket.end();
      await logged(1);
      client.socket.end();
      return [await ending(next), await ending(client)];
    },
    logged: 2,
  },
  'a source that is no address of this host': { lines: ['server s {server} source 192.0.2.1'], traffic: waits },
  'a server that is a broadcast address': { lines: ['server s 255.255.255.255:80'], traffic: waits },
  'a UNIX socket that is not there': { lines: ['server s unix@/nonexistent/socket'], traffic: waits },
  'an abstract UNIX socket that is not there': { lines: ['server s abns@nonexistent{number}'], traffic: waits },
});

test.run();
