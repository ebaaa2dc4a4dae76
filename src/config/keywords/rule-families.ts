/** The families of keywords of proxies that are made of samples: ACLs, rules, stick tables, formats. */
import type { ProxyKeyword } from '../keyword.js';
import { ACL_KEYWORDS } from './acl.js';
import { FORMAT_KEYWORDS } from './log-format.js';
import { RULE_KEYWORDS } from './rules.js';
import { STICK_KEYWORDS } from './stick.js';
import { SWITCHING_KEYWORDS } from './use-backend.js';

/** All of them. */
export const RULE_FAMILIES: readonly ProxyKeyword[] = [
  ...ACL_KEYWORDS,
  ...RULE_KEYWORDS,
  ...STICK_KEYWORDS,
  ...SWITCHING_KEYWORDS,
  ...FORMAT_KEYWORDS,
];
