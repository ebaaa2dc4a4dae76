/** The kind of check of a backend, and its rules, to steps. */
import type { ProxyConfig } from '../../config/config.js';
import type { Place } from '../../config/diagnostics.js';
import { EXPECT_DEFAULTS } from '../../config/health/expect.js';
import { DEFAULT_REQUEST } from '../../config/health/send.js';
import type {
  CheckData,
  CheckRule,
  CheckText,
  ConnectRule,
  ExpectPattern,
  ExpectRule,
  HeaderPattern,
  HttpSendRule,
} from '../../config/health/syntax.js';
import { bytesOf } from '../../config/samples/bytes.js';
import { readExpression } from '../../config/samples/expression.js';
import { readFormat } from '../../config/samples/format.js';
import type { Expression, Format } from '../../config/samples/syntax.js';
import {
  type CheckDataPlan,
  type CheckPlan,
  type CheckStep,
  type CheckTextPlan,
  CONNECT_STEP,
  CONNECTION_CHECK,
  type ExpectPatternPlan,
  type ExpectStep,
  type HeaderPatternPlan,
  type RequestStep,
} from '../checks.js';
import type { ExpressionPlan, FormatPlan } from '../expression.js';
import { type ProtocolStep, protocolCheck, spokenAlpn } from './check-protocols.js';
import { type Compilation, hostOf, socketAddress } from './context.js';
import { compileExpression } from './expressions.js';
import { compileFormat } from './formats.js';
import type { Scope } from './references.js';

/** The check of a backend's servers. */
export function compileCheck(proxy: ProxyConfig, scope: Scope, compilation: Compilation): CheckPlan {
  const { checkKind } = proxy;
  if (checkKind === undefined) return CONNECTION_CHECK;
  return new CheckCompiler(proxy, scope, compilation, checkKind.place).compile();
}

/** A step without what every step has. */
type Bare<T = CheckStep> = T extends CheckStep ? Omit<T, 'number' | 'label' | 'comment'> : never;

class CheckCompiler {
  constructor(
    private readonly proxy: ProxyConfig,
    private readonly scope: Scope,
    private readonly compilation: Compilation,
    private readonly place: Place,
  ) {}

  compile(): CheckPlan {
    const { checkKind, checkFlags } = this.proxy;
    const isHttp = checkKind?.name === 'httpchk';
    const protocol = checkKind === undefined ? null : protocolCheck(checkKind);
    if (protocol !== null) {
      const steps = protocol.steps.map((step, i) => ({ ...this.protocolStep(step), number: protocol.first + i }));
      return { ...CONNECTION_CHECK, steps: [{ ...CONNECT_STEP, linger: protocol.linger }, ...steps] };
    }
    const rules = this.proxy.checkRules[isHttp ? 'http-check' : 'tcp-check'].rules;
    const written = rules.flatMap((rule, i) => this.rule(rule, i, rules));
    const steps = isHttp ? this.httpSteps(written, rules) : written;
    const connects = steps.some(({ kind }) => kind === 'connect');
    return {
      steps: connects ? steps : [isHttp ? CONNECT_STEP : { ...CONNECT_STEP, label: 'initial connection step' }, ...steps],
      explicit: !isHttp && rules.length > 0,
      disableOn404: isHttp && checkFlags.disableOn404,
    };
  }

  /** Requests that the option or nothing speaks of, and statuses that nobody spoke of. */
  private httpSteps(written: readonly CheckStep[], rules: readonly CheckRule[]): CheckStep[] {
    const steps = [...written];
    if (!steps.some(({ kind }) => kind === 'request')) {
      const before = steps.findIndex(({ kind }) => kind === 'expect');
      const request = this.step(this.request(DEFAULT_REQUEST));
      steps.splice(before < 0 ? steps.length : before, 0, request);
    }
    const last = rules.findLast(({ action }) => action.kind === 'expect' || action.kind === 'http-send');
    if (last?.action.kind !== 'expect') steps.push(this.step(this.defaultExpect()));
    return steps;
  }

  private rule(rule: CheckRule, index: number, rules: readonly CheckRule[]): CheckStep[] {
    const { action, place } = rule;
    const more = { number: index + 1, label: bytesOf(labelOf(rule)), comment: bytesOf(commentOf(index, rules)) };
    switch (action.kind) {
      case 'comment':
        return [];
      case 'connect':
        return [{ ...this.connect(action, place), ...more }];
      case 'send':
        return [{ kind: 'send', data: this.data(action.data), ...more }];
      case 'http-send': {
        const first = !rules.slice(0, index).some((other) => other.action.kind === 'http-send');
        return [{ ...this.request(action, first), ...more }];
      }
      case 'expect':
        return [{ ...this.expect(action), ...more }];
      case 'set-var':
        return [{ ...action, value: this.expression(action.value), ...more }];
      case 'set-var-fmt':
        return [{ ...action, value: this.format(action.value), ...more }];
      case 'unset-var':
        return [{ ...action, ...more }];
    }
  }

  private connect(rule: ConnectRule, place: Place): Bare & { kind: 'connect' } {
    const { port, address: syntax, sendProxy, ssl, sni, linger } = rule;
    const address = syntax === null ? null : socketAddress(syntax, this.compilation.resources);
    if (syntax !== null && address === null)
      this.compilation.findings.alert(place, `'addr' : invalid address: '${hostOf(syntax)}' in '${hostOf(syntax)}'.`);
    const own = syntax !== null && syntax.kind !== 'unix' ? (syntax.ports?.first ?? null) : null;
    return {
      kind: 'connect',
      port: port === null ? own : typeof port === 'number' ? port : this.expression(port),
      ...{ address, sendProxy, ssl, sni, alpn: this.alpn(rule, place), linger },
      asServer: rule.default,
    };
  }

  private alpn({ alpn }: ConnectRule, place: Place): readonly string[] {
    return spokenAlpn(this.proxy.checkKind, alpn, (severity, text) =>
      this.compilation.findings[severity](place, `'http-check connect' : 'alpn' : ${text}`),
    );
  }

  /** The first request has from the option what its rule does not say. */
  private request({ method, uri, version, headers, body }: HttpSendRule, first = true): Bare & RequestStep {
    const { words = [], afterRequest = false } = this.proxy.checkKind ?? {};
    const option = optionRequest(first ? words : []);
    const choose = <T>(ofRule: T | null, ofOption: T | null): T | null =>
      afterRequest ? (ofOption ?? ofRule) : (ofRule ?? ofOption);
    const chosenBody = choose(body, option.body);
    const chosenHeaders = afterRequest && option.headers.length > 0 ? option.headers : [...option.headers, ...headers];
    return {
      kind: 'request',
      method: choose(method, option.method) ?? 'OPTIONS',
      uri: this.text(choose(uri, option.uri) ?? '/'),
      version: choose(version, option.version) ?? 'HTTP/1.0',
      headers: chosenHeaders.map(({ name, value }) => ({
        name: name.toLowerCase(),
        value: typeof value === 'string' ? [{ kind: 'text', text: bytesOf(value) }] : this.format(value),
      })),
      body: chosenBody === null ? null : this.text(chosenBody),
      state: this.proxy.checkFlags.sendState,
    };
  }

  private expect(rule: ExpectRule): Bare & ExpectStep {
    const { pattern, negated, okStatus, errorStatus, timeoutStatus, onSuccess, onError, statusCode } = rule;
    const http = this.proxy.checkKind?.name === 'httpchk';
    const compiled = this.pattern(pattern);
    const length = compiled.kind === 'data' && typeof compiled.data.text === 'string' ? compiled.data.text.length : 0;
    return {
      kind: 'expect',
      ...{ http, pattern: compiled, negated, errorStatus },
      minReceive: rule.minReceive < 0 ? -1 : Math.max(rule.minReceive, length),
      message: null,
      okStatus: okStatus ?? 'L7OK',
      timeoutStatus: timeoutStatus ?? 'L7TOUT',
      onSuccess: onSuccess === null ? null : this.format(onSuccess),
      onError: onError === null ? null : this.format(onError),
      statusCode: statusCode === null ? null : this.expression(statusCode),
      what: bytesOf(contentOf(pattern)),
    };
  }

  private pattern(pattern: ExpectPattern): ExpectPatternPlan {
    switch (pattern.kind) {
      case 'string':
      case 'binary':
        return { kind: 'data', data: this.data(pattern.data) };
      case 'rstring':
      case 'rbinary':
        return { kind: 'regex', regex: pattern.regex, hexadecimal: pattern.kind === 'rbinary' };
      case 'rstatus':
        return { kind: 'rstatus', regex: pattern.regex };
      case 'status':
        return { kind: 'status', ranges: pattern.ranges };
      default: {
        const { name, value, kind } = pattern;
        return { kind: 'header', name: this.header(name), value: value && this.header(value), whole: kind === 'fhdr' };
      }
    }
  }

  private header({ match, text }: HeaderPattern): HeaderPatternPlan {
    return { match, text: match === 'reg' ? (text as string) : this.text(text) };
  }

  private data({ text, hexadecimal }: CheckData): CheckDataPlan {
    if (typeof text === 'string' && hexadecimal) return { text: Buffer.from(text, 'hex').toString('latin1'), hexadecimal };
    return { text: this.text(text), hexadecimal };
  }

  private text(text: CheckText): CheckTextPlan {
    return typeof text === 'string' ? bytesOf(text) : this.format(text);
  }

  private format(format: Format): FormatPlan {
    return compileFormat(format, this.scope, 'in health check rule');
  }

  private expression(expression: Expression): ExpressionPlan {
    return compileExpression(expression, this.scope, 'in health check rule');
  }

  private step(bare: Bare): CheckStep {
    return { ...bare, number: 0, label: '', comment: '' } as CheckStep;
  }

  private defaultExpect(): Bare & ExpectStep {
    return this.expect({
      ...EXPECT_DEFAULTS,
      pattern: { kind: 'status', ranges: [[200, 399]], text: '200-399' },
      statusCode: null,
    });
  }

  private protocolStep(row: ProtocolStep): CheckStep {
    if ('send' in row) return this.step({ kind: 'send', data: { text: row.send, hexadecimal: false } });
    if ('set' in row)
      return this.step({
        kind: 'set-var',
        variable: row.set,
        conditions: [],
        value: this.expression(this.knownExpression(row.value)),
      });
    const known = (text: string | undefined): Format | null => (text === undefined ? null : this.knownFormat(text));
    return this.step({
      ...this.expect({
        ...EXPECT_DEFAULTS,
        pattern: { kind: row.hexadecimal ? 'rbinary' : 'rstring', regex: row.expect, text: row.expect },
        negated: row.negated === true,
        minReceive: row.atLeast ?? -1,
        okStatus: row.ok ?? null,
        errorStatus: row.error ?? null,
        timeoutStatus: row.timeout ?? null,
        onSuccess: known(row.onSuccess),
        onError: known(row.onError),
        statusCode: row.code === undefined || row.code === 'capture' ? null : this.knownExpression(row.code),
      }),
      message: row.message ?? null,
      ...(row.code === 'capture' && { statusCode: 'capture' as const }),
    });
  }

  private knownFormat(text: string): Format {
    const read = readFormat(text, this.place, ['check']);
    if (!read.ok) throw new Error(`the check's format '${text}': ${read.message}`);
    return read.format;
  }

  private knownExpression(text: string): Expression {
    const read = readExpression([{ text, place: this.place }], { oneWord: true, response: true });
    if (!read.ok) throw new Error(`the check's expression '${text}': ${read.message}`);
    return read.expression;
  }
}

/** Its own, or that of the comment before it. */
function commentOf(index: number, rules: readonly CheckRule[]): string {
  const { comment } = rules[index];
  const before = rules[index - 1];
  if (comment !== '' || before?.action.kind !== 'comment') return comment;
  return before.comment;
}

function labelOf({ action }: CheckRule): string {
  if (action.kind === 'connect') return typeof action.port === 'number' ? `connect port ${action.port}` : 'connect';
  if (action.kind === 'send' || action.kind === 'http-send') return 'send';
  return action.kind === 'expect' ? `expect ${expectationOf(action.pattern)}` : '';
}

function expectationOf(pattern: ExpectPattern): string {
  switch (pattern.kind) {
    case 'string':
    case 'binary':
      return typeof pattern.data.text === 'string' ? `${pattern.kind} '${pattern.data.text}'` : `log-format ${pattern.kind}`;
    case 'rstring':
      return 'regex';
    case 'rbinary':
      return 'binary regex';
    default:
      return 'HTTP status codes';
  }
}

function contentOf(pattern: ExpectPattern): string {
  switch (pattern.kind) {
    case 'string':
      return typeof pattern.data.text === 'string' ? `content '${pattern.data.text}'` : 'content (log-format string)';
    case 'binary':
      return typeof pattern.data.text === 'string' ? 'content (binary)' : 'content (log-format binary)';
    case 'rstring':
      return 'content (regex)';
    case 'rbinary':
      return 'content (binary regex)';
    default:
      return 'content';
  }
}

/** null: the option does not say. */
interface OptionRequest {
  readonly method: string | null;
  readonly uri: string | null;
  readonly version: string | null;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: string | null;
}

/** `option httpchk [[<method>] <uri> [<version>]]`; headers and a body may hide behind the version. */
function optionRequest(words: readonly string[]): OptionRequest {
  const [method = null, uri = null] = words.length === 1 ? [null, words[0]] : words;
  const [head, ...bodies] = (words[2] ?? '').split('\r\n\r\n');
  const body = bodies.join('\r\n\r\n');
  const [version, ...lines] = head.split('\r\n');
  return {
    method,
    uri,
    version: version === '' ? null : version,
    headers: lines
      .filter((line) => line.includes(':'))
      .map((line) => {
        const colon = line.indexOf(':');
        return { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
      }),
    body: body === '' ? null : body,
  };
}
