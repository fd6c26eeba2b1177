const mostCharacters = 200;

/** Returns the known word that is most similar to `word`; undefined if none is similar enough. */
export function findNearestWord(word: string, known: readonly string[]): string | undefined {
  // A longer word is not a typing error, and the comparison takes time proportional to both lengths multiplied.
  if (word.length > mostCharacters) return undefined;
  const wanted = normalizeWord(word);
  const most = Math.max(1, Math.floor(word.length / 3));
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const plain = normalizeWord(name);
    if (Math.abs(plain.length - wanted.length) > most) continue;
    const distance = computeEditDistance(wanted, plain);
    // Of two that are as near, a word that only has more at its end.
    const isLonger = distance === best?.distance && plain.startsWith(wanted);
    if (!best || distance < best.distance || isLonger) best = { name, distance };
  }
  if (!best) return undefined;
  return best.distance <= most ? best.name : undefined;
}

/** Returns `did you mean X?`, or all that is known when none is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const name = findNearestWord(word, known);
  if (name !== undefined) return `did you mean ${name}?`;
  return known.length > 0 ? formatExpectedChoices(known) : "there is nothing to choose from";
}

export function formatExpectedChoices(choices: readonly string[]): string {
  return `expected one of: ${choices.join(", ")}`;
}

/** Returns a word without separators and in lower case, so that `dependsOn`, `depends-on` and `depends_on` are equal. */
export function normalizeWord(word: string): string {
  return word.toLowerCase().replaceAll(/[-_]/g, "");
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
export function computeEditDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    const above = rows[i - 1] ?? [];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? Number.POSITIVE_INFINITY;
}
