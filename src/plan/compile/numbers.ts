/** Numbers that statistics, logs and rules know things by, as HAProxy gives them: `fe_id`, `so_id`, `srv_id`. */

/**
 * One number for each entry: its own, or the next that is free. Every entry moves the counter on,
 * those with a number of their own too, which is why 1 2 - 4 stands beside a third entry with id 9.
 *
 * @param own numbers that were asked for, null where none was
 */
export function numbered(own: readonly (number | null)[], first = 1): number[] {
  const used = new Set(own.filter((id) => id !== null));
  let next = first;
  return own.map((id) => {
    let given = id;
    if (given === null) {
      while (used.has(next)) next++;
      given = next;
      used.add(given);
    }
    next++;
    return given;
  });
}
