import type { CaptureAddress, Endpoint } from "../alerting/endpoints.ts";
import type { Config } from "../config/schema.ts";

/** What a run will do, decided before anything is touched. Pure data, made by `makePlan`. */
export interface Plan {
  readonly config: Config;
  /** In dependency order: an app comes after all that it depends on. */
  readonly apps: readonly PlannedApp[];
  /** Each value that a setting of the user's set, e.g. `retention`. */
  readonly askedValues: readonly RequestedValue[];
  /** Each value that the profile set because the user had not. */
  readonly profileSettings: readonly ProfileSetting[];
  /** What the user should know before anything is deployed. */
  readonly notices: readonly Notice[];
  /** What the user wants to see in Grafana; known once it was fetched. */
  readonly dashboards: readonly PlannedDashboard[];
  /** What becomes of the notifications of the stack's Alertmanager. */
  readonly alerting: PlannedAlerting;
  /** What settings brought in from the environment or from files, to be hidden wherever something is shown. */
  readonly secrets: readonly string[];
}

/** A dashboard that is put into Grafana, its inputs filled in. */
export interface PlannedDashboard {
  readonly uid: string;
  readonly title: string;
  /** Of Grafana's; undefined: the general one. */
  readonly folder: string | undefined;
  /** Where it came from: a URL (before mirrors) or a path. */
  readonly origin: string;
  /** Hex, of the text as it came. */
  readonly sha256: string;
  /** grafana.com's. */
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
  /** Everything merged: values files, inline values, the profile's overlay under them. Goes to helm as one file. */
  readonly values: Record<string, unknown>;
  readonly dependsOn: readonly Dependency[];
  /** For helm's record of the release. */
  readonly labels?: Readonly<Record<string, string>>;
  /** How long its workloads may take to get ready, in milliseconds. */
  readonly timeoutMs: number;
  /** The same, where the user gave the app a time of its own: a program that says that it is not ready may then take it. */
  readonly slowStartMs?: number | undefined;
}

export interface Dependency {
  readonly app: string;
  /** `applied`: its objects exist (a DNS name is enough). `ready`: its workloads are ready. */
  readonly until: "applied" | "ready";
}

/**
 * A chart in a repository, or in a folder or archive on this machine; or objects without a chart, which become one
 * (`sources/charts/objects.ts`), so that they are installed, watched and taken away as a release like any other.
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
  /** Made by the plan itself. */
  | { readonly kind: "objects"; readonly name: string; readonly objects: readonly PlannedObject[] }
  /** Files of Kubernetes objects, absolute. */
  | ({ readonly kind: "manifests"; readonly paths: readonly string[] } & Marks)
  /** A folder with a kustomization, absolute. */
  | ({ readonly kind: "kustomize"; readonly path: string } & Marks);

/** What every object of an app without a chart gets. */
interface Marks {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A Kubernetes object as it goes to the API server. */
export interface PlannedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

/** A value that a setting of the user's asks of a chart; it goes over the app's values, and a profile leaves it alone. */
export interface RequestedValue {
  readonly app: string;
  /** Key path in the app's values. */
  readonly path: readonly string[];
  readonly value: unknown;
  /**
   * `append`: added to the end of the list, or the text, that is there. `whole`: takes the place of a mapping with all that is in it.
   * Default: takes the place of what is there, mappings being merged as helm does.
   */
  readonly how?: "replace" | "append" | "whole";
  /** The setting as the user knows it, e.g. `retention`; never with a secret in it. */
  readonly setting: string;
  /** The value is not shown. */
  readonly secret?: boolean;
}

/** Something worth a warning that keeps nobody from anything. */
export interface Notice {
  /** Stable, kebab case. */
  readonly id: string;
  readonly text: string;
  /** Where the user's files say it. */
  readonly at?: { readonly file: string; readonly line: number; readonly column: number } | undefined;
  /** The user's value that it is about: where it stands is known to whoever has the files. */
  readonly about?: { readonly app: string; readonly path: readonly string[] };
  /** The same for a key of an app's own, e.g. `depends_on`. */
  readonly inApp?: { readonly app: string; readonly path: readonly string[] };
}

export interface ProfileSetting {
  readonly app: string;
  /** Key path in the app's values, e.g. `server.global.scrape_interval`. */
  readonly path: string;
  readonly value: unknown;
  readonly why: string;
  /** Requested by a setting: it is set even where the user's values have their own. */
  readonly isRequested?: true;
}

/** A key of the user's values that no chart reads: it has no effect, and helm says nothing. */
export interface UnknownValue {
  readonly app: string;
  /** The highest key that is not known: `["nodeExporter"]`, whatever stands below it. */
  readonly path: readonly string[];
  /** The key path that was probably meant, as `helm --set` writes it: `prometheus-node-exporter`. */
  readonly meant: string | undefined;
  /** What stands there, a list, is to be a text at the right place. */
  readonly asText?: boolean;
  /** The key only stands above values that belong where it stands: they move up. */
  readonly isWrapper?: boolean;
  /** `plan --fix` writes what is certain; all else is a suggestion. */
  readonly isCertain?: boolean;
  /** More than the name of what was meant, as a sentence. */
  readonly hint?: string;
}

/** What becomes of Alertmanager's notifications. */
export type PlannedAlerting =
  | {
      readonly kind: "captured";
      readonly at: CaptureAddress;
      /** Every integration that leads to monstack. */
      readonly endpoints: readonly Endpoint[];
      /** The user's receivers that notify somebody are behind it; a plan of an earlier version doesn't say. */
      readonly hasUserReceivers?: boolean;
      /** Undefined: the rule of monstack's own is deployed; else why it isn't. */
      readonly missingRuleReason: string | undefined;
    }
  /** The receivers are the user's, and so nothing is sent to them to try them. */
  | { readonly kind: "as-is"; readonly reason: string };

/** Something wrong in an app's values that is seen before a chart is rendered. */
export interface ValueMistake {
  readonly app: string;
  /** Key path in the app's values; empty: it comes from elsewhere. */
  readonly path: readonly (string | number)[];
  /** Where it is, if it is in no values: `harbour.yaml:3`. */
  readonly where?: string | undefined;
  readonly problem: string;
  /** It is one more default data source. */
  readonly isSecondDefault?: boolean;
}
