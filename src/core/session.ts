import type { LoadedConfig } from "../config/load.ts";
import type { Context } from "../host/host.ts";
import type { Results } from "../report/types.ts";
import type { Recorder } from "./recorder.ts";

/** One call of monstack: what it was given, and what it has to tell so far. */
export interface Session {
  readonly context: Context;
  readonly loaded: LoadedConfig;
  readonly recorder: Recorder;
  /** monstack's own version. */
  readonly version: string;
  /** Absolute path of dist/forward.js. */
  readonly forwardScript: string;
  /** Passwords of this run: no log, no report shows them. Filled in as they become known. */
  readonly secrets: string[];
  /** Filled in as the run goes on, so that a report can be written whatever happens. */
  readonly draft: Draft;
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
    | "failure"
    | "warnings"
    | "watch"
    | "teardown"]: Results[Key];
};

export function emptyDraft(kind: "k3s" | "existing"): Draft {
  return {
    cluster: { kind, version: undefined },
    versions: { tools: [], charts: [], images: [] },
    profileSettings: [],
    adaptations: [],
    apps: [],
    checks: [],
    causes: [],
    targets: [],
    dashboards: [],
    failure: undefined,
    warnings: [],
    watch: undefined,
    teardown: undefined,
  };
}
