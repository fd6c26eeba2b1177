/** Tasks that run side by side and end together: the first failure stops the others. */
export interface TaskGroup {
  /** Aborts with the parent's signal, or when a task failed. */
  readonly signal: AbortSignal;
  start<T>(task: () => Promise<T>): Promise<T>;
  /** Waits until every task has ended, so that none still runs during a teardown. Then throws the first failure. */
  settle(): Promise<void>;
}

export function createTaskGroup(parent: AbortSignal): TaskGroup {
  const stop = new AbortController();
  const tasks: Promise<unknown>[] = [];
  let first: { error: unknown } | undefined;
  return {
    signal: AbortSignal.any([parent, stop.signal]),
    start: (task) => {
      const running = task();
      tasks.push(
        running.catch((error: unknown) => {
          first ??= { error };
          stop.abort();
        }),
      );
      return running;
    },
    settle: async () => {
      await Promise.all(tasks);
      if (first) throw first.error;
    },
  };
}
