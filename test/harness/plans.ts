/** Configurations of tests, read, checked and compiled without files or a resolver. */
import { checkConfig } from '../../src/config/checks/check.js';
import type { Config } from '../../src/config/config.js';
import type { Findings } from '../../src/config/diagnostics.js';
import { readConfig } from '../../src/config/read.js';
import { compilePlan } from '../../src/plan/compile.js';
import type { Plan } from '../../src/plan/plan.js';
import type { Resources } from '../../src/plan/resources.js';

/** A world in which `localhost` and names that end in `.test` are known. */
export const RESOURCES: Resources = {
  resolve: (host, family) => {
    if (!/^localhost$|\.test$/.test(host)) return { ok: false, message: `unknown host '${host}'` };
    return { ok: true, address: family === 'ipv6' ? { family, host: '::1' } : { family: 'ipv4', host: '127.0.0.1' } };
  },
  files: new Map(),
  hostname: 'this-host',
  directory: '/work-dir',
};

/** What came of a text. */
export interface Compiled {
  readonly config: Config;
  readonly findings: Findings;
  /** null when it was refused. */
  readonly plan: Plan | null;
}

/** Reads, checks and compiles `f.cfg`; `text` needs no newline at its end. */
export function compile(text: string, resources: Partial<Resources> = {}, environment: Record<string, string> = {}): Compiled {
  const { config, findings } = readConfig([{ name: 'f.cfg', text: `${text}\n` }], new Map(Object.entries(environment)));
  if (!findings.fatal) checkConfig(config, findings);
  const plan = findings.fatal ? null : compilePlan(config, { ...RESOURCES, ...resources }, findings);
  return { config, findings, plan };
}

/** The plan of a text that nothing is wrong with; throws what was said instead. */
export function planOf(text: string, resources: Partial<Resources> = {}, environment: Record<string, string> = {}): Plan {
  const { plan, findings } = compile(text, resources, environment);
  if (plan === null) throw new Error(findings.list.map((finding) => finding.text).join('\n'));
  return plan;
}

/** Texts of findings of a text, with their severities. */
export function findingsOf(text: string, resources: Partial<Resources> = {}): string[] {
  return compile(text, resources).findings.list.map((finding) => `${finding.severity} ${finding.text}`);
}
