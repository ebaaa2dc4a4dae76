/** Which answers of the runtime socket are errors: texts as HAProxy 2.6 and 3.x say them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { errorIn } from '../../../src/admin/client/answer.js';

const ERRORS: readonly [line: string, answer: string][] = [
  ['bogus', "Unknown command: 'bogus', but maybe one of the following ones is a better match:\n  show fd"],
  ['show stat nope', 'No such proxy.\n'],
  ['set server app/s9 weight 3', 'No such server.\n'],
  ['set server app/s1 state foo', "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n"],
  ['set server app/s1 weight 300', 'Absolute weight can only be between 0 and 256 inclusive.\n'],
  ['enable health app/s1', 'Health checks are not configured on this server, unable to enable it.\n'],
  ['disable frontend web', 'Frontend was previously shut down, cannot disable.\n'],
  ['show activity 99', 'Thread ID number must be between -1 and nbthread\n'],
  ['del server app/s1', 'Only servers in maintenance mode can be deleted.\n'],
  ['@1 set weight app/s1 5', 'Permission denied\n'],
  ['show map nope', 'Unknown map identifier. Please use #<id> or <file>.\n'],
  ['show servers state nope', "Can't find backend.\n"],
  ['show table t', 'No such table\n'],
  ['get weight app', "Require 'backend/server'.\n"],
  ['get map x', 'Missing map identifier and/or key.\n'],
  ['shutdown session 1', "No such session (use 'show sess').\n"],
  ['show sess 0xabc', 'Session not found.\n'],
  ['reload', 'Success=0\n--\n[ALERT] ...\n'],
  ['set severity-output number; show stat nope', '\n[3]: No such proxy.\n'],
  ['show stat nope', '[err]: No such proxy.\n'],
  ['bogus', '[info]: Unknown command: ...\n'],
  ['show info; show stat nope', 'Name: HAProxy\n\nNo such proxy.\n'],
  ['wait 1s srv-removable app/s1', 'Wait delay expired.\n'],
];

for (const [line, answer] of ERRORS) {
  test(`an error: ${line}`, () => {
    const first = answer.split('\n').find((one) => one !== '' && one !== 'Name: HAProxy');
    assert.is(errorIn(line, answer), first);
  });
}

const SUCCESSES: readonly [line: string, answer: string][] = [
  ['set server app/s1 state ready', ''],
  ['set server app/s1 state ready; enable health app/s1', '\n'],
  ['add server app/s3 10.0.0.3:80', 'New server registered.\n'],
  ['del server app/s3', 'Server deleted.\n'],
  ['set server app/s1 addr 10.0.0.9', "IP changed from '10.0.0.1' to '10.0.0.9' by 'stats socket command'\n"],
  ['set server app/s1 addr 10.0.0.9', 'no need to change the addr by stats socket command\n'],
  ['set server app/s1 check-port 81', 'health check port updated.\n'],
  ['set server app/s1 fqdn b', "app/s1 changed its FQDN from a to b by 'stats socket command'\n"],
  ['disable frontend web', 'All sockets are already disabled.\n'],
  ['shutdown frontend web', 'Frontend was already shut down.\n'],
  ['prepare map x', 'New version created: 1\n'],
  ['commit ssl cert x.pem', 'Committing x.pem\nSuccess!\n'],
  ['show errors', 'Total events captured on [..] : 0\n'],
  ['show stat', '# pxname,svname,\nUnknown,FRONTEND,\n'],
  ['show table t', '# table: t, type: ip, size:100, used:1\n0x1: key=No such use=0\n'],
  ['show backend', '# name\napp\n'],
  ['get weight app/s1', '1 (initial 1)\n'],
  ['set severity-output number; get weight app/s1', '\n[6]: 1 (initial 1)\n'],
  ['set server app/s1 addr 10.0.0.9', "[warning]: IP changed from '10.0.0.1' to '10.0.0.9' by 'stats socket command'\n"],
  ['show env', 'A=1\n'],
  ['reload', 'Success=1\n--\n'],
];

for (const [line, answer] of SUCCESSES) {
  test(`no error: ${line}: ${answer.split('\n', 1)[0]}`, () => assert.is(errorIn(line, answer), null));
}

test.run();
