/** ACLs and conditions of a Plan. */
import type { ProxyConfig } from '../../config/config.js';
import type { Acl, AclTest, Condition } from '../../config/samples/syntax.js';
import type { AclTestPlan, ConditionPlan } from '../expression.js';
import { compileExpression } from './expressions.js';
import type { Scope } from './references.js';

/** Every ACL that a proxy declares, also those that no rule uses: their names are checked all the same. */
export function compileAcls({ acls }: ProxyConfig, scope: Scope): void {
  for (const acl of acls.values()) aclIndex(acl, scope);
}

/** A condition, or null where there is none. */
export function compileCondition(condition: Condition | null, scope: Scope): ConditionPlan | null {
  if (condition === null) return null;
  return {
    unless: condition.unless,
    alternatives: condition.alternatives.map((terms) =>
      terms.map(({ negated, acl }) => ({ negated, acl: aclIndex(acl, scope) })),
    ),
  };
}

/** Where an ACL stands in the Plan, once for each proxy that uses it. */
function aclIndex(acl: Acl, scope: Scope): number {
  const known = scope.aclIndexes.get(acl);
  if (known !== undefined) return known;
  const { acls } = scope.references;
  const tests = acl.tests.map((test) => compileTest(test, acl.name, scope));
  const index = acls.push({ name: acl.name, tests }) - 1;
  scope.aclIndexes.set(acl, index);
  return index;
}

function compileTest(test: AclTest, name: string, scope: Scope): AclTestPlan {
  const { match, ignoreCase } = test;
  // Maps of the expression come before what it is compared with, in the numbers that commands know them by.
  const expression = compileExpression(test.expression, scope);
  const lists = scope.references.patterns.ofTest(test, (place, message) => {
    const about = name === '' ? 'error detected while parsing an anonymous ACL' : `error detected while parsing ACL '${name}'`;
    scope.references.findings.alert(place, `${about} : ${message}.`);
  });
  return { expression, match, ignoreCase, lists };
}
