/** Texts about the options in HAProxy's style: usage, and versions (`-v`, `-vv`, `-vq`). */
import { FEATURES, LANGUAGE_VERSION } from '../config/version.js';
import { packageVersion } from '../shared/version.js';

/** What HAProxy prints when it does not understand its command line, for ours. */
export const USAGE = `Usage : turbo-lb [-f <cfgfile|cfgdir>]* [ -vVqcdD ] [ -n <maxconn> ] [ -N <maxpconn> ]
        [ -m <megabytes> ] [ -p <pidfile> ] [ -C <dir> ] [ -L <name> ] [-- <cfgfile>*]
        -f loads a file, or the *.cfg of a directory ; -- means that only files follow.
        -v displays version ; -vv shows more ; -vq, -vqs, -vqb only its number.
        -c check mode : only check config files and exit ; -V says when they are valid.
        -cc <condition> evaluates a condition and exits.
        --diag=json shows the findings as JSON.
        -q quiet mode : don't display messages.
        -D goes daemon ; -d and -db stay in the foreground ; -C changes to <dir> first.
        -n sets the maximum total # of connections ; -N the one of each proxy.
        -p writes the pid to this file ; -L sets the local peer name.
        -W master-worker mode, -Ws with notification of systemd ; -S opens the master's socket.
        -x takes the listening sockets of a running process from its stats socket.
        -sf/-st [pid ]* finishes/terminates old pids once this one is ready.
        -dD shows diagnostic warnings ; -dW makes warnings fatal.
        -dr ignores server address resolution failures ; -4 looks up IPv4 only.
        -dS disables splice().
        -dK<class,...> lists keywords, -dL loaded files, -dC the configuration.
        --workers <n>|auto, --io-engine auto|uring|epoll and --no-pin go before what files say.
Or      : turbo-lb --help for flags without a file, and for commands.
`;

/** The first line of `-v`. */
export function versionLine(): string {
  return `turbo-lb version ${packageVersion()} - reads configurations of HAProxy ${LANGUAGE_VERSION}`;
}

/** What `-v` and its variants print; `option` is without its dash. */
export function versionText(option: string): string {
  const version = packageVersion();
  const branch = version.split('.').slice(0, 2).join('.');
  if (option === 'vq') return `${version}\n`;
  if (option === 'vqs' || option === 'vqb') return `${branch}\n`;
  if (option === 'v') return `${versionLine()}\n`;
  const features = [...FEATURES].map((name) => `+${name}`).join(' ');
  return [
    versionLine(),
    `Running on Node ${process.versions.node}, ${process.platform} ${process.arch}`,
    `Feature list : ${features}`,
    'I/O engines : uring, epoll (turbo-lb doctor tells which one this host takes)',
    '',
  ].join('\n');
}
