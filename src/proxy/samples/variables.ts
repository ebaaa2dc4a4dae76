/**
 * Variables (`set-var`, `var()`; configuration manual, 7.3.1): by their whole names, `scope.name`.
 * Those of the scopes sess, txn, req and res live with the session; in mode tcp a session is one
 * transaction with one request and one response, so that all four last as long as it does. Those of
 * scope proc belong to the process: all workers share them.
 */
import type { SharedTables } from '../../shared/state.js';
import type { Session } from '../session.js';
import type { Sample, StoredSample } from './sample.js';

/** Where variables are kept: a session, and the tables of its worker. */
export interface VariableHolder {
  readonly session: Session;
  readonly lane: { readonly tables: Pick<SharedTables, 'variables'> };
}

/** Whether a name is of scope proc. */
export function isProcessVariable(name: string): boolean {
  return name.startsWith('proc.');
}

/** The value of a variable, or null. */
export function readVariable({ session, lane }: VariableHolder, name: string): StoredSample | null {
  if (isProcessVariable(name)) return lane.tables.variables.read(name);
  return session.variables?.get(name) ?? null;
}

/** Sets a variable to a copy of a sample; one of the process stays as it is when there is no room for the value. */
export function setVariable({ session, lane }: VariableHolder, name: string, sample: Sample): void {
  if (isProcessVariable(name)) lane.tables.variables.write(name, sample.store());
  else {
    session.variables ??= new Map();
    session.variables.set(name, sample.store());
  }
}

/** Forgets a variable, if there is one. */
export function unsetVariable({ session, lane }: VariableHolder, name: string): void {
  if (isProcessVariable(name)) lane.tables.variables.unset(name);
  else session.variables?.delete(name);
}
