/** Reading the arguments of fetches and converters, which configuration has checked before. */
import type { ArgumentPlan, ServerReference } from '../../plan/expression.js';

/** Whatever has arguments. */
interface WithArguments {
  readonly arguments: readonly ArgumentPlan[];
}

/** An argument as text; `fallback` where it is left out. */
export function textArgument(plan: WithArguments, index: number, fallback = ''): string {
  const value = plan.arguments[index] ?? null;
  return value === null ? fallback : String(value);
}

/** An argument as a number; `fallback` where it is left out or empty. */
export function numberArgument(plan: WithArguments, index: number, fallback = 0): number {
  const value = plan.arguments[index] ?? null;
  return value === null || value === '' ? fallback : Number(value);
}

/** Whether an argument is there. */
export function hasArgument(plan: WithArguments, index: number): boolean {
  return (plan.arguments[index] ?? null) !== null;
}

/** An argument that names a server. Throws when it is something else: configuration has resolved it. */
export function serverArgument(plan: WithArguments, index: number): ServerReference {
  const value = plan.arguments[index] ?? null;
  if (value === null || typeof value !== 'object') throw new Error(`argument ${index + 1} is not a server: ${String(value)}`);
  return value;
}

/** The letters of an argument in hexadecimal, as characters. */
export function bytesOfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('latin1');
}
