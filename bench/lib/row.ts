/**
 * What a row of the benchmark is: a kind of work, who takes part, how one of them is measured
 * once, and how its table reads. The rows themselves are in `rows/`.
 */
import type { ContenderId } from './contenders.js';
import type { Servers } from './servers.js';
import type { Sample } from './stats.js';

/** A line of a table: a contender, and what is special about it in this row. */
export interface Entrant {
  readonly label: string;
  readonly contender: ContenderId;
  readonly workers: number;
}

/** What every measurement may use. */
export interface Bench {
  readonly folder: string;
  readonly servers: Servers;
  /**
   * Where every balancer listens, one after the other. One port for all of them bounds what closed
   * connections leave in TIME_WAIT: their address pairs are taken over by later connections.
   */
  readonly port: number;
  /** Seconds of a measured window; also what whole-second generators are told. */
  readonly seconds: number;
  /** CPUs of the balancers and of everything else, in taskset(1)'s notation. */
  readonly cpus: string | undefined;
  readonly loadCpus: string | undefined;
}

/** A column: the median of a figure, or the median of its ratios to another entrant. */
export type Column =
  | { readonly head: string; readonly key: string; readonly format: (value: number) => string }
  | { readonly head: string; readonly ratioOf: string; readonly reference: (entrant: Entrant) => string };

/** What is to be reached. `ratioOf`: against `reference`; without it, the figure itself. */
export interface Target {
  readonly label: string;
  readonly key: string;
  readonly reference?: string;
  readonly atMost: number;
  /** How the figure reads in the list of targets, with its unit. */
  readonly what: string;
}

export interface Row {
  readonly name: string;
  readonly title: string;
  /** Units, and what the reader must know to judge the figures; lines that fit 80 columns. */
  readonly note: readonly string[];
  readonly columns: readonly Column[];
  readonly targets: readonly Target[];
  /** The lines of the table, given the contenders that were chosen. */
  entrants(chosen: readonly ContenderId[]): Entrant[];
  /** Starts the entrant anew, measures it once, stops it. */
  measure(bench: Bench, entrant: Entrant): Promise<Sample>;
}

/** Every chosen contender with one worker, those that log included. */
export function oneWorkerEachLogging(chosen: readonly ContenderId[]): Entrant[] {
  return chosen.map((contender) => ({ label: contender, contender, workers: 1 }));
}

/** Every chosen contender with one worker. None logs: only a connection that ends has a line. */
export function oneWorkerEach(chosen: readonly ContenderId[]): Entrant[] {
  return oneWorkerEachLogging(chosen.filter((contender) => !isLogging(contender)));
}

/** Whether a contender writes a line for each connection. */
export function isLogging(contender: ContenderId): boolean {
  return contender.endsWith('-log');
}

/** The reference of nearly every ratio. */
export function toHaproxy(): string {
  return 'haproxy';
}
