/** Which workers count as stuck, by looks at given times. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Watchdog } from '../../../src/master/workers/watchdog.js';

const PATIENCE_MS = 5000;
const LOOK_MS = 1000;

/** Two workers: the rounds that they have made, who makes one when woken, and who was called stuck. */
class Stage {
  readonly rounds: (number | null)[] = [0, 0];
  readonly answers = [true, true];
  readonly stuck: string[] = [];
  wakes = 0;
  patienceMs = PATIENCE_MS;
  private readonly dog = new Watchdog({
    workers: 2,
    rounds: (worker) => this.rounds[worker],
    wake: (worker) => {
      this.wakes++;
      if (this.answers[worker]) this.goOn(worker);
    },
    patienceMs: () => this.patienceMs,
    onStuck: (worker, forMs) => this.stuck.push(`${worker} for ${forMs}`),
  });

  goOn(worker: number): void {
    this.rounds[worker] = (this.rounds[worker] ?? 0) + 1;
  }

  look(times: number): void {
    for (let i = 0; i < times; i++) this.dog.look(LOOK_MS);
  }
}

test('one who sleeps is woken, and is well', () => {
  const stage = new Stage();
  stage.look(100);
  assert.equal(stage.stuck, []);
  assert.is(stage.wakes, 100, 'each at every other look');
});

test('one who makes no round although woken is stuck, said once', () => {
  const stage = new Stage();
  stage.look(10);
  stage.answers[1] = false;
  stage.look(6);
  assert.equal(stage.stuck, []);
  stage.look(100);
  assert.equal(stage.stuck, ['1 for 5000']);
});

test('what counts is the time since a round, not the time that it was slow', () => {
  const stage = new Stage();
  stage.answers[0] = false;
  for (let i = 0; i < 10; i++) {
    stage.look(5);
    stage.goOn(0);
  }
  assert.equal(stage.stuck, []);
});

test('one who went on after all, and is stuck again, is told again', () => {
  const stage = new Stage();
  stage.answers[0] = false;
  stage.look(10);
  stage.goOn(0);
  stage.look(10);
  assert.equal(stage.stuck, ['0 for 5000', '0 for 5000']);
});

test('one whose place is empty, or who only begins, is not judged', () => {
  const stage = new Stage();
  stage.rounds[0] = null;
  stage.look(100);
  assert.equal(stage.stuck, []);
});

test('who prepares a plan has more time', () => {
  const stage = new Stage();
  stage.answers[0] = false;
  stage.patienceMs = 60_000;
  stage.look(61);
  assert.equal(stage.stuck, []);
  stage.look(10);
  assert.equal(stage.stuck, ['0 for 60000']);
});

test.run();
