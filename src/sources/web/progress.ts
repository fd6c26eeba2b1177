import type { Context } from "../../host/host.ts";

const logEveryMs = 10_000;
const drawEveryMs = 100;

export interface Progress {
  /** Something came. */
  tell(): void;
  end(): void;
}

/**
 * Shows how a download goes: in a terminal as it comes, in a log once in ten seconds. `kept` and `total` are bytes.
 */
export function createProgress(
  { host, log }: Context,
  name: string,
  { kept, total }: { kept: () => number; total: () => number | undefined },
): Progress {
  const startedAt = host.now();
  const every = log.progress ? drawEveryMs : logEveryMs;
  let toldAt = log.progress ? 0 : startedAt;
  return {
    tell: () => {
      const now = host.now();
      if (now - toldAt < every) return;
      toldAt = now;
      const text = `${name} ${amount(kept(), total())}, ${speed(kept(), now - startedAt)}`;
      if (log.progress) log.progress(name, text);
      else log.info(text);
    },
    end: () => log.progress?.(name, undefined),
  };
}

function amount(kept: number, total: number | undefined): string {
  return total === undefined ? `${megabytes(kept)} MB` : `${megabytes(kept)} of ${megabytes(total)} MB`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** On average, since a download that stands still for a moment isn't a slow one. */
function speed(bytes: number, ms: number): string {
  return `${megabytes(bytes / Math.max(ms / 1000, 0.1))} MB/s`;
}
