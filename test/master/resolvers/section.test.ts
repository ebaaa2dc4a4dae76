/** When DNS servers are asked, which answers count, and when a section gives up. */
import { encode } from 'dns-packet';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { QueryType } from '../../../src/master/resolvers/message.js';
import type { Resolution } from '../../../src/master/resolvers/resolution.js';
import { Section } from '../../../src/master/resolvers/section.js';
import { HandClock } from '../support/hand-clock.js';
import { a, aaaa, FakeServers, NXDOMAIN, section as plan, REFUSED, SERVFAIL } from './support/lab.js';

function begin(
  change = {},
  names: readonly string[] = ['ns1', 'ns2'],
  random = (below: number) => Math.floor(Math.random() * below),
) {
  const clock = new HandClock(1000);
  const dns = new FakeServers(clock);
  const section = new Section(plan(change, ...names), { clock, open: dns.open, random });
  const events: string[] = [];
  const want = (name: string, type: QueryType = 'A', keeps = true): Resolution =>
    section.request(name, type, {
      onResolved: ({ hosts }, by) => {
        events.push(`${clock.now()} ${hosts.map(({ host }) => host).join('+')} by ${by?.name ?? 'cache'}`);
      },
      onFailed: ({ status }) => {
        events.push(`${clock.now()} ${status}`);
        return keeps;
      },
    });
  return { clock, dns, section, events, want, count: (i: number) => section.statistics[i].counters };
}

test('all servers are asked at once, the first good answer holds, and the next resolution follows', () => {
  const { clock, dns, events, want, count } = begin();
  want('one.test');
  clock.passAtOnce(0);
  const [first, second] = dns.asked;
  assert.equal(dns.take(), ['ns1 A one.test', 'ns2 A one.test']);
  second.reply([a('one.test', '10.0.0.2')]);
  first.reply([a('one.test', '10.0.0.1')]);
  assert.equal(events, ['1000 10.0.0.2 by dns/ns2']);
  assert.equal([count(1).valid, count(0).valid, count(0).outdated, count(0).sent], [1, 0, 1, 1]);
  clock.passAtOnce(999);
  assert.equal(dns.take(), []);
  clock.passAtOnce(1);
  assert.equal(dns.take(), ['ns1 A one.test', 'ns2 A one.test']);
});

test('who wants the same name gets the same answer', () => {
  const { clock, dns, events, want } = begin({}, ['ns1']);
  want('one.test');
  want('ONE.test');
  want('one.test', 'AAAA');
  dns.answer = ({ type, name, reply }) => reply(type === 'A' ? [a(name, '10.0.0.1')] : [aaaa(name, '::1')]);
  clock.passAtOnce(0);
  assert.equal(dns.take(), ['ns1 A one.test', 'ns1 AAAA one.test']);
  assert.equal(events, ['1000 10.0.0.1 by dns/ns1', '1000 10.0.0.1 by cache', '1000 ::1 by dns/ns1']);
});

test('a bad answer waits for the other servers; when all are bad the other family is asked for', () => {
  const { clock, dns, events, want, count } = begin();
  want('one.test', 'AAAA');
  clock.passAtOnce(0);
  const [first, second] = dns.asked.splice(0);
  first.reply([]);
  assert.equal(dns.take(), []);
  second.reply([], { rcode: REFUSED });
  const again = dns.asked[1];
  assert.equal(dns.take(), ['ns1 A one.test', 'ns2 A one.test']);
  assert.equal([count(0).any_err, count(1).refused], [1, 1]);
  again.reply([a('one.test', '10.0.0.1')]);
  assert.equal(events, ['1000 10.0.0.1 by dns/ns2']);
});

test('silence: as many queries as allowed, then it is over until the next resolution', () => {
  const { clock, dns, events, want, count } = begin();
  want('one.test');
  clock.passAtOnce(1499);
  assert.is(dns.take().length, 6);
  assert.equal(events, []);
  clock.passAtOnce(1);
  assert.equal(events, ['2500 timeout']);
  assert.is(count(0).timeout, 1);
  clock.passAtOnce(1000);
  assert.is(dns.take().length, 2);
});

test('bad answers without end: both families as often as allowed, and the last answer says why', () => {
  const { clock, dns, events, want } = begin({ resolveRetries: 2 }, ['ns1']);
  dns.answer = ({ reply }) => reply([], { rcode: NXDOMAIN });
  want('one.test');
  clock.passAtOnce(0);
  assert.equal(dns.take(), ['ns1 A one.test', 'ns1 AAAA one.test']);
  clock.passAtOnce(500);
  assert.equal(dns.take(), ['ns1 A one.test', 'ns1 AAAA one.test']);
  assert.equal(events, ['1500 nx']);
});

test('services have no other family', () => {
  const { clock, dns, events, want } = begin({ resolveRetries: 2 }, ['ns1']);
  dns.answer = ({ reply }) => reply([], { rcode: SERVFAIL });
  want('_x._tcp.test', 'SRV');
  clock.passAtOnce(1000);
  assert.equal(dns.take(), ['ns1 SRV _x._tcp.test', 'ns1 SRV _x._tcp.test']);
  assert.equal(events, ['1500 other']);
});

test('what cannot be sent is not waited for', () => {
  const { clock, dns, events, want, count } = begin();
  dns.unreachable.add('ns2');
  dns.answer = ({ type, name, reply }) => reply(type === 'A' ? [] : [aaaa(name, '::1')]);
  want('one.test');
  clock.passAtOnce(0);
  assert.equal(events, ['1000 ::1 by dns/ns1']);
  assert.equal([count(1).snd_error, count(1).sent], [2, 0]);
});

test('answers that do not fit are counted and change nothing', () => {
  const { clock, dns, events, want, count } = begin({}, ['ns1']);
  want('one.test');
  clock.passAtOnce(0);
  const [query] = dns.asked;
  const questions = [{ name: 'two.test', type: 'A' } as const];
  query.raw(encode({ type: 'response', id: query.id, flags: 0x8180, questions, answers: [a('two.test', '10.6.6.6')] }));
  query.raw(
    encode({ type: 'response', id: query.id, flags: 0x8180, questions: [{ name: 'one.test', type: 'AAAA' }], answers: [] }),
  );
  query.raw(Buffer.from([query.id >> 8, query.id & 0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
  query.raw(Buffer.from([1, 2]));
  query.raw(encode({ type: 'response', id: query.id ^ 1, flags: 0x8180, questions, answers: [] }));
  query.raw(Buffer.alloc(513));
  assert.equal(events, []);
  assert.equal([count(0).invalid, count(0).outdated, count(0).too_big], [4, 1, 1]);
  query.reply([a('one.test', '10.0.0.1')]);
  assert.equal(events, ['1000 10.0.0.1 by dns/ns1']);
});

test('a late answer to the query before is good, one to another question is not', () => {
  const { clock, dns, events, want } = begin({}, ['ns1']);
  want('one.test');
  clock.passAtOnce(600);
  const [first, second] = dns.asked.splice(0);
  assert.is(first.id, second.id);
  first.reply([a('one.test', '10.0.0.1')]);
  assert.equal(events, ['1600 10.0.0.1 by dns/ns1']);
});

test('addresses that an answer lacks are believed as long as hold obsolete says', () => {
  const { clock, dns, events, want } = begin({ holdMs: { ...plan().holdMs, obsolete: 1500 } }, ['ns1']);
  let host = '10.0.0.1';
  dns.answer = ({ name, reply }) => reply([a(name, host)]);
  want('one.test');
  clock.passAtOnce(0);
  host = '10.0.0.2';
  clock.passAtOnce(2000);
  assert.equal(events, ['1000 10.0.0.1 by dns/ns1', '2000 10.0.0.1+10.0.0.2 by dns/ns1', '3000 10.0.0.2 by dns/ns1']);
});

test('what nobody can use any more is forgotten', () => {
  const { clock, dns, want } = begin({}, ['ns1']);
  dns.answer = ({ name, reply }) => reply([a(name, '10.0.0.1')]);
  const kept = want('kept.test');
  const lost = want('lost.test', 'A', false);
  clock.passAtOnce(0);
  dns.answer = null;
  clock.passAtOnce(3000);
  assert.equal([kept.hosts.length, lost.hosts.length], [1, 0]);
});

test('no more are under way than there are ids for, and all have their turn', () => {
  let next = 0;
  const { clock, dns, events, want } = begin({}, ['ns1'], () => next++ % 7);
  for (let i = 0; i < 3000; i++) want(`n${i}.test`);
  clock.passAtOnce(0);
  const first = dns.asked.splice(0);
  assert.is(first.length, 1024);
  assert.is(new Set(first.map(({ id }) => id)).size, 1024, 'every id once');
  dns.answer = ({ name, reply }) => reply([a(name, '10.0.0.1')]);
  for (const { name, reply } of first) reply([a(name, '10.0.0.1')]);
  clock.passAtOnce(0);
  assert.is(events.length, 3000);
});

test('released and closed, it asks for nothing', () => {
  const { clock, dns, section } = begin({}, ['ns1']);
  const requester = { onResolved: () => undefined, onFailed: () => true };
  const one = section.request('one.test', 'A', requester);
  section.request('two.test', 'A', requester);
  clock.passAtOnce(0);
  dns.take();
  section.release(one, requester);
  clock.passAtOnce(400);
  section.close();
  clock.passAtOnce(10_000);
  assert.equal(dns.take(), []);
  assert.is(clock.pending, 0);
});

test.run();
