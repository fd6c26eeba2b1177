import type { Context } from "../../host/host.ts";
import { reportWaits } from "../../host/waits.ts";
import type { Phase } from "../../report/results-schema.ts";

/** Times the phases of a run, and keeps the warnings, for the report. */
export interface Recorder {
  readonly startedAt: string;
  readonly phases: readonly Phase[];
  /**
   * Runs one phase and records when it began and ended, also when it throws. Phases may overlap.
   * @param waitsFor what to log when it takes long, where what it calls does not report that itself.
   */
  phase<T>(name: string, work: () => Promise<T>, waitsFor?: () => string | undefined): Promise<T>;
}

export function createRecorder(context: Context): Recorder {
  const { host, log } = context;
  const phases: Phase[] = [];
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    startedAt: iso(host.now()),
    phases,
    phase: async (name, work, waitsFor) => {
      const began = host.now();
      try {
        return await (waitsFor ? reportWaits(context, waitsFor, work) : work());
      } finally {
        const ended = host.now();
        phases.push({ name, startedAt: iso(began), endedAt: iso(ended) });
        log.debug(`${name}: ${((ended - began) / 1000).toFixed(1)} s`);
      }
    },
  };
}
