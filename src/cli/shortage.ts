/** What a person can do where the system has run out of something before there is a balancer that could say so itself. */

/** Of a failure to open files: the code that is being loaded is opened many files at a time. Null: it is none. */
export function descriptorShortage(error: unknown): string | null {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENFILE') return 'the whole system has too many open files (ENFILE): raise fs.file-max';
  if (code !== 'EMFILE') return null;
  return "too many open files (EMFILE): even a small configuration needs 200; permit more with 'ulimit -n' or systemd's LimitNOFILE";
}
