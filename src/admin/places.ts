/**
 * What words of a command mean: frontends, backends and servers by their names, or by `#` and their
 * numbers. A word that means nothing ends the command by Refused, with HAProxy's text.
 */
import type { LoadBalancer } from '../master/balancer.js';
import type { ServerPlace } from '../master/servers/server-states.js';
import type { BackendPlan, FrontendPlan, ServerPlan } from '../plan/plan.js';
import { type Answer, type Command, type CommandCall, failure, type Reply } from './command.js';

/** A command that cannot be carried out; the message is the whole answer. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** A server, and where it stands. */
export interface FoundServer {
  readonly place: ServerPlace;
  readonly backend: BackendPlan;
  readonly server: ServerPlan;
}

/** A command at once: what it throws as Refused is its answer. */
export function refusing(run: (call: CommandCall) => Answer): Command['run'] {
  return (call) => {
    try {
      return run(call);
    } catch (error) {
      if (error instanceof Refused) return failure(error.message);
      throw error;
    }
  };
}

/** The same of a command that takes its time. */
export function refusingLater(run: (call: CommandCall) => Promise<Reply>): Command['run'] {
  return async (call) => {
    try {
      return await run(call);
    } catch (error) {
      if (error instanceof Refused) return failure(error.message);
      throw error;
    }
  };
}

/** The index of what a word means among things with names and numbers; -1: none. */
export function indexOf(word: string, things: readonly { readonly name: string; readonly id: number }[]): number {
  const named = things.findIndex(({ name }) => name === word);
  if (named >= 0 || !/^#[0-9]+$/.test(word)) return named;
  return things.findIndex(({ id }) => id === Number(word.slice(1)));
}

/** `backend/server`. Throws Refused. */
export function serverOf({ plan }: LoadBalancer, word: string | undefined): FoundServer {
  const slash = word?.indexOf('/') ?? -1;
  if (word === undefined || slash < 0 || slash === word.length - 1) throw new Refused("Require 'backend/server'.\n");
  const backend = indexOf(word.slice(0, slash), plan.backends);
  if (backend < 0) throw new Refused('No such backend.\n');
  const { servers } = plan.backends[backend];
  const server = indexOf(word.slice(slash + 1), servers);
  if (server < 0) throw new Refused('No such server.\n');
  return { place: { backend, server }, backend: plan.backends[backend], server: servers[server] };
}

/** A frontend, and its index. Throws Refused. */
export function frontendOf({ plan }: LoadBalancer, word: string | undefined): { index: number; frontend: FrontendPlan } {
  if (word === undefined) throw new Refused('A frontend name is expected.\n');
  const index = indexOf(word, plan.frontends);
  if (index < 0) throw new Refused('No such frontend.\n');
  return { index, frontend: plan.frontends[index] };
}

/** The index of a backend; `unknown` is said of one that is not there. Throws Refused. */
export function backendOf({ plan }: LoadBalancer, word: string, unknown: string): number {
  const index = indexOf(word, plan.backends);
  if (index < 0) throw new Refused(unknown);
  return index;
}

/** A number as strtol(3) reads it, and what is left behind it; null: there is no number. */
export function leadingInteger(text: string): { readonly value: number; readonly rest: string } | null {
  const found = /^[ \t]*([+-]?[0-9]+)(.*)$/s.exec(text);
  return found === null ? null : { value: Number(found[1]), rest: found[2] };
}
