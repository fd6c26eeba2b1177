import type { CaptureAddress, Endpoint } from "../alerting/endpoints.ts";
import type { Config } from "../config/schema.ts";

/** All that a run will do. `makePlan` decides it before anything is changed. Pure data. */
export interface Plan {
  readonly config: Config;
  /** The apps in dependency order: each comes after its dependencies. */
  readonly apps: readonly PlannedApp[];
  /** Each value that one of the user's settings requests, for example `retention`. */
  readonly askedValues: readonly RequestedValue[];
  /** Each value that the profile sets, because the user's values don't set it. */
  readonly profileSettings: readonly ProfileSetting[];
  /** Warnings for the user before anything is deployed. */
  readonly notices: readonly Notice[];
  /** The dashboards for Grafana; empty until they are downloaded. */
  readonly dashboards: readonly PlannedDashboard[];
  /** Where Alertmanager's notifications go. */
  readonly alerting: PlannedAlerting;
  /** Secrets that settings read from the environment or from files. They are hidden in all output. */
  readonly secrets: readonly string[];
}

/** A dashboard that is put into Grafana, its inputs filled in. */
export interface PlannedDashboard {
  readonly uid: string;
  readonly title: string;
  /** The folder in Grafana; undefined: the root. */
  readonly folder: string | undefined;
  /** Its origin: a URL (before mirrors) or a path. */
  readonly origin: string;
  /** The hexadecimal sha256 of the downloaded or read text. */
  readonly sha256: string;
  /** The revision on grafana.com; undefined for any other origin. */
  readonly revision: number | undefined;
  readonly panels: number;
  readonly model: Readonly<Record<string, unknown>>;
}

export interface PlannedApp {
  /** Its name in the configuration. */
  readonly name: string;
  readonly release: string;
  readonly namespace: string;
  readonly chart: ChartRef;
  /** All values in one mapping: the user's values over the profile's. helm gets it as one file. */
  readonly values: Record<string, unknown>;
  readonly dependsOn: readonly Dependency[];
  /** Labels of helm's record of the release. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Milliseconds within which its workloads must be ready. */
  readonly timeoutMs: number;
  /** The app's own timeout in the configuration: a running program that is not ready yet may use all of it. */
  readonly slowStartMs?: number | undefined;
}

export interface Dependency {
  readonly app: string;
  /** `applied`: its objects exist (a DNS name is enough). `ready`: its workloads are ready. */
  readonly until: "applied" | "ready";
}

/**
 * A chart in a repository, or in a folder or archive on this machine; or objects without a chart, which become one
 * (`sources/charts/objects.ts`), so that they are installed, observed and removed like any other release.
 */
export type ChartRef =
  | {
      readonly kind: "repo";
      readonly repo: string;
      readonly repoUrl: string;
      readonly name: string;
      readonly version: string | undefined;
    }
  | { readonly kind: "oci"; readonly url: string; readonly version: string | undefined }
  | { readonly kind: "path"; readonly path: string }
  /** Objects that the plan itself creates. */
  | { readonly kind: "objects"; readonly name: string; readonly objects: readonly PlannedObject[] }
  /** Files of Kubernetes objects, absolute. */
  | ({ readonly kind: "manifests"; readonly paths: readonly string[] } & Marks)
  /** A folder with a kustomization, absolute. */
  | ({ readonly kind: "kustomize"; readonly path: string } & Marks);

/** Labels and annotations of every object of an app without a chart. */
interface Marks {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A Kubernetes object that the plan creates. */
export interface PlannedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

/** A value of a chart that one of the user's settings requests. It overrides the app's values and the profile. */
export interface RequestedValue {
  readonly app: string;
  /** Key path in the app's values. */
  readonly path: readonly string[];
  readonly value: unknown;
  /**
   * `append`: the value is added to the end of a list or a text. `whole`: the value replaces the previous one, even a whole
   * mapping. Default: the value replaces the previous one, and mappings are merged as helm does.
   */
  readonly how?: "replace" | "append" | "whole";
  /** The setting's name for messages, for example `retention`. It never contains a secret. */
  readonly setting: string;
  /** True: the value is not shown. */
  readonly secret?: boolean;
}

/** A warning that does not stop the run. */
export interface Notice {
  /** Stable, kebab case. */
  readonly id: string;
  readonly text: string;
  /** The place in the user's files. */
  readonly at?: { readonly file: string; readonly line: number; readonly column: number } | undefined;
  /** The user's value that the warning is about. The place of the value is looked up in the files later. */
  readonly about?: { readonly app: string; readonly path: readonly string[] };
  /** A key of the app itself that the warning is about, for example `depends_on`. */
  readonly inApp?: { readonly app: string; readonly path: readonly string[] };
}

export interface ProfileSetting {
  readonly app: string;
  /** Key path in the app's values, e.g. `server.global.scrape_interval`. */
  readonly path: string;
  readonly value: unknown;
  readonly why: string;
  /** True if a setting requests the value: then it overrides the user's values too. */
  readonly isRequested?: true;
}

/** A key of the user's values that no chart reads. It has no effect, and helm does not report it. */
export interface UnknownValue {
  readonly app: string;
  /** The highest unknown key of its branch: `["nodeExporter"]`. */
  readonly path: readonly string[];
  /** The key path that was probably meant, as `helm --set` writes it: `prometheus-node-exporter`. */
  readonly meant: string | undefined;
  /** The value is a list, and the right place expects it as a text. */
  readonly asText?: boolean;
  /** The key is a needless level: the values below it belong in its place. */
  readonly isWrapper?: boolean;
  /** True: `plan --fix` applies the change. Else it is only suggested. */
  readonly isCertain?: boolean;
  /** A sentence that explains more than the intended name. */
  readonly hint?: string;
}

/** Where Alertmanager's notifications go. */
export type PlannedAlerting =
  | {
      readonly kind: "captured";
      readonly at: CaptureAddress;
      /** Every integration that leads to monstack. */
      readonly endpoints: readonly Endpoint[];
      /** True if the endpoints replace the user's own receivers; undefined in a plan of an earlier version. */
      readonly hasUserReceivers?: boolean;
      /** Why monstack's own rule is not deployed; undefined if it is. */
      readonly missingRuleReason: string | undefined;
    }
  /** The receivers stay the user's. Nothing is sent to test them. */
  | { readonly kind: "as-is"; readonly reason: string };

/** A mistake in an app's values that is found before the chart is rendered. */
export interface ValueMistake {
  readonly app: string;
  /** Key path in the app's values; empty if the mistake is not in them. */
  readonly path: readonly (string | number)[];
  /** The place of a mistake that is not in the values: `harbour.yaml:3`. */
  readonly where?: string | undefined;
  readonly problem: string;
  /** True for a second default data source. */
  readonly isSecondDefault?: boolean;
}
