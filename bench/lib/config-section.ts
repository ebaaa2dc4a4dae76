/** The section of RESULTS.md that `bench:config` writes, and that `bench:l4` leaves as it is. */

const SECTION = /\n## config: [\s\S]*?(?=\n## |$)/;

/** The results with this section in place of the one that is there, or at the end. */
export function withConfigSection(results: string, section: string): string {
  return `${results.replace(SECTION, '').trimEnd()}\n\n${section.trim()}\n`;
}

/** The section of some results; '' when they have none. */
export function configSection(results: string): string {
  return SECTION.exec(results)?.[0].trim() ?? '';
}
