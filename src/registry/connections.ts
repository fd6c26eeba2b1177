/** Work that waits for a connection. */
export interface Transfer {
  /** True while somebody waits for its bytes. It is asked again whenever a connection is free. */
  readonly isUrgent: () => boolean;
  /** Bytes of what it is a part of. */
  readonly bytes: number;
}

/** Starts each transfer when a connection is free: those that somebody waits for first, then the biggest. */
export type Connections = <T>(transfer: Transfer, work: () => Promise<T>) => Promise<T>;

/** @param places how many transfers run at once; it may grow */
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

function takeNext<T extends Transfer>(waiting: T[]): T | undefined {
  const rank = (one: T) => (one.isUrgent() ? Number.POSITIVE_INFINITY : one.bytes);
  const best = waiting.reduce<T | undefined>(
    (found, one) => (found === undefined || rank(one) > rank(found) ? one : found),
    undefined,
  );
  if (best !== undefined) waiting.splice(waiting.indexOf(best), 1);
  return best;
}
