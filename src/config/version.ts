/**
 * Which HAProxy a configuration may take us for: the version that conditions compare with, and the
 * features that they find. A file that asks for what is not here takes its other branch.
 */

/** The version whose language is spoken, for `version_atleast()` and `version_before()`. */
export const LANGUAGE_VERSION = '3.4.0';

/** What `feature()` finds: HAProxy's names of build options. */
export const FEATURES: ReadonlySet<string> = new Set([
  'ACCEPT4',
  'CPU_AFFINITY',
  'EPOLL',
  'GETADDRINFO',
  'LINUX_SPLICE',
  'TFO',
  'THREAD',
]);

/** What `enabled()` finds: HAProxy's names of what may be switched off at start. */
export const ENABLED: ReadonlySet<string> = new Set(['EPOLL', 'GETADDRINFO', 'REUSEPORT', 'SPLICE']);

/** `2.4-dev19` as numbers that compare: major, minor, then a patch, before which all `-dev` come. */
function versionParts(text: string): readonly number[] | null {
  const found = /^([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-dev([0-9]+))?(?:-.*)?$/.exec(text);
  if (found === null) return null;
  const [, major, minor = '0', patch = '0', dev] = found;
  return [Number(major), Number(minor), dev === undefined ? 1 : 0, dev === undefined ? Number(patch) : Number(dev)];
}

/** Negative, 0 or positive as `a` is older, the same or newer than `b`; null when one is no version. */
export function compareVersions(a: string, b: string): number | null {
  const left = versionParts(a);
  const right = versionParts(b);
  if (left === null || right === null) return null;
  const different = left.findIndex((part, i) => part !== right[i]);
  return different < 0 ? 0 : left[different] - right[different];
}
