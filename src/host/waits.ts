import type { Context } from "./host.ts";

const firstMs = 5_000;
const longestMs = 60_000;

/**
 * Runs some work and returns its result. If it takes longer than 5 s, logs what it is waiting for: after 5, 15, 35 and
 * 75 s, and every minute from 135 s on.
 * @param what returns what is missing; undefined to log nothing
 */
export async function reportWaits<T>(
  context: Context,
  what: () => string | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const finished = new AbortController();
  // If the sleep is interrupted, the log lines stop. The work itself reports the reason.
  const lines = logLines(context, what, finished.signal).catch(() => undefined);
  try {
    return await work();
  } finally {
    finished.abort();
    await lines;
  }
}

/** Logs what the work is waiting for, with growing pauses, until a signal fires. */
async function logLines(
  { host, log, signal }: Context,
  what: () => string | undefined,
  finished: AbortSignal,
): Promise<void> {
  const startedAt = host.now();
  const anySignal = AbortSignal.any([signal, finished]);
  for (let pauseMs = firstMs; ; pauseMs = Math.min(pauseMs * 2, longestMs)) {
    await host.sleep(pauseMs, anySignal);
    const missing = what();
    if (missing !== undefined)
      log.info(`waiting for ${missing} (${Math.round((host.now() - startedAt) / 1000)} s)`);
  }
}

/** Returns the first items joined by semicolons, with the number of the others, so that the text fits in one line. */
export function joinFirst(items: readonly string[], shownCount = 3): string {
  const hiddenCount = items.length - shownCount;
  return [...items.slice(0, shownCount), ...(hiddenCount > 0 ? [`${hiddenCount} more`] : [])].join("; ");
}
