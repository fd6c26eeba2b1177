import type { CaptureAddress, Endpoint } from "../alerting/endpoints.ts";
import type { Config } from "../config/schema.ts";

/** What a run will do, decided before anything is touched. Pure data, made by `makePlan`. */
export interface Plan {
  readonly config: Config;
  /** In dependency order: an app comes after all that it depends on. */
  readonly apps: readonly PlannedApp[];
  /** Each value that the profile set because the user had not. */
  readonly profileSettings: readonly ProfileSetting[];
  /** What becomes of the notifications of the stack's Alertmanager. */
  readonly alerting: PlannedAlerting;
}

export interface PlannedApp {
  /** Its name in the configuration. */
  readonly name: string;
  readonly release: string;
  readonly namespace: string;
  readonly chart: ChartRef;
  /** Everything merged: values files, inline values, the profile's overlay under them. Goes to helm as one file. */
  readonly values: Record<string, unknown>;
  readonly dependsOn: readonly Dependency[];
  /** How long its workloads may take to get ready, in milliseconds. */
  readonly timeoutMs: number;
}

export interface Dependency {
  readonly app: string;
  /** `applied`: its objects exist (a DNS name is enough). `ready`: its workloads are ready. */
  readonly until: "applied" | "ready";
}

/** A chart in a repository, or in a folder or archive on this machine. */
export type ChartRef =
  | {
      readonly kind: "repo";
      readonly repo: string;
      readonly repoUrl: string;
      readonly name: string;
      readonly version: string | undefined;
    }
  | { readonly kind: "oci"; readonly url: string; readonly version: string | undefined }
  | { readonly kind: "path"; readonly path: string };

export interface ProfileSetting {
  readonly app: string;
  /** Key path in the app's values, e.g. `server.global.scrape_interval`. */
  readonly path: string;
  readonly value: unknown;
  readonly why: string;
}

/** A key of the user's values that no chart reads: it has no effect, and helm says nothing. */
export interface UnknownValue {
  readonly app: string;
  /** The highest key that is not known: `["nodeExporter"]`, whatever stands below it. */
  readonly path: readonly string[];
  /** The key path that was probably meant, as `helm --set` writes it: `prometheus-node-exporter`. */
  readonly meant: string | undefined;
}

/** What becomes of Alertmanager's notifications. */
export type PlannedAlerting =
  | {
      readonly kind: "captured";
      readonly at: CaptureAddress;
      /** Every integration that leads to monstack. */
      readonly endpoints: readonly Endpoint[];
      /** Undefined: the rule of monstack's own is deployed; else why it isn't. */
      readonly withoutRule: string | undefined;
    }
  /** The receivers are the user's, and so nothing is sent to them to try them. */
  | { readonly kind: "as-is"; readonly reason: string };
