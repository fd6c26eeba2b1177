import type { Context } from "./host.ts";

const firstMs = 5_000;
const longestMs = 60_000;

/**
 * Does some work, and logs what it is waiting for when it takes longer than 5 s: after 5, 15, 35 and 75 s, and once a
 * minute from 135 s on.
 * @param what names what is missing, for each line; undefined: no line.
 */
export async function reportWaits<T>(
  context: Context,
  what: () => string | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  // Whatever ends the pauses ends the lines; the work itself says why.
  const lines = logLines(context, what, over.signal).catch(() => undefined);
  try {
    return await work();
  } finally {
    over.abort();
    await lines;
  }
}

async function logLines(
  { host, log, signal }: Context,
  what: () => string | undefined,
  over: AbortSignal,
): Promise<void> {
  const began = host.now();
  const either = AbortSignal.any([signal, over]);
  for (let pauseMs = firstMs; ; pauseMs = Math.min(pauseMs * 2, longestMs)) {
    await host.sleep(pauseMs, either);
    const missing = what();
    if (missing !== undefined)
      log.info(`waiting for ${missing} (${Math.round((host.now() - began) / 1000)} s)`);
  }
}

/** Joins the first few of many items, so that the text fits in one line. */
export function joinFirst(items: readonly string[], most = 3): string {
  const more = items.length - most;
  return [...items.slice(0, most), ...(more > 0 ? [`${more} more`] : [])].join("; ");
}
