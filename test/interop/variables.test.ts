/** Variables of the process beside HAProxy's: those that the file sets, and what sessions make of them on any worker. */
import { test } from 'uvu';
import { dial } from './support/peers.js';
import { type Run, twins } from './support/twins.js';

/** What each session logs. */
const LOGGED = [
  ...['number', 'large', 'text', 'format', 'colour', 'address', 'none', 'count'].map((name) => `%[var(proc.${name})]`),
  ...['%[var(sess.mine)]', '%[env(TURBO_COLOUR)]'],
];
/** Sessions one after the other: with two workers, some of each. */
const SESSIONS = 12;

async function counted(run: Run): Promise<string[]> {
  const port = await run.port('listen');
  await run.start(`
    global
      setenv TURBO_COLOUR green
      presetenv TURBO_COLOUR blue
      set-var proc.number int(5),add(1)
      set-var proc.large int(9223372036854775807)
      set-var proc.text str(hello),upper
      set-var-fmt proc.format "  x  %[var(proc.number)]  y  "
      set-var proc.colour env(TURBO_COLOUR)
      set-var proc.address ipv4(10.0.0.1),ipmask(8)
      set-var proc.none var(proc.nowhere)
      set-var proc.count int(0)
    defaults
      mode tcp
      timeout connect 5s
      timeout client 5s
      timeout server 5s
    listen t
      bind 127.0.0.1:${port}
      log 127.0.0.1:${run.log.port} len 4096 local0
      log-format "${LOGGED.join(' ')}"
      tcp-request session set-var(proc.count) var(proc.count),add(1)
      tcp-request session set-var(sess.mine) var(proc.count),mul(10)
      tcp-request session set-var-fmt(proc.text) "%[var(proc.count)]  times" if { var(proc.count) -m int ge 3 }
      tcp-request session unset-var(proc.colour) if { var(proc.count) -m int 7 }
      tcp-request session set-var(proc.address) src if { var(proc.count) -m int 9 }
      tcp-request content reject`);
  for (let i = 0; i < SESSIONS; i++) {
    const client = await dial(port);
    await client.over();
    await run.log.traffic(i + 1);
  }
  return run.logged(SESSIONS);
}

twins('variables of the process', counted);

/** What a variable holds before: nothing, or a rule's value. */
const BEFORE = ['', 'int(5)', 'str(text)', 'str("")', 'src'];
/** What is assigned. */
const VALUES = ['int(3)', 'int(5)', 'int(7)', 'str(other)', 'str("")', 'src', 'bool(true)'];
const CONDITIONS = ['ifexists', 'ifnotexists', 'ifempty', 'ifnotempty', 'ifset', 'ifnotset', 'ifgt', 'iflt', 'ifset,ifgt'];

/** Each condition with each value before and after, in a variable of its own, and what formats yield: a frontend for each. */
function rulesUnder(condition: string): { readonly rules: string[]; readonly names: string[] } {
  const rules: string[] = [];
  const names: string[] = [];
  const add = (before: string, name: string, rule: string): void => {
    names.push(name);
    if (before !== '') rules.push(`set-var(${name}) ${before}`);
    rules.push(rule);
  };
  for (const before of BEFORE)
    for (const value of VALUES) {
      const name = `txn.v${names.length}`;
      add(before, name, `set-var(${name},${condition}) ${value}`);
    }
  for (const format of ['%[var(txn.none)]', 'x%[src]']) {
    const name = `txn.f${format.length}`;
    add('int(5)', name, `set-var-fmt(${name},${condition}) ${format}`);
  }
  return { rules, names };
}

async function conditional(run: Run): Promise<string[]> {
  const frontends = await Promise.all(
    CONDITIONS.map(async (condition) => ({ condition, ...rulesUnder(condition), port: await run.port(condition) })),
  );
  await run.start(`
    defaults
      mode tcp
      timeout client 5s
      log 127.0.0.1:${run.log.port} len 4096 local0
    ${frontends
      .map(
        ({ rules, names, port }, i) => `
    frontend f${i}
      bind 127.0.0.1:${port}
      log-format "${names.map((name) => `%[var(${name})]`).join(' ')}"
      ${rules.map((rule) => `tcp-request content ${rule}`).join('\n      ')}
      tcp-request content reject`,
      )
      .join('')}`);
  const seen: string[] = [];
  for (const [i, { condition, names, port }] of frontends.entries()) {
    await (await dial(port)).over();
    const line = (await run.log.traffic(i + 1))[i];
    const values = line.slice(line.indexOf(': ') + 2).split(' ');
    seen.push(...names.map((name, at) => `${condition}: ${name} ${values[at]}`));
  }
  return seen;
}

twins('assignments under conditions', conditional, { workers: [1] });

test.run();
