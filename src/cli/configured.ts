/**
 * `turbo-lb -f haproxy.cfg`, with options in HAProxy's style: loads the configuration, says what is
 * wrong with it, and runs it or not. Exit codes are HAProxy's (management manual, section 3).
 */
import { poolsText } from '../admin/commands/activity.js';
import { withRuntimeApi } from '../admin/runtime/api.js';
import type { ConfigFile } from '../config/read.js';
import { evaluateCondition } from '../config/tokens/condition.js';
import { allowedCpus } from '../kernel/affinity.js';
import type { LoadBalancer } from '../master/balancer.js';
import {
  type LoadedConfiguration,
  loadConfiguration,
  systemText,
  UnreadableConfiguration,
} from '../master/configuration/configuration.js';
import { workersFor } from '../master/host/cpus.js';
import { fetchListeners, type HandedListeners } from '../master/listeners/handed-listeners.js';
import { Log } from '../master/log.js';
import { runMaster } from '../master/master.js';
import { masterSockets } from '../master/process/master-socket.js';
import { changesIdentity, rootWarnings } from '../master/process/privileges.js';
import { type ReloadResult, Reloads } from '../master/process/reloads.js';
import { holdEnds } from '../master/process/signals.js';
import { Systemd } from '../master/process/systemd.js';
import { BindError, StartError } from '../master/start-error.js';
import { hasListener, type Plan } from '../plan/plan.js';
import type { RuntimePlan } from '../plan/runtime.js';
import { EXIT_FAILURE, EXIT_OK, type Output } from './complaint.js';
import { filesOfParent, isDaemon, prepareReport, startDaemon } from './daemonize.js';
import { dumpConfiguration, dumpKeywords, dumpLibraries } from './dumps.js';
import { early } from './early.js';
import { whyInert } from './inert-options.js';
import { MasterRole } from './master-role.js';
import { Others } from './others.js';
import { ProcessRecord } from './process-record.js';
import { reloadFiles } from './reload.js';
import { reportFindings, reportJson, StartMessages } from './report.js';
import { parseShortOptions, type ShortOptions } from './short-options.js';
import { showAs } from './title.js';
import { USAGE, versionLine, versionText } from './usage.js';

/** The configuration is right, but there is nothing to listen on; and of `-cc`, that it cannot be judged. */
const EXIT_NO_LISTENER = 2;
const EXIT_NO_CONDITION = 2;

const MEGABYTE = 1 << 20;

/** Runs words in HAProxy's style; answers the exit code. */
export async function configured(words: readonly string[], output: Output): Promise<number> {
  const parsed = parseShortOptions(words);
  if (!parsed.ok) return usage(output, parsed.message);
  const options = parsed.value;
  if (options.procName !== null) showAs(options.procName);
  if (options.version !== null) return printed(output, versionText(options.version));
  const job = new Job(options, output);
  if (options.condition !== null) return job.judge(options.condition);
  if (options.files.length === 0) return usage(output);
  return await job.run();
}

function printed(output: Output, text: string): number {
  output.out(text);
  return EXIT_OK;
}

function usage(output: Output, complaint?: string): number {
  if (complaint !== undefined) output.err(`turbo-lb: ${complaint}\n`);
  output.out(`${versionLine()}\n`);
  output.err(USAGE);
  return EXIT_FAILURE;
}

/** One run of the program with options in HAProxy's style. */
class Job {
  private readonly log: Log;
  private readonly messages: StartMessages;
  /** This process is the one that another one has started in the background. */
  private readonly background = isDaemon();
  private readonly record = new ProcessRecord();
  /** Where it was started, if it has left that; undefined: it is there. */
  private directory: string | undefined;
  private reloading: Reloads | null = null;

  constructor(
    private readonly options: ShortOptions,
    private readonly output: Output,
  ) {
    const silent = options.quiet || options.format === 'json';
    const isTTY = process.stderr.isTTY === true;
    this.log = new Log({ write: (text) => (silent ? undefined : output.err(text)), isTTY });
    this.messages = new StartMessages(this.log);
  }

  /** `-cc`: 0 when the condition holds, 1 when it does not, 2 when it is none. */
  judge(condition: string): number {
    const environment = new Map(Object.entries(process.env).map(([name, value]) => [name, value ?? '']));
    const result = evaluateCondition(condition, { environment });
    if (result.ok) return result.value ? EXIT_OK : EXIT_FAILURE;
    const message = result.message.replace(" in '{directive}'", '');
    this.messages.write('alert', `config : Failed to evaluate condition: ${message}`);
    return EXIT_NO_CONDITION;
  }

  async run(): Promise<number> {
    const { options } = this;
    if (options.directory !== null && !this.enter(options.directory)) return EXIT_FAILURE;
    try {
      return await this.runLoaded(await this.load(this.background ? filesOfParent() : undefined));
    } catch (error) {
      if (error instanceof UnreadableConfiguration) return this.unreadable(error.message);
      if (error instanceof BindError) return this.unbound(error);
      if (error instanceof StartError) return this.alert(error.message);
      throw error;
    }
  }

  private unreadable(text: string): number {
    if (this.options.format === 'json') reportJson([{ severity: 'alert', text }], this.output);
    this.alert(text);
    return this.options.quiet || this.options.format === 'json' ? EXIT_FAILURE : usage(this.output);
  }

  private unbound({ failures }: BindError): number {
    for (const { origin, proxy, protocol, text } of failures)
      this.alert(`Binding [${origin}] for ${proxy}: protocol ${protocol}: ${text}.`);
    return this.alert('[turbo-lb.main()] Some protocols failed to start their listeners! Exiting.');
  }

  /** @param read what the files say, if that is known already */
  private load(read?: readonly ConfigFile[]): Promise<LoadedConfiguration> {
    const { files: paths, localpeer, proxyMaxconn, ignoreUnresolved, ipv4Only, masterWorker } = this.options;
    const environment = { ...process.env, ...(masterWorker && { HAPROXY_MWORKER: '1' }) };
    const files = read === undefined ? {} : { files: read };
    return loadConfiguration({ paths, ...files, environment, localpeer, proxyMaxconn, ignoreUnresolved, ipv4Only });
  }

  private runLoaded(loaded: LoadedConfiguration): number | Promise<number> {
    const { options } = this;
    const { findings, config, plan } = loaded;
    if (options.format === 'json') reportJson(findings.list, this.output);
    else this.report(loaded);
    if (plan === null) return EXIT_FAILURE;
    this.dump(loaded);
    if (config.global.masterWorker?.value === true) options.masterWorker = true;
    const stray = this.warnOfStraySocket();
    const warnings = stray || findings.list.some(({ severity }) => severity === 'warning');
    if (warnings && (options.warningsFatal || config.global.zeroWarning !== undefined))
      return this.alert("config : Some warnings were found and 'zero-warning' is set. Aborting.");
    const listens = hasListener(plan);
    if (options.check) return this.checked(warnings, listens);
    if (!listens) return this.alert("[turbo-lb.main()] No enabled listener found (check for 'bind' directives) ! Exiting.");
    const daemon = (options.daemon || config.global.daemon?.value === true) && !options.foreground;
    if (daemon && !this.background) return startDaemon(loaded.files, this.directory);
    // In the foreground there is no pidfile, as in HAProxy: who debugs a file does not disturb the service.
    return this.balance(this.complete(plan, daemon));
  }

  /** Whether there is a socket of a master without the role of one; said once. */
  private warnOfStraySocket(): boolean {
    const { masterSocket, masterWorker } = this.options;
    if (masterSocket === null || masterWorker) return false;
    this.warn(() =>
      this.messages.write('warning', 'config : a master CLI socket was defined, but master-worker mode (-W) is not enabled.'),
    );
    return true;
  }

  private report(loaded: LoadedConfiguration): void {
    const report = (): void => reportFindings(loaded, this.messages, this.options.diagnostics);
    if (loaded.plan === null) report();
    else this.warn(report);
  }

  /** In the background the warnings are for who asks later: who starts a daemon has said them already. */
  private warn(report: () => void): void {
    if (this.background) this.log.keepOnly(report);
    else report();
  }

  private complete(plan: Plan, daemon: boolean): Plan {
    return withOptions(plan, this.options, daemon || this.background || this.options.masterWorker);
  }

  /** What the options ask to be shown of what was read. */
  private dump({ files }: LoadedConfiguration): void {
    const { keywordClasses, listLibraries, listConfiguration, verbose, inert } = this.options;
    if (this.background) return;
    if (listConfiguration) this.output.out(dumpConfiguration(files));
    if (keywordClasses !== '') this.output.out(dumpKeywords(keywordClasses));
    if (listLibraries) this.output.out(dumpLibraries());
    if (!verbose) return;
    for (const word of inert) this.messages.write('notice', `${word} is accepted and has no effect: ${whyInert(word)}`);
  }

  /** What `-c` says and answers when there was no error. */
  private checked(warnings: boolean, listens: boolean): number {
    const { quiet, format, verbose } = this.options;
    const say = (text: string): void => {
      if (!quiet && format === 'text') this.output.out(`${text}\n`);
    };
    if (warnings) say('Warnings were found.');
    if (!listens) say('Configuration file has no error but will not start (no listener) => exit(2).');
    else if (verbose) say('Configuration file is valid');
    return listens ? EXIT_OK : EXIT_NO_LISTENER;
  }

  private balance(plan: Plan): number | Promise<number> {
    if (early.softStop) return EXIT_OK;
    holdEnds();
    for (const warning of rootWarnings(plan.process.life)) this.messages.write('warning', warning);
    const { verbose, debug, quiet } = this.options;
    const report = this.background ? prepareReport() : null;
    const role = this.newRole();
    const handed = this.fetchListeners(plan);
    const others = new Others(this.options, this.log);
    return others.during((makeRoom) =>
      withRuntimeApi(plan, this.log, this.record, (runtime) =>
        runMaster(plan, {
          log: this.log,
          masterWorker: role !== null,
          handed,
          ...(makeRoom && { makeRoom }),
          quiet: quiet || this.background || !(verbose || debug || process.stderr.isTTY === true),
          // Another user may not signal a process of root; otherwise those before us stay until all is well.
          onBound: (identity) => {
            runtime.publish();
            if (changesIdentity(identity)) others.end();
          },
          onReady: (balancer) => {
            role?.ready();
            this.record.ready(() => this.reloads(balancer, role).request());
            runtime.serve(balancer);
            others.end();
            report?.send();
          },
          onReload: (balancer) => this.reloads(balancer, role).request(),
          onDumpPools: (balancer) => void poolsText(balancer).then((text) => this.output.err(text)),
          onStopping: () => role?.stopping(),
          onDraining: () => runtime.refuse(),
          onStopped: (code) => {
            runtime.close();
            others.goOn(); // before a signal ends this process
            role?.stopped(code);
          },
        }),
      ),
    );
  }

  /** `-x`: the listening sockets of the process before this one. Throws StartError. */
  private fetchListeners({ process: settings }: Plan): HandedListeners | null {
    const { oldSocket } = this.options;
    if (oldSocket === null || oldSocket === '/dev/null') return null;
    try {
      return fetchListeners(oldSocket, workersFor(settings, allowedCpus()));
    } catch (error) {
      this.messages.write('warning', `Failed to connect to the old process socket '${oldSocket}': ${(error as Error).message}`);
      throw new StartError('Failed to get the sockets from the old process!');
    }
  }

  /**
   * Reloads of this process: whoever wants one, by a signal or a socket, asks here. Sockets answer with
   * the result; the service manager hears of it either way.
   */
  private reloads(balancer: LoadBalancer, role: MasterRole | null): Reloads {
    this.reloading ??= new Reloads(async () => {
      role?.reloading();
      const result = await this.reload(balancer);
      role?.reloaded(result.ok);
      this.record.count(result);
      return result;
    });
    return this.reloading;
  }

  private reload(balancer: LoadBalancer): Promise<ReloadResult> {
    const { options, output } = this;
    return reloadFiles(balancer, {
      load: () => this.load(),
      complete: (plan) => this.complete(plan, balancer.plan.process.life.daemon),
      warningsFatal: options.warningsFatal,
      diagnostics: options.diagnostics,
      staysOutside: options.masterWorker,
      write: (text) => (options.quiet ? undefined : output.err(text)),
    });
  }

  /** Of `-W` and `-Ws`; null without them. */
  private newRole(): MasterRole | null {
    const { masterWorker, notifySystemd } = this.options;
    if (!masterWorker) return null;
    return new MasterRole(this.log, notifySystemd ? new Systemd(process.env, this.log) : null);
  }

  private enter(directory: string): boolean {
    try {
      const before = process.cwd();
      process.chdir(directory);
      this.directory = before;
      return true;
    } catch (error) {
      this.alert(`Could not change to directory ${directory} : ${systemText(error)}`);
      return false;
    }
  }

  private alert(text: string): number {
    this.messages.write('alert', text);
    return EXIT_FAILURE;
  }
}

function withMasterSocket(runtime: RuntimePlan, option: string): RuntimePlan {
  return { ...runtime, sockets: [...runtime.sockets, ...masterSockets(option)] };
}

/** The command line goes before the files. */
function withOptions(plan: Plan, options: ShortOptions, hasPidfile: boolean): Plan {
  const { maxconn, megabytes, pidfile, noSplice, noReusePort, noPin, workers, ioEngine, masterSocket, masterWorker } = options;
  const { process: settings } = plan;
  const { life, tune } = settings;
  return {
    ...plan,
    process: {
      ...settings,
      maxconn: maxconn || settings.maxconn,
      workers: workers ?? settings.workers,
      ioEngine: ioEngine ?? settings.ioEngine,
      pin: !noPin && settings.pin,
      reusePort: !noReusePort && settings.reusePort,
      life: { ...life, pidfile: hasPidfile ? (pidfile ?? life.pidfile) : null },
      memoryMax: megabytes * MEGABYTE,
      runtime: masterSocket !== null && masterWorker ? withMasterSocket(settings.runtime, masterSocket) : settings.runtime,
      tune: noSplice ? { ...tune, pipes: 0 } : tune,
    },
  };
}
