/**
 * `turbo-lb top` at work: asks the balancer again and again, shows what it says, and does what keys
 * wish. What is shown and what keys mean is decided in `screen.ts` and `state.ts`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { errorIn } from '../client/answer.js';
import { ask } from '../client/ask.js';
import { type Endpoint, Unreachable } from '../client/endpoint.js';
import type { Display } from './display.js';
import { readSample, SAMPLE_QUESTION, type Sample } from './sample.js';
import { pageOf, renderPage, renderScreen } from './screen.js';
import { newState, press, type TopState, type Wish, withFailure, withSample } from './state.js';

/** What to watch, and how. */
export interface TopOptions {
  readonly endpoint: Endpoint;
  readonly intervalMs: number;
  /** Longest silence of the balancer, in milliseconds. */
  readonly timeoutMs: number;
}

/** What it shows itself on, and hears keys from. */
export type Screen = Pick<Display, 'columns' | 'rows' | 'enter' | 'leave' | 'draw' | 'clear' | 'onKey'>;

/** Asks once. Throws Unreachable, also when what answers is no balancer. */
async function takeSample({ endpoint, timeoutMs }: TopOptions): Promise<Sample> {
  const answer = await ask(endpoint, SAMPLE_QUESTION, { silenceMs: timeoutMs });
  const sample = readSample(answer, performance.now());
  if (sample === null) throw new Unreachable(endpoint, "what answers there does not know 'show stat'");
  return sample;
}

const clock = (): string => new Date().toTimeString().slice(0, 8);

/** One page for pipes and files, from two samples, so that there are rates. Throws Unreachable. */
export async function topOnce(options: TopOptions, columns: number): Promise<string> {
  const first = withSample(newState(options.endpoint.text, options.intervalMs), await takeSample(options));
  await delay(options.intervalMs);
  const state = withSample(first, await takeSample(options));
  return `${renderPage(state, columns, clock()).join('\n')}\n`;
}

/** The live view. */
export class Top {
  private state: TopState;
  private timer: NodeJS.Timeout | undefined;
  /** A sample is being taken. */
  private asking = false;
  private left = false;
  private finish: () => void = () => undefined;

  constructor(
    private readonly options: TopOptions,
    private readonly display: Screen,
  ) {
    this.state = newState(options.endpoint.text, options.intervalMs);
  }

  /** Runs until the person leaves or `stop` is called. */
  async run(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.finish = resolve;
    });
    this.display.onKey((key) => this.take(key));
    this.display.enter();
    this.draw();
    void this.sample();
    await ended;
    this.left = true;
    clearTimeout(this.timer);
    this.display.leave();
  }

  stop(): void {
    this.finish();
  }

  /** The terminal has another size, or is ours again. */
  redraw(): void {
    this.display.enter();
    this.display.clear();
    this.draw();
  }

  private draw(): void {
    this.display.draw(renderScreen(this.state, this.display.columns, this.display.rows, clock()));
  }

  private take(key: string): void {
    const [state, wish] = press(this.state, key, pageOf(this.display.rows));
    this.state = state;
    this.grant(wish);
    this.draw();
  }

  private grant(wish: Wish): void {
    if (wish === 'quit') this.stop();
    else if (wish === 'sample') void this.sample();
    else if (wish === 'suspend') {
      this.display.leave();
      process.kill(process.pid, 'SIGTSTP'); // whoever runs us hears of SIGCONT and calls redraw
    } else if (wish !== null) void this.setState(wish.server, wish.state);
  }

  /** Takes a sample, and another one an interval after this one has come. */
  private async sample(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    clearTimeout(this.timer);
    try {
      const sample = await takeSample(this.options);
      this.state = withSample(this.state, sample); // as keys have left it meanwhile
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.state = withFailure(this.state, error.reason, clock());
    }
    this.asking = false;
    if (this.left) return;
    this.draw();
    this.timer = setTimeout(() => void this.sample(), this.state.intervalMs);
  }

  private async setState(server: string, wanted: string): Promise<void> {
    const message = await this.trySetState(server, wanted);
    this.state = { ...this.state, message };
    this.draw();
    await this.sample();
  }

  private async trySetState(server: string, wanted: string): Promise<string> {
    const line = `set server ${server} state ${wanted}`;
    try {
      const error = errorIn(line, await ask(this.options.endpoint, line, { silenceMs: this.options.timeoutMs }));
      if (error === null) return `${server} is set to ${wanted}.`;
      return /^Permission denied/.test(error) ? `${server}: denied: this socket is not of 'level admin'.` : `${server}: ${error}`;
    } catch (error) {
      if (error instanceof Unreachable) return error.message;
      throw error;
    }
  }
}
