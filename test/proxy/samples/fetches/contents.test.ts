/**
 * Fetches of contents: undecided while the bytes that matter may come, and never an exception,
 * whatever comes. What they find is compared with HAProxy's elsewhere.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../../sim/random.js';
import { clientHello } from '../support/client-hello.js';
import { Lab } from '../support/lab.js';

const HELLO = clientHello({ serverName: 'www.example.com', protocols: ['h2'], curves: true, ticket: 't' });
const FETCHES = [
  ...[
    'req.ssl_sni',
    'req.ssl_alpn',
    'req.ssl_ver',
    'req.ssl_hello_type',
    'req.ssl_ec_ext',
    'req.ssl_st_ext',
    'res.ssl_hello_type',
  ],
  ...[
    'req.rdp_cookie',
    'req.rdp_cookie_cnt',
    'req.proto_http',
    'req.payload_lv(3,2)',
    'req.payload(5,9)',
    'req.len',
    'res.payload(0,0)',
  ],
];

test('a hello is found when its last byte is there, and not before', () => {
  const lab = new Lab();
  lab.request.complete = false;
  const name = lab.evaluation('req.ssl_sni');
  for (let length = 0; length < HELLO.length; length++) {
    lab.request.text = HELLO.slice(0, length);
    assert.is(name(), '(not yet)', `after ${length} bytes`);
  }
  lab.request.text = HELLO;
  assert.is(name(), 'www.example.com');
});

test('what ends too early has no value', () => {
  const lab = new Lab();
  for (let length = 0; length < HELLO.length; length++) {
    lab.request.text = HELLO.slice(0, length);
    assert.is(lab.evaluate('req.ssl_sni'), '(missing)', `after ${length} bytes`);
  }
});

test('what is no hello is known to be none at once', () => {
  const lab = new Lab();
  lab.request.complete = false;
  lab.request.text = 'GET / HTTP/1.0\r\n';
  assert.is(lab.evaluate('req.ssl_sni'), '(missing)');
  assert.is(lab.evaluate('req.ssl_hello_type'), '(missing)');
});

test('a hello in two records is taken as it lies, and gives no name', () => {
  const message = HELLO.slice(5);
  const record = (part: string) => `\x16\x03\x01\0${String.fromCharCode(part.length)}${part}`;
  const lab = new Lab();
  lab.request.text = record(message.slice(0, 60)) + record(message.slice(60));
  assert.is(lab.evaluate('req.ssl_sni'), '(missing)');
});

test('the response is its own side', () => {
  const lab = new Lab();
  lab.response.text = '\x16\x03\x03\0\x04\x02\0\0\0';
  lab.response.complete = false;
  assert.is(lab.evaluate('res.ssl_hello_type'), '2');
  assert.is(lab.evaluate('res.len'), '9');
  assert.is(lab.evaluate('res.payload(8,2)'), '(not yet)');
  assert.is(lab.evaluate('req.len'), '0');
});

test('wait_end is there when the time is over', () => {
  const lab = new Lab();
  lab.request.complete = false;
  assert.is(lab.evaluate('wait_end'), '(not yet)');
  lab.request.complete = true;
  assert.is(lab.evaluate('wait_end'), '1');
});

/** A hello with some bytes changed, left out, or put in. */
function mutate(random: Random, text: string): string {
  let changed = text;
  for (let i = random.between(1, 6); i > 0; i--) {
    const at = random.below(changed.length + 1);
    const byte = String.fromCharCode(random.pick([0, 1, 3, 22, 255, random.below(256)]));
    changed = changed.slice(0, at) + (random.chance(80) ? byte : '') + changed.slice(at + (random.chance(80) ? 1 : 0));
  }
  return random.chance(20) ? changed.slice(0, random.below(changed.length)) : changed;
}

test('mutated messages never throw, and texts never reach beyond the bytes', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1000000);
  console.log(`seed ${seed}; again: SEED=${seed}`);
  const random = new Random(seed);
  const lab = new Lab();
  const evaluations = FETCHES.map((fetch) => lab.evaluation(fetch));
  const messages = [HELLO, '\x03\0\0\x2b\x26\xe0\0\0\0\0\0Cookie: mstshash=eltons\r\n', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'];
  for (let round = 0; round < 20000; round++) {
    lab.request.text = mutate(random, random.pick(messages));
    lab.response.text = lab.request.text;
    lab.request.complete = random.chance(50);
    for (const evaluate of evaluations) {
      const value = evaluate();
      assert.ok(value.length <= Math.max(20, lab.request.length), `seed ${seed}, round ${round}: ${JSON.stringify(value)}`);
      if (lab.request.complete) assert.is.not(value, '(not yet)', `seed ${seed}, round ${round}`);
    }
  }
});

test.run();
