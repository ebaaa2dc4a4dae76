/**
 * Proof that the simulation can fail: each of these engines does one thing wrong that a relay or
 * an engine could do, and must be found out, by the promise that it breaks.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type CompletionHandler, OP_CONNECT, OP_RECEIVE, OP_SEND } from '../../src/kernel/engine.js';
import { SimulatedEngine } from './engine.js';
import { type Sabotage, simulate } from './simulation.js';

/** Seeds in which a defect must show. */
const SEEDS = 400;

/** What each seed's run has to say; null when it finds nothing wrong. */
function* findings(sabotage: Sabotage): Generator<string | null> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      simulate(seed, null, sabotage);
      yield null;
    } catch (error) {
      yield String(error);
    }
  }
}

function mustBeFound(sabotage: Sabotage, expected: RegExp): void {
  const others = new Set<string>();
  for (const said of findings(sabotage)) {
    if (said === null) continue;
    if (expected.test(said)) return;
    others.add(said);
  }
  assert.unreachable(`not found in ${SEEDS} runs; found instead: ${[...others].slice(0, 5).join(', ')}`);
}

class DropsAByte extends SimulatedEngine {
  override send(slot: number, fd: number, buffer: number, offset: number, length: number): void {
    super.send(slot, fd, buffer, length > 8 ? offset + 1 : offset, length > 8 ? length - 1 : length);
  }
}

class ForgetsToClose extends SimulatedEngine {
  override close(fd: number): void {
    if (fd % 5 !== 0) super.close(fd);
  }
}

class ClosesTwice extends SimulatedEngine {
  override close(fd: number): void {
    super.close(fd);
    super.close(fd);
  }
}

class NeverPassesTheEndOn extends SimulatedEngine {
  override shutdownWrite(): number {
    return 0;
  }
}

class ForgetsToReset extends SimulatedEngine {
  override resetOnClose(): number {
    return 0;
  }
}

class LosesCompletions extends SimulatedEngine {
  protected override handOver(handler: CompletionHandler, op: number, slot: number, result: number, flags: number): void {
    if (op !== OP_CONNECT || slot % 4 !== 1) super.handOver(handler, op, slot, result, flags);
  }
}

class GivesBuffersBackTwice extends SimulatedEngine {
  protected override handOver(handler: CompletionHandler, op: number, slot: number, result: number, flags: number): void {
    const { available } = this.buffers;
    super.handOver(handler, op, slot, result, flags);
    if (op === OP_SEND && this.buffers.available > available) this.buffers.give(this.lastFreed());
  }

  private lastFreed(): number {
    const buffer = this.buffers.take();
    this.buffers.give(buffer);
    return buffer;
  }
}

class KeepsBuffers extends SimulatedEngine {
  protected override handOver(handler: CompletionHandler, op: number, slot: number, result: number, flags: number): void {
    super.handOver(handler, op, slot, result, flags);
    if (op === OP_RECEIVE && this.random.chance(2)) this.buffers.take();
  }
}

class KeepsPipes extends SimulatedEngine {
  override givePipe(): void {
    this.stats.internalErrors++;
  }
}

class NeverStopsReceiving extends SimulatedEngine {
  override cancel(slot: number, op: number): void {
    if (op !== OP_RECEIVE) super.cancel(slot, op);
  }
}

class SendsTheSameSlotTwice extends SimulatedEngine {
  override send(slot: number, fd: number, buffer: number, offset: number, length: number): void {
    super.send(slot, fd, buffer, offset, length);
    super.send(slot, fd, buffer, offset, length);
  }
}

const CANARIES: readonly (readonly [string, Sabotage, RegExp])[] = [
  ['a byte that is lost', { engine: DropsAByte }, /byte \d+ of stream \d+ arrived as|bytes of \d+ undelivered/],
  ['a descriptor that stays open', { engine: ForgetsToClose }, /sockets are open|nobody is there|does not end/],
  ['a descriptor that is closed twice', { engine: ClosesTwice }, /close of descriptor \d+, which is not an open socket/],
  ['an end of stream that is not passed on', { engine: NeverPassesTheEndOn }, /the end of \d+ is not passed on/],
  ['a reset that is not passed on', { engine: ForgetsToReset }, /closed without a reset/],
  ['a completion that is ignored', { engine: LosesCompletions }, /stuck|at rest|do not get to|never/],
  ['a buffer that is given back twice', { engine: GivesBuffersBackTwice }, /given back twice/],
  ['a buffer that is not given back', { engine: KeepsBuffers }, /buffers are missing/],
  ['a pipe that is not given back', { engine: KeepsPipes }, /pipes are missing/],
  ['a queue without a bound', { engine: NeverStopsReceiving }, /buffers are queued in one direction/],
  ['two operations of a kind on a slot', { engine: SendsTheSameSlotTwice }, /owns? it|asked for twice/],
  ['a wake-up that gets lost', { losesWakes: true }, /sleeps with \d+ (?:accepted clients|clients in the queue)/],
];

for (const [name, sabotage, expected] of CANARIES) test(`the simulation finds ${name}`, () => mustBeFound(sabotage, expected));

test('without sabotage the same runs have nothing wrong', () => {
  for (const said of findings({})) assert.is(said, null);
});

test.run();
