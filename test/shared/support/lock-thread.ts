/** A thread of lock.test.ts: adds to a plain word, which is only right while nobody else does. */
import { lock, unlock } from '../../../src/shared/lock.js';
import { answer, threadStart } from './threads.js';

const { index, shared } = threadStart<{ readonly words: Int32Array; readonly rounds: number }>();
const { words, rounds } = shared;
let intruders = 0;
for (let i = 0; i < rounds; i++) {
  lock(words, 0, index + 1);
  if (words[0] !== index + 1) intruders++;
  const before = words[16];
  words[32 + index]++; // some work, so that others come in between if they can
  words[16] = before + 1;
  unlock(words, 0);
}
answer(intruders);
