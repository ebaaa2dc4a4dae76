/** A thread of addresses.test.ts: the first one moves a server about, the others look where it is. */
import { ServerAddressRow, ServerAddressTable } from '../../../src/shared/addresses.js';
import { answer, threadStart } from './threads.js';

const { index, shared } = threadStart<{ readonly buffer: SharedArrayBuffer; readonly rounds: number }>();
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

if (index === 0) {
  for (let round = 1; round <= shared.rounds; round++) move(round);
  answer({ torn: 0, seen: 0 });
} else {
  const numbers = new Set<number>();
  let torn = 0;
  let sequence = 0;
  while (sequence < 2 * shared.rounds) {
    sequence = table.read(1, 1, row);
    numbers.add(sequence);
    if (sequence > 0 && (!isWhole() || row.address.word0 !== sequence / 2)) torn++;
  }
  answer({ torn, seen: numbers.size });
}
