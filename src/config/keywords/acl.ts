/** Keyword acl. */

import type { ProxyConfig } from '../config.js';
import type { LineContext, ProxyKeyword } from '../keyword.js';
import { readAcl } from '../samples/acl.js';

const FORBIDDEN = /[^A-Za-z0-9_.:\u0080-\uffff-]/;

function parse({ target, words, keyword, findings }: LineContext<ProxyConfig>): void {
  const [name] = words;
  if (target.kind === 'defaults' && target.name === '') {
    findings.alert(keyword[0].place, "'acl' not allowed in anonymous 'defaults' section.");
    return;
  }
  if (name === undefined) {
    findings.alert(keyword[0].place, "'acl' expects a name.");
    return;
  }
  const forbidden = FORBIDDEN.exec(name.text);
  if (forbidden !== null) {
    findings.alert(name.place, `character '${forbidden[0]}' is not permitted in acl name '${name.text}'.`);
    return;
  }
  if (name.text === 'or') {
    const text = "acl name 'or' will never match. 'or' is used to express a logical disjunction within a condition.";
    findings.alert(name.place, text);
    return;
  }
  const read = readAcl(words.slice(1), name.place, findings);
  if (!read.ok) {
    const text = `error detected while parsing ACL '${name.text}' : ${read.message}.`;
    findings.alert((words[1] ?? name).place, text, read.hint);
  }
  const known = target.acls.get(name.text);
  const tests = read.ok ? [read.test] : [];
  if (known === undefined) target.acls.set(name.text, { name: name.text, tests, used: false, place: name.place });
  else known.tests.push(...tests);
}

/** Keywords of ACLs. */
export const ACL_KEYWORDS: readonly ProxyKeyword[] = [
  {
    name: 'acl',
    sections: ['defaults', 'frontend', 'listen', 'backend'],
    arguments: '<aclname> <criterion> [flags] [operator] <value> ...',
    help: 'Declares a test that conditions refer to by its name; lines of one name are alternatives.',
    parse,
  },
];
