/**
 * Where the information of a fetch comes from, and the places of a configuration where that is at
 * hand: `req.len` looks into the request's buffer, which no `tcp-request connection` rule has.
 */

/** Where expressions and conditions are evaluated, in the order of a session's life; last, without a session. */
export const PLACES = {
  feConnection: 'frontend tcp-request connection rule',
  feSession: 'frontend tcp-request session rule',
  feContent: 'frontend tcp-request content rule',
  feSwitching: 'frontend use-backend rule',
  beContent: 'backend tcp-request content rule',
  beServer: 'backend use-server, balance or stick-match rule',
  beResponse: 'backend tcp-response content rule',
  beStore: 'backend stick-store rule',
  log: 'logs',
  start: 'configuration file',
  check: 'health check rule',
} as const;

/** One of them. */
export type EvaluationPlace = keyof typeof PLACES;

const ANYWHERE = Object.keys(PLACES) as EvaluationPlace[];
const EVERYWHERE = ANYWHERE.filter((place) => place !== 'start');
const FROM_BACKEND: readonly EvaluationPlace[] = ['beContent', 'beServer', 'beResponse', 'beStore', 'log', 'check'];
const AFTER_SERVER: readonly EvaluationPlace[] = ['beResponse', 'beStore', 'log', 'check'];
const REQUEST: readonly EvaluationPlace[] = ['feContent', 'feSwitching', 'beContent', 'beServer'];
const RESPONSE: readonly EvaluationPlace[] = ['beResponse', 'beStore', 'check'];

/** What messages call an origin, and where it is at hand. */
export const ORIGINS = {
  constant: { label: 'internal state', places: ANYWHERE },
  internal: { label: 'internal state', places: EVERYWHERE },
  client: { label: 'client address', places: EVERYWHERE },
  frontend: { label: 'frontend', places: EVERYWHERE },
  backend: { label: 'backend', places: FROM_BACKEND },
  server: { label: 'server', places: AFTER_SERVER },
  serverConnection: { label: 'server address', places: AFTER_SERVER },
  requestBuffer: { label: 'request buffer', places: REQUEST },
  request: { label: 'HTTP request', places: [...REQUEST, ...AFTER_SERVER] },
  responseBuffer: { label: 'response buffer', places: RESPONSE },
  anyBuffer: { label: 'request buffer,response buffer', places: [...REQUEST, ...RESPONSE] },
} as const satisfies Readonly<Record<string, { label: string; places: readonly EvaluationPlace[] }>>;

/** One of them. */
export type Origin = keyof typeof ORIGINS;

/** Whether information of that origin is at hand in one of the places. */
export function isAvailable(origin: Origin, places: readonly EvaluationPlace[]): boolean {
  const known: readonly EvaluationPlace[] = ORIGINS[origin].places;
  return places.some((place) => known.includes(place));
}
