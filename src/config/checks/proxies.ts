/** How findings about whole proxies are written. */
import type { ProxyConfig } from '../config.js';
import type { Findings, Place, Severity } from '../diagnostics.js';

/** Adds a finding of the check, whose texts name the proxy and not the line. */
export function say(findings: Findings, severity: Severity, place: Place, text: string, hint?: string): void {
  findings.add({ severity, text, place, ...(hint !== undefined && { hint }) });
}

/** Clients connect to it. */
export function isFrontend({ kind }: ProxyConfig): boolean {
  return kind === 'frontend' || kind === 'listen';
}

/** It has servers. */
export function isBackend({ kind }: ProxyConfig): boolean {
  return kind === 'backend' || kind === 'listen';
}
