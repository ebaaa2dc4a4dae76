/** The arguments of `cpu-map`: which threads run on which CPUs (configuration manual, section 3.1). */
import type { Word } from '../tokens/line.js';
import { type GlobalLine, refuse } from './global-line.js';

/** CPU numbers at most; the kernel is built for 8192 (CONFIG_NR_CPUS) where it is built for many. */
const CPU_MAX = 8191;

/** Reads one line into the map, in place of what earlier lines said of the same threads. */
export function parseCpuMap(line: GlobalLine, threadsMax: number): void {
  const [threadsWord, ...cpuWords] = line.words;
  if (threadsWord === undefined || cpuWords.length === 0) {
    const text =
      `cpu-map expects a process number  ('all', 'odd', 'even', a number from 1 to ${threadsMax} or a range), ` +
      ` followed by a list of CPU ranges with numbers from 0 to ${CPU_MAX}.`;
    refuse(line, text, threadsWord);
    return;
  }
  const automatic = threadsWord.text.startsWith('auto:');
  const threads = readThreads(
    line,
    threadsWord,
    automatic ? threadsWord.text.slice('auto:'.length) : threadsWord.text,
    threadsMax,
  );
  const cpus = threads === null ? null : readCpus(line, cpuWords);
  if (threads === null || cpus === null) return;
  const exhaustive = /\/all$|\/$|^[^/]*$/.test(threadsWord.text);
  if (automatic && threads.length !== cpus.length && !(exhaustive && cpus.length < threads.length)) {
    refuse(line, 'cpu-map : PROC/THREAD range and CPU sets must have the same size to be automatically bound', threadsWord);
    return;
  }
  const map = new Map(line.target.cpuMap?.value);
  for (const [i, thread] of threads.entries()) {
    if (!automatic) map.set(thread, cpus);
    else if (i < cpus.length) map.set(thread, [cpus[i]]);
  }
  line.target.cpuMap = { value: map, place: line.keyword[0].place };
}

/** Threads of group 1: there is one group, and older files give the number of a process in its place. */
function readThreads(line: GlobalLine, word: Word, text: string, max: number): number[] | null {
  const [group, threads = 'all', ...more] = text.split('/');
  const groups = more.length > 0 ? null : parseSet(group, 1, max);
  const set = parseSet(threads, 1, max);
  if (groups === null) return refuse(line, `cpu-map : '${group}' is not a valid number/range.`, word);
  if (set === null)
    return refuse(line, `cpu-map : '${threads}' is not a valid number/range. It supports numbers from 1 to ${max}.`, word);
  return groups.includes(1) ? set : [];
}

/** In ascending order, as HAProxy binds them, whatever the order of the words. */
function readCpus(line: GlobalLine, words: readonly Word[]): number[] | null {
  const cpus = new Set<number>();
  for (const word of words) {
    for (const part of word.text.split(',')) {
      const range = parseRange(part, 0, CPU_MAX);
      if (range === null) return refuse(line, `cpu-map : '${part}' is not a CPU range.`, word);
      for (const cpu of range) cpus.add(cpu);
    }
  }
  return [...cpus].sort((a, b) => a - b);
}

function parseSet(text: string, min: number, max: number): number[] | null {
  if (text === 'all') return numbers(min, max);
  if (text === 'odd') return numbers(min, max).filter((number) => number % 2 === 1);
  if (text === 'even') return numbers(min, max).filter((number) => number % 2 === 0);
  return parseRange(text, min, max);
}

/** `3`, `1-4`, and `2-` for all from there on. */
function parseRange(text: string, min: number, max: number): number[] | null {
  const [, first, dash, last] = /^([0-9]{1,5})(?:(-)([0-9]{0,5}))?$/.exec(text) ?? [];
  if (first === undefined) return null;
  const from = Number(first);
  const to = dash === undefined ? from : last === '' ? max : Number(last);
  return from < min || to > max || to < from ? null : numbers(from, to);
}

function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
