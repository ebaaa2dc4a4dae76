/** What TAB offers at the prompt of `turbo-lb ctl`. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { complete, type Names, usagesOf } from '../../src/cli/ctl-completion.js';

const HELP = `The following commands are valid at this level:
  disable frontend <frontend>             : temporarily disable specific frontend
  disable server (DEPRECATED)             : disable a server for maintenance (use 'set server' instead)
  get weight <bk>/<srv>                   : report a server's current weight
  set server <bk>/<srv> [opts]            : change a server's state, weight, address, name or ssl
  show servers conn [<backend>]           : dump server connections status (all or for a single backend)
  show servers state [<backend>]          : dump volatile server information (all or for a single backend)
  show stat [desc|json|no-maint|typed|up]*: report counters for each proxy and server
`;
const USAGES = usagesOf(HELP);
const NAMES: Names = { '<frontend>': ['web'], '<backend>': ['app', 'api'], '<bk>/<srv>': ['app/s1', 'app/s2', 'api/s1'] };

let asked = 0;
async function offered(line: string): Promise<string> {
  const names = async (): Promise<Names> => {
    asked++;
    return NAMES;
  };
  const [candidates] = await complete(line, USAGES, names);
  return candidates.map((one) => one.trim()).join(' ');
}

test('words of commands', async () => {
  assert.is(await offered(''), 'disable get set show');
  assert.is(await offered('show s'), 'servers stat');
  assert.is(await offered('show servers '), 'conn state');
  assert.is(await offered('show stat;get w'), 'weight');
  assert.is(await offered('@1 show st'), 'stat');
  assert.is(await offered('nothing like it '), '');
  assert.is(asked, 0, 'the balancer is asked for names only where one comes');
});

test('names, where one comes next', async () => {
  assert.is(await offered('get weight '), 'api/s1 app/s1 app/s2');
  assert.is(await offered('get weight app/'), 'app/s1 app/s2');
  assert.is(await offered('show servers state a'), 'api app');
  assert.is(await offered('disable frontend '), 'web');
  assert.is(await offered('disable server api'), 'api/s1');
  assert.is(await offered('get weight app/s1 '), '');
});

test('what can be set of a server', async () => {
  assert.match(await offered('set server app/s1 '), /^addr agent .*health state weight$/);
  assert.is(await offered('set server app/s1 state '), 'drain maint ready');
  assert.is(await offered('set server app/s1 agent '), 'down up');
});

test('only what the socket lists: a level may not have all', async () => {
  const [candidates] = await complete('enable ', USAGES, async () => NAMES);
  assert.equal(candidates, []);
});

test.run();
