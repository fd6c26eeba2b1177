/** Runs a function for each item, a few at a time, and returns the results in the items' order. */
export async function mapLimited<T, R>(
  items: readonly T[],
  atOnce: number,
  use: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await use(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  return results;
}
