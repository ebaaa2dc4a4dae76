/** What HAProxy knows of checks and is not here: refused by name, so that nobody takes it for heeded. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { read } from '../support/reading.js';

/** A line of a backend, and what is said of it. */
const REFUSED: readonly (readonly [line: string, text: string])[] = [
  ['option external-check', "config : parsing [f.cfg:2] : 'option external-check' is not supported."],
  ['option spop-check', "config : parsing [f.cfg:2] : 'option spop-check' is not supported."],
  [
    'tcp-check connect via-socks4',
    "config : parsing [f.cfg:2] : 'tcp-check connect' : 'via-socks4' is not supported: no proxy is between checks and servers.",
  ],
  [
    'http-check connect proto h2',
    "config : parsing [f.cfg:2] : 'http-check connect' : 'proto' : 'h2' is not supported in checks.",
  ],
  [
    'server s 127.0.0.1:80 check check-via-socks4',
    "config : [f.cfg:2] : 'server b/s' : 'check-via-socks4' cannot be used: it is not supported.",
  ],
  ['server s 127.0.0.1:80 check check-proto h2', "config : [f.cfg:2] : 'server b/s' : 'check-proto' : 'h2' is not supported"],
];

for (const [line, text] of REFUSED)
  test(line, () => {
    const { findings } = read(`backend b\n ${line}`);
    assert.equal(
      findings.list.map((finding) => finding.text),
      [text],
    );
    assert.ok(findings.fatal);
  });

test('protocols that checks speak anyway may be named', () => {
  const { findings } = read(
    'backend b\n http-check connect proto h1\n tcp-check connect proto none\n server s 127.0.0.1:80 check check-proto h1',
  );
  assert.equal(findings.list, []);
});

test.run();
