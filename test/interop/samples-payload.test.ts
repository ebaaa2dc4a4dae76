/**
 * Conditions about the contents of connections, decided by HAProxy and by the data plane: for every
 * beginning of a message, while more may come and when none will.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AclTestPlan } from '../../src/plan/expression.js';
import { FOUND, NOT_YET } from '../../src/proxy/samples/sample.js';
import { withProcesses } from '../harness.js';
import { clientHello } from '../proxy/samples/support/client-hello.js';
import { aclTest, condition, Lab } from '../proxy/samples/support/lab.js';
import { type Decision, Inspection } from './support/inspection.js';

/** An expression, how it is compared, and with what. */
type Case = readonly [expression: string, match: AclTestPlan['match'], ...patterns: string[]];

/** Every beginning of a text, or of a long one those around its first bytes and its end. */
function beginnings(text: string): string[] {
  const lengths = Array.from({ length: text.length + 1 }, (_, length) => length);
  const kept = lengths.filter((length) => text.length < 60 || length < 15 || length > text.length - 8 || length % 17 === 0);
  return kept.map((length) => text.slice(0, length));
}

/** As configurations write it; -m only where the type does not say it. */
function written([expression, match, ...patterns]: Case): string {
  return `{ ${expression}${match === 'int' || match === 'bool' ? '' : ` -m ${match}`} ${patterns.join(' ')} }`;
}

/** Long ones by their number of bytes and their end. */
function shown(bytes: string): string {
  return `${bytes.length} bytes ...${JSON.stringify(bytes.slice(-24))}`;
}

/** Decides every case about every text on both sides; failures name the case and the bytes. */
async function compare(cases: readonly Case[], texts: readonly string[]): Promise<void> {
  const inspection = await Inspection.start(cases.map(written));
  const all = cases.flatMap((_, i) => texts.map((bytes) => ({ condition: i, bytes })));
  const expected = await inspection.decide(all);
  inspection.stop();
  const lab = new Lab();
  const own = new Lab({
    acls: cases.map(([text, match, ...patterns]) => ({ name: '', tests: [aclTest(lab.plan(text), match, ...patterns)] })),
  });
  const tests = cases.map((_, i) => own.expressions.condition(condition(String(i))));
  const decide = (index: number, bytes: string, complete: boolean): Decision['atOnce'] => {
    own.request.text = bytes;
    own.request.complete = complete;
    const outcome = tests[index](own.context);
    return outcome === FOUND ? 'accepted' : outcome === NOT_YET ? 'undecided' : 'rejected';
  };
  const describe = (decisions: readonly Decision[]): string[] =>
    decisions.map(
      ({ atOnce, atEnd }, i) => `${written(cases[all[i].condition])} with ${shown(all[i].bytes)}: ${atOnce}, ${atEnd}`,
    );
  const decisions = all.map(({ condition: index, bytes }): Decision => {
    // rules are run when the connection is there, and again when bytes are
    const before = decide(index, '', false);
    const atOnce = before === 'undecided' ? decide(index, bytes, false) : before;
    return { atOnce, atEnd: (atOnce === 'undecided' ? decide(index, bytes, true) : atOnce) as Decision['atEnd'] };
  });
  const [ours, theirs] = [describe(decisions), describe(expected)];
  const different = [...ours.keys()].filter((i) => ours[i] !== theirs[i]);
  assert.equal(
    different.map((i) => ours[i]),
    different.map((i) => theirs[i]),
  );
}

function differential(name: string, body: () => Promise<void>): void {
  test(name, () => withProcesses(body));
}

differential('lengths and blocks of bytes', () =>
  compare(
    [
      ['req.len', 'int', '4:'],
      ['req.len', 'int', '0'],
      ['req.len', 'int', '0:2'],
      ['req.payload(0,4)', 'bin', '00036162'],
      ['req.payload(0,0)', 'found'],
      ['req.payload(2,0)', 'bin', '616263'],
      ['req.payload(2,0)', 'sub', 'c'],
      ['req.payload(0,0)', 'len', '1'],
      ['req.payload(0,0)', 'len', '0'],
      ['req.payload(20,0)', 'found'],
      ['req.payload(0,99999)', 'found'],
      ['req.payload_lv(0,2)', 'found'],
      ['req.payload_lv(0,2)', 'bin', '616263'],
      ['req.payload_lv(0,2)', 'str', 'abc'],
      ['req.payload_lv(0,2,3)', 'bin', '626364'],
      ['req.payload_lv(0,2,+1)', 'bin', '626364'],
      ['req.payload_lv(0,2,-1)', 'bin', '036162'],
      ['req.payload_lv(0,1)', 'found'],
      ['req.payload_lv(0,4)', 'found'],
      ['wait_end', 'bool'],
      ['always_true', 'bool'],
      ['rand(1)', 'int', '5'],
      ['date', 'int', '5'],
      ['date_us', 'int', '1000001'],
      ['uuid', 'str', 'x'],
      ['src_port', 'int', '0'],
    ],
    beginnings('\0\x03abcdefg'),
  ),
);

const RDP = '\x03\0\0\x2b\x26\xe0\0\0\0\0\0Cookie: mstshash=eltons\r\n\x01\0\x08\0\0\0\0\0';

differential('RDP cookies', () =>
  compare(
    [
      ['req.rdp_cookie', 'found'],
      ['req.rdp_cookie(mstshash)', 'str', 'eltons'],
      ['req.rdp_cookie(MSTSHASH)', 'str', 'eltons'],
      ['req.rdp_cookie(other)', 'found'],
      ['req.rdp_cookie_cnt', 'int', '1:'],
      ['req.rdp_cookie_cnt', 'int', '0'],
      ['req.rdp_cookie_cnt(msts)', 'int', '1:'],
    ],
    [
      ...beginnings(RDP),
      RDP.replace('Cookie', 'COOKIE'),
      RDP.replace('Cookie:', 'Cokies:'),
      RDP.replace('\xe0', '\xd0'),
      RDP.replace('\x03\0', '\x02\0'),
      RDP.replace('\x03\0', '\x03\x01'),
      RDP.replace('\r\n', '\r\r'),
      RDP.replace('mstshash=', 'mstshash '),
      RDP.replace('Cookie: ', 'Cookie:    '),
      RDP.replace('mstshash=eltons', 'a=b\nc=d'),
      'GET / HTTP/1.0\r\n\r\n',
    ],
  ),
);

const HELLO = clientHello({
  serverName: 'www.example.com',
  protocols: ['h2', 'http/1.1'],
  curves: true,
  ticket: 'tick',
  sessionId: 's'.repeat(32),
});

const HELLO_CASES: readonly Case[] = [
  ['req.ssl_hello_type', 'int', '1'],
  ['req.ssl_ver', 'found'],
  ['req.ssl_ver', 'int', '3.3'],
  ['req.ssl_ver', 'int', '3.0:3.2'],
  ['req.ssl_sni', 'found'],
  ['req.ssl_sni', 'str', 'www.example.com'],
  ['req.ssl_sni', 'end', '.example.com'],
  ['req.ssl_alpn', 'found'],
  ['req.ssl_alpn', 'str', 'h2'],
  ['req.ssl_alpn', 'len', '0'],
  ['req.ssl_alpn', 'sub', 'h2'],
  ['req.ssl_ec_ext', 'bool'],
  ['req.ssl_ec_ext', 'found'],
  ['req.ssl_st_ext', 'int', '2'],
  ['req.ssl_st_ext', 'int', '1'],
  ['req.ssl_st_ext', 'int', '0'],
];

differential('the TLS client hello, piece by piece', () => {
  // up to four bytes before its end HAProxy already reads what is not there yet
  const texts = beginnings(HELLO).filter(({ length }) => length < HELLO.length - 4 || length === HELLO.length);
  return compare(HELLO_CASES, texts);
});

differential('TLS client hellos of other kinds', () =>
  compare(HELLO_CASES, [
    clientHello({}),
    clientHello({ serverName: 'www.example.com', minor: 1 }),
    clientHello({ serverName: '' }),
    clientHello({ serverName: 'a' }),
    clientHello({ protocols: ['h2'], serverName: 'www.example.com', minor: 0 }),
    clientHello({ curves: true, minor: 0 }),
    clientHello({ protocols: [] }),
    clientHello({ protocols: [''] }),
    clientHello({ curves: true, ticket: '' }),
    clientHello({ ticket: 'x'.repeat(300), serverName: 'www.example.com' }),
    HELLO.replace('\x16', '\x15'),
    HELLO.replace('\x16\x03', '\x16\x02'),
    HELLO.replace('\x01\0', '\x02\0'),
    HELLO + HELLO,
    // an SSLv2 hello, with a header of two bytes and of three
    `\x80\x2e\x01\0\x02\0\x15\0\0\0\x10${'c'.repeat(21)}${'r'.repeat(16)}`,
    `\x80\x2e\x01\x03\x01\0\x15\0\0\0\x10${'c'.repeat(21)}${'r'.repeat(16)}`,
    `\0\x2e\x02\x01\x03\x01\0\x15\0\0\0\x10${'c'.repeat(21)}${'r'.repeat(16)}pp`,
    `\x80\x2e\x01\x03\x01\0\x14\0\0\0\x10${'c'.repeat(21)}${'r'.repeat(16)}`,
    '\x80',
    '\x80\x2e',
    '\x80\x2e\x02\x03\x01',
    'GET / HTTP/1.0\r\n\r\n',
  ]),
);

differential('whether it is HTTP', () =>
  compare(
    [['req.proto_http', 'bool']],
    [
      ...beginnings('GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n'),
      ...beginnings('\r\nGET / HTTP/1.0\n\n'),
      'GET / HTTP/1.1\r\n\r\nmore',
      'GET /\r\n\r\n',
      'get / HTTP/1.1\r\n\r\n',
      'G@T / HTTP/1.1\r\n\r\n',
      'GET / HTTP/1.1\r\nno field\r\n\r\n',
      'GET / HTTP/1.1\r\na b: c\r\n\r\n',
      '\x16\x03\x01',
      'SSH-2.0-OpenSSH\r\n',
      ' GET / HTTP/1.1\r\n\r\n',
    ],
  ),
);

test.run();
