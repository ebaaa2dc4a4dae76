/**
 * Frontends that accept no connections for a while: all of them when another process wants their
 * addresses (SIGTTOU, until SIGTTIN; management manual, section 4), or single ones by the operator.
 * Workers are told first, so that no socket stops listening under an accept that is under way.
 */
import type { ProxyMessage } from '../process/process-log.js';

/** What pausing needs of a balancer. */
export interface PauseOwner {
  /** The names of all frontends, in the order of the plan. */
  frontends(): readonly string[];
  /** Has the workers accept from all frontends but these, numbered as in the plan; resolves when they obey. */
  hold(paused: readonly number[]): Promise<void>;
  /** Stops listening at the addresses of a frontend, and listens there again. Throw what the system answers. */
  stopListening(frontend: string): void;
  listenAgain(frontend: string): void;
  /** What to say of those that have paused or resumed. */
  messages(what: 'Paused' | 'Resumed'): readonly ProxyMessage[];
  say(message: ProxyMessage): void;
  /** It stays as it was. */
  fail(text: string): void;
}

/** Which frontends are paused, and the way there and back, one after another. */
export class Pauses {
  private readonly paused = new Set<string>();
  /** Those among them that are never to be resumed. */
  private readonly over = new Set<string>();
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly owner: PauseOwner) {}

  /** Whether a frontend was ended for good. */
  isOver(name: string): boolean {
    return this.over.has(name);
  }

  /** Ends a frontend for good: it listens no more, whatever is resumed later. Resolves when that is so. */
  end(name: string): Promise<void> {
    return this.exclusively(async () => {
      this.over.add(name);
      if (this.paused.has(name)) return;
      this.paused.add(name);
      await this.hold();
      this.attempt('shut down', [name], () => this.owner.stopListening(name));
    });
  }

  /** Whether a frontend is paused. */
  has(frontend: string): boolean {
    return this.paused.has(frontend);
  }

  /** The numbers of frontends in a plan that may come into force that do not listen when it does. */
  of({ frontends }: { readonly frontends: readonly { readonly name: string }[] }): number[] {
    return frontends.flatMap(({ name }, i) => (this.paused.has(name) ? [i] : []));
  }

  /**
   * Another plan comes into force: the end of a frontend was the end of it under the former one. Answers which: they
   * are to listen again, and `keep` says which of them cannot.
   */
  revive(): string[] {
    const revived = [...this.over];
    for (const name of revived) this.paused.delete(name);
    this.over.clear();
    return revived;
  }

  /** Of the revived ones these do not listen; the others are accepted from when it resolves. Within `exclusively`. */
  keep(names: readonly string[]): Promise<void> {
    for (const name of names) this.paused.add(name);
    return this.hold();
  }

  /** Does something while nothing pauses or resumes. */
  exclusively<T>(action: () => Promise<T>): Promise<T> {
    const done = this.last.then(action);
    this.last = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /** Pauses frontends, all unless named; resolves when nobody listens there any more. */
  pause(names?: readonly string[]): Promise<void> {
    return this.exclusively(async () => {
      const changed = this.owner.frontends().filter((name) => (names?.includes(name) ?? true) && !this.paused.has(name));
      for (const name of changed) this.paused.add(name);
      await this.hold();
      this.say(
        'Paused',
        this.attempt('pause', changed, (name) => this.owner.stopListening(name)),
      );
    });
  }

  /** Resumes frontends, all unless named; one whose address somebody else has taken stays paused. */
  resume(names?: readonly string[]): Promise<void> {
    return this.exclusively(async () => {
      const wanted = [...this.paused].filter((name) => (names?.includes(name) ?? true) && !this.over.has(name));
      const changed = this.attempt('resume', wanted, (name) => this.owner.listenAgain(name));
      for (const name of changed) this.paused.delete(name);
      await this.hold();
      this.say('Resumed', changed);
    });
  }

  /** Frontends that are not there any more pause no more, either. */
  private hold(): Promise<void> {
    const names = this.owner.frontends();
    for (const name of this.paused) if (!names.includes(name)) this.paused.delete(name);
    return this.owner.hold([...this.paused].map((name) => names.indexOf(name)));
  }

  /** Those with which it worked. */
  private attempt(verb: string, names: readonly string[], action: (name: string) => void): string[] {
    return names.filter((name) => {
      try {
        action(name);
        return true;
      } catch (error) {
        this.owner.fail(`Failed to ${verb} frontend ${name}: ${(error as Error).message}`);
        return false;
      }
    });
  }

  private say(what: 'Paused' | 'Resumed', names: readonly string[]): void {
    for (const message of this.owner.messages(what)) if (names.includes(message.proxy)) this.owner.say(message);
  }
}
