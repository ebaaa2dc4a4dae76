/**
 * Variables (`set-var`, `var()`; configuration manual, 7.3.1): by their whole names, `scope.name`.
 * Those of the scopes sess, txn, req and res live with the session; in mode tcp a session is one
 * transaction with one request and one response, so that all four last as long as it does. Those of
 * scope proc belong to the worker's thread: what one worker sets another does not see.
 */
import type { Session } from '../session.js';
import type { Sample, StoredSample } from './sample.js';

/** As many as the configuration has names: nothing else makes one. */
const processVariables = new Map<string, StoredSample>();

/** Whether a name is of scope proc. */
export function isProcessVariable(name: string): boolean {
  return name.startsWith('proc.');
}

/** The value of a variable, or null. */
export function readVariable(session: Session, name: string): StoredSample | null {
  const variables = isProcessVariable(name) ? processVariables : session.variables;
  return variables?.get(name) ?? null;
}

/** Sets a variable to a copy of a sample. */
export function setVariable(session: Session, name: string, sample: Sample): void {
  if (!isProcessVariable(name)) session.variables ??= new Map();
  const variables = isProcessVariable(name) ? processVariables : session.variables;
  variables?.set(name, sample.store());
}

/** Forgets a variable, if there is one. */
export function unsetVariable(session: Session, name: string): void {
  (isProcessVariable(name) ? processVariables : session.variables)?.delete(name);
}
