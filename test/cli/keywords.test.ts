/** `turbo-lb keywords`, and the page made from the same tables. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { keywordsPage } from '../../src/cli/keywords.js';
import { GLOBAL_KEYWORDS, PROXY_KEYWORDS } from '../../src/config/keywords/index.js';
import { turbo } from './turbo.js';

test('docs/keywords.md is what the tables make of it: npm run docs:keywords', () => {
  assert.is(readFileSync(new URL('../../../docs/keywords.md', import.meta.url), 'utf8'), keywordsPage());
});

test('the list has every keyword, within 80 columns', async () => {
  const { code, stdout } = await turbo(['keywords']);
  assert.is(code, 0);
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
  for (const { name } of [...GLOBAL_KEYWORDS, ...PROXY_KEYWORDS]) assert.ok(stdout.includes(` ${name}`), name);
});

test('a keyword in full, and the members of a family', async () => {
  const { stdout } = await turbo(['keywords', 'tune.bufsize']);
  assert.is(stdout, 'tune.bufsize <number>\n  Bytes of a receive buffer.\n  Sections: global\n  Default: 16384\n');
  const family = await turbo(['keywords', 'stats']);
  assert.match(family.stdout, /^stats socket .*\n(.*\n)*\nstats timeout /m);
});

test('what stands within lines: options, fetches, converters, variables', async () => {
  const { stdout } = await turbo(['keywords', 'weight']);
  assert.is(stdout, 'weight <weight>\n  Its share of the load, 0 to 256.\n  Option of server\n  Default: 1\n');
  const shown = async (name: string): Promise<string> => (await turbo(['keywords', name])).stdout;
  assert.match(await shown('name'), /^name <name>\n.*\n {2}Option of bind$/m);
  assert.match(
    await shown('req.payload'),
    /^req\.payload\(<integer>,<integer>\)\n.*\n {2}Fetch of type bin, from request buffer$/m,
  );
  assert.match(await shown('upper'), /^upper\n.*\n {2}Converter from str to str$/m);
  assert.match(await shown('%ci'), /^%ci\n.*\n {2}Variable of log formats$/m);
  assert.is((await turbo(['keywords', 'ssl'])).code, 1);
});

test('an unknown keyword is refused with the nearest', async () => {
  const { code, stderr } = await turbo(['keywords', 'tune.bufsiz']);
  assert.is(code, 1);
  assert.is(stderr, "turbo-lb: tune.bufsiz: unknown keyword; did you mean 'tune.bufsize' maybe ?\n");
});

test('no keyword of one section stands twice', () => {
  for (const table of [GLOBAL_KEYWORDS, PROXY_KEYWORDS]) {
    const seen = new Set<string>();
    for (const { name, sections } of table) {
      for (const section of sections) {
        assert.not.ok(seen.has(`${section} ${name}`), `${name} in ${section}`);
        seen.add(`${section} ${name}`);
      }
    }
  }
});

test.run();
