/** `fullconn` where nobody has set it (configuration manual, section 4.2). */
import type { BackendPlan, Plan } from './plan.js';

/** The part of the sessions that may come to a backend at which its servers with minconn reach their maxconn. */
const PART = 10;

/**
 * The backends with their `fullconn`: what was set, or a tenth of the maxconn of all frontends that
 * may send sessions there by a fixed name, at least 1.
 * @param plan with the maxconn of the process decided
 */
export function withFullconn(plan: Plan): BackendPlan[] {
  const sessions = new Array<number>(plan.backends.length).fill(0);
  for (const { maxconn, defaultBackend, useBackends } of plan.frontends) {
    const targets = new Set([defaultBackend, ...useBackends.map((rule) => rule.backend)]);
    for (const target of targets)
      if (typeof target === 'number' && target >= 0) sessions[target] += maxconn || plan.process.maxconn;
  }
  return plan.backends.map((backend, i) => ({
    ...backend,
    fullconn: backend.fullconn || Math.max(1, Math.ceil(sessions[i] / PART)),
  }));
}
