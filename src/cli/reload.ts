/**
 * Reads the files of a running process again and puts into force what they say: complains as a start
 * does, to the log and to whoever asked, and changes nothing when there is something to complain of.
 */
import type { LoadBalancer } from '../master/balancer.js';
import { type LoadedConfiguration, UnreadableConfiguration } from '../master/configuration/configuration.js';
import { Log } from '../master/log.js';
import type { LoggedMessage } from '../master/process/process-log.js';
import type { ReloadResult } from '../master/process/reloads.js';
import { BindError, StartError } from '../master/start-error.js';
import { hasListener, type Plan } from '../plan/plan.js';
import { reportFindings, StartMessages } from './report.js';

/** What a reload needs of the command line. */
export interface ReloadSources {
  load(): Promise<LoadedConfiguration>;
  /** The plan that the command line makes of that of the files. */
  complete(plan: Plan): Plan;
  /** Warnings are as bad as errors (`-dW`). */
  readonly warningsFatal: boolean;
  readonly diagnostics: boolean;
  /** A chroot is for the workers alone (`-W`). */
  readonly staysOutside: boolean;
  /** Where messages go beside the result. */
  readonly write: (text: string) => void;
}

const FAILED = 'Reload failed: the configuration in force stays as it was.';

/** Messages of one reload that go to the logs: a file of mistakes has many, and whoever asked has them all. */
const LOGGED_MAX = 8;

/** Carries out one reload. Does not reject: what is a defect is in the text, too. */
export async function reloadFiles(balancer: LoadBalancer, sources: ReloadSources): Promise<ReloadResult> {
  let text = '';
  const logged: LoggedMessage[] = [];
  const log = new Log({
    write: (line: string) => {
      text += line;
      sources.write(line);
    },
    heard: (severity, message) => {
      if ((severity !== 'alert' && severity !== 'warning') || logged.length === LOGGED_MAX) return;
      logged.push({ level: severity, text: message.split('\n', 1)[0] });
    },
  });
  const ok = await new Attempt(balancer, sources, log).run();
  const outcome: LoggedMessage = ok ? { level: 'notice', text: 'Configuration reloaded.' } : { level: 'alert', text: FAILED };
  balancer.tellLogs([...logged, outcome]);
  if (!ok) log.alert(FAILED);
  return { ok, text };
}

/** One reload. */
class Attempt {
  private readonly messages: StartMessages;

  constructor(
    private readonly balancer: LoadBalancer,
    private readonly sources: ReloadSources,
    private readonly log: Log,
  ) {
    this.messages = new StartMessages(log);
  }

  async run(): Promise<boolean> {
    const { chroot } = this.balancer.plan.process.life;
    if (chroot !== null && !this.sources.staysOutside)
      return this.refuse(
        `the process has changed its root to '${chroot}', from where it cannot read its files: start it anew, with -W if it is to reload`,
      );
    try {
      const plan = this.accept(await this.sources.load());
      if (plan === null) return false;
      for (const warning of await this.balancer.reload(this.sources.complete(plan))) this.log.warning(warning);
      return true;
    } catch (error) {
      return this.explain(error);
    }
  }

  /** The plan of the files; null when something was said that forbids it. */
  private accept(loaded: LoadedConfiguration): Plan | null {
    const { diagnostics, warningsFatal } = this.sources;
    const { findings, config, plan } = loaded;
    reportFindings(loaded, this.messages, diagnostics);
    const warnings = findings.list.some(({ severity }) => severity === 'warning');
    if (plan !== null && warnings && (warningsFatal || config.global.zeroWarning !== undefined)) {
      this.refuse("config : Some warnings were found and 'zero-warning' is set. Aborting.");
      return null;
    }
    if (plan === null || hasListener(plan)) return plan;
    this.refuse("[turbo-lb.main()] No enabled listener found (check for 'bind' directives) !");
    return null;
  }

  private explain(error: unknown): boolean {
    if (error instanceof UnreadableConfiguration) return this.refuse(error.message);
    if (error instanceof BindError) return this.explainBinds(error);
    if (error instanceof StartError) return this.refuse(error.message);
    return this.refuse(`internal error: ${error instanceof Error ? error.stack : String(error)}`);
  }

  private explainBinds({ failures }: BindError): boolean {
    for (const { origin, proxy, protocol, text } of failures)
      this.refuse(`Binding [${origin}] for ${proxy}: protocol ${protocol}: ${text}.`);
    const user = process.getuid?.();
    const denied = user === 0 ? [] : failures.filter(({ reason }) => reason.includes('EACCES'));
    if (denied.some(({ protocol }) => protocol.startsWith('unix')))
      this.log.notice(`the process is user ${user} now, who must be allowed to write in that folder`);
    if (denied.some(({ protocol }) => !protocol.startsWith('unix')))
      this.log.notice(
        'ports below 1024 need the rights of root, which only a process started with -W keeps for that: start it anew',
      );
    return false;
  }

  private refuse(text: string): false {
    this.messages.write('alert', text);
    return false;
  }
}
