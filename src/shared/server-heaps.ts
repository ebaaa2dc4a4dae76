/**
 * Servers in order: priority queues over the servers of a group, as pairing heaps whose links lie
 * with the servers in shared memory. A server is in one heap at most. Everything here is done under
 * the group's lock. (Fredman, Sedgewick, Sleator, Tarjan: The pairing heap, 1986.)
 */
import { GROUP, GROUP_WORDS, SERVER, SERVER_WORDS } from './server-layout.js';

const NONE = 0; // links are server numbers plus one

/** The heaps of one group, by numbers from 0 to HEAPS - 1. */
export class ServerHeaps {
  /** @param base word of the group */
  constructor(
    private readonly words: Int32Array,
    private readonly base: number,
  ) {}

  /** The first server of a heap, or -1. */
  first(heap: number): number {
    return this.words[this.base + GROUP.roots + heap] - 1;
  }

  /** The heap that a server is in, or -1. */
  heapOf(server: number): number {
    return this.words[this.at(server + 1) + SERVER.heap] - 1;
  }

  /** Empties all heaps; the servers' links are forgotten by `forget`. */
  clear(): void {
    this.words.fill(0, this.base + GROUP.roots, this.base + GROUP.rotations);
  }

  /** Takes no heed of what a server's links say. */
  forget(server: number): void {
    this.words[this.at(server + 1) + SERVER.heap] = 0;
  }

  /**
   * Puts a server into a heap, which is in order of `key`, then `fine`, then `order`, a wrapping
   * number; without one it comes after those of the same key.
   */
  insert(heap: number, server: number, key: number, fine: number, order = ++this.words[this.base + GROUP.order]): void {
    const { words } = this;
    const at = this.at(server + 1);
    words[at + SERVER.heap] = heap + 1;
    words[at + SERVER.key] = key;
    words[at + SERVER.fine] = fine;
    words[at + SERVER.order] = order;
    words[at + SERVER.child] = NONE;
    words[at + SERVER.next] = NONE;
    words[at + SERVER.previous] = NONE;
    const root = this.base + GROUP.roots + heap;
    words[root] = this.meld(words[root], server + 1);
  }

  /** Takes a server out of the heap that it is in; nothing when it is in none. */
  remove(server: number): void {
    const { words } = this;
    const node = server + 1;
    const at = this.at(node);
    const heap = words[at + SERVER.heap] - 1;
    if (heap < 0) return;
    words[at + SERVER.heap] = 0;
    const root = this.base + GROUP.roots + heap;
    const isFirst = words[root] === node;
    if (!isFirst) this.cut(node);
    const rest = this.meldChildren(words[at + SERVER.child]);
    words[root] = isFirst ? rest : this.meld(words[root], rest);
  }

  private at(node: number): number {
    return this.base + GROUP_WORDS + (node - 1) * SERVER_WORDS;
  }

  /** Unlinks a node that is not the root from its parent or elder sibling. */
  private cut(node: number): void {
    const { words } = this;
    const previous = words[this.at(node) + SERVER.previous];
    const next = words[this.at(node) + SERVER.next];
    const link = words[this.at(previous) + SERVER.child] === node ? SERVER.child : SERVER.next;
    words[this.at(previous) + link] = next;
    if (next !== NONE) words[this.at(next) + SERVER.previous] = previous;
  }

  /** One heap of two; the later root becomes the first child of the earlier. */
  private meld(one: number, other: number): number {
    if (one === NONE) return other;
    if (other === NONE) return one;
    const { words } = this;
    const root = this.precedes(other, one) ? other : one;
    const child = root === one ? other : one;
    const eldest = words[this.at(root) + SERVER.child];
    words[this.at(child) + SERVER.next] = eldest;
    words[this.at(child) + SERVER.previous] = root;
    if (eldest !== NONE) words[this.at(eldest) + SERVER.previous] = child;
    words[this.at(root) + SERVER.child] = child;
    words[this.at(root) + SERVER.next] = NONE;
    words[this.at(root) + SERVER.previous] = NONE;
    return root;
  }

  /** Melds siblings in pairs from the left, then the pairs from the right. */
  private meldChildren(first: number): number {
    const { words } = this;
    let pairs = NONE;
    for (let node = first; node !== NONE; ) {
      const other = words[this.at(node) + SERVER.next];
      const following = other === NONE ? NONE : words[this.at(other) + SERVER.next];
      words[this.at(node) + SERVER.next] = NONE;
      const pair = this.meld(node, other);
      words[this.at(pair) + SERVER.next] = pairs;
      pairs = pair;
      node = following;
    }
    let root = NONE;
    while (pairs !== NONE) {
      const following = words[this.at(pairs) + SERVER.next];
      words[this.at(pairs) + SERVER.next] = NONE;
      words[this.at(pairs) + SERVER.previous] = NONE;
      root = this.meld(root, pairs);
      pairs = following;
    }
    return root;
  }

  private precedes(node: number, other: number): boolean {
    const { words } = this;
    const a = this.at(node);
    const b = this.at(other);
    if (words[a + SERVER.key] !== words[b + SERVER.key]) return words[a + SERVER.key] < words[b + SERVER.key];
    if (words[a + SERVER.fine] !== words[b + SERVER.fine]) return words[a + SERVER.fine] < words[b + SERVER.fine];
    return ((words[a + SERVER.order] - words[b + SERVER.order]) | 0) < 0;
  }
}
