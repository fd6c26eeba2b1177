import type { CaptureAddress } from "../../alerting/endpoints.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { WorkloadsFailed } from "../../deploy/workloads-failed.ts";
import type { Context } from "../../host/host.ts";
import { reportWaits } from "../../host/waits.ts";
import { describeError, MonstackError } from "../../lib/errors.ts";
import { inSpan, type Span, type Tracer } from "../../lib/trace.ts";
import type { Cluster } from "../../model/cluster.ts";
import type { RenderedApp } from "../../model/rendered.ts";
import type { Expressions } from "../../promql/promql.ts";
import type { ImageRegistry } from "../../registry/registry.ts";
import type { Phase, Results } from "../../report/results-schema.ts";
import type { Supply } from "../../sources/web/web.ts";
import type { Findings } from "../../stack/check.ts";
import type { UpstreamProgram } from "../../upstream/judge.ts";
import type { Judge } from "../../upstream/protocol.ts";

/** One call of monstack: its inputs, and its results so far. */
export interface Session {
  readonly context: Context;
  readonly loaded: LoadedConfig;
  readonly recorder: Recorder;
  /** Records where the time goes. The context's span belongs to it. */
  readonly tracer: Tracer;
  /** monstack's own version. */
  readonly version: string;
  /** Absolute path of dist/forward.js. */
  readonly forwardScript: string;
  /** Runs upstream's own code, to validate rules and configurations. Its process starts with the first request. */
  readonly judge: Judge;
  readonly expressions: Expressions;
  /** The upstream program that is part of monstack, and its folder. */
  readonly program: UpstreamProgram;
  /** The checksums that downloads must have and where they may come from; set before anything is fetched. */
  supply: Supply;
  /** What a diagnosis can inspect. Filled in as the run proceeds. */
  readonly progress: Progress;
  /** Filled in as the run proceeds, so that a report can be written whatever happens. */
  readonly draft: Draft;
}

export interface Progress {
  cluster: Cluster | undefined;
  /** The charts, rendered. */
  apps: readonly RenderedApp[];
  /** ISO 8601. */
  deployedAt: string | undefined;
  /** Details that the checks found. */
  findings: Findings;
  /** When the checks had their verdict, in milliseconds since the epoch. */
  decidedMs?: number;
  /** The registry that the run's cluster pulls through. It ends with the run. */
  registry?: ImageRegistry;
  /** Where Alertmanager sends instead of to the user's receivers. */
  capture?: CaptureAddress;
}

export function createProgress(): Progress {
  return { cluster: undefined, apps: [], deployedAt: undefined, findings: {} };
}

/** The parts of the results that are known as soon as their phase is over. */
export type Draft = {
  -readonly [Key in
    | "cluster"
    | "versions"
    | "profileSettings"
    | "adaptations"
    | "apps"
    | "checks"
    | "causes"
    | "targets"
    | "dashboards"
    | "inventory"
    | "measurements"
    | "checklist"
    | "failure"
    | "atEnd"
    | "warnings"
    | "watch"
    | "backup"
    | "teardown"]: Results[Key];
};

export function createDraft(kind: "k3s" | "existing"): Draft {
  return {
    cluster: { kind, version: undefined },
    versions: { tools: [], charts: [], images: [], dashboards: [] },
    profileSettings: [],
    adaptations: [],
    apps: [],
    checks: [],
    causes: [],
    targets: [],
    dashboards: [],
    inventory: undefined,
    measurements: undefined,
    checklist: undefined,
    failure: undefined,
    atEnd: undefined,
    warnings: [],
    watch: undefined,
    backup: undefined,
    teardown: undefined,
  };
}

/** Times the phases of a run, and keeps the warnings, for the report. */
interface Recorder {
  readonly startedAt: string;
  readonly phases: readonly Phase[];
  /**
   * Runs one phase and records when it began and ended, also when it throws. Phases may overlap.
   * @param work gets the phase's span, to record its parts
   * @param waitsFor what to log when it takes long, where what it calls does not report that itself.
   */
  phase<T>(
    name: string,
    work: (span: Span | undefined) => Promise<T>,
    waitsFor?: () => string | undefined,
  ): Promise<T>;
}

/** Returns a recorder that has no phases yet and starts now. */
export function createRecorder(context: Context): Recorder {
  const { host, log } = context;
  const phases: Phase[] = [];
  const formatTime = (ms: number) => new Date(ms).toISOString();
  return {
    startedAt: formatTime(host.now()),
    phases,
    phase: async (name, work, waitsFor) => {
      const startedMs = host.now();
      let failed = true;
      log.onEvent?.({ event: "phase-started", at: formatTime(startedMs), phase: name });
      try {
        const result = await inSpan(context.span, { kind: "phase", name }, (span) =>
          showPhase({ ...context, span }, name, () =>
            waitsFor ? reportWaits({ ...context, span }, waitsFor, () => work(span)) : work(span),
          ),
        );
        failed = false;
        return result;
      } finally {
        const endedMs = host.now();
        phases.push({ name, startedAt: formatTime(startedMs), endedAt: formatTime(endedMs) });
        const seconds = (endedMs - startedMs) / 1000;
        log.onEvent?.({ event: "phase-ended", at: formatTime(endedMs), phase: name, seconds, failed });
        log.debug(`${name}: ${((endedMs - startedMs) / 1000).toFixed(1)} s`);
      }
    },
  };
}

/** Does the work of a phase, which a terminal shows meanwhile. */
async function showPhase<T>({ host, log, span }: Context, name: string, work: () => Promise<T>): Promise<T> {
  const end = log.live?.begin({ kind: "phase", name, span: span?.id, startedMs: host.now() });
  try {
    return await work();
  } finally {
    end?.();
  }
}

/** Returns the error that ended a run early, as the report has it. */
export function describeFailure(error: unknown): NonNullable<Results["failure"]> {
  return {
    message: describeError(error),
    fix: error instanceof MonstackError ? error.fix : undefined,
    workloads: error instanceof WorkloadsFailed ? error.failures : [],
  };
}
