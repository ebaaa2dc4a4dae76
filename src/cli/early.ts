/**
 * What has to happen before any other module is loaded; `main.ts` imports it first. The name is
 * what ps, pgrep, pidof and killall find. Node opens its debugger on SIGUSR1 unless a handler is
 * there, and HAProxy's users send that signal to stop softly.
 */
import { close as closeDebugger, url as debuggerUrl } from 'node:inspector';
import { showAs } from './title.js';

/** Commands that ask a running balancer: who looks for processes called turbo-lb means that one. */
const ASKING = ['alive', 'ctl', 'top'];

if (!ASKING.includes(process.argv[2])) showAs('turbo-lb');

/** Signals that came while nobody could act on them yet. */
export const early = {
  /** SIGUSR1 came: a balancer that has not started need not start. */
  softStop: false,
};

process.on('SIGUSR1', () => {
  early.softStop = true;
});

/**
 * Signals that mean something to a process that runs a file, and would end or stop one that has not got
 * so far: another one that starts may send them as soon as it knows the pid.
 */
const LATER = ['SIGHUP', 'SIGUSR2', 'SIGQUIT', 'SIGTTOU', 'SIGTTIN'] as const;

if (process.argv.includes('-f') || process.argv.includes('--')) for (const signal of LATER) process.on(signal, () => undefined);

/** The person who started this wants to debug it. */
const debuggerWanted = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((option) => option.includes('--inspect'));

/** A debugger that nobody asked for means a SIGUSR1 that came before the handler was there. */
function undoDebugger(): void {
  if (debuggerWanted || debuggerUrl() === undefined) return;
  closeDebugger();
  early.softStop = true;
}

undoDebugger();
setImmediate(undoDebugger); // Node opens it from the event loop, if the signal came a moment ago
