/** What a question about one proxy looks at. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { selected, selectionOf } from '../../../src/admin/stats/selection.js';
import type { StatisticsSource } from '../../../src/admin/stats/source.js';

/** Backends with a server each; what is asked of any but the second is an error. */
function farm(): StatisticsSource {
  const backend = (id: number) => ({ id, name: `b${id}`, servers: [{ id: 1, name: 's' }] });
  const [first, second] = [backend(2), backend(3)];
  Object.defineProperty(first, 'servers', {
    get: () => {
      throw new Error('nobody asked about this one');
    },
  });
  const both = <T>(value: T): T[] => [value, value];
  return {
    plan: { frontends: [], backends: [first, second], proxyIds: [2, 3] },
    tables: {
      servers: { groups: both({}) },
      queues: { backends: both({}) },
      proxies: { backends: both({}), servers: both([{}]) },
    },
    health: { backend: () => ({}), server: () => ({}) },
    addresses: { shownAddress: () => null },
  } as unknown as StatisticsSource;
}

test('one proxy of many is shown without looking at the others', () => {
  const source = farm();
  for (const words of ['b3 -1 -1', '3 -1 -1', 'b3 4 1']) {
    const selection = selectionOf(words.split(' '), source.plan);
    if (selection === null) throw new Error(`'${words}' names no proxy`);
    const [server] = selected(source, selection);
    assert.equal([server.proxyName, server.serviceName], ['b3', 's'], words);
  }
  const all = selectionOf([], source.plan);
  if (all === null) throw new Error('all proxies are none');
  assert.throws(() => [...selected(source, all)], /nobody asked/);
});

test.run();
