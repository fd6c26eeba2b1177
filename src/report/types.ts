import type { Adaptation } from "../cluster/types.ts";
import type { DeployedApp, WorkloadFailure } from "../deploy/types.ts";
import type { ProfileSetting } from "../plan/types.ts";
import type { Tool } from "../sources/types.ts";
import type { Leak } from "../teardown/types.ts";
import type { CheckResult } from "../verify/types.ts";

/** The whole of results.json. Everything else (summary, JUnit, HTML) is rendered from it. */
export interface Results {
  readonly schemaVersion: 1;
  readonly monstack: string;
  readonly mode: "up" | "verify" | "run" | "down";
  /** Every check of severity error passed, and at least one ran. */
  readonly verified: boolean;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly profile: string;
  readonly cluster: { readonly kind: "k3s" | "existing"; readonly version: string | undefined };
  readonly versions: {
    readonly tools: readonly Tool[];
    readonly charts: readonly { readonly app: string; readonly chart: string; readonly version: string; readonly appVersion: string; readonly sha256: string | undefined }[];
    readonly images: readonly string[];
  };
  readonly profileSettings: readonly ProfileSetting[];
  readonly adaptations: readonly Adaptation[];
  readonly phases: readonly Phase[];
  readonly apps: readonly Omit<DeployedApp, "chart">[];
  readonly checks: readonly CheckResult[];
  /** What ended the run early, if anything. */
  readonly failure: { readonly message: string; readonly mend: string | undefined; readonly workloads: readonly WorkloadFailure[] } | undefined;
  readonly warnings: readonly string[];
  /** Undefined as long as nothing was torn down. */
  readonly teardown: { readonly leaks: readonly Leak[]; readonly kept: readonly string[] } | undefined;
}

export interface Phase {
  readonly name: string;
  readonly startedAt: string;
  readonly endedAt: string;
}
