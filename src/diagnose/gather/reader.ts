import type { Context } from "../../host/host.ts";
import { describeError } from "../../lib/errors.ts";
import type { Unread } from "../evidence.ts";

/** No single reading takes longer than this, in milliseconds. */
export const readingMs = 4_000;

/** Reads one part of the evidence; what fails is noted and never thrown. */
export interface Reader {
  /**
   * One reading. The context given to `get` ends after `readingMs`, or when the time for everything is over; a call
   * that ignores its signal is abandoned.
   * @returns undefined when it could not be read; then it is in `unread`.
   */
  read<T>(what: string, get: (context: Context) => Promise<T>): Promise<T | undefined>;
  /** Notes what was left out. */
  note(what: string, why: string): void;
  /** True if anything was read. */
  hasResponse(): boolean;
  readonly unread: readonly Unread[];
}

/** @param context its signal is that of everything that is read. */
export function createReader(context: Context): Reader {
  const unread: Unread[] = [];
  let responses = 0;
  return {
    read: async (what, get) => {
      const late = AbortSignal.timeout(readingMs);
      const signal = AbortSignal.any([context.signal, late]);
      try {
        signal.throwIfAborted();
        const value = await Promise.race([get({ ...context, signal }), abortOf(signal)]);
        responses++;
        return value;
      } catch (error) {
        unread.push({ what, why: describeFailure(error, context.signal, late) });
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

function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function describeFailure(error: unknown, whole: AbortSignal, late: AbortSignal): string {
  if (late.aborted) return `no response within ${readingMs / 1000} s`;
  return whole.aborted ? "no time was left" : describeError(error);
}
