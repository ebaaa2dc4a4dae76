/** Whether the users and groups that a configuration names exist, which HAProxy finds out while it parses. */
import type { BindConfig, Config, Setting } from '../../config/config.js';
import type { Findings } from '../../config/diagnostics.js';
import { groupId, userId } from '../../kernel/users.js';

type Kind = 'user' | 'group';

const LOOKUPS: Readonly<Record<Kind, (name: string) => number | null>> = { user: userId, group: groupId };
const KINDS = Object.keys(LOOKUPS) as Kind[];

/** Reports names that nobody has. */
export function checkAccounts({ global, proxies }: Config, findings: Findings): void {
  for (const kind of KINDS) check(kind, global[kind], findings);
  for (const socket of global.statsSockets) checkSocket(socket, "'stats socket' : '", "'", findings);
  for (const { kind, binds } of proxies)
    for (const bind of binds) checkSocket(bind, `'bind ${bind.text}' in section '${kind}' : `, '', findings);
}

function check(kind: Kind, setting: Setting<string> | undefined, findings: Findings): void {
  if (setting === undefined || LOOKUPS[kind](setting.value) !== null) return;
  findings.alert(setting.place, `cannot find ${kind} id for '${setting.value}' (0:Success)`);
}

/** The owner of a UNIX socket. */
function checkSocket({ settings, place }: BindConfig, before: string, after: string, findings: Findings): void {
  for (const kind of KINDS) {
    const name = settings[kind];
    if (name === null || LOOKUPS[kind](name) !== null) continue;
    findings.alert(place, `${before}'${kind}' : unknown ${kind} name '${name}'${after}`);
  }
}
