/**
 * A thread of gate.test.ts: takes and gives places as a worker with two listeners does. It sleeps
 * only when it holds no place and cannot get one, and then until it is woken.
 */
import { ConnectionGate } from '../../../src/shared/gate.js';
import type { Piece } from '../../../src/shared/pieces.js';
import { answer, threadStart } from './threads.js';

/** What the threads share. */
export interface GateThreads {
  readonly gate: Piece;
  /** [0]: threads' own count of the places in use. From 16 on: the wake-ups of each thread. */
  readonly words: Int32Array;
  readonly connections: number;
}

/** What a thread saw. */
export interface GateThreadReport {
  readonly served: number;
  readonly most: number;
  readonly sleeps: number;
  /** It was not woken although it waited for this long: far longer than everything takes. */
  readonly lost: boolean;
}

const PATIENCE_MS = 20_000;
/** Long enough for another thread to run. */
const LINGER_MS = 0.02;

const { index, shared } = threadStart<GateThreads>();
const { words, connections } = shared;
const gate = new ConnectionGate(shared.gate);
const report = { served: 0, most: 0, sleeps: 0, lost: false };
const nobody = new Int32Array(new SharedArrayBuffer(4));
let held = 0;
let random = index + 1;

function dice(sides: number): number {
  random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return (random >> 8) % sides;
}

function wake(thread: number): void {
  Atomics.add(words, 16 + thread, 1);
  Atomics.notify(words, 16 + thread);
}

function takePlace(inHand: boolean): boolean {
  while (!gate.enter()) {
    gate.await(index, inHand);
    if (gate.current >= gate.max) return false;
  }
  report.most = Math.max(report.most, Atomics.add(words, 0, 1) + 1);
  held++;
  report.served++;
  return true;
}

function giveUp(): void {
  Atomics.sub(words, 0, 1);
  held--;
  gate.leave(1, wake);
}

/** Serves all connections; false when a wake-up was lost. */
function serve(): boolean {
  let wakes = Atomics.load(words, 16 + index);
  while (report.served < connections) {
    if (held > 0 && dice(3) === 0) giveUp();
    if (dice(8) === 0) Atomics.wait(nobody, 0, 0, LINGER_MS); // holding a place, perhaps: others have to wait
    if (takePlace(dice(2) === 0)) continue;
    if (held > 0) {
      giveUp();
      continue;
    }
    report.sleeps++;
    if (Atomics.wait(words, 16 + index, wakes, PATIENCE_MS) === 'timed-out') return false;
    wakes = Atomics.load(words, 16 + index);
    takeOrPass();
  }
  return true;
}

/** What a woken worker does: takes what it needs, tells others of the rest. */
function takeOrPass(): void {
  if (report.served < connections) takePlace(true);
  gate.passOn(wake);
}

report.lost = !serve();
while (held > 0) giveUp();
gate.forget(index);
gate.passOn(wake);
answer(report);
