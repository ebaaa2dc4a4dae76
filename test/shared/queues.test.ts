/**
 * The queues against a model of plain arrays: random arrivals, ends, departures and deaths of
 * workers. After every step both must agree on who waits where, who was granted what, and in which
 * order. A failing seed is printed.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NO_ENTRY, QueueEntries } from '../../src/shared/queue-entries.js';
import { ANY_SERVER, QueueTable, reclaimQueues } from '../../src/shared/queues.js';
import { ServerTable } from '../../src/shared/servers.js';
import { Random } from '../sim/random.js';

const SERVERS = 3;
const WORKERS = 3;
const SESSIONS = 8;
const SEEDS = 3000;
const STEPS = 120;
const MASTER = WORKERS + 1;

interface Waiting {
  readonly entry: number;
  readonly server: number;
  readonly priority: number;
  readonly time: number;
  readonly order: number;
  passed: number;
}

/** What the queues must do, without any sharing. */
class Model {
  waiting: Waiting[] = [];
  readonly granted = new Map<number, { server: number; position: number }>();
  readonly active = new Array<number>(SERVERS).fill(0);
  readonly maxconn = new Array<number>(SERVERS).fill(0);
  readonly up = new Array<boolean>(SERVERS).fill(true);
  private order = 0;

  join(entry: number, server: number, priority: number, time: number): void {
    const one = { entry, server, priority, time, order: this.order++, passed: 0 };
    this.waiting.push(one);
    this.waiting.sort((a, b) => a.priority - b.priority || a.time - b.time || a.order - b.order);
  }

  full(server: number): boolean {
    const limit = this.maxconn[server];
    return limit > 0 && this.active[server] >= limit;
  }

  serve(server: number): void {
    while (!this.full(server)) {
      const next = this.waiting.find((one) => one.server === server || (one.server === ANY_SERVER && this.up[server]));
      if (next === undefined) return;
      this.active[server]++;
      this.grant(next, server);
    }
  }

  grant(one: Waiting, server: number): void {
    this.leave(one.entry);
    this.granted.set(one.entry, { server, position: one.passed + 1 });
    for (const other of this.waiting) if (other.server === one.server) other.passed++;
  }

  leave(entry: number): void {
    this.waiting = this.waiting.filter((one) => one.entry !== entry);
  }
}

/** One run of random steps. */
class Run {
  private readonly random: Random;
  private readonly servers = ServerTable.create([SERVERS], WORKERS);
  private readonly queues = QueueTable.create(QueueEntries.create(WORKERS, SESSIONS), [SERVERS]);
  private readonly lanes = Array.from({ length: WORKERS }, (_, worker) => this.open(worker));
  private readonly model = new Model();
  /** Server of each connected entry. */
  private readonly connected = new Map<number, number>();
  private readonly woken = new Set<number>();
  /** Wraps in the queues, not in the model. */
  private now: number;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.now = this.random.pick([0, 0x7fff_fff0, -5]);
    const { group } = this.lanes[0];
    group.configure(0, false);
    for (let server = 0; server < SERVERS; server++) {
      const maxconn = this.random.between(1, 3);
      group.configureServer(server, { id: server + 1, weight: 1, backup: false, maxconn, minconn: 0, maxqueue: 0 });
      group.setWeight(server, 1);
      this.model.maxconn[server] = maxconn;
    }
  }

  run(): void {
    for (let i = 0; i < STEPS; i++) {
      this.step();
      this.compare();
    }
  }

  private get nowMs(): number {
    return this.now | 0;
  }

  private open(worker: number) {
    const group = new ServerTable(this.servers, [SERVERS], WORKERS, worker).groups[0];
    const table = new QueueTable(this.queues, [group], worker);
    return { worker, group, table, queue: table.backends[0] };
  }

  private step(): void {
    const { random } = this;
    this.now += random.below(3);
    const dice = random.below(100);
    if (dice < 40) this.arrive();
    else if (dice < 65) this.end();
    else if (dice < 75) this.abort();
    else if (dice < 90) this.collect(random.below(WORKERS));
    else if (dice < 93) this.raise();
    else if (dice < 96) this.redistribute();
    else if (dice < 98) this.toggle();
    else this.die(random.below(WORKERS));
  }

  private readonly wake = (worker: number): void => {
    this.woken.add(worker);
  };

  /** A session that finds no free connection joins a queue. */
  private arrive(): void {
    const { random, model } = this;
    const entry = random.below(WORKERS * SESSIONS);
    if (this.isUsed(entry)) return;
    const lane = this.lanes[Math.trunc(entry / SESSIONS)];
    const server = random.chance(50) ? ANY_SERVER : random.below(SERVERS);
    const priority = random.chance(80) ? 0 : random.between(-2, 2);
    const offset = random.chance(80) ? 0 : random.between(-5, 5);
    lane.group.lock(lane.worker + 1);
    const target = server === ANY_SERVER ? 0 : server;
    if (lane.group.isFull(target) || server === ANY_SERVER) {
      lane.queue.join(entry, server, priority, offset, this.nowMs);
      model.join(entry, server, priority, this.now + offset);
      lane.queue.serveIdle(this.wake);
      model.active.forEach((active, idle) => {
        if (active === 0) model.serve(idle);
      });
    } else {
      lane.group.enter(target);
      model.active[target]++;
      this.connected.set(entry, target);
    }
    lane.group.unlock();
  }

  private isUsed(entry: number): boolean {
    const { model } = this;
    return this.connected.has(entry) || model.granted.has(entry) || model.waiting.some((one) => one.entry === entry);
  }

  private end(): void {
    if (this.connected.size === 0) return;
    const [entry, server] = this.random.pick([...this.connected]);
    const lane = this.lanes[Math.trunc(entry / SESSIONS)];
    this.connected.delete(entry);
    lane.group.lock(lane.worker + 1);
    lane.group.leave(server);
    lane.queue.serve(server, this.wake);
    lane.group.unlock();
    this.model.active[server]--;
    this.model.serve(server);
  }

  private abort(): void {
    const { model } = this;
    const entry = this.random.below(WORKERS * SESSIONS);
    const lane = this.lanes[Math.trunc(entry / SESSIONS)];
    const left = lane.queue.leave(entry);
    assert.is(
      left,
      model.waiting.some((one) => one.entry === entry),
    );
    model.leave(entry);
  }

  /** A worker takes what was granted to it. */
  private collect(worker: number): void {
    const lane = this.lanes[worker];
    this.woken.delete(worker);
    const order = [...this.model.granted.keys()].filter((one) => Math.trunc(one / SESSIONS) === worker);
    let entry = lane.table.entries.takeInbox();
    while (entry !== NO_ENTRY) {
      const next = lane.table.entries.nextOf(entry);
      const expected = this.model.granted.get(entry);
      assert.ok(expected, `entry ${entry} was not to be granted`);
      assert.is(entry, order.shift(), 'grants arrive in their order');
      assert.is(lane.queue.serverOf(entry), expected.server);
      assert.is(lane.queue.position(entry), expected.position, `position of ${entry}`);
      assert.is(lane.table.entries.entryOf(lane.table.entries.sessionOf(entry)), entry);
      this.model.granted.delete(entry);
      lane.queue.accept(entry);
      if (expected.server !== ANY_SERVER) {
        lane.group.adopt(expected.server);
        this.connected.set(entry, expected.server);
      }
      entry = next;
    }
    const forgotten = [...this.model.granted.keys()].filter((one) => Math.trunc(one / SESSIONS) === worker);
    assert.equal(forgotten, [], 'granted, but not in the inbox');
  }

  private raise(): void {
    const { model, random } = this;
    const server = random.below(SERVERS);
    const maxconn = random.between(0, 4);
    const [lane] = this.lanes;
    lane.group.lock(MASTER);
    lane.group.setMaxconn(server, maxconn, 0);
    lane.queue.serve(server, this.wake);
    lane.group.unlock();
    model.maxconn[server] = maxconn;
    model.serve(server);
  }

  private redistribute(): void {
    const { model } = this;
    const server = this.random.below(SERVERS);
    const [lane] = this.lanes;
    lane.group.lock(MASTER);
    lane.queue.redistribute(server, this.wake);
    lane.group.unlock();
    for (const one of model.waiting.filter((other) => other.server === server)) model.grant(one, ANY_SERVER);
  }

  /** A server that takes no new connections still serves those that insist on it. */
  private toggle(): void {
    const server = this.random.below(SERVERS);
    this.model.up[server] = !this.model.up[server];
    this.lanes[0].group.setWeight(server, this.model.up[server] ? 1 : 0);
    const [lane] = this.lanes;
    lane.group.lock(MASTER);
    lane.queue.serve(server, this.wake);
    lane.group.unlock();
    this.model.serve(server);
  }

  /** A worker dies, perhaps in the middle of something, and another takes its place. */
  private die(worker: number): void {
    const { model } = this;
    const lane = this.open(worker);
    const broken = this.random.chance(30);
    if (broken) this.tear(lane);
    const held = lane.group.unlockFor(worker + 1);
    assert.is(held, broken);
    lane.group.leaveAll();
    for (const [entry, server] of [...this.connected]) {
      if (Math.trunc(entry / SESSIONS) !== worker) continue;
      this.connected.delete(entry);
      model.active[server]--;
    }
    reclaimQueues([lane.table], MASTER, () => held, this.wake);
    for (let entry = worker * SESSIONS; entry < (worker + 1) * SESSIONS; entry++) {
      model.leave(entry);
      const grant = model.granted.get(entry);
      model.granted.delete(entry);
      if (grant === undefined || grant.server === ANY_SERVER) continue;
      model.active[grant.server]--;
      model.serve(grant.server);
    }
    for (let server = 0; server < SERVERS; server++) model.serve(server);
    this.lanes[worker] = lane;
    this.woken.delete(worker);
  }

  /** Leaves a change under the lock half done: a connection is kept, and nobody has been told. */
  private tear({ worker, group }: ReturnType<Run['open']>): void {
    const server = this.random.below(SERVERS);
    group.lock(worker + 1);
    if (this.model.maxconn[server] > 0) group.reserve(server);
  }

  private compare(): void {
    const { model } = this;
    const [{ group, queue }] = this.lanes;
    const any = model.waiting.filter((one) => one.server === ANY_SERVER).length;
    assert.is(queue.length, any, 'length of the queue of the backend');
    for (let server = 0; server < SERVERS; server++) {
      assert.is(group.active(server), model.active[server], `connections of server ${server}`);
      assert.is(group.queued(server), model.waiting.filter((one) => one.server === server).length, `queue of server ${server}`);
    }
    for (const one of model.waiting) assert.ok(queue.waits(one.entry), `entry ${one.entry} waits`);
    for (const [entry, grant] of model.granted) {
      assert.ok(queue.isGranted(entry), `entry ${entry} was granted`);
      assert.is(queue.serverOf(entry), grant.server, `entry ${entry} was granted server ${grant.server}`);
    }
  }
}

test('the queues do what arrays would do', () => {
  const first = Math.floor(Math.random() * 0x7fff_ffff);
  const only = process.env.SEED;
  for (let i = 0; i < (only === undefined ? SEEDS : 1); i++) {
    const seed = only !== undefined ? Number(only) : i < SEEDS / 2 ? i : (first + i) & 0x7fff_ffff;
    try {
      new Run(seed).run();
    } catch (error) {
      throw new Error(`seed ${seed}: ${error}\nrepeat with SEED=${seed}`, { cause: error });
    }
  }
});

test.run();
