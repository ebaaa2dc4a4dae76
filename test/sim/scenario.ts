/** What happens in one run, drawn from its seed: the plan, the sizes, the clients, the servers, the faults. */
import type { AclPlan, ExpressionPlan, PatternListPlan } from '../../src/plan/expression.js';
import {
  type BackendPlan,
  DEFAULT_BACKEND,
  DEFAULT_FRONTEND,
  DEFAULT_PROCESS,
  defaultBind,
  defaultServer,
  type FrontendPlan,
  type Plan,
} from '../../src/plan/plan.js';
import { QUICK_ALGORITHMS } from '../../src/plan/quick.js';
import { type ActionPlan, NO_RULES, type RulePlan, type RulesPlan } from '../../src/plan/rules.js';
import { patternList } from '../proxy/samples/support/patterns.js';
import type { ServerScript } from './network.js';
import { NEVER, type Script } from './peer.js';
import { drawLimits } from './queueing.js';
import type { Random } from './random.js';

/** A client, and where and when it arrives. */
export interface ClientScript {
  readonly script: Script;
  readonly lane: number;
  readonly listener: number;
  readonly arriveAt: number;
}

/** One run. Times are milliseconds, sizes bytes. */
export interface Scenario {
  /** Nothing goes wrong outside of the balancer: everything must arrive. */
  readonly clean: boolean;
  readonly plan: Plan;
  readonly lanes: number;
  readonly listenersPerLane: number;
  readonly maxconn: number;
  /** Limits of the frontend and of its bind; 0: none. */
  readonly frontendLimit: number;
  readonly bindLimit: number;
  readonly backlog: number;
  readonly bufferCount: number;
  readonly bufferSize: number;
  readonly pipesMax: number;
  readonly pipeCapacity: number;
  readonly roomMax: number;
  readonly eagerness: number;
  readonly starvePercent: number;
  readonly systemFaults: number;
  readonly clients: readonly ClientScript[];
  readonly servers: readonly ServerScript[];
  /** When every connection that there is breaks at once; NEVER: never. */
  readonly stormAt: number;
  /** The lane that is told to drain while clients are there, and when; NEVER: none. */
  readonly drainLane: number;
  readonly drainAt: number;
  /** What the wrapping clock of the engines says at the beginning. */
  readonly clockBase: number;
  /** In order of time. */
  readonly reloads: readonly ReloadScript[];
}

/** Another plan, and what of the one before it goes on in it. */
export interface ReloadScript {
  readonly at: number;
  readonly keepsServers: boolean;
  readonly keepsLimits: boolean;
  /** Listeners of each lane from now on, at most. */
  readonly listeners: number;
}

/** How much goes wrong. */
interface Mood {
  readonly clean: boolean;
  /** Percent of the places at which a peer may break off, at which it does. */
  readonly violence: number;
}

/** Draws a scenario. */
export function drawScenario(random: Random): Scenario {
  const mood = drawMood(random);
  const { clean } = mood;
  // A crowd comes all at once to few places.
  const crowd = random.chance(10);
  const lanes = crowd ? random.between(2, 3) : random.pick([1, 1, 2, 2, 3]);
  const listenersPerLane = random.chance(70) ? 1 : 2;
  const clients = random.chance(80) && !crowd ? random.between(1, 8) : random.between(9, 16);
  // Where nothing shall go wrong, not both sides may wait for the other's end.
  const patient = random.pick(['client', 'server']);
  const servers = Array.from({ length: random.between(1, 3) }, () => drawServer(random, mood, patient === 'server'));
  const scenario = {
    clean,
    plan: drawPlan(random, clean, servers.length),
    lanes,
    listenersPerLane,
    maxconn: crowd ? random.between(2, 5) : random.chance(50) ? random.between(1, 3) : random.between(4, 12),
    frontendLimit: random.chance(80) ? 0 : random.between(1, 4),
    bindLimit: random.chance(90) ? 0 : random.between(1, 4),
    backlog: crowd ? 1 : random.between(1, 4),
    bufferCount: random.pick([8, 12, 24, 64]),
    bufferSize: random.pick([16, 32, 64]),
    pipesMax: random.between(0, 3),
    pipeCapacity: random.between(24, 200),
    roomMax: random.chance(85) ? 400 : 3000,
    eagerness: random.between(20, 95),
    starvePercent: random.chance(70) ? 0 : random.between(1, 40),
    systemFaults: clean ? 0 : random.chance(70) ? 0 : random.between(1, 8),
    clients: Array.from({ length: clients }, () => ({
      script: drawScript(random, mood, patient === 'client'),
      lane: random.below(lanes),
      listener: random.below(listenersPerLane),
      arriveAt: crowd || random.chance(50) ? random.below(3) : random.below(300),
    })),
    servers,
    stormAt: clean || random.chance(75) ? NEVER : random.below(200),
    drainLane: random.below(lanes),
    drainAt: random.chance(80) ? NEVER : random.below(400),
    clockBase: random.pick([0, 0x7fff_ffff - random.below(2000), -1 - random.below(2000), random.below(0x7fff_ffff)]),
  };
  return { ...scenario, reloads: drawReloads(random) };
}

function drawReloads(random: Random): ReloadScript[] {
  const reloads = Array.from({ length: random.chance(60) ? 0 : random.between(1, 4) }, () => ({
    at: random.chance(50) ? random.below(5) : random.below(300),
    keepsServers: random.chance(50),
    keepsLimits: random.chance(50),
    listeners: random.pick([1, 2]),
  }));
  return reloads.sort((a, b) => a.at - b.at);
}

function drawMood(random: Random): Mood {
  if (random.chance(35)) return { clean: true, violence: 0 };
  return { clean: false, violence: random.chance(70) ? 8 : 50 };
}

function drawServer(random: Random, mood: Mood, patient: boolean): ServerScript {
  const faulty = !mood.clean && random.chance(40);
  return {
    refusePercent: faulty ? random.pick([0, 30, 100]) : 0,
    hangPercent: faulty ? random.pick([0, 30, 100]) : 0,
    answerMs: random.chance(60) ? 0 : random.below(80),
    scripts: Array.from({ length: 4 }, () => drawScript(random, mood, patient)),
  };
}

function drawScript(random: Random, { clean, violence }: Mood, patient: boolean): Script {
  const total = random.pick([0, 1, 2, random.below(60), random.below(400), random.below(random.chance(90) ? 1500 : 5000)]);
  const somewhere = (): number => (random.chance(violence) ? random.below(total + 200) : NEVER);
  const piece = (): number => random.pick([1, 10, 60, 400]);
  return {
    total,
    writePiece: piece(),
    readPiece: piece(),
    end: !clean && random.chance(10) ? 'never' : random.chance(clean && !patient ? 100 : 60) ? 'after-last' : 'after-other',
    resetWhenSent: somewhere(),
    resetWhenRead: somewhere(),
    closeWhenRead: somewhere(),
    pauseSendingAt: random.chance(80) ? NEVER : random.below(total + 1),
    pauseReadingAt: random.chance(70) ? NEVER : random.below(300),
    pauseMs: !clean && random.chance(30) ? NEVER : random.below(100),
    trickleMs: random.chance(90) ? 0 : random.below(20),
  };
}

function drawPlan(random: Random, clean: boolean, servers: number): Plan {
  const backend = drawLimits(random, clean, drawBackend(random, clean, servers));
  const { rules, acls, patternLists } = drawRules(random, clean);
  const frontend: FrontendPlan = {
    ...DEFAULT_FRONTEND,
    name: 'front',
    binds: [{ ...defaultBind(ANYWHERE, 1, 'simulation'), acceptProxy: !clean && random.chance(5) }],
    defaultBackend: 0,
    clientTimeoutMs: drawTimeout(random, clean),
    clientFinTimeoutMs: drawTimeout(random, clean),
    sessionRateLimit: random.chance(90) ? 0 : random.between(1, 20),
    rules: { ...NO_RULES, ...rules.request },
  };
  const answered = { ...backend, rules: { ...NO_RULES, ...rules.response } };
  return { process: DEFAULT_PROCESS, frontends: [frontend], backends: [answered], proxyIds: [], acls, patternLists, tables: [] };
}

/** Rules that wait for so many bytes; in a clean run they refuse nobody. */
function drawRules(
  random: Random,
  clean: boolean,
): {
  rules: { request: Partial<RulesPlan>; response: Partial<RulesPlan> };
  acls: AclPlan[];
  patternLists: PatternListPlan[];
} {
  const acls: AclPlan[] = [];
  const patternLists: PatternListPlan[] = [];
  const some = (side: 'req' | 'res', last: ActionPlan['kind']): RulePlan[] => {
    if (random.chance(70)) return [];
    const bytes = random.below(random.chance(70) ? 40 : 400);
    const list = patternLists.push(patternList([`${bytes}:`], { match: 'int' })) - 1;
    acls.push(atLeast(side, list));
    const condition = { unless: false, alternatives: [[{ negated: false, acl: acls.length - 1 }]] };
    const accept: RulePlan = { action: { kind: 'accept' }, condition };
    return clean || random.chance(60) ? [accept] : [accept, { action: { kind: last } as ActionPlan, condition: null }];
  };
  const drop = random.chance(70) ? 'reject' : 'silent-drop';
  const delay = (): number => random.pick([0, 0, 20, 500]);
  const connection: RulePlan[] = clean || random.chance(97) ? [] : [{ action: { kind: drop }, condition: null }];
  return {
    rules: {
      request: { connection, content: some('req', drop), requestInspectDelayMs: delay() },
      response: { response: some('res', random.pick(['close', drop])), responseInspectDelayMs: delay() },
    },
    acls,
    patternLists,
  };
}

/** `{ req.len ge bytes }`; the bytes stand in that list. */
function atLeast(side: 'req' | 'res', list: number): AclPlan {
  const expression: ExpressionPlan = { fetch: `${side}.len`, arguments: [], kinds: [], converters: [], type: 'sint' };
  return {
    name: '',
    tests: [{ expression, match: 'int', ignoreCase: false, lists: [list] }],
  };
}

const ANYWHERE = { family: 'ipv4', host: '127.0.0.1', port: 1 } as const;

function drawBackend(random: Random, clean: boolean, servers: number): BackendPlan {
  return {
    ...DEFAULT_BACKEND,
    name: 'back',
    balance: { ...DEFAULT_BACKEND.balance, algorithm: random.pick(QUICK_ALGORITHMS) },
    servers: Array.from({ length: servers }, (_, i) =>
      defaultServer(`s${i}`, i + 1, ANYWHERE, clean || random.chance(80) ? random.between(1, 3) : 0),
    ),
    retries: random.between(0, 3),
    redispatch: random.between(-1, 2),
    connectTimeoutMs: clean ? random.pick([0, 5000]) : random.pick([0, 30, 2000]),
    serverTimeoutMs: drawTimeout(random, clean),
    serverFinTimeoutMs: drawTimeout(random, clean),
    tunnelTimeoutMs: random.chance(70) ? 0 : drawTimeout(random, clean),
  };
}

/** A clean run has none that could fire before everything is done. */
function drawTimeout(random: Random, clean: boolean): number {
  return clean ? random.pick([0, 3_600_000]) : random.pick([0, 100, 200, 1000, 50_000]);
}
