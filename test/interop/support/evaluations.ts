/** Has HAProxy evaluate sample expressions: one rule for each, and a request for each answer. */
import { Agent, get } from 'node:http';
import { freePort, startHaproxy } from '../../harness.js';

/** What an expression came to: its value as text is read in hexadecimal, of the type that `hex` gets. */
export const MISSING_VALUE = '(missing)';

/**
 * The values of expressions as bytes in hexadecimal, MISSING_VALUE for those without. Beyond one
 * frontend there is a backend `back` with servers `one` and `two`.
 */
export function haproxyValues(expressions: readonly string[]): Promise<string[]> {
  return answers(expressions.map(rules));
}

/** Whether conditions of one term hold, as `{ str(a) -m beg b }`: `true` or `false` for each. */
export function haproxyHolds(terms: readonly string[]): Promise<string[]> {
  const answer = 'http-request return status 200 content-type text/plain string';
  return answers(terms.map((term, i) => `${answer} true if { path /${i} } ${term}\n  ${answer} false if { path /${i} }`));
}

/** Answers to a request for each list of rules, which are about the path `/number`. */
async function answers(lists: readonly string[]): Promise<string[]> {
  const port = await freePort();
  await startHaproxy(`
global
  maxconn 100
defaults
  mode http
  timeout client 7s
  timeout server 5s
  timeout connect 1s
frontend front
  bind 127.0.0.1:${port} name door id 4
  id 2
  ${lists.join('\n  ')}
  default_backend back
backend back
  id 3
  server one 127.0.0.1:80 weight 1
  server two 127.0.0.1:80 weight 7`);
  const agent = new Agent({ keepAlive: true });
  const values: string[] = [];
  for (let i = 0; i < lists.length; i++) values.push(await ask(port, i, agent));
  agent.destroy();
  return values;
}

/** Of several rules the first that returns something ends the request. */
function rules(expression: string, index: number): string {
  const wanted = `if { path /${index} }`;
  const answer = 'http-request return status 200 content-type text/plain';
  return [
    `http-request set-var(txn.value) ${quote(expression)} ${wanted}`,
    `${answer} lf-string "%[var(txn.value),hex]" ${wanted} { var(txn.value) -m found }`,
    `${answer} string "${MISSING_VALUE}" ${wanted}`,
  ].join('\n  ');
}

/** One word, whatever characters it has. */
function quote(expression: string): string {
  return expression.includes("'") ? `"${expression.replace(/["\\$]/g, '\\$&')}"` : `'${expression}'`;
}

function ask(port: number, index: number, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path: `/${index}`, agent }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve(body));
    }).on('error', reject);
  });
}
