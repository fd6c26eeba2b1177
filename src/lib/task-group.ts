/** Tasks that run at the same time. The first failure aborts the signal of all of them. */
export interface TaskGroup {
  /** Aborts with the parent's signal, or when a task failed. */
  readonly signal: AbortSignal;
  /** Starts a task and returns its result. */
  start<T>(task: () => Promise<T>): Promise<T>;
  /** Waits until every task has ended, so that none still runs during a teardown. Then throws the first failure. */
  settle(): Promise<void>;
}

/** Creates a group without tasks. Its signal also aborts with `parent`. */
export function createTaskGroup(parent: AbortSignal): TaskGroup {
  const stop = new AbortController();
  const tasks: Promise<unknown>[] = [];
  let firstFailure: { error: unknown } | undefined;
  return {
    signal: AbortSignal.any([parent, stop.signal]),
    start: (task) => {
      const running = task();
      tasks.push(
        running.catch((error: unknown) => {
          firstFailure ??= { error };
          stop.abort();
        }),
      );
      return running;
    },
    settle: async () => {
      await Promise.all(tasks);
      if (firstFailure) throw firstFailure.error;
    },
  };
}
