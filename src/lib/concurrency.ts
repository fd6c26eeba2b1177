/**
 * Calls a function for each item and returns the results in the items' order.
 * @param limit the maximum number of calls that run at the same time
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  callback: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let nextIndex = 0;
  const runWorker = async () => {
    while (nextIndex < items.length) {
      const index = nextIndex++;
      results[index] = await callback(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, runWorker));
  return results;
}

/** Runs a function, once there is a place for it. */
export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

/** Returns a limiter that runs at most `limit` functions at the same time, in the order in which they were passed. */
export function createLimiter(limit: number): Limiter {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < limit) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // The place goes to the next function directly: nothing that comes later may take it.
      if (next) next();
      else running -= 1;
    }
  };
}
