/** What is said of keywords of several words whose second word nobody knows: `timeout foo`, `tcp-request`. Texts are HAProxy's. */

/** `got` is the second word, '' when there is none; `where` is `frontend 'f'` or `defaults section`. */
type FamilyText = (got: string, where: string) => string;

const TEXTS: Readonly<Record<string, FamilyText | undefined>> = {
  option: (got) => (got === '' ? "'option' expects an option name." : `unknown option '${got}'.`),
  timeout: (got) =>
    "'timeout' supports 'client', 'server', 'connect', 'check', 'queue', 'http-keep-alive', 'http-request', 'tunnel', 'tarpit', " +
    `'client-fin' and 'server-fin' (got '${got}')`,
  'tcp-request': (got, where) =>
    got === ''
      ? `missing argument for 'tcp-request' in ${where}`
      : `'tcp-request' expects 'inspect-delay', 'connection', or 'content' in ${where} (got '${got}').`,
  'tcp-response': (got, where) =>
    got === ''
      ? `missing argument for 'tcp-response' in ${where}`
      : `'tcp-response' expects 'inspect-delay' or 'content' in ${where} (got '${got}').`,
  'rate-limit': (got) => `'rate-limit' only supports 'sessions' (got '${got}')`,
  capture: () => "'capture' expects 'cookie' or 'request header' or 'response header'.",
  declare: (got) =>
    got === ''
      ? "'declare' needs a second keyword that specify the type of declaration ('capture')"
      : `unknown declaration type '${got}' (supports 'capture')`,
  stick: () => "'stick' expects 'on', 'match', or 'store'.",
  stats: (got) => `'stats' only supports 'socket', 'maxconn', 'bind-process' and 'timeout' (got '${got}')`,
  'external-check': (got) =>
    got === ''
      ? "missing argument after 'external-check'."
      : `'external-check' only supports 'command' and 'path'. but got '${got}'.`,
  monitor: () => "'monitor' only supports 'fail'.",
};

/** The text about a family of keywords, or undefined when the first word begins none. */
export function familyText(first: string, got: string, where: string): string | undefined {
  return Object.hasOwn(TEXTS, first) ? TEXTS[first]?.(got, where) : undefined;
}
