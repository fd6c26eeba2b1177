/** Work that waits for a connection. */
interface Transfer {
  /** True while a reader waits for its bytes. Called again whenever a connection is free. */
  readonly isUrgent: () => boolean;
  /** Size of the whole blob in bytes. */
  readonly bytes: number;
}

/** Starts each transfer when a connection is free: first those that a reader waits for, then the biggest. */
export type Connections = <T>(transfer: Transfer, work: () => Promise<T>) => Promise<T>;

/** Returns a queue of transfers. @param places returns the maximum number of concurrent transfers; call `grow` when it grows */
export function createConnections(places: () => number): { run: Connections; grow: () => void } {
  const waiting: (Transfer & { readonly start: () => void })[] = [];
  let running = 0;
  const fill = () => {
    while (running < places()) {
      const next = takeNext(waiting);
      if (next === undefined) return;
      running += 1;
      next.start();
    }
  };
  const run: Connections = async (transfer, work) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push({ ...transfer, start: resolve });
    fill();
    await promise;
    try {
      return await work();
    } finally {
      running -= 1;
      fill();
    }
  };
  return { run, grow: fill };
}

/** Removes the transfer that comes next from the list and returns it; undefined for an empty list. */
function takeNext<T extends Transfer>(waiting: T[]): T | undefined {
  const rank = (one: T) => (one.isUrgent() ? Number.POSITIVE_INFINITY : one.bytes);
  const best = waiting.reduce<T | undefined>(
    (found, one) => (found === undefined || rank(one) > rank(found) ? one : found),
    undefined,
  );
  if (best !== undefined) waiting.splice(waiting.indexOf(best), 1);
  return best;
}
