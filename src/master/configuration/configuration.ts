/**
 * From the paths of configuration files to a Plan: finds and reads the files, has them parsed and
 * checked, looks up what they mention of the outside world, and has the whole compiled. The only
 * part of all this that opens files and asks resolvers; it prints nothing.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { checkConfig } from '../../config/checks/check.js';
import type { Config } from '../../config/config.js';
import { Findings } from '../../config/diagnostics.js';
import {
  type MentionedFile,
  type MentionedHost,
  mentionedAuthorities,
  mentionedFiles,
  mentionedHosts,
} from '../../config/mentions.js';
import { type ConfigFile, type Reading, readConfig } from '../../config/read.js';
import { compilePlan } from '../../plan/compile.js';
import type { Plan } from '../../plan/plan.js';
import type { Resolved, Resources } from '../../plan/resources.js';
import { checkAccounts } from './accounts.js';
import { type HostLookup, lookUpHost } from './hosts.js';
import { readStateFiles } from './state-files.js';
import { readTextFile } from './text-file.js';

/** What to load, and what the command line says about it. */
export interface ConfigurationRequest {
  /** Files and directories, as typed. */
  readonly paths: readonly string[];
  /** What was read there already: a pipe cannot be read again. */
  readonly files?: readonly ConfigFile[];
  readonly environment: NodeJS.ProcessEnv;
  /** `-L`: name of this host among peers; null: its own name. */
  readonly localpeer?: string | null;
  /** `-N`: maxconn of proxies that say nothing; 0: not given. */
  readonly proxyMaxconn?: number;
  /** `-dr` */
  readonly ignoreUnresolved?: boolean;
  /** `-4` */
  readonly ipv4Only?: boolean;
  /** The system's resolver unless a test brings another. */
  readonly lookup?: HostLookup;
}

/** What came of it. The plan is null when the findings are fatal. */
export interface LoadedConfiguration {
  readonly files: readonly ConfigFile[];
  readonly config: Config;
  readonly findings: Findings;
  /** How many findings there were when each file had been read. */
  readonly fileEnds: Reading['fileEnds'];
  readonly plan: Plan | null;
}

/** A file or directory that cannot be read. */
export class UnreadableConfiguration extends Error {
  override readonly name = 'UnreadableConfiguration';
}

/** Loads a configuration. Throws UnreadableConfiguration. */
export async function loadConfiguration(request: ConfigurationRequest): Promise<LoadedConfiguration> {
  const files = request.files ?? configurationFiles(request.paths).map((name) => ({ name, text: readText(name) }));
  const { config, findings, fileEnds } = readConfig(files, environmentOf(request));
  applyProxyMaxconn(config, request.proxyMaxconn ?? 0);
  checkAccounts(config, findings);
  checkAcross(config, findings);
  const plan = findings.fatal ? null : compilePlan(config, await gatherResources(config, request, findings), findings);
  if (findings.fatal) return { files, config, findings, fileEnds, plan: null };
  return { files, config, findings, fileEnds, plan };
}

/**
 * Files as they are, and of directories what ends in `.cfg` and is not hidden, in the order of their
 * bytes (management manual, section 3).
 */
export function configurationFiles(paths: readonly string[]): string[] {
  const files = paths.flatMap((path) => {
    if (!attempt(path, () => statSync(path)).isDirectory()) return [path];
    const names = attempt(path, () => readdirSync(path)).filter((name) => name.endsWith('.cfg') && !name.startsWith('.'));
    names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return names.map((name) => join(path, name)).filter((name) => statSync(name).isFile());
  });
  if (files.length === 0) throw new UnreadableConfiguration(`config : there is no file *.cfg in ${paths.join(', ')}`);
  return files;
}

function readText(path: string): string {
  return attempt(path, () => readTextFile(path));
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new UnreadableConfiguration(`config : Cannot open configuration file/directory ${path} : ${systemText(error)}`);
  }
}

/** Relative paths begin there; it may have been removed. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new UnreadableConfiguration(`config : Impossible to retrieve startup directory name: ${systemText(error)}`);
  }
}

/** `No such file or directory`, as the system says it. */
export function systemText(error: unknown): string {
  const { errno = 0, code, message } = error as NodeJS.ErrnoException;
  const text = getSystemErrorMap().get(errno)?.[1] ?? message;
  return code === undefined ? text : text[0].toUpperCase() + text.slice(1);
}

function environmentOf({ environment, localpeer }: ConfigurationRequest): Map<string, string> {
  const variables = new Map<string, string>();
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) variables.set(name, value);
  return variables.set('HAPROXY_LOCALPEER', localpeer ?? hostname());
}

function applyProxyMaxconn(config: Config, value: number): void {
  if (value === 0) return;
  for (const proxy of config.proxies) if (proxy.kind !== 'backend') proxy.maxconn ??= { value, place: proxy.place };
}

/**
 * What lines say together. After a mistake in a line only alerts are kept: a warning of a missing
 * bind would blame the person whose bind was misspelled a second time.
 */
function checkAcross(config: Config, findings: Findings): void {
  const across = new Findings();
  checkConfig(config, across);
  const wanted = findings.fatal ? across.list.filter(({ severity }) => severity === 'alert') : across.list;
  for (const finding of wanted) findings.add(finding);
}

async function gatherResources(config: Config, request: ConfigurationRequest, findings: Findings): Promise<Resources> {
  const serverStates = readStateFiles(config, findings);
  const isSaved = (server: string): boolean => serverStates.get(server)?.address != null;
  const hosts = await resolveHosts(mentionedHosts(config, isSaved), request);
  return {
    resolve: (host, family) => hosts.get(`${family} ${host}`) ?? { ok: false, message: `'${host}' was not looked up` },
    ...(request.ignoreUnresolved && { ignoreUnresolved: true }),
    files: new Map([...readPatternFiles(config, findings), ...readAuthorities(config, findings)]),
    ...readResolvConf(),
    serverStates,
    hostname: hostname(),
    directory: currentDirectory(),
  };
}

async function resolveHosts(
  mentioned: readonly MentionedHost[],
  { ipv4Only, lookup }: ConfigurationRequest,
): Promise<Map<string, Resolved>> {
  const resolved = mentioned.map(async ({ host, family }): Promise<[string, Resolved]> => {
    const wanted = ipv4Only && family === 'any' ? 'ipv4' : family;
    return [`${family} ${host}`, await lookUpHost(host, wanted, lookup)];
  });
  return new Map(await Promise.all(resolved));
}

/** The system's DNS servers; a system without any has no such file. */
function readResolvConf(): Pick<Resources, 'resolvConf'> {
  try {
    return { resolvConf: readFileSync('/etc/resolv.conf', 'utf8') };
  } catch {
    return {};
  }
}

/** Texts of files by their paths; of those that cannot be read there is a finding, in these words. */
function readMentioned(
  files: readonly MentionedFile[],
  findings: Findings,
  complaint: (path: string, reason: string) => string,
): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { path, place } of files) {
    try {
      texts.set(path, readTextFile(path));
    } catch (error) {
      findings.alert(place, complaint(path, systemText(error)));
    }
  }
  return texts;
}

function readAuthorities(config: Config, findings: Findings): Map<string, string> {
  return readMentioned(
    mentionedAuthorities(config),
    findings,
    (path, reason) => `Couldn't open the ca-file '${path}' (${reason}).`,
  );
}

function readPatternFiles(config: Config, findings: Findings): Map<string, string> {
  return readMentioned(mentionedFiles(config), findings, (path, reason) => `failed to open pattern file <${path}> : ${reason}.`);
}
