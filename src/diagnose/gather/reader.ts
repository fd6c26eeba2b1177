import type { Context } from "../../host/host.ts";
import { describeError } from "../../lib/errors.ts";
import type { UnreadPart } from "../evidence.ts";

/** Maximum duration of a reading in milliseconds. */
export const readingMs = 4_000;

/** Reads one part of the evidence. A reading that fails is noted, and never throws. */
export interface Reader {
  /**
   * Returns the result of one reading; undefined if it failed, which is then noted in `unread`. The signal of `get`'s
   * context fires after `readingMs`, or when the time for all readings is over. A call that ignores it is abandoned.
   * @param what describes the reading in `unread`
   */
  read<T>(what: string, get: (context: Context) => Promise<T>): Promise<T | undefined>;
  /** Notes evidence that was left out, and why. */
  note(what: string, why: string): void;
  /** True if at least one reading succeeded. */
  hasResponse(): boolean;
  readonly unread: readonly UnreadPart[];
}

/**
 * Returns a reader.
 * @param context has the signal that ends all readings
 */
export function createReader(context: Context): Reader {
  const unread: UnreadPart[] = [];
  let responses = 0;
  return {
    read: async (what, get) => {
      const timeout = AbortSignal.timeout(readingMs);
      const signal = AbortSignal.any([context.signal, timeout]);
      try {
        signal.throwIfAborted();
        const value = await Promise.race([get({ ...context, signal }), rejectOnAbort(signal)]);
        responses++;
        return value;
      } catch (error) {
        unread.push({ what, why: describeFailure(error, context.signal, timeout) });
        return undefined;
      }
    },
    note: (what, why) => {
      unread.push({ what, why });
    },
    hasResponse: () => responses > 0,
    unread,
  };
}

/** Returns a promise that rejects when the signal fires. */
function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Returns why a reading failed: its time, the time for all readings, or its error. */
function describeFailure(error: unknown, allReadings: AbortSignal, timeout: AbortSignal): string {
  if (timeout.aborted) return `no response within ${readingMs / 1000} s`;
  return allReadings.aborted ? "no time was left" : describeError(error);
}
