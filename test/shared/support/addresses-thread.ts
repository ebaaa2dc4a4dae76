/** A thread of addresses.test.ts: the first one moves a server about, the others look where it is. */
import { ServerAddressRow, ServerAddressTable } from '../../../src/shared/addresses.js';
import { answer, threadStart } from './threads.js';

/** What the threads share. */
export interface Moves {
  readonly buffer: SharedArrayBuffer;
  /** How often the server moves at least; it goes on until every other thread has seen `seen` addresses. */
  readonly rounds: number;
  readonly seen: number;
  /** [SATISFIED]: threads that have seen as many; [OVER]: 1 when the server moves no more. */
  readonly progress: Int32Array;
}

/** What a thread that looked has found. */
export interface Looks {
  /** Addresses that were half old, half new. */
  readonly torn: number;
  /** How often the address was another one than before. */
  readonly seen: number;
}

const SATISFIED = 0;
const OVER = 1;
/** Moves after which nobody is waited for any more: a minute of them. */
const ROUNDS_MAX = 300_000_000;

const { index, count, shared } = threadStart<Moves>();
const table = new ServerAddressTable(shared.buffer, [1, 2]);
const row = new ServerAddressRow();

/** Every word of an address says the same number: one that was read half old, half new does not. */
function move(round: number): void {
  if (round % 2 === 0) row.address.setIpv4(round, round & 0xffff);
  else row.address.setIpv6(round, round, round, round, round & 0xffff);
  row.mapsPort = round % 2 === 0;
  table.write(1, 1, row);
}

function isWhole(): boolean {
  const { family, word0, word1, word2, word3, port } = row.address;
  const isIpv4 = family === 4;
  const rest = isIpv4 ? 0 : word0;
  return port === (word0 & 0xffff) && word1 === rest && word2 === rest && word3 === rest && row.mapsPort === isIpv4;
}

function moveAbout(): void {
  const { rounds, progress } = shared;
  const awaited = (): boolean => Atomics.load(progress, SATISFIED) < count - 1;
  for (let round = 1; round <= rounds || (round <= ROUNDS_MAX && awaited()); round++) move(round);
  Atomics.store(progress, OVER, 1);
}

function look(): Looks {
  let [torn, seen, last] = [0, 0, 0];
  for (let over = 0; over === 0; ) {
    over = Atomics.load(shared.progress, OVER);
    const sequence = table.read(1, 1, row);
    if (sequence === last) continue;
    last = sequence;
    if (!isWhole() || row.address.word0 !== sequence / 2) torn++;
    if (++seen === shared.seen) Atomics.add(shared.progress, SATISFIED, 1);
  }
  return { torn, seen };
}

if (index === 0) {
  moveAbout();
  answer(null);
} else answer(look());
