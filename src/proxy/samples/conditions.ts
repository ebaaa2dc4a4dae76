/**
 * Conditions: alternatives of terms, each an ACL or its negation (configuration manual, 7.2), in
 * three-valued logic: true, false, and undecided while bytes may still come that change it. As in
 * HAProxy terms are taken from left to right, an alternative ends with its first term that is not
 * true, and the whole with its first alternative that is.
 */
import type { AclPlan, AclTestPlan, ConditionPlan } from '../../plan/expression.js';
import type { ExpressionCompiler, Test } from './context.js';
import { type LiveSet, livePatterns } from './match/live.js';
import { matchCast } from './match/patterns.js';
import { FOUND, MISSING, NOT_YET, type Outcome, Sample } from './sample.js';

/** True when one of them is; undecided when one of them is, and none is true. */
function anyOf(tests: readonly Test[]): Test {
  if (tests.length === 1) return tests[0];
  return (context) => {
    let result: Outcome = MISSING;
    for (let i = 0; i < tests.length; i++) {
      const outcome = tests[i](context);
      if (outcome === FOUND) return FOUND;
      if (outcome === NOT_YET) result = NOT_YET;
    }
    return result;
  };
}

/** True when all of them are; otherwise what the first is that is not. */
function allOf(tests: readonly Test[]): Test {
  if (tests.length === 1) return tests[0];
  return (context) => {
    for (let i = 0; i < tests.length; i++) {
      const outcome = tests[i](context);
      if (outcome !== FOUND) return outcome;
    }
    return FOUND;
  };
}

function not(test: Test): Test {
  return (context) => {
    const outcome = test(context);
    return outcome === NOT_YET ? NOT_YET : outcome === FOUND ? MISSING : FOUND;
  };
}

function fitsOne(sets: readonly LiveSet[], sample: Sample): boolean {
  for (let i = 0; i < sets.length; i++) if (sets[i].current.find(sample) >= 0) return true;
  return false;
}

/** The conditions of one worker; an ACL is compiled once, however many conditions use it. */
export class Conditions {
  private readonly acls = new Map<AclPlan, Test>();

  constructor(private readonly compiler: ExpressionCompiler) {}

  compile({ unless, alternatives }: ConditionPlan): Test {
    const any = anyOf(
      alternatives.map((terms) => allOf(terms.map(({ negated, acl }) => (negated ? not(this.acl(acl)) : this.acl(acl))))),
    );
    return unless ? not(any) : any;
  }

  private acl(index: number): Test {
    const plan = this.compiler.lane.plan.acls[index];
    let test = this.acls.get(plan);
    if (test === undefined) {
      test = anyOf(plan.tests.map((one) => this.test(one)));
      this.acls.set(plan, test);
    }
    return test;
  }

  private test(plan: AclTestPlan): Test {
    const evaluate = this.compiler.expression(plan.expression);
    const cast = matchCast(plan.match);
    const sets = plan.lists.map((list) => livePatterns(this.compiler.lane.plan.patternLists[list]).set);
    const sample = new Sample();
    return (context) => {
      const outcome = evaluate(context, sample);
      if (outcome !== FOUND) return outcome;
      if (cast(sample) && fitsOne(sets, sample)) return FOUND;
      return sample.mayChange ? NOT_YET : MISSING;
    };
  }
}
