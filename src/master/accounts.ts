/** Whether the users and groups that a configuration names exist, which HAProxy finds out while it parses. */
import type { GlobalConfig, Setting } from '../config/config.js';
import type { Findings } from '../config/diagnostics.js';
import { groupId, userId } from '../kernel/users.js';

/** Reports names that nobody has. */
export function checkAccounts({ user, group }: GlobalConfig, findings: Findings): void {
  check('user', user, userId, findings);
  check('group', group, groupId, findings);
}

function check(
  kind: 'user' | 'group',
  setting: Setting<string> | undefined,
  find: (name: string) => number | null,
  findings: Findings,
): void {
  if (setting === undefined || find(setting.value) !== null) return;
  findings.alert(setting.place, `cannot find ${kind} id for '${setting.value}' (0:Success)`);
}
