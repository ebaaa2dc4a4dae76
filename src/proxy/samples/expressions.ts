/**
 * Expressions, conditions and formats of a Plan as closures, made once for each worker
 * (configuration manual, section 7). Names are checked by configuration; one that is unknown here is
 * a defect and stops the worker at its start.
 */
import type { ConditionPlan, ExpressionPlan, FormatPlan } from '../../plan/expression.js';
import type { Lane } from '../lane.js';
import { Conditions } from './conditions.js';
import type { Convert, ConverterFamily, Evaluate, ExpressionCompiler, FetchFamily, SampleContext, Test } from './context.js';
import { CONVERTER_FAMILIES } from './converters/families.js';
import { FETCH_FAMILIES } from './fetches/families.js';
import { compileFormat, type FormatVariables } from './formats.js';
import { FOUND } from './sample.js';

/** What comes to the families that every worker has. */
export interface MoreFamilies {
  readonly fetches?: readonly FetchFamily[];
  readonly converters?: readonly ConverterFamily[];
  /** The variables of log formats; without them a format that uses one stops the worker. */
  readonly variables?: FormatVariables;
}

/** The compiler of one worker. */
export class Expressions implements ExpressionCompiler {
  private readonly fetches: FetchFamily;
  private readonly converters: ConverterFamily;
  private readonly conditions = new Conditions(this);
  private readonly variables: FormatVariables;

  constructor(
    readonly lane: Lane,
    families: MoreFamilies = {},
  ) {
    this.fetches = Object.assign({}, ...FETCH_FAMILIES, ...(families.fetches ?? [])) as FetchFamily;
    this.converters = Object.assign({}, ...CONVERTER_FAMILIES, ...(families.converters ?? [])) as ConverterFamily;
    this.variables = families.variables ?? unknownVariable;
  }

  /** Throws for a fetch or converter that no family has. */
  expression(plan: ExpressionPlan): Evaluate {
    const factory = this.fetches[plan.fetch];
    if (factory === undefined) throw new Error(`no fetch '${plan.fetch}'`);
    return chain(
      factory(plan, this),
      plan.converters.map((converter) => this.converter(converter)),
    );
  }

  private converter(plan: ExpressionPlan['converters'][number]): Convert {
    const factory = this.converters[plan.name];
    if (factory === undefined) throw new Error(`no converter '${plan.name}'`);
    return factory(plan, this);
  }

  condition(plan: ConditionPlan): Test {
    return this.conditions.compile(plan);
  }

  format(plan: FormatPlan): (context: SampleContext) => string {
    return compileFormat(plan, this, this.variables);
  }
}

function unknownVariable(name: string): never {
  throw new Error(`no log variable '%${name}'`);
}

/** A fetch with its converters; the first without a value ends it. */
function chain(fetch: Evaluate, converters: readonly Convert[]): Evaluate {
  return (context, sample) => {
    sample.mayChange = false;
    let outcome = fetch(context, sample);
    for (let i = 0; i < converters.length && outcome === FOUND; i++) outcome = converters[i](context, sample);
    return outcome;
  };
}
