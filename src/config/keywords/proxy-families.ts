/** The families of keywords of proxies that are about listening, servers, balancing, limits and logs. */
import type { ProxyKeyword } from '../keyword.js';
import { BALANCE_KEYWORDS } from './balance.js';
import { BIND_KEYWORDS } from './bind.js';
import { CAPTURE_KEYWORDS } from './captures.js';
import { CHECK_KIND_KEYWORDS, CHECK_RULE_KEYWORDS } from './health-checks.js';
import { HTTP_ONLY_KEYWORDS } from './http-only.js';
import { KEEPALIVE_KEYWORDS } from './keepalive.js';
import { LOGGING_KEYWORDS } from './logging.js';
import { PROXY_OPTION_KEYWORDS } from './options.js';
import { PROXY_KEYWORDS_OF_LIMITS, PROXY_KEYWORDS_OF_NATURE } from './proxy.js';
import { REFUSED_KEYWORDS } from './refused.js';
import { SERVER_KEYWORDS } from './server.js';
import { SERVER_STATE_KEYWORDS } from './server-state.js';
import { SOURCE_KEYWORDS } from './source.js';
import { TIMEOUT_KEYWORDS } from './timeouts.js';

/** All of them. */
export const PROXY_FAMILIES: readonly ProxyKeyword[] = [
  ...PROXY_KEYWORDS_OF_NATURE,
  ...PROXY_KEYWORDS_OF_LIMITS,
  ...BIND_KEYWORDS,
  ...SERVER_KEYWORDS,
  ...SERVER_STATE_KEYWORDS,
  ...SOURCE_KEYWORDS,
  ...BALANCE_KEYWORDS,
  ...TIMEOUT_KEYWORDS,
  ...PROXY_OPTION_KEYWORDS,
  ...KEEPALIVE_KEYWORDS,
  ...LOGGING_KEYWORDS,
  ...HTTP_ONLY_KEYWORDS,
  ...CHECK_KIND_KEYWORDS,
  ...CHECK_RULE_KEYWORDS,
  ...CAPTURE_KEYWORDS,
  ...REFUSED_KEYWORDS,
];
