/** The bytes of an HTTP request of a check, in the form that HAProxy gives it (configuration manual, `http-check send`). */
import type { CheckTextPlan, RequestStep } from '../../plan/checks.js';

/** Headers that say how long the body is: that is ours to say. */
const OWN_HEADERS: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

/** Versions whose connections end with the answer (RFC 9112, 9.3), and those that are not spoken here. */
const EARLIER_VERSION = /^HTTP\/(?:0\.|1\.0$)/i;
const LATER_VERSION = /^HTTP\/[2-9](?:\.[0-9])?$/i;

/** Methods whose requests say nothing of a body that they do not have; of others, servers ask how long it is (411). */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE']);

/** The requests of a plan: those that are the same each time are made once. */
export class RequestTexts {
  /** null: it differs. */
  private readonly constant = new WeakMap<RequestStep, Uint8Array | null>();

  /**
   * @param state value of the header x-haproxy-server-state; null: none
   * @param evaluate yields texts
   */
  bytesOf(step: RequestStep, state: string | null, evaluate: (text: CheckTextPlan) => string): Uint8Array {
    const known = this.constant.get(step);
    if (known != null) return known;
    const bytes = Buffer.from(requestText(step, evaluate, state), 'latin1');
    if (known === undefined) this.constant.set(step, isConstant(step) ? bytes : null);
    return bytes;
  }
}

function isConstant({ uri, body, headers, state }: RequestStep): boolean {
  if (state) return false;
  const texts = [uri, body ?? '', ...headers.map(({ value }) => value)];
  return texts.every((text) => typeof text === 'string' || text.every(({ kind }) => kind === 'text'));
}

/** The request; parameters as of `bytesOf`. */
function requestText(step: RequestStep, evaluate: (text: CheckTextPlan) => string, state: string | null): string {
  const headers = step.headers.map(({ name, value }) => [name, oneLine(evaluate(value))] as const);
  const host = headers.find(([name]) => name === 'host')?.[1];
  const uri = withAuthority(oneLine(evaluate(step.uri)), host);
  const body = step.body === null ? null : evaluate(step.body);
  const version = step.version.replace(LATER_VERSION, 'HTTP/1.1');
  const lines = [
    `${step.method} ${uri} ${version}`,
    ...headers.flatMap(([name, value]) => headerLines(name, value)),
    ...(state === null ? [] : [`x-haproxy-server-state: ${state}`]),
    ...(body === null && BODILESS.has(step.method) ? [] : [`content-length: ${body?.length ?? 0}`]),
    ...persistence(
      headers.flatMap(([name, value]) => (name === 'connection' ? [value] : [])),
      version,
    ),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}

function headerLines(name: string, value: string): string[] {
  if (OWN_HEADERS.has(name)) return [];
  const kept = name === 'connection' ? withoutPersistence(value) : value;
  return kept === '' && kept !== value ? [] : [`${name}: ${kept}`];
}

/** A value of Connection without what `persistence` says. */
function withoutPersistence(value: string): string {
  const options = optionsOf(value);
  const kept = options.filter((option) => !/^(?:close|keep-alive)$/i.test(option));
  return kept.length === options.length ? value : kept.join(', ');
}

function optionsOf(value: string): string[] {
  return value.split(',').map((option) => option.trim());
}

/**
 * The line that says whether the connection is to stay, where the version does not say so itself. It is to end
 * unless a header Connection is without `close`; of one that becomes another protocol's, nothing is said.
 * @param values those of the headers Connection
 */
function persistence(values: readonly string[], version: string): string[] {
  const options = new Set(values.flatMap(optionsOf).map((option) => option.toLowerCase()));
  const stays = values.length > 0 && !options.has('close');
  const endsItself = EARLIER_VERSION.test(version);
  if (options.has('upgrade') || stays !== endsItself) return [];
  return [`connection: ${stays ? 'keep-alive' : 'close'}`];
}

/** What a format yields could end the line, and begin another one. */
function oneLine(text: string): string {
  return text.replace(/[\r\n\0]/g, ' ');
}

/** A Host header takes the place of the authority of a whole URI. */
function withAuthority(uri: string, host: string | undefined): string {
  if (host === undefined) return uri;
  return uri.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*/i, (_, scheme: string) => `${scheme}${host}`);
}
