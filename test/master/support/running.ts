/** Balancers that run within the test's own process, by the text of their configuration. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LoadBalancer } from '../../../src/master/balancer.js';
import { Log } from '../../../src/master/log.js';
import type { Plan } from '../../../src/plan/plan.js';
import { planOf } from '../../harness/plans.js';
import { type EngineChoice, eventually, scratchFolder } from '../../harness.js';

const DYING_WORKER = new URL('../fixtures/dying-worker.js', import.meta.url);

/** A plan of sections, with what all of them have; `global` takes the place of a maxconn of 100. */
export function planFor(engine: EngineChoice, sections: string, { workers = 2, global = '  maxconn 100\n' } = {}): Plan {
  return planOf(`global
  nbthread ${workers}
  tune.io-engine ${engine}
${global}defaults
  timeout connect 5s
  timeout client 1m
  timeout server 1m
${sections}`);
}

/** Starts a balancer and stops it afterwards; its messages are kept in `said`. */
export async function running(
  plan: Plan,
  body: (balancer: LoadBalancer, said: string[]) => Promise<void>,
  workerUrl?: URL,
): Promise<void> {
  const said: string[] = [];
  const log = new Log({ write: (text: string) => said.push(text) });
  const balancer = new LoadBalancer(plan, { log, ...(workerUrl && { workerUrl }) });
  await balancer.start();
  try {
    await body(balancer, said);
  } finally {
    await balancer.stop();
  }
}

/** The same, and `strike` has the first worker die. */
export async function mortal(
  plan: Plan,
  body: (balancer: LoadBalancer, strike: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const marker = join(scratchFolder(), 'die');
  process.env.TEST_DEATH_MARKER = marker;
  const strike = async (balancer: LoadBalancer): Promise<void> => {
    writeFileSync(marker, '');
    void balancer.ask(0, { kind: 'holdings' }); // wakes it
    await eventually('the worker has died', () => !existsSync(marker));
  };
  await running(plan, (balancer) => body(balancer, () => strike(balancer)), DYING_WORKER).finally(() => {
    delete process.env.TEST_DEATH_MARKER;
  });
}
