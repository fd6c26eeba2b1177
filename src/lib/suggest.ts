const maxCharacters = 200;

/** Returns the known word that is most similar to `word`; undefined if none is similar enough. */
export function findNearestWord(word: string, known: readonly string[]): string | undefined {
  // A longer word is not a typing error, and the comparison takes time proportional to both lengths multiplied.
  if (word.length > maxCharacters) return undefined;
  const normalizedWord = normalizeWord(word);
  const maxDistance = Math.max(1, Math.floor(word.length / 3));
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const normalizedName = normalizeWord(name);
    if (Math.abs(normalizedName.length - normalizedWord.length) > maxDistance) continue;
    const distance = computeEditDistance(normalizedWord, normalizedName);
    // Between two words at the same distance, one that only continues the given word is preferred.
    const isLonger = distance === best?.distance && normalizedName.startsWith(normalizedWord);
    if (!best || distance < best.distance || isLonger) best = { name, distance };
  }
  if (!best) return undefined;
  return best.distance <= maxDistance ? best.name : undefined;
}

/** Returns `did you mean X?` for the nearest known word; all known words if none is similar. */
export function didYouMean(word: string, known: readonly string[]): string {
  const name = findNearestWord(word, known);
  if (name !== undefined) return `did you mean ${name}?`;
  return known.length > 0 ? formatExpectedChoices(known) : "there is nothing to choose from";
}

/** Returns `expected one of: a, b, c`. */
export function formatExpectedChoices(choices: readonly string[]): string {
  return `expected one of: ${choices.join(", ")}`;
}

/** Returns a word without separators and in lower case, so that `dependsOn`, `depends-on` and `depends_on` are equal. */
export function normalizeWord(word: string): string {
  return word.toLowerCase().replaceAll(/[-_]/g, "");
}

/**
 * Returns the number of insertions, deletions, replacements and swaps of neighbouring characters that turn one word
 * into the other.
 */
export function computeEditDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    const previousRow = rows[i - 1] ?? [];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (previousRow[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previousRow[j - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) cost = Math.min(cost, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? Number.POSITIVE_INFINITY;
}
