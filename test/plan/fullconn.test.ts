/** `fullconn` where nobody has set it, as HAProxy derives it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withFullconn } from '../../src/plan/fullconn.js';
import { DEFAULT_BACKEND, DEFAULT_FRONTEND, DEFAULT_PROCESS, type FrontendPlan, type Plan } from '../../src/plan/plan.js';

function planOf(frontends: Partial<FrontendPlan>[], fullconns: number[]): Plan {
  return {
    process: { ...DEFAULT_PROCESS, maxconn: 1000 },
    frontends: frontends.map((frontend) => ({ ...DEFAULT_FRONTEND, ...frontend })),
    backends: fullconns.map((fullconn) => ({ ...DEFAULT_BACKEND, fullconn })),
    proxyIds: [],
    acls: [],
    patternLists: [],
    tables: [],
  };
}

const fullconns = (plan: Plan): number[] => withFullconn(plan).map(({ fullconn }) => fullconn);

test('a tenth of what the frontends that lead there take, rounded up', () => {
  const frontends = [
    { maxconn: 101, defaultBackend: 0 },
    {
      maxconn: 0,
      useBackends: [
        { backend: 0, condition: null },
        { backend: 1, condition: null },
      ],
    },
    { maxconn: 50, defaultBackend: 1, useBackends: [{ backend: 1, condition: null }] },
  ];
  assert.equal(fullconns(planOf(frontends, [0, 0])), [111, 105]);
});

test('what was set stays, and nobody has none', () => {
  assert.equal(fullconns(planOf([{ maxconn: 500, defaultBackend: 0 }], [7, 0])), [7, 1]);
});

test.run();
