import type { Context, Host } from "../host/host.ts";

/**
 * Milliseconds in which a read in progress is shared: the pause between two attempts of a check. Data of an earlier read
 * could miss what has changed since, and would shorten the grace period of a fault.
 */
const sharedForMs = 500;

/** A read that is in progress. */
interface Read {
  readonly startedAt: number;
  readonly result: Promise<unknown>;
  /** The signal of whoever began it: when it fires, the read fails for everyone. */
  readonly signal: AbortSignal;
}

const readsByHost = new WeakMap<Host, Map<string, Read>>();

/**
 * Returns the result of a read. Many checks read the same lists at the same time, and on a large stack each list has
 * many megabytes: a read that has just begun is shared. Results are not kept.
 * @param key identifies the read and the type of its result
 */
export async function shareRead<T>(context: Context, key: string, read: () => Promise<T>): Promise<T> {
  const reads = readsByHost.get(context.host) ?? new Map<string, Read>();
  readsByHost.set(context.host, reads);
  const now = context.host.now();
  const earlier = reads.get(key);
  if (earlier !== undefined && now - earlier.startedAt < sharedForMs && !earlier.signal.aborted) {
    const outcome = await earlier.result.then(
      (result) => ({ result: result as T }),
      (error: unknown) => ({ error }),
    );
    if ("result" in outcome) return outcome.result;
    if (!earlier.signal.aborted || context.signal.aborted) throw outcome.error;
    // The other check was not waited for any longer; this one is.
    return await shareRead(context, key, read);
  }
  const result = read();
  const own: Read = { startedAt: now, result, signal: context.signal };
  reads.set(key, own);
  try {
    return await result;
  } finally {
    if (reads.get(key) === own) reads.delete(key);
  }
}
