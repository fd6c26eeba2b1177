import type { Context } from "./host.ts";

const firstMs = 5_000;
const longestMs = 60_000;

/** What some work is waiting for: one thing, or a list of them. Undefined if nothing is to be shown. */
export type Missing = string | readonly string[] | undefined;

/**
 * Runs some work and returns its result. A terminal shows what it is waiting for. A log has a line if it takes longer than
 * 5 s: after 5, 15, 35 and 75 s, and every minute from 135 s on.
 * @param what returns what is missing
 */
export async function reportWaits<T>(
  context: Context,
  what: () => Missing,
  work: () => Promise<T>,
): Promise<T> {
  const finished = new AbortController();
  const { log, span } = context;
  const endLive = log.live?.begin({ kind: "wait", span: span?.id, listMissing: () => listMissing(what()) });
  // If the sleep is interrupted, the log lines stop. The work itself reports the reason.
  const lines = log.live ? undefined : logLines(context, what, finished.signal).catch(() => undefined);
  try {
    return await work();
  } finally {
    endLive?.();
    finished.abort();
    await lines;
  }
}

/** Logs what the work is waiting for, with growing pauses, until a signal fires. */
async function logLines(
  { host, log, signal }: Context,
  what: () => Missing,
  finished: AbortSignal,
): Promise<void> {
  const startedAt = host.now();
  const anySignal = AbortSignal.any([signal, finished]);
  for (let pauseMs = firstMs; ; pauseMs = Math.min(pauseMs * 2, longestMs)) {
    await host.sleep(pauseMs, anySignal);
    const missing = listMissing(what());
    if (missing.length > 0)
      log.info(`waiting for ${joinFirst(missing)} (${Math.round((host.now() - startedAt) / 1000)} s)`);
  }
}

function listMissing(missing: Missing): readonly string[] {
  if (missing === undefined) return [];
  return typeof missing === "string" ? [missing] : missing;
}

/** Returns the first items joined by semicolons, with the number of the others, so that the text fits in one line. */
export function joinFirst(items: readonly string[], shownCount = 3): string {
  const hiddenCount = items.length - shownCount;
  return [...items.slice(0, shownCount), ...(hiddenCount > 0 ? [`${hiddenCount} more`] : [])].join("; ");
}
