/** A reader takes in no more of a line that joins a list. */
const mostCharacters = 1_000;
/** Where a line may be cut: between two items of its list. */
const betweenItems = /[;,] /g;

/**
 * Cuts a line that is too long, between two items of the list that it joins, and says how much is left out.
 * @param whole where the reader finds all of it
 */
export function boundLine(line: string, whole = "results.json", most = mostCharacters): string {
  if (line.length <= most) return line;
  const ends = [...line.slice(0, most).matchAll(betweenItems)].map(({ index }) => index);
  const end = ends.filter((index) => index > most / 2).at(-1) ?? most;
  const items = [...line.slice(end).matchAll(betweenItems)].length;
  const left = items > 0 ? `${items} more` : `${line.length - end} more characters`;
  return `${line.slice(0, end)} and ${left} (all of it is in ${whole})`;
}
