/**
 * What a session passes between its acceptance and its server: the rules of its frontend, the PROXY
 * header, the inspection of what the client sends, the choice of a backend and that one's rules; and
 * later the inspection of what the server answers. Bytes wait meanwhile in the queue of whom they are
 * for. A frontend that asks for none of this is not known here: its sessions go straight on.
 */
import type { BackendPlan, FrontendPlan } from '../plan/plan.js';
import { COUNTER } from '../shared/counters.js';
import type { Lane } from './lane.js';
import { PROXY_ABORTED, PROXY_EMPTY, PROXY_TIMEOUT, readProxyHeader } from './proxy-protocol.js';
import type { Relay } from './relay.js';
import { Routing } from './routing.js';
import { CLOSE, PASS, REJECT, Rules, SILENT_DROP, UNDECIDED, type Verdict } from './rules.js';
import { HANDSHAKE, INSPECTING, NO_BACKEND, type Session, type Termination } from './session.js';
import { countBytes } from './session-statistics.js';
import type { StreamContext } from './stream-context.js';

/** Whom sessions are handed to when they have passed. */
export interface InspectionOwner {
  readonly nowMs: number;
  /** The session has its backend, and may be connected. */
  onRouted(session: Session): void;
  /** It has passed the rules of connections and sessions. */
  onAdmitted(session: Session): void;
  finish(session: Session, termination: Termination): void;
  /** The server's answer has passed the rules, or there are none: it may be remembered. */
  onAnswered(session: Session): void;
  /** Ends what the server sends where it is. */
  cutOff(session: Session): void;
  /** From now on the client is waited for. */
  watchClient(session: Session): void;
  /** Calls `onDelay` when this time is over; 0: not at all, and not any more. */
  delay(session: Session, delayMs: number): void;
}

/** What one frontend asks of its sessions; null: nothing. */
interface Entry {
  readonly plan: FrontendPlan;
  readonly connection: Rules | null;
  readonly session: Rules | null;
  readonly content: Rules | null;
  readonly routing: Routing;
}

/** What one backend asks of its sessions; null: nothing. */
interface Inside {
  readonly plan: BackendPlan;
  readonly content: Rules | null;
  readonly response: Rules | null;
}

/** The inspections of all sessions of one worker. */
export class Inspection {
  /** By frontend; null where sessions go straight to the default backend. */
  private readonly entries: readonly (Entry | null)[];
  /** By backend; null where it has no rules. */
  private readonly insides: readonly (Inside | null)[];

  constructor(
    private readonly lane: Lane,
    private readonly context: StreamContext,
    private readonly relay: Relay,
    private readonly owner: InspectionOwner,
  ) {
    this.entries = lane.plan.frontends.map((frontend) => this.prepareFrontend(frontend));
    this.insides = lane.plan.backends.map((backend) => prepareBackend(backend, lane));
  }

  /** Takes a session that was just accepted; false when it has nothing to pass: it may go straight on. */
  enter(session: Session): boolean {
    const entry = this.entries[session.frontend];
    if (entry === null) return false;
    session.expectsProxy = entry.plan.binds[session.bind].acceptProxy;
    if (entry.connection !== null && this.refused(session, entry.connection)) return true;
    if (!session.expectsProxy) {
      this.admit(session);
      return true;
    }
    session.state = HANDSHAKE;
    this.relay.hold(session.client);
    this.owner.watchClient(session);
    return true;
  }

  /** The client has sent more, or its end, before it was connected. */
  onRequest(session: Session): void {
    if (session.state === HANDSHAKE) this.readHeader(session);
    else if (session.state === INSPECTING) this.inspectRequest(session);
  }

  /** The client has failed, or has been silent for too long, before its session had a backend's server. */
  onClientGone(session: Session, silent: boolean): void {
    if (session.state === HANDSHAKE) {
      this.failHeader(session, silent ? PROXY_TIMEOUT : PROXY_ABORTED);
      return;
    }
    // As with HAProxy the rules have the last word, and then the session still goes to its backend.
    const verdict = this.decideNow(session);
    if (verdict === REJECT || verdict === SILENT_DROP) {
      this.denyRequest(session, verdict);
      return;
    }
    this.lane.statistics.requestFailed(session);
    this.owner.finish(session, silent ? 'cR' : 'CR');
  }

  /** What the rules under way, and then those of the backend, come to without anything more. */
  private decideNow(session: Session): Verdict {
    const inBackend = session.backend !== NO_BACKEND;
    const rules = this.requestRules(session);
    const verdict =
      rules === null ? PASS : rules.run(this.context.turnToRequest(session, this.owner.nowMs, inBackend, true), true);
    if (inBackend || verdict === REJECT || verdict === SILENT_DROP) return verdict;
    const { routing, plan } = this.entries[session.frontend] as Entry;
    const backend = routing.choose(this.context.turnToRequest(session, this.owner.nowMs, false, true));
    if (backend === NO_BACKEND) return verdict;
    this.assign(session, backend);
    return this.lane.plan.backends[backend].id === plan.id ? verdict : this.decideNow(session);
  }

  /** The server has sent more, or its end, or failed, while its answer is inspected. */
  onResponse(session: Session): void {
    const { server, client } = session;
    if (!client.held) return;
    const { response, plan } = this.insides[session.backend] as Inside;
    const { rules } = plan;
    const final = session.delayOver || rules.responseInspectDelayMs === 0 || server.ended || this.isFull(session, true);
    const verdict = (response as Rules).run(this.context.turnToResponse(session, this.owner.nowMs, final), final);
    if (verdict === UNDECIDED) return;
    this.owner.delay(session, 0);
    if (verdict === REJECT || verdict === SILENT_DROP) this.denyResponse(session, verdict);
    else if (verdict === CLOSE) this.owner.cutOff(session);
    else {
      this.owner.onAnswered(session);
      this.relay.letGo(client);
    }
  }

  /** The time for an inspection is over. */
  onDelay(session: Session): void {
    session.delayOver = true;
    if (session.state === INSPECTING) this.inspectRequest(session);
    else this.onResponse(session);
  }

  /** Holds back what the server sends when the backend has rules for it; called when it is connected. */
  beginResponse(session: Session): void {
    const inside = this.insides[session.backend];
    if (inside === null || inside.response === null) return;
    session.delayOver = false;
    session.client.held = true;
    this.owner.delay(session, inside.plan.rules.responseInspectDelayMs);
  }

  private prepareFrontend(frontend: FrontendPlan): Entry | null {
    const { rules, useBackends, binds, defaultBackend } = frontend;
    const none = rules.connection.length + rules.session.length + rules.content.length + useBackends.length === 0;
    const plain = none && binds.every(({ acceptProxy }) => !acceptProxy);
    if (plain && defaultBackend !== NO_BACKEND && this.lane.plan.backends[defaultBackend].rules.content.length === 0) return null;
    const { expressions, plan } = this.lane;
    const make = (list: typeof rules.content): Rules | null => (list.length === 0 ? null : new Rules(list, expressions));
    return {
      plan: frontend,
      connection: make(rules.connection),
      session: make(rules.session),
      content: make(rules.content),
      routing: new Routing(frontend, plan, expressions),
    };
  }

  /** Whether the rules of connections end the session, which then ends at once and unseen. */
  private refused(session: Session, rules: Rules): boolean {
    const verdict = rules.run(this.context.turn(session, this.owner.nowMs), true);
    if (verdict !== REJECT && verdict !== SILENT_DROP) return false;
    session.vanishing = verdict === SILENT_DROP;
    session.client.resetsOnClose = true;
    this.lane.counters[COUNTER.connectionsDenied]++;
    this.lane.statistics.connectionDenied(session);
    this.owner.finish(session, '--');
    return true;
  }

  private readHeader(session: Session): void {
    const { client } = session;
    if (client.ended && session.server.queued === 0) {
      this.failHeader(session, PROXY_EMPTY);
      return;
    }
    const view = this.context.turnToRequest(session, this.owner.nowMs, false, true).request;
    const length = readProxyHeader(view, session);
    if (length < 0) {
      client.resetsOnClose = true;
      this.failHeader(session, -length);
      return;
    }
    this.relay.skip(session.server, length);
    client.received -= length;
    this.lane.counters[COUNTER.bytesFromClients] -= length;
    countBytes(client, -length);
    session.handshakeMs = (this.owner.nowMs - session.acceptedAt) | 0;
    this.admit(session);
  }

  private failHeader(session: Session, error: number): void {
    session.proxyError = error;
    countBytes(session.client, -session.client.received); // none of it was of a stream
    this.lane.counters[COUNTER.proxyErrors]++;
    this.owner.finish(session, '--');
  }

  /** The addresses are known: the rules of sessions, then contents. */
  private admit(session: Session): void {
    const { session: rules } = this.entries[session.frontend] as Entry;
    if (rules !== null) {
      const verdict = rules.run(this.context.turn(session, this.owner.nowMs), true);
      if (verdict === REJECT || verdict === SILENT_DROP) {
        session.vanishing = verdict === SILENT_DROP;
        this.lane.counters[COUNTER.sessionsDenied]++;
        this.lane.statistics.sessionDenied(session);
        this.owner.finish(session, '--');
        return;
      }
    }
    this.owner.onAdmitted(session);
    this.beginRequest(session);
  }

  /** Begins to inspect on behalf of the frontend, or, once there is one, of the backend. */
  private beginRequest(session: Session): void {
    const rules = this.requestRules(session);
    if (rules === null) {
      this.passRequest(session);
      return;
    }
    session.state = INSPECTING;
    session.delayOver = false;
    this.owner.delay(session, this.requestDelay(session));
    this.relay.hold(session.client);
    this.owner.watchClient(session);
    this.inspectRequest(session);
  }

  private requestRules(session: Session): Rules | null {
    if (session.backend === NO_BACKEND) return (this.entries[session.frontend] as Entry).content;
    return this.insides[session.backend]?.content ?? null;
  }

  private requestDelay({ frontend, backend }: Session): number {
    const { frontends, backends } = this.lane.plan;
    return (backend === NO_BACKEND ? frontends[frontend] : backends[backend]).rules.requestInspectDelayMs;
  }

  private inspectRequest(session: Session): void {
    const rules = this.requestRules(session) as Rules;
    const inBackend = session.backend !== NO_BACKEND;
    const final = session.delayOver || this.requestDelay(session) === 0 || session.client.ended || this.isFull(session, false);
    const verdict = rules.run(this.context.turnToRequest(session, this.owner.nowMs, inBackend, final), final);
    if (verdict === UNDECIDED) return;
    this.owner.delay(session, 0);
    if (verdict === REJECT || verdict === SILENT_DROP) this.denyRequest(session, verdict);
    else this.passRequest(session);
  }

  private denyRequest(session: Session, verdict: Verdict): void {
    session.vanishing = verdict === SILENT_DROP;
    this.lane.counters[COUNTER.requestsDenied]++;
    this.lane.statistics.requestDenied(session);
    this.owner.finish(session, 'PR');
  }

  private denyResponse(session: Session, verdict: Verdict): void {
    session.vanishing = verdict === SILENT_DROP;
    this.lane.counters[COUNTER.responsesDenied]++;
    this.lane.statistics.responseDenied(session);
    this.owner.finish(session, verdict === SILENT_DROP ? 'PR' : 'PD');
  }

  /** The rules of the frontend are passed: to the backend; those of the backend: to its servers. */
  private passRequest(session: Session): void {
    if (session.backend !== NO_BACKEND) {
      this.owner.onRouted(session);
      return;
    }
    const { routing, plan } = this.entries[session.frontend] as Entry;
    const backend = routing.choose(this.context.turnToRequest(session, this.owner.nowMs, false, true));
    if (backend === NO_BACKEND) {
      this.lane.counters[COUNTER.noServer]++;
      this.owner.finish(session, 'SC');
      return;
    }
    this.assign(session, backend);
    // The two halves of a `listen` are one proxy, whose rules have been passed.
    if (this.lane.plan.backends[backend].id === plan.id) this.owner.onRouted(session);
    else this.beginRequest(session);
  }

  /** Gives a session its backend. */
  assign(session: Session, backend: number): void {
    session.backend = backend;
    this.lane.statistics.routed(session, this.owner.nowMs);
  }

  /** No more fits in what is looked at. */
  private isFull({ client, server }: Session, response: boolean): boolean {
    const { request, response: answer } = this.context;
    const view = response ? answer : request;
    view.turn(response ? client : server, true);
    return view.length >= this.lane.engine.buffers.size;
  }
}

function prepareBackend(plan: BackendPlan, lane: Lane): Inside | null {
  const { content, response } = plan.rules;
  if (content.length + response.length === 0) return null;
  const make = (list: typeof content): Rules | null => (list.length === 0 ? null : new Rules(list, lane.expressions));
  return { plan, content: make(content), response: make(response) };
}
