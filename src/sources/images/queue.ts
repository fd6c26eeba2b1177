/** Starts what it is given as soon as there is room, in order, and gives what that gives. */
export type Queue = <T>(work: () => Promise<T>) => Promise<T>;

/** At most so many at once. */
export function createQueue(atOnce: number): Queue {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= atOnce) await new Promise<void>((go) => waiting.push(go));
    else running += 1;
    try {
      return await work();
    } finally {
      // Whoever waits longest takes the place.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
