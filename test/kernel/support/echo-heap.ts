/**
 * A program: echoes messages over one connection on the engine named by its argument, and prints
 * what that did to the heap. It runs alone, because a test runner's own garbage would be counted.
 *
 *   node --expose-gc --max-semi-space-size=64 echo-heap.js uring|epoll MESSAGES
 */
import { getHeapStatistics } from 'node:v8';
import { encodeAddresses } from '../../../src/kernel/address.js';
import {
  BUFFER_SHIFT,
  type CompletionHandler,
  type Engine,
  type Holdings,
  OP_ACCEPT,
  OP_CONNECT,
  OP_RECEIVE,
  OP_SEND,
} from '../../../src/kernel/engine.js';
import { localAddress, openListener } from '../../../src/kernel/listener.js';
import { openEngine } from '../../../src/kernel/probe.js';

const LISTENER = 0;
const CLIENT = 1;
const SERVER = 2;
/** Messages before the first look at the heap: code is compiled by then. */
const WARM_UP = 50_000;
const MESSAGE_BYTES = 64;

const nothing: Holdings = { hold: () => undefined, drop: () => undefined, holdMemory: () => undefined };

/** Whatever one end receives it sends to the other: one message goes round and round. */
class Echo implements CompletionHandler {
  received = 0;
  private readonly fds = new Int32Array(3);
  /** The buffer that each slot is sending. */
  private readonly sending = new Int32Array(3);

  constructor(private readonly engine: Engine) {}

  begin(client: number): void {
    this.fds[CLIENT] = client;
  }

  onCompletion(op: number, slot: number, result: number, flags: number): void {
    if (result < 0) throw new Error(`operation ${op} on slot ${slot}: ${result}`);
    if (op === OP_SEND) this.engine.buffers.give(this.sending[slot]);
    else if (op === OP_RECEIVE) this.echo(slot, result, flags >>> BUFFER_SHIFT);
    else if (op === OP_ACCEPT) this.connected(SERVER, result);
    else if (op === OP_CONNECT) this.connected(CLIENT, this.fds[CLIENT]);
  }

  private echo(slot: number, length: number, buffer: number): void {
    this.received++;
    this.sending[slot] = buffer;
    this.engine.send(slot, this.fds[slot], buffer, 0, length);
  }

  private connected(slot: number, fd: number): void {
    this.fds[slot] = fd;
    this.engine.receive(slot, fd);
    if (slot !== CLIENT) return;
    this.sending[slot] = this.engine.buffers.take();
    this.engine.send(slot, fd, this.sending[slot], 0, MESSAGE_BYTES);
  }
}

function start(engine: Engine): Echo {
  const echo = new Echo(engine);
  const listener = openListener({ address: { family: 'ipv4', host: '127.0.0.1', port: 0 }, backlog: 1, reusePort: false });
  const [address] = encodeAddresses([localAddress(listener)]).encoded;
  const client = engine.openSocket(address);
  echo.begin(client);
  engine.acceptOnce(LISTENER, listener);
  engine.connect(CLIENT, client, address);
  return echo;
}

function runUntil(engine: Engine, echo: Echo, messages: number): void {
  while (echo.received < messages) engine.wait(1000, echo);
}

const [, , name, messages] = process.argv;
const engine = openEngine(name === 'uring' ? 'uring' : 'epoll', {
  slots: 3,
  bufferCount: 300,
  bufferSize: 4096,
  pipesMax: 0,
  pipeSize: 0,
  wakeFd: -1,
  holdings: nothing,
});
const echo = start(engine);
const collect = globalThis.gc;
if (collect === undefined) throw new Error('run with --expose-gc');

runUntil(engine, echo, WARM_UP);
collect();
const begin = getHeapStatistics().used_heap_size;
runUntil(engine, echo, WARM_UP + Number(messages));
const allocated = getHeapStatistics().used_heap_size - begin;
collect();
const kept = getHeapStatistics().used_heap_size - begin;
process.stdout.write(`${JSON.stringify({ received: echo.received, allocated, kept })}\n`);
engine.stop();
