import type { Context } from "../../host/host.ts";
import { formatBytes } from "../../lib/quantity.ts";

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
      const text = `${name} ${formatAmount(kept(), total())}, ${formatSpeed(kept(), now - startedAt)}`;
      if (log.progress) log.progress(name, text);
      else log.info(text);
    },
    end: () => log.progress?.(name, undefined),
  };
}

/** The average since the download began: a short pause doesn't make it a slow one. */
function formatSpeed(bytes: number, ms: number): string {
  return `${formatBytes(bytes / Math.max(ms / 1000, 0.1))}/s`;
}

function formatAmount(bytes: number, total: number | undefined): string {
  return total === undefined ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(total)}`;
}
