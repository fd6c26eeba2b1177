/**
 * Work that goes on side by side and ends together: when one part fails, the others are told to stop, and nobody
 * goes on (to a teardown, say) before all of them have.
 */
export interface Crew {
  /** Fires when the parent does, or when a part failed. */
  readonly signal: AbortSignal;
  start<T>(part: () => Promise<T>): Promise<T>;
  /** Waits until every part has ended, and throws what the first failing one threw. */
  settle(): Promise<void>;
}

export function createCrew(parent: AbortSignal): Crew {
  const stop = new AbortController();
  const parts: Promise<unknown>[] = [];
  let first: { error: unknown } | undefined;
  return {
    signal: AbortSignal.any([parent, stop.signal]),
    start: (part) => {
      const running = part();
      parts.push(
        running.catch((error: unknown) => {
          first ??= { error };
          stop.abort();
        }),
      );
      return running;
    },
    settle: async () => {
      await Promise.all(parts);
      if (first) throw first.error;
    },
  };
}
