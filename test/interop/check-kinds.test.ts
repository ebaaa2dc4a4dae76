/**
 * Every kind of check and every outcome that servers, good and bad, can bring about: the same file
 * and the same servers through HAProxy and turbo-lb, and the line of each check's first result.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freePort } from '../harness.js';
import { CHECK_CASES, type CheckCase } from './support/check-cases.js';
import { comparableCheck } from './support/check-lines.js';
import { BEHAVIOURS } from './support/check-servers.js';
import { serve, type TestServer } from './support/peers.js';
import { type Run, twins } from './support/twins.js';

/** The configuration: a backend for each case, whose name its number is. */
async function configOf(run: Run): Promise<string> {
  const servers = new Map<string, TestServer>();
  for (const [name, behave] of Object.entries(BEHAVIOURS)) servers.set(name, await serve((peer) => behave(peer.socket)));
  const nobody = await run.port('nobody');
  const portOf = (name: string): number => servers.get(name)?.port ?? nobody;
  const backendOf = ({ server, lines, options = '' }: CheckCase, i: number): string =>
    [
      `backend b${i}`,
      ...lines.map((line) => ` ${line.replace(/\{(\w+)\}/g, (_, name: string) => String(portOf(name)))}`),
      ` server s 127.0.0.1:${portOf(server)} check ${options}`,
    ].join('\n');
  return `
    global
      log 127.0.0.1:${run.log.port} len 1024 format raw local0
    defaults
      mode tcp
      log global
      option log-health-checks
      timeout connect 1s
      timeout client 5s
      timeout server 5s
      timeout check 1s
      default-server inter 2s rise 1 fall 1
    ${CHECK_CASES.map(backendOf).join('\n')}
    listen front
      bind 127.0.0.1:${await freePort()}
      server x 127.0.0.1:${nobody}
    `;
}

/** The first line about each backend, by its number. */
async function firstLines(run: Run): Promise<string[]> {
  await run.start(await configOf(run));
  const first = new Map<number, string>();
  const pattern = /^Health check for server b(\d+)\/s (.*)$/s;
  await run.log.until(
    () => {
      for (const line of run.log.lines) {
        const [, number, text] = pattern.exec(line) ?? [];
        if (text !== undefined && !first.has(Number(number))) first.set(Number(number), run.hidePorts(comparableCheck(text)));
      }
      return first.size === CHECK_CASES.length;
    },
    () =>
      `${CHECK_CASES.length} results, there are none of ${CHECK_CASES.flatMap((_, i) => (first.has(i) ? [] : [i])).join(', ')}`,
  );
  return CHECK_CASES.map(({ server, lines }, i) => `${server}: ${lines.join('; ')}: ${first.get(i)}`);
}

twins('what checks of all kinds say of servers, good and bad', firstLines, { workers: [1] });

test('there are many cases', () => {
  assert.ok(CHECK_CASES.length > 80);
});

test.run();
