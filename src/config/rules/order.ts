/** Warnings of rules that stand after others and are evaluated before them all the same. */
import type { ProxyConfig } from '../config.js';
import type { Findings, Place } from '../diagnostics.js';

/** Kinds of rules that have an order, in it. */
const ORDER = ['tcp-request connection', 'tcp-request session', 'tcp-request content', 'use_backend', 'use-server'] as const;
/** Those that HAProxy warns of. */
export type RequestRule = 'tcp-request connection' | 'tcp-request session' | 'tcp-request content';
type OrderedRule = (typeof ORDER)[number];

/** `a 'tcp-request' rule placed after a 'use_backend' rule will still be processed before.` */
export function warnOfOrder(kind: RequestRule, proxy: ProxyConfig, place: Place, findings: Findings): void {
  const later = ORDER.slice(ORDER.indexOf(kind) + 1).find((other) => hasOwn(other, proxy));
  if (later === undefined) return;
  findings.warning(place, `a 'tcp-request' rule placed after a '${later}' rule will still be processed before.`);
}

/** Whether the proxy's own lines have such rules; those of its `defaults` come first by their nature. */
function hasOwn(kind: OrderedRule, proxy: ProxyConfig): boolean {
  const place = rulesOf(kind, proxy).at(-1)?.place;
  return place !== undefined && place.file === proxy.place.file && place.line > proxy.place.line;
}

function rulesOf(kind: OrderedRule, { rules, useBackends, useServers }: ProxyConfig): readonly { readonly place: Place }[] {
  switch (kind) {
    case 'tcp-request connection':
      return rules.connection;
    case 'tcp-request session':
      return rules.session;
    case 'tcp-request content':
      return rules.content;
    case 'use_backend':
      return useBackends;
    case 'use-server':
      return useServers;
  }
}
