/** What is said once all is read, where it differs from HAProxy 2.6 or adds to it; the rest is compared with it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile, findingsOf } from '../../harness/plans.js';

const TIMEOUTS = ' timeout client 1s\n timeout connect 1s\n timeout server 1s\n';
const backend = (...lines: string[]) => `backend b\n timeout connect 1s\n timeout server 1s\n ${lines.join('\n ')}`;

test('an unknown backend is said with its place and the nearest name', () => {
  const { findings } = compile(`defaults\n${TIMEOUTS}frontend f\n bind :80\n default_backend serverz\nbackend servers`);
  const [{ text, place, hint }] = findings.list;
  assert.is(text, "Proxy 'f': unable to find required default_backend: 'serverz'.");
  assert.equal(place, { file: 'f.cfg', line: 7, column: 18, length: 7 });
  assert.is(hint, 'servers');
});

test('missing timeouts, in four lines', () => {
  assert.equal(findingsOf('frontend f\n bind :80'), [
    "warning missing timeouts for frontend 'f'.\n" +
      '   | While not properly invalid, you will certainly encounter various problems\n' +
      '   | with such a configuration. To fix this, please ensure that all following\n' +
      "   | timeouts are set to a non-zero value: 'client', 'connect', 'server'.",
  ]);
});

test('mode http is refused once for each line that asks for it', () => {
  const text = `defaults\n mode http\n${TIMEOUTS}frontend f\n bind :80\n default_backend b\nbackend b\n server s :80\nbackend c\n mode http`;
  assert.equal(findingsOf(text), [
    "alert config : parsing [f.cfg:2] : 'mode http' is not supported yet, only 'mode tcp' is.",
    "alert config : parsing [f.cfg:12] : 'mode http' is not supported yet, only 'mode tcp' is.",
  ]);
  assert.is(compile(text.replaceAll('mode http', 'mode tcp')).findings.fatal, false);
});

test('servers of one name, among them those of templates', () => {
  assert.equal(findingsOf(backend('server s :80', 'server s :81')), [
    "alert config : [f.cfg:5] : 'server b/s' : another server named 's' was already defined at line 4, please use a distinct name.",
  ]);
  assert.equal(findingsOf(backend('server s2 :80', 'server-template s 3 :81')), [
    "alert config : [f.cfg:5] : 'server b/s2' : another server named 's2' was already defined at line 4, please use a distinct name.",
  ]);
});

test('ranges that multiply to more than any process can have', () => {
  const addresses = Array.from({ length: 200 }, (_, i) => `10.0.0.${i}:1-65535`).join(',');
  assert.equal(findingsOf(`listen l\n${TIMEOUTS} bind :1-65535\n bind ${addresses}\nlisten m\n${TIMEOUTS} bind :80`), [
    "alert config : parsing [f.cfg:6] : 'bind' : 1114095 listening sockets up to here are more than a process can have (1048576).",
  ]);
});

test('what is disabled is not looked at', () => {
  assert.equal(findingsOf(backend('disabled', 'server s 10.0.0.1 check', 'server s :80')), []);
});

test('a check without any port', () => {
  assert.equal(findingsOf(backend('server s 10.0.0.1 check')), [
    "alert config: backend 'b': server 's' has neither service port nor check port.",
  ]);
  assert.equal(findingsOf(backend('server s 10.0.0.1 check addr 10.0.0.2:81')), []);
});

test('option httplog names the line that asks for it, for those who log', () => {
  const text = `defaults\n${TIMEOUTS} option httplog\n log 127.0.0.1 local0\nlisten l\n bind :80\n server s :80\nbackend b\n server s :80`;
  assert.equal(findingsOf(text), [
    "warning parsing [f.cfg:5] : 'option httplog' not usable with proxy 'l' (needs 'mode http'). Falling back to 'option tcplog'.",
  ]);
});

test('every finding of the check has a place', () => {
  const text =
    'listen l\n option httplog\n option forwardfor\n cookie a\n stats enable\n default_backend nope\n server s 10.0.0.1 check cookie c\n' +
    ' server t :80 track nobody\n http-check expect status 200';
  const { list } = compile(text).findings;
  assert.ok(list.length > 9);
  for (const { place, text: said } of list) assert.ok(place !== undefined && place.line > 0, said);
});

test('a chain of 5,000 servers that track each other is walked in no time worth the name', () => {
  const servers = Array.from({ length: 5000 }, (_, i) => `server s${i} :80 ${i === 0 ? 'check' : `track s${i - 1}`}`);
  assert.equal(findingsOf(backend(...servers)), []);
});

test.run();
