import type { KubeObject } from "../kube/object.ts";
import type { ChartFile } from "../lockfile/tools.ts";
import type { PlannedApp, UnknownValue } from "./plan.ts";

/** A chart rendered with its values before the cluster exists; what readiness and verification expect comes from it. */
export interface RenderedApp {
  readonly app: PlannedApp;
  readonly chart: ChartFile;
  /** Every object of the release, hooks left out, namespace filled in. */
  readonly objects: readonly KubeObject[];
  /** What helm runs before or after it installs, upgrades or uninstalls, tests left out. */
  readonly hooks?: readonly KubeObject[];
  /** Hooks of `helm test` only: nothing of ours runs them. */
  readonly tests?: readonly KubeObject[];
  /** What in the chart's output helm may read in another way than this program. */
  readonly unclear?: string;
  /** Images of all containers, init containers too, sorted. */
  readonly images: readonly string[];
  /** Keys of the user's values that have no effect; undefined when what the chart knows could not be told. */
  readonly unknownValues?: readonly UnknownValue[] | undefined;
}

/** How a workload stands, judged the way kstatus does. */
export type WorkloadStatus =
  | { readonly state: "ready" }
  | { readonly state: "waiting"; readonly missing: string }
  | ({ readonly state: "failed" } & WorkloadFailure);

/** A state that can't heal by waiting. */
export interface WorkloadFailure {
  /** e.g. `Deployment monitoring/grafana`. */
  readonly workload: string;
  readonly pod?: string | undefined;
  readonly container?: string | undefined;
  /** Id of the rule that knew it, e.g. `image-not-found`; undefined for a timeout. */
  readonly rule?: string | undefined;
  /** Former ids of the rule. */
  readonly aliases?: readonly string[] | undefined;
  /** The field's own word: ImagePullBackOff, CrashLoopBackOff, FailedMount, Unschedulable, ... */
  readonly reason: string;
  /** The cluster's own message, whole. */
  readonly message: string;
  /** The way to fix it, one line. */
  readonly fix: string;
}

export interface DeployedApp {
  readonly name: string;
  readonly release: string;
  readonly namespace: string;
  readonly chart: ChartFile;
  /** From helm's answer to all workloads ready, in milliseconds. */
  readonly readyAfterMs: number;
}
