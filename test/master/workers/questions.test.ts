/** Whoever asks a worker is answered: by it, by its death, or by time. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Questions } from '../../../src/master/workers/questions.js';

test('each answer finds its question, in any order', async () => {
  const questions = new Questions();
  const [first, second] = [questions.put(0), questions.put(1)];
  assert.is.not(first.number, second.number);
  questions.answer(second.number, true);
  questions.answer(first.number, false);
  assert.equal(await Promise.all([first.answered, second.answered]), [false, true]);
});

test('a dead worker answers null, the others are waited for', async () => {
  const questions = new Questions();
  const [first, second] = [questions.put(0), questions.put(1)];
  questions.abandon(0);
  assert.is(await first.answered, null);
  questions.answer(second.number, true);
  assert.is(await second.answered, true);
});

test('one that does not answer is given up, and its late answer let go', async () => {
  const questions = new Questions(1);
  const { number, answered } = questions.put(0);
  assert.is(await answered, null);
  questions.answer(number, true);
  questions.abandon(0);
});

test.run();
