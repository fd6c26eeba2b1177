import { Interrupted } from "../../lib/errors.ts";
import type { Stack } from "../../stack/stack.ts";

/** Returns a signal that fires when the promise resolves; one that has fired without a promise. */
export function toSignal(complete: Promise<void> | undefined): AbortSignal {
  if (complete === undefined) return AbortSignal.abort();
  const controller = new AbortController();
  void complete.then(() => controller.abort());
  return controller.signal;
}

/** Waits for a part of the deployment, which may never be ready. @throws Interrupted when the stack's signal fires */
export async function awaitReady(
  { context: { signal } }: Stack,
  ready: Promise<void> | undefined,
): Promise<void> {
  if (ready === undefined) return;
  const aborted = Promise.withResolvers<void>();
  const onAbort = () => aborted.resolve();
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([ready, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
  if (signal.aborted) throw new Interrupted();
}

/** The time limit of a check, which begins when the deployment is complete. */
interface Deadline {
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch; infinite as long as the deployment is not complete. */
  readonly endMs: () => number;
}

/**
 * Starts the time limit of a check.
 * @param complete fires, or has fired, when the deployment is complete
 */
export function startDeadline(
  { context: { host } }: Stack,
  limitMs: number,
  complete: AbortSignal,
): Deadline {
  if (complete.aborted) {
    const endMs = host.now() + limitMs;
    return { signal: AbortSignal.timeout(limitMs), endMs: () => endMs };
  }
  const expired = new AbortController();
  let endMs = Number.POSITIVE_INFINITY;
  const onComplete = () => {
    endMs = host.now() + limitMs;
    AbortSignal.timeout(limitMs).addEventListener("abort", () => expired.abort());
  };
  complete.addEventListener("abort", onComplete, { once: true });
  return { signal: expired.signal, endMs: () => endMs };
}
