/** Breaking sentences into lines for files and terminals. */

/**
 * Lines of at most `width` characters, broken at spaces. A word that is longer stands alone on a
 * line of its own, whole: an address or a command cut in two is of no use.
 */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
