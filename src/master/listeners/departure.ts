/**
 * How listening sockets leave that share their address with those of the next process: new connections
 * go to the others, handshakes under way come to their end, and only then they are closed. A client whose
 * first segment still meets one that leaves asks again, and meets another. Which sockets those of the
 * next process are, the kernel does not say; sockets of one address are numbered as they were bound.
 */
import type { SocketAddress } from '../../kernel/address.js';
import { closeDescriptor } from '../../kernel/descriptors.js';
import { ListeningSockets, listeningAt } from '../../kernel/listening.js';
import { spread, steer, turnAway } from '../../kernel/steering.js';

/**
 * How long a handshake may take that has begun: a round trip over the widest networks. A client that says
 * nothing is accepted later where `defer-accept` asks for it: when the answer to its first segment was repeated.
 */
const HANDSHAKE_MS = 500;
const DEFERRED_MS = 1500;

/** The sockets of a bind, by worker. */
export interface Leaving {
  readonly fds: readonly number[];
  readonly address: Extract<SocketAddress, { host: string }>;
  readonly deferAccept: boolean;
}

/** What is known of who goes on at the same addresses. */
export type Successor =
  /** It has taken the sockets over, and goes on with the first ones, as many as it has workers; null: it has not said so. */
  | { readonly has: 'ours'; readonly workers: number | null }
  /** It has sockets of its own, if there is anybody. */
  | { readonly has: 'own' };

/** The departure of one process. */
export class Departure {
  private readonly listening = new ListeningSockets();
  /** A socket of each address to which the kernel was told where to send connections. */
  private readonly steered = new Set<number>();
  /** Sockets that answer nobody who is new, in favour of others of their address, which are numbered: `end` sees to the order. */
  readonly turnedAway = new Set<number>();

  /** Begins; answers for how long nothing is to be closed yet (ms), 0 when nobody goes on. */
  begin(binds: readonly Leaving[], successor: Successor): number {
    if (successor.has === 'own') return this.leaveToOthers(binds);
    const kept = successor.workers ?? 1;
    const leaving = binds.filter(({ fds }) => fds.length > kept);
    for (const { fds } of leaving) {
      if (steer(fds[0], 0, kept) === 0) this.steered.add(fds[0]);
      // Who does not say how many sockets it goes on with may go on with all of them.
      if (successor.workers !== null) for (const fd of fds.slice(kept)) turnAway(fd);
    }
    return graceOf(leaving);
  }

  private leaveToOthers(binds: readonly Leaving[]): number {
    const own = new Map<string, Leaving[]>();
    for (const bind of binds) {
      const at = listeningAt(bind.address);
      own.set(at, [...(own.get(at) ?? []), bind]);
    }
    const listening = this.listening.count();
    const leaving = [...own].flatMap(([at, group]) => {
      const fds = group.flatMap((bind) => bind.fds);
      const others = (listening.get(at) ?? 0) - fds.length;
      if (others <= 0) return [];
      if (steer(fds[0], fds.length, others) === 0) this.steered.add(fds[0]);
      for (const fd of fds) {
        turnAway(fd);
        this.turnedAway.add(fd);
      }
      return group;
    });
    return graceOf(leaving);
  }

  /** Closes them, those that still tell the kernel where to send connections last. */
  end(fds: Iterable<number>): void {
    for (const fd of fds) if (!this.steered.has(fd)) closeDescriptor(fd);
    for (const fd of this.steered) {
      spread(fd);
      closeDescriptor(fd);
    }
    this.steered.clear();
    this.listening.close();
  }
}

function graceOf(leaving: readonly Leaving[]): number {
  if (leaving.length === 0) return 0;
  return leaving.some(({ deferAccept }) => deferAccept) ? DEFERRED_MS : HANDSHAKE_MS;
}
