/** A shortage is told once for the whole process, and once that it is over. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Engine } from '../../src/kernel/engine.js';
import { EMFILE, ENFILE } from '../../src/kernel/sys/constants.js';
import { Shortage } from '../../src/proxy/shortage.js';
import { ConnectionGate } from '../../src/shared/gate.js';

/** Several workers' views of one process, with one clock. */
function workers(count: number, clockBase = 0): { clock: { nowMs: number }; told: string[]; shortages: Shortage[] } {
  const clock = { nowMs: 0 };
  const told: string[] = [];
  const gate = ConnectionGate.create(10, count);
  const engine = { nowMs: () => (clockBase + clock.nowMs) | 0 } as Engine;
  const notify = (severity: string, text: string): number => told.push(`${severity}: ${text}`);
  return {
    clock,
    told,
    shortages: Array.from({ length: count }, () => new Shortage(engine, new ConnectionGate(gate), notify)),
  };
}

test('many refused calls of many workers are told once, with the reason', () => {
  const { told, shortages } = workers(3);
  for (const shortage of shortages) for (let i = 0; i < 5; i++) shortage.met(-EMFILE);
  assert.is(told.length, 1);
  assert.match(told[0], /^warning: .*EMFILE/);
});

test('that it is over is told once, and only when nothing failed for a while', () => {
  const { clock, told, shortages } = workers(2);
  for (const shortage of shortages) shortage.met(-ENFILE);
  clock.nowMs = 4999;
  for (const shortage of shortages) shortage.passed();
  assert.is(told.length, 1);
  clock.nowMs = 5000;
  for (const shortage of shortages) shortage.passed();
  assert.equal(told.slice(1), ['notice: accepting goes on at full speed']);
});

test('each failure begins the wait anew', () => {
  const { clock, told, shortages } = workers(1);
  shortages[0].met(-EMFILE);
  clock.nowMs = 4000;
  shortages[0].met(-EMFILE);
  clock.nowMs = 8000;
  shortages[0].passed();
  assert.is(told.length, 1);
  clock.nowMs = 9000;
  shortages[0].passed();
  assert.is(told.length, 2);
});

test('the next shortage is told again', () => {
  const { clock, told, shortages } = workers(1);
  shortages[0].met(-EMFILE);
  clock.nowMs = 6000;
  shortages[0].passed();
  shortages[0].met(-EMFILE);
  assert.is(told.length, 3);
});

test('without a shortage nothing is told', () => {
  const { clock, told, shortages } = workers(1);
  clock.nowMs = 100_000;
  shortages[0].passed();
  assert.equal(told, []);
});

test('the clock may wrap in between', () => {
  const { clock, told, shortages } = workers(1, 0x7fff_ffff - 1000);
  shortages[0].met(-EMFILE);
  clock.nowMs = 3000;
  shortages[0].passed();
  assert.is(told.length, 1);
  clock.nowMs = 5000;
  shortages[0].passed();
  assert.is(told.length, 2);
});

test.run();
