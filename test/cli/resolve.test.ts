/** From written addresses to those of sockets. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { resolveAddress } from '../../src/cli/resolve.js';
import type { HostLookup } from '../../src/master/configuration/hosts.js';

const PORT = { first: 80, last: 80 };

test('a name is looked up in the family that it was written with', async () => {
  const asked: unknown[] = [];
  const lookup: HostLookup = (host, family) => {
    asked.push([host, family]);
    return Promise.resolve(family === 6 ? { address: '2001:db8::1', family: 6 } : { address: '10.0.0.1', family: 4 });
  };
  const name = { kind: 'name', host: 'web', ports: PORT } as const;
  const any = await resolveAddress({ ...name, family: 'any' }, lookup);
  const six = await resolveAddress({ ...name, family: 'ipv6' }, lookup);
  const four = await resolveAddress({ ...name, family: 'ipv4' }, lookup);
  assert.equal(asked, [
    ['web', 0],
    ['web', 6],
    ['web', 4],
  ]);
  assert.equal(any, { ok: true, value: [{ family: 'ipv4', host: '10.0.0.1', port: 80 }] });
  assert.equal(six, { ok: true, value: [{ family: 'ipv6', host: '2001:db8::1', port: 80 }] });
  assert.equal(four, any);
});

test('localhost is 127.0.0.1 where it is ::1 as well', async () => {
  const result = await resolveAddress({ kind: 'name', family: 'any', host: 'localhost', ports: PORT });
  assert.equal(result, { ok: true, value: [{ family: 'ipv4', host: '127.0.0.1', port: 80 }] });
});

test('a resolver that fails otherwise is told apart from a host that is not known', async () => {
  const lookup: HostLookup = () => Promise.reject(Object.assign(new Error('later'), { code: 'EAI_AGAIN' }));
  const result = await resolveAddress({ kind: 'name', family: 'any', host: 'web', ports: PORT }, lookup);
  assert.equal(result, { ok: false, message: "cannot look up host 'web' (EAI_AGAIN)" });
});

test('a range of ports is that many addresses', async () => {
  const result = await resolveAddress({ kind: 'ip', family: 'ipv4', host: '0.0.0.0', ports: { first: 80, last: 82 } });
  assert.ok(result.ok);
  if (result.ok)
    assert.equal(
      result.value.map((address) => 'port' in address && address.port),
      [80, 81, 82],
    );
});

test('paths become absolute, abstract names stay', async () => {
  const path = await resolveAddress({ kind: 'unix', path: 'lb.sock', abstract: false });
  assert.equal(path, { ok: true, value: [{ family: 'unix', path: `${process.cwd()}/lb.sock`, abstract: false }] });
  const name = await resolveAddress({ kind: 'unix', path: 'lb', abstract: true });
  assert.equal(name, { ok: true, value: [{ family: 'unix', path: 'lb', abstract: true }] });
});

test.run();
