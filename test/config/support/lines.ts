/**
 * A frontend, a backend and a backend with a stick table around the lines that a test is about: as a
 * text for HAProxy, and read and compiled by our own keywords of rules and samples.
 */
import type { ProxyConfig } from '../../../src/config/config.js';
import type { Finding } from '../../../src/config/diagnostics.js';
import type { ProxyKeyword } from '../../../src/config/keyword.js';
import { RULE_FAMILIES } from '../../../src/config/keywords/rule-families.js';
import { readConfig } from '../../../src/config/read.js';
import { compileAcls } from '../../../src/plan/compile/conditions.js';
import { compileFormat } from '../../../src/plan/compile/formats.js';
import { type PlanNames, References } from '../../../src/plan/compile/references.js';
import {
  compileCaptures,
  compileRules,
  compileStickRules,
  compileUseBackends,
  compileUseServers,
} from '../../../src/plan/compile/rules.js';

/** Where the lines of a test stand. */
export type LineSection = 'frontend' | 'backend' | 'listen' | 'defaults';

/** The configuration around them. */
export function configurationOf(lines: readonly string[], section: LineSection): string {
  const own = (kind: LineSection): string[] => (kind === section ? lines.map((line) => ` ${line}`) : []);
  const listen = [
    'listen l from e',
    ' timeout client 1s',
    ' timeout server 1s',
    ' timeout connect 1s',
    ' bind 127.0.0.1:29998',
    ' server s1 127.0.0.1:1',
    ...own('listen'),
  ];
  return [
    'defaults d',
    ' mode tcp',
    ' timeout client 1s',
    ' timeout server 1s',
    ' timeout connect 1s',
    ...own('defaults'),
    'defaults e',
    'frontend f from d',
    ' bind 127.0.0.1:29999',
    ' default_backend b',
    ...own('frontend'),
    `backend b from ${section === 'defaults' ? 'e' : 'd'}`,
    ' timeout server 1s',
    ' timeout connect 1s',
    ' server s1 127.0.0.1:1',
    ...own('backend'),
    'backend st from e',
    ' timeout server 1s',
    ' timeout connect 1s',
    ' stick-table type ip size 1k store conn_rate(10s),conn_cur,gpc0,gpt0,conn_cnt',
    ...(section === 'listen' ? listen : []),
    '',
  ].join('\n');
}

const nothing = (name: string): ProxyKeyword => ({
  name,
  sections: ['defaults', 'frontend', 'listen', 'backend'],
  arguments: '',
  help: '',
  parse: () => undefined,
});

/** Servers as far as they matter here: by their names. */
const serverNames = new WeakMap<ProxyConfig, string[]>();
const SERVER: ProxyKeyword = {
  ...nothing('server'),
  parse: ({ target, words }) => {
    serverNames.set(target, [...(serverNames.get(target) ?? []), words[0].text]);
  },
};

const KEYWORDS = {
  global: [],
  resolvers: [],
  proxy: [
    ...RULE_FAMILIES,
    SERVER,
    ...['bind', 'mode', 'default_backend', 'timeout client', 'timeout server', 'timeout connect'].map(nothing),
  ],
};

/** Names of the proxies as a compiler of proxies numbers them. */
export function namesOf(proxies: readonly ProxyConfig[]): PlanNames {
  const fronts = proxies.filter(({ kind }) => kind !== 'backend');
  const backs = proxies.filter(({ kind }) => kind !== 'frontend');
  const numbered = (list: readonly string[]): Map<string, number> => new Map(list.map((name, index) => [name, index]));
  return {
    frontends: numbered(fronts.map(({ name }) => name)),
    backends: numbered(backs.map(({ name }) => name)),
    servers: backs.map((proxy) => numbered(serverNames.get(proxy) ?? [])),
  };
}

/** What became of one proxy. */
export interface CompiledProxy {
  readonly config: ProxyConfig;
  readonly rules: ReturnType<typeof compileRules>;
  readonly stickRules: ReturnType<typeof compileStickRules>;
  readonly useBackends: ReturnType<typeof compileUseBackends>;
  readonly useServers: ReturnType<typeof compileUseServers>;
  readonly captures: readonly number[];
  readonly logFormat: ReturnType<typeof compileFormat> | null;
}

/** All that reading and compiling yields. */
export interface Checked {
  readonly findings: readonly Finding[];
  readonly references: References;
  readonly proxies: ReadonlyMap<string, CompiledProxy>;
}

/** Reads and compiles a whole configuration. */
export function checkText(text: string, files: Readonly<Record<string, string>> = {}): Checked {
  const { config, findings } = readConfig([{ name: 't.cfg', text }], new Map(), KEYWORDS);
  const texts = { files: new Map(Object.entries(files)) };
  const references = new References(config.proxies, namesOf(config.proxies), texts, findings);
  const proxies = new Map(config.proxies.map((proxy) => [proxy.name, compileProxy(proxy, references)]));
  return { findings: findings.list, references, proxies };
}

function compileProxy(config: ProxyConfig, references: References): CompiledProxy {
  const scope = references.scope(config);
  compileAcls(config, scope);
  const formats = [
    [config.errorLogFormat, 'in log-format string'],
    [config.logFormatSd, 'in log-format-sd string'],
    [config.uniqueIdFormat, 'in unique-id-format string'],
  ] as const;
  for (const [format, usage] of formats) if (format !== undefined) compileFormat(format, scope, usage);
  return {
    config,
    rules: compileRules(config, scope),
    stickRules: compileStickRules(config, scope),
    useBackends: compileUseBackends(config, scope),
    useServers: compileUseServers(config, scope),
    captures: compileCaptures(config),
    logFormat: config.logFormat === undefined ? null : compileFormat(config.logFormat, scope),
  };
}

/** Reads and compiles the lines in their section. */
export function checkLines(
  lines: readonly string[],
  section: LineSection,
  files: Readonly<Record<string, string>> = {},
): Checked {
  return checkText(configurationOf(lines, section), files);
}

/** Texts of the findings, as one reads them after the tag. */
export function textsOf({ findings }: Checked): string[] {
  return findings.map(({ text }) => text);
}
