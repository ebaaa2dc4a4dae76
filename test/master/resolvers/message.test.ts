/** What answers of DNS servers are believed to say, and which of them are no answers. */
import { type Answer, decode, encode } from 'dns-packet';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { idOf, type QueryType, queryMessage, questionOf, readAnswer } from '../../../src/master/resolvers/message.js';
import { a, aaaa, srv } from './support/lab.js';

const FLAGS = 0x8180;

function reading(name: string, type: QueryType, answers: readonly Answer[], flags = FLAGS, additionals: readonly Answer[] = []) {
  const message = encode({
    type: 'response',
    id: 7,
    flags,
    questions: [{ name, type }],
    answers: [...answers],
    additionals: [...additionals],
  });
  const question = questionOf(message);
  assert.ok(question);
  return readAnswer(question.packet, question.name, type);
}

test('what is no name of a host is no host of a service', () => {
  const name = '_http._tcp.test';
  const bad = ['a b.test', 'a\nb.test', '-.test', 'x.test;rm'];
  const records = [...bad, 'n1.test'].map((target) => srv(name, target, 80));
  assert.equal(reading(name, 'SRV', records), {
    outcome: 'valid',
    records: [{ type: 'SRV', target: 'n1.test', port: 80, weight: 0, address: null }],
  });
});

test('a query asks one question, recursively, and says what it can take', () => {
  const message = queryMessage(0xabcd, 'One.test', 'AAAA', 1234);
  const packet = decode(message) as unknown as { additionals: { type: string; udpPayloadSize: number }[] } & ReturnType<
    typeof decode
  >;
  assert.equal([packet.id, packet.type, packet.flags], [0xabcd, 'query', 0x0100]);
  assert.equal(packet.questions, [{ name: 'One.test', type: 'AAAA', class: 'IN' }]);
  assert.equal([packet.additionals[0].type, packet.additionals[0].udpPayloadSize], ['OPT', 1234]);
  assert.is(idOf(message), 0xabcd);
});

test('addresses of the name, through its aliases, whatever the case of letters', () => {
  const one = a('one.test', '10.0.0.1');
  assert.equal(reading('One.TEST', 'A', [one, a('other.test', '10.9.9.9'), aaaa('one.test', '::1')]), {
    outcome: 'valid',
    records: [{ type: 'A', host: '10.0.0.1' }],
  });
  const alias: Answer = { type: 'CNAME', name: 'www.test', data: 'ONE.test' };
  const second: Answer = { type: 'CNAME', name: 'one.TEST', data: 'two.test' };
  assert.equal(reading('www.test', 'AAAA', [alias, aaaa('two.test', '2001:db8::1'), second]), {
    outcome: 'valid',
    records: [{ type: 'AAAA', host: '2001:db8::1' }],
  });
});

test('servers of a service, with the addresses that come along', () => {
  const name = '_http._tcp.test';
  const answers = [srv(name, 'n1.test', 80, 10), srv(name, 'N2.test', 81), srv(name, '.', 82)];
  assert.equal(reading(name, 'SRV', answers, FLAGS, [a('n2.test', '10.0.0.2'), a('n9.test', '10.0.0.9')]), {
    outcome: 'valid',
    records: [
      { type: 'SRV', target: 'n1.test', port: 80, weight: 10, address: null },
      { type: 'SRV', target: 'n2.test', port: 81, weight: 0, address: { type: 'A', host: '10.0.0.2' } },
    ],
  });
});

const loop: Answer[] = [
  { type: 'CNAME', name: 'x.test', data: 'y.test' },
  { type: 'CNAME', name: 'y.test', data: 'x.test' },
];
const BAD: readonly [name: string, answers: readonly Answer[], flags: number, outcome: string][] = [
  ['no such name', [], FLAGS | 3, 'nx'],
  ['refused', [], FLAGS | 5, 'refused'],
  ['a server that fails', [], FLAGS | 2, 'other'],
  ['no record', [], FLAGS, 'any_err'],
  ['cut', [a('x.test', '10.0.0.1')], FLAGS | 0x0200, 'truncated'],
  ['an alias of nothing', [{ type: 'CNAME', name: 'x.test', data: 'y.test' }], FLAGS, 'cname_error'],
  ['aliases in a circle', loop, FLAGS, 'cname_error'],
  ['records of another kind', [aaaa('x.test', '::1')], FLAGS, 'other'],
  ['records of another name', [a('y.test', '10.0.0.1')], FLAGS, 'invalid'],
];
for (const [name, answers, flags, outcome] of BAD) {
  test(`of no use: ${name}`, () => assert.is(reading('x.test', 'A', answers, flags).outcome, outcome));
}

test('what is no answer is none, whatever its bytes', () => {
  const good = encode({
    type: 'response',
    id: 7,
    flags: FLAGS,
    questions: [{ name: 'x.test', type: 'A' }],
    answers: [a('x.test', '10.0.0.1')],
  });
  assert.is(questionOf(queryMessage(7, 'x.test', 'A', 512)), null, 'a query');
  assert.is(questionOf(encode({ type: 'response', id: 7, questions: [] })), null, 'no question');
  const twice = [{ name: 'x.test', type: 'A' } as const, { name: 'y.test', type: 'A' } as const];
  assert.is(questionOf(encode({ type: 'response', id: 7, questions: twice })), null, 'two questions');
  for (let length = 0; length < good.length; length++) {
    const question = questionOf(good.subarray(0, length));
    if (question !== null) assert.is.not(readAnswer(question.packet, 'x.test', 'A').outcome, 'valid', `${length} bytes`);
  }
  assert.is(idOf(good.subarray(0, 11)), null);
  for (let at = 0; at < good.length; at++) {
    for (const value of [0, 0xc0, 0xff]) {
      const bytes = Buffer.from(good);
      bytes[at] = value;
      const question = questionOf(bytes); // throws nothing
      if (question !== null) readAnswer(question.packet, question.name, 'A');
    }
  }
  const pointer = Buffer.from(good);
  pointer.writeUInt16BE(0xc00c, 12);
  assert.is(questionOf(pointer), null, 'a name that is itself');
});

test.run();
