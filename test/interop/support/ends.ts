/** The two ends of a session through a balancer, and what is seen there; peers themselves are `peers.ts`. */
import type { Peer } from './peers.js';

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
