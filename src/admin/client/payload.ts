/** What follows a command that ends with `<<`: lines, and the one that ends them (management manual, section 9.3). */

/** `<<` ends with an empty line, `<<%EOF%` with a line of that word. */
const PAYLOAD = /<<(\S*)\s*$/;

/** Whether a command line says that lines follow. */
export function takesPayload(line: string): boolean {
  return PAYLOAD.test(line);
}

/** The line that ends the payload of this one. */
export function endOfPayload(line: string): string {
  return PAYLOAD.exec(line)?.[1] ?? '';
}

/** The command line with its payload and the end of it. An empty line would end a payload early, and is left out. */
export function withPayload(line: string, payload: string): string {
  const end = endOfPayload(line);
  const lines = payload.split('\n').filter((one) => one.trim() !== '' || end !== '');
  while (lines.at(-1) === '') lines.pop();
  return [line, ...lines, end].join('\n');
}
