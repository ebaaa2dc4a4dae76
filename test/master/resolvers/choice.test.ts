/** Which address of a name a server takes. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AddressChoice } from '../../../src/master/resolvers/choice.js';
import type { HostRecord } from '../../../src/master/resolvers/message.js';

const records = (...hosts: readonly string[]): HostRecord[] =>
  hosts.map((host) => ({ type: host.includes(':') ? 'AAAA' : 'A', host }));

interface Case {
  readonly hosts: readonly string[];
  readonly prefer?: 'ipv4' | 'ipv6';
  readonly networks?: readonly string[];
  readonly share?: boolean;
  readonly current?: string;
  readonly taken?: readonly string[];
}

function chosen({ hosts, prefer = 'ipv4', networks = [], share = false, current, taken = [] }: Case): string | undefined {
  const choice = new AddressChoice({ prefer, networks, allowDuplicateIp: share });
  return choice.choose(records(...hosts), { current: current ?? null, isTaken: (host) => taken.includes(host) })?.host;
}

const CASES: readonly [why: string, one: Case, host: string | undefined][] = [
  ['the first one', { hosts: ['10.0.0.1', '10.0.0.2'] }, '10.0.0.1'],
  ['the one that it has', { hosts: ['10.0.0.1', '10.0.0.2'], current: '10.0.0.2' }, '10.0.0.2'],
  ['the preferred family before that', { hosts: ['::1', '10.0.0.2'], current: '::1' }, '10.0.0.2'],
  ['the other family where there is no choice', { hosts: ['10.0.0.2'], prefer: 'ipv6' }, '10.0.0.2'],
  ['the preferred network', { hosts: ['10.0.0.1', '10.1.0.1'], networks: ['10.1.0.0/16'], current: '10.0.0.1' }, '10.1.0.1'],
  ['a network of IPv6', { hosts: ['2001:db8::1', 'fd00::1'], prefer: 'ipv6', networks: ['fd00::/8'] }, 'fd00::1'],
  ['the family before the network', { hosts: ['10.1.0.1', '::1'], prefer: 'ipv6', networks: ['10.1.0.0/16'] }, '::1'],
  ['one that is free', { hosts: ['10.0.0.1', '10.0.0.2'], taken: ['10.0.0.1'] }, '10.0.0.2'],
  ['none when all are taken', { hosts: ['10.0.0.1'], taken: ['10.0.0.1'] }, undefined],
  ['one that is taken where that is allowed', { hosts: ['10.0.0.1'], taken: ['10.0.0.1'], share: true }, '10.0.0.1'],
  [
    'even then a free one',
    { hosts: ['10.0.0.1', '10.0.0.2'], taken: ['10.0.0.1'], share: true, current: '10.0.0.1' },
    '10.0.0.2',
  ],
  ['nothing of nothing', { hosts: [] }, undefined],
];
for (const [why, one, host] of CASES) test(why, () => assert.is(chosen(one), host));

test.run();
