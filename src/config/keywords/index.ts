/** All keywords. A family is a file; adding one adds a line to one of the two halves of this file. */
import type { GlobalKeyword, ProxyKeyword } from '../keyword.js';
import { GLOBAL_ENVIRONMENT_KEYWORDS } from './global-environment.js';
import { GLOBAL_INERT_KEYWORDS } from './global-inert.js';
import { GLOBAL_LIMIT_KEYWORDS } from './global-limits.js';
import { GLOBAL_LOGGING_KEYWORDS } from './global-logging.js';
import { GLOBAL_PROCESS_KEYWORDS } from './global-process.js';
import { GLOBAL_STATS_KEYWORDS } from './global-stats.js';
import { GLOBAL_VARIABLE_KEYWORDS } from './global-variables.js';
import { PROXY_FAMILIES } from './proxy-families.js';
import { RULE_FAMILIES } from './rule-families.js';
import { TUNE_KEYWORDS } from './tune.js';

/** Keywords of section `global`. */
export const GLOBAL_KEYWORDS: readonly GlobalKeyword[] = [
  ...GLOBAL_PROCESS_KEYWORDS,
  ...GLOBAL_LIMIT_KEYWORDS,
  ...GLOBAL_LOGGING_KEYWORDS,
  ...GLOBAL_ENVIRONMENT_KEYWORDS,
  ...GLOBAL_STATS_KEYWORDS,
  ...GLOBAL_VARIABLE_KEYWORDS,
  ...TUNE_KEYWORDS,
  ...GLOBAL_INERT_KEYWORDS,
];

/** Keywords of `defaults`, `frontend`, `listen` and `backend`. */
export const PROXY_KEYWORDS: readonly ProxyKeyword[] = [...PROXY_FAMILIES, ...RULE_FAMILIES];

export { RESOLVERS_KEYWORDS } from './resolvers.js';
