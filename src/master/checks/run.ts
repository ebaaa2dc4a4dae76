/**
 * One check under way: goes through the steps of its plan over connections that it opens and closes,
 * each phase with its time, and comes to one result. Whatever a server does, accept and keep silent,
 * answer rubbish, reset, flood, it ends in time, holds no more than `tune.bufsize` bytes, and leaves no socket.
 */
import type { SocketAddress } from '../../kernel/address.js';
import { errnoName, systemText } from '../../kernel/errno.js';
import { EADDRNOTAVAIL, EMFILE, ENFILE, ENOBUFS, ENOMEM } from '../../kernel/sys/constants.js';
import type { CheckPlan, CheckStep, ConnectStep, ExpectStep, RequestStep } from '../../plan/checks.js';
import type { ServerPlan } from '../../plan/plan.js';
import type { ServerPlace } from '../servers/server-states.js';
import { CheckConnection, type ConnectionUser } from './connection.js';
import type { CheckEvaluation, CheckSubject, HasSubject } from './evaluation.js';
import type { Decision, Expectations } from './expectation.js';
import { proxyHeader } from './proxy-prologue.js';
import type { RequestTexts } from './request.js';
import type { CheckResult, CheckStatus } from './result.js';
import type { CheckSockets, Impatient, LookUser } from './sockets.js';

/** What checks of one plan have in common. */
export interface CheckSurroundings {
  readonly sockets: CheckSockets;
  readonly evaluation: CheckEvaluation;
  readonly expectations: Expectations;
  readonly requests: RequestTexts;
  /** Bytes of an answer that are looked at (`tune.bufsize`). */
  readonly answerMax: number;
  /** The header of `http-check send-state` for a server. */
  readonly stateOf: (place: ServerPlace) => string;
  /** A server has not answered to a connection in time. */
  readonly onConnectTimeout: (place: ServerPlace) => void;
}

/** What is checked, and for how long. */
export interface CheckOrder {
  readonly place: ServerPlace;
  readonly server: ServerPlan;
  readonly check: CheckPlan;
  /** Where checks of the server go now. */
  readonly address: SocketAddress;
  /** For a connection, handshake of TLS included; and for all that follows, or 0: the first is for all together. */
  readonly connectMs: number;
  readonly answerMs: number;
  /** Of an agent: what becomes of its answer. */
  readonly read: ((answer: string) => Omit<CheckResult, 'durationMs'>) | null;
  /** The server is running: it may be told to stop (`disable-on-404`). */
  readonly isRunning: boolean;
}

/** A check that has begun. */
export interface CheckUnderWay {
  /** It is to have no result any more. */
  cancel(): void;
}

/** Errors of our own side of the connection: they say nothing of the server. */
const OWN_ERRORS: ReadonlySet<number> = new Set([EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL]);
const NOT_FOUND = 404;
/** Characters that are told of what a server or the system said; HAProxy's. */
const INFO_MAX = 127;

const isConnect = ({ kind }: CheckStep): boolean => kind === 'connect';

/** Runs spare at most; those of checks that wait long for their servers are few or do not matter. */
const SPARE_MAX = 64;

/** The checks of a plan. Thousands a second begin: each uses the memory of an earlier one where there is some. */
export class CheckRuns {
  private readonly spare: CheckRun[] = [];

  constructor(private readonly surroundings: CheckSurroundings) {}

  /** Begins a check. The result does not come before this has returned, and once. */
  begin(order: CheckOrder, done: (result: CheckResult) => void): CheckUnderWay {
    const run = this.spare.pop() ?? new CheckRun(this.surroundings, (one) => this.keep(one));
    run.start(order, done);
    return run;
  }

  private keep(run: CheckRun): void {
    if (this.spare.length < SPARE_MAX) this.spare.push(run);
  }
}

/** A check from its beginning to its result, and after that another one. */
class CheckRun implements ConnectionUser, Impatient, LookUser, CheckUnderWay, HasSubject {
  deadline = 0;
  // From `start` on.
  private order!: CheckOrder;
  private done!: (result: CheckResult) => void;
  private began = 0;
  private madeSubject: CheckSubject | null = null;
  private connection: CheckConnection | null = null;
  private connected = false;
  private at = 0;
  /** What has come since something was sent, and what of it the last expectation saw: that is what formats see. */
  private answer = '';
  private seen = '';
  private received = 0;
  private ended = false;
  /** The last request was HEAD. */
  private toHead = false;
  private over = false;
  private result: CheckResult | null = null;
  /** What the last expectation left, for a result that is good. */
  private code = 0;
  private info = '';
  private good: CheckStatus = 'L4OK';

  /** @param free takes it when its result has been told; one that is cancelled is not used again */
  constructor(
    private readonly surroundings: CheckSurroundings,
    private readonly free: (run: CheckRun) => void,
  ) {}

  /** @param done hears of the result once; not after `cancel` */
  start(order: CheckOrder, done: (result: CheckResult) => void): void {
    this.order = order;
    this.done = done;
    this.began = performance.now();
    this.madeSubject = null;
    this.seen = '';
    this.connection = null;
    this.connected = false;
    this.at = 0;
    this.forgetAnswer();
    this.toHead = false;
    this.over = false;
    this.result = null;
    this.code = 0;
    this.info = '';
    this.good = 'L4OK';
    this.surroundings.sockets.await(this);
    this.goOn();
  }

  /** Ends it without a result. */
  cancel(): void {
    this.over = true;
    this.result = null;
    this.surroundings.sockets.forget(this);
    this.connection?.close();
  }

  onConnected(): void {
    const { answerMs } = this.order;
    this.connected = true;
    if (answerMs > 0) this.limit(answerMs);
    const step = this.step as CheckStep & ConnectStep;
    this.good = this.usesTls(step) ? 'L6OK' : 'L4OK';
    this.at++;
    this.goOn();
  }

  onData(data: Buffer): void {
    const left = this.surroundings.answerMax - this.received;
    const taken = data.subarray(0, left);
    this.received += taken.length;
    this.answer += taken.toString('latin1');
    if (this.received >= this.surroundings.answerMax) this.ended = true;
    this.look();
  }

  onEnd(): void {
    this.ended = true;
    this.look();
  }

  onFailure(errno: number): void {
    const { connection } = this;
    if (this.hasRawAnswer) {
      // As HAProxy: who leaves what we have sent unread resets the connection, however good the answer before.
      this.onEnd();
      if (this.over || this.connection !== connection) return;
    }
    const early = !this.connected;
    const ours = OWN_ERRORS.has(errno);
    this.fail(early && !ours ? 'L4CON' : 'SOCKERR', `${errnoName(errno)} returned by OS (${systemText(errno)})${this.where}`);
  }

  /** Something has come for a step that does not look for an HTTP response; whether one is whole, its form says. */
  private get hasRawAnswer(): boolean {
    const { step } = this;
    return this.connected && this.answer !== '' && step?.kind === 'expect' && !step.http && this.order.read === null;
  }

  onHandshakeFailure(errno: number, name: 'expected' | 'configured' | null): void {
    const what = name === null ? 'SSL handshake failure' : `Server presented an SSL certificate different from the ${name} one`;
    const system = errno === 0 ? '' : ` (${systemText(errno)})`;
    this.fail('L6RSP', `${what}${system}${this.where}`);
  }

  /** Made when first asked for: most checks have nothing to evaluate. */
  get subject(): CheckSubject {
    this.madeSubject ??= this.surroundings.evaluation.subject(this.order.place);
    this.madeSubject.response.text = this.seen;
    return this.madeSubject;
  }

  private get step(): CheckStep | undefined {
    return this.order.check.steps[this.at];
  }

  /** Which of the file's steps it was, for whoever wrote them. */
  private get where(): string {
    const { step } = this;
    if (step === undefined) return '';
    if (step.number === 0) return step.label === '' ? '' : ` at ${step.label} of tcp-check`;
    if (!this.order.check.explicit) return '';
    const comment = step.comment === '' ? '' : ` comment: '${step.comment}'`;
    return ` at step ${step.number} of tcp-check (${step.label})${comment}`;
  }

  /** Goes through the steps until one has to wait. */
  private goOn(): void {
    while (!this.over) {
      const { step } = this;
      if (step === undefined) {
        this.succeed();
        return;
      }
      if (step.kind === 'connect') {
        this.connect(step);
        return;
      }
      if (step.kind === 'expect') {
        if (!this.expect(step)) return;
      } else this.perform(step);
      this.at++;
    }
  }

  private perform(step: Exclude<CheckStep, { kind: 'connect' | 'expect' }>): void {
    const { evaluation } = this.surroundings;
    if (step.kind === 'request') {
      this.request(step);
      return;
    }
    if (step.kind === 'set-var' || step.kind === 'set-var-fmt') evaluation.assign(step, this.subject);
    else if (step.kind === 'unset-var') evaluation.unsetVariable(step.variable, this.subject);
    else this.sendText(evaluation.data(step.data, this));
  }

  private sendText(text: string | null): void {
    if (text === null) this.fail('SOCKERR', `the digits to be sent are no hexadecimal ones${this.where}`);
    else this.send(Buffer.from(text, 'latin1'));
  }

  private send(bytes: Uint8Array): void {
    this.forgetAnswer();
    if (this.good === 'L4OK' || this.good === 'L6OK') this.good = 'L7OK';
    this.connection?.send(bytes);
  }

  private request(step: RequestStep): void {
    const { evaluation, requests, stateOf } = this.surroundings;
    this.toHead = step.method === 'HEAD';
    const state = step.state ? stateOf(this.order.place) : null;
    this.send(requests.bytesOf(step, state, (text) => evaluation.text(text, this)));
  }

  private connect(step: CheckStep & ConnectStep): void {
    this.connection?.close();
    this.forgetAnswer();
    this.connected = false;
    const { sockets, evaluation } = this.surroundings;
    const { order } = this;
    const { check, source } = order.server;
    const address = this.addressOf(
      step,
      typeof step.port === 'object' && step.port !== null ? evaluation.number(step.port, this.subject) : step.port,
    );
    const sendsProxy = step.sendProxy || (step.asServer && check.sendProxy);
    const tls = this.usesTls(step)
      ? { verify: check.tls, sni: step.sni ?? check.sni, alpn: step.alpn.length > 0 ? step.alpn : check.alpn }
      : null;
    const brief = tls === null && !sendsProxy && this.at === order.check.steps.length - 1 && address.family !== 'unix';
    const prologue = sendsProxy ? (fd: number) => proxyHeader(order.server, fd, address) : null;
    this.connection = new CheckConnection(sockets, { address, source, tls, prologue, brief, linger: step.linger }, this);
    if (this.at === this.firstConnect || this.order.answerMs > 0) this.limit(order.connectMs);
    const errno = this.connection.open();
    if (errno !== 0) this.onFailure(errno);
  }

  private get firstConnect(): number {
    return this.order.check.steps.findIndex(isConnect);
  }

  private usesTls(step: ConnectStep): boolean {
    return step.ssl || (step.asServer && this.order.server.check.ssl);
  }

  private addressOf({ address }: ConnectStep, port: number | null): SocketAddress {
    const base = address ?? this.order.address;
    if (base.family === 'unix' || (address === null && port === null)) return base;
    const own = this.order.address;
    const fallback = address !== null && own.family !== 'unix' ? own.port : base.port;
    return { ...base, port: port ?? fallback };
  }

  /** Something has come, or the end: whether the step that waits for it can decide. */
  private look(): void {
    if (this.over || !this.connected || this.step?.kind !== 'expect') return;
    this.goOn();
  }

  /** True when the step is met. */
  private expect(step: CheckStep & ExpectStep): boolean {
    const text = this.answer;
    this.seen = text;
    const answer = { text, last: this.ended, toHead: this.toHead };
    const decision = this.surroundings.expectations.decide(step, step.number, answer, this);
    if (decision.kind === 'wait') return false;
    if (this.order.read !== null && text !== '') {
      this.finish(this.order.read(text));
      return false;
    }
    if (decision.code === NOT_FOUND && step.http && this.order.check.disableOn404 && this.order.isRunning) {
      this.finish({ status: 'L7OKC', code: NOT_FOUND, info: '' });
      return false;
    }
    const { evaluation } = this.surroundings;
    this.code = this.codeOf(step, text, decision.code);
    if (decision.kind === 'failed') this.unmet(step, decision);
    else {
      this.good = step.okStatus;
      this.info = step.onSuccess === null ? '' : evaluation.format(step.onSuccess, this.subject);
    }
    return decision.kind === 'met';
  }

  private codeOf({ statusCode, pattern }: ExpectStep, text: string, code: number): number {
    if (statusCode === null) return code;
    if (statusCode === 'capture') return this.surroundings.expectations.captured(pattern, text);
    return this.surroundings.evaluation.number(statusCode, this.subject);
  }

  private unmet(step: CheckStep & ExpectStep, decision: Decision & { kind: 'failed' }): void {
    const { evaluation } = this.surroundings;
    const tells = step.http || this.order.check.explicit;
    const own = step.onError === null || decision.plain ? null : evaluation.format(step.onError, this.subject);
    const info = own ?? (tells || decision.plain ? decision.info : '');
    this.finish({
      status: decision.status,
      code: this.code,
      info: step.comment === '' ? info : `${info} comment: ${decision.plain && !step.http ? `'${step.comment}'` : step.comment}`,
    });
  }

  private succeed(): void {
    const { explicit } = this.order.check;
    this.finish({ status: this.good, code: this.code, info: this.info === '' && explicit ? '(tcp-check)' : this.info });
  }

  private fail(status: CheckStatus, info: string): void {
    this.finish({ status, info });
  }

  onLate(): void {
    const { step } = this;
    if (step?.kind === 'expect') this.fail(step.timeoutStatus, this.where);
    else this.fail(this.connection?.established ? 'L6TOUT' : 'L4TOUT', this.where);
  }

  private finish(result: Omit<CheckResult, 'durationMs'>): void {
    if (this.over) return;
    this.cancel();
    const { status, code = 0, info } = result;
    const durationMs = Math.round(performance.now() - this.began);
    this.result = { status, code, info: info.length > INFO_MAX ? info.slice(0, INFO_MAX) : info, durationMs };
    this.surroundings.sockets.afterLook(this);
  }

  onLookOver(): void {
    const { result, done, order, surroundings } = this;
    if (result === null) return;
    this.free(this);
    if (result.status === 'L4TOUT') surroundings.onConnectTimeout(order.place);
    done(result);
  }

  private forgetAnswer(): void {
    this.answer = '';
    this.received = 0;
    this.ended = false;
  }

  private limit(ms: number): void {
    this.deadline = performance.now() + ms;
  }
}
