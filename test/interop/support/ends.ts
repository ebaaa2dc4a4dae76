/** The two ends of a session through a balancer, and what is seen there; peers themselves are `peers.ts`. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Peer } from './peers.js';

/** A client sees the end of its session before another worker does: so long, and whoever comes next is not counted with it (ms). */
const SEEN_BY_ALL_MS = 250;

/** The two ends of a session. */
export interface Ends {
  readonly client: Peer;
  /** Connection number `nth` of the server, from 0, when it is there. */
  server(nth?: number): Promise<Peer>;
  /** Another client. */
  dial(): Promise<Peer>;
}

/** In place of a client where the traffic connects by itself. */
export const NOBODY = null as unknown as Peer;

/** What each side saw at its end: what it heard, and 'end' or the name of an error. */
export async function ending(peer: Peer): Promise<string> {
  const how = await peer.hearsEnd().then(
    () => 'end',
    () => peer.error,
  );
  return `${JSON.stringify(peer.heard)} ${how}`;
}

/** Resolves when one of them has seen its end: says which was the first. */
export async function firstEnd(client: Peer, server: Peer): Promise<string> {
  return Promise.race([ending(client).then(() => 'the client first'), ending(server).then(() => 'the server first')]);
}

/** One client has the only connection that the server takes, another waits for it until it is sent away. */
export async function waitsInVain({ client, dial }: Ends): Promise<string[]> {
  await client.echoes('first');
  const second = await dial();
  const seen = await ending(second);
  await delay(SEEN_BY_ALL_MS);
  client.socket.end();
  return [seen, await ending(client)];
}
