import type { Context } from "../../host/host.ts";
import type { Phase } from "../../report/types.ts";

/** Times the phases of a run, and keeps the warnings, for the report. */
export interface Recorder {
  readonly startedAt: string;
  readonly phases: readonly Phase[];
  /** Runs one phase and records when it began and ended, also when it throws. Phases may overlap. */
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
}

export function createRecorder(context: Context): Recorder {
  const { host, log } = context;
  const phases: Phase[] = [];
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    startedAt: iso(host.now()),
    phases,
    phase: async (name, work) => {
      const began = host.now();
      try {
        return await work();
      } finally {
        const ended = host.now();
        phases.push({ name, startedAt: iso(began), endedAt: iso(ended) });
        log.debug(`${name}: ${((ended - began) / 1000).toFixed(1)} s`);
      }
    },
  };
}
