import type { SetValue } from "./apps/set-values.ts";
import type { OwnCheck } from "./checks/own-checks.ts";
import type { AskedDashboard } from "./dashboards.ts";
import type { Federation, RemoteWrite } from "./endpoints.ts";
import type { Resources } from "./resources.ts";
import type { AlertmanagerConfig } from "./settings/alerting.ts";
import type { StorageSizes } from "./settings/storage.ts";

/** The whole configuration, validated, defaults filled in, paths absolute. What comes in as YAML is in `file.ts`. */
export interface Config {
  readonly profile: "ci" | "as-is" | "production";
  /** Which apps there are without a configuration. */
  readonly stack: "plain" | "operator";
  /** Absolute paths of files of the operator's objects: ServiceMonitors and the like. */
  readonly monitors: readonly string[];
  /** Where the stack goes; an app can name its own. */
  readonly namespace: string;
  readonly cluster:
    | { readonly kind: "k3s" }
    | { readonly kind: "existing"; readonly kubeconfig: string; readonly context: string | undefined };
  readonly k3s: ToolConfig & {
    /** Added to the end of k3s' command line. */
    readonly args: readonly string[];
    /** Image archives (or folders of them) that k3s imports at its start. */
    readonly images: readonly string[];
  };
  readonly helm: ToolConfig;
  readonly kubectl: ToolConfig;
  /**
   * Prefix to prefix. A key with `://` is a URL prefix (`https://get.helm.sh/`, or just `https://`, in which case the
   * host becomes the first folder: `https://get.helm.sh/x` -> `http://mirror/get.helm.sh/x`); any other key is an image
   * registry (`docker.io`) and its value the registry, with an optional path, to pull from (`http://mirror:5000/docker.io`).
   */
  readonly mirrors: Readonly<Record<string, string>>;
  /** Logins and certificate authorities of image registries. */
  readonly registries: Registries;
  /** Downloads must match this file. */
  readonly lock: {
    /** Absolute. */
    readonly file: string;
    /** Somebody named it: it must be there. */
    readonly isRequired: boolean;
  };
  /** Absolute: everything comes from this bundle, nothing from the network. */
  readonly bundle: string | undefined;
  /** Keep downloads between the jobs of a workflow. */
  readonly cache: "auto" | "on" | "off";
  /** `required`: what could not be checked is not installed. */
  readonly verifySignatures: boolean | "required";
  /** Chart repositories by name. */
  readonly repos: Readonly<Record<string, Repo>>;
  /** All apps, also the disabled ones. */
  readonly apps: Readonly<Record<string, AppConfig>>;
  /** Only these and what they depend on; empty: all that are enabled. */
  readonly select: readonly string[];
  /** Dashboards for Grafana: folders of them are resolved. */
  readonly dashboards: readonly AskedDashboard[];
  /** Dashboards that the values of Grafana's chart name by gnetId are downloaded by monstack. */
  readonly takeOverDashboards: boolean;
  readonly grafana: {
    readonly user: string;
    /** Undefined: one is generated for the run. */
    readonly password: string | undefined;
  };
  readonly verify: VerifyConfig;
  readonly alerting: {
    /** Undefined: what the values have. */
    readonly config: AlertmanagerConfig | undefined;
    /** `capture`: Alertmanager's receivers lead to monstack. Undefined: only in profile ci, when the values name none. */
    readonly receivers: "as-is" | "capture" | undefined;
    /** Absolute paths of promtool's unit tests of rules. */
    readonly ruleTests: readonly string[];
    /** Undefined: the one in PATH, if there is one. */
    readonly promtool: string | undefined;
  };
  /** Retention and intervals as Prometheus writes them; undefined: as in the values and the profile. */
  readonly prometheus: {
    readonly retention: string | undefined;
    readonly retentionSize: string | undefined;
    readonly scrapeInterval: string | undefined;
    readonly scrapeTimeout: string | undefined;
    readonly evaluationInterval: string | undefined;
  };
  readonly storage: {
    /** Kubernetes quantities as they are written. */
    readonly sizes: StorageSizes;
    /** Undefined: the cluster's default. */
    readonly storageClass: string | undefined;
  };
  readonly resources: Resources;
  readonly federate: readonly Federation[];
  readonly remoteWrite: readonly RemoteWrite[];
  /** What a teardown leaves. */
  readonly keep: {
    /** A backup of the stack in the report's folder. */
    readonly metrics: boolean;
    /** The volumes. Undefined: as the run said that made them. */
    readonly data: boolean | undefined;
  };
  /** Absolute paths of rule files: folders and patterns are resolved. */
  readonly rules: readonly string[];
  /** The user's own checks. */
  readonly checks: readonly OwnCheck[];
  readonly ports: {
    readonly prometheus: number;
    readonly grafana: number;
    readonly alertmanager: number;
    /** What to do when one is taken: stop with an error, or take a free one and say so. */
    readonly whenBusy: "fail" | "other";
  };
  readonly timeouts: {
    /** Milliseconds from the first app's deployment to the last workload ready. */
    readonly deployMs: number;
    /** Milliseconds that a check may take until it must pass. */
    readonly verifyMs: number;
    /** Milliseconds from k3s' start to its API answering. */
    readonly clusterMs: number;
  };
  /** Absolute. results.json and what is rendered from it. */
  readonly reportDir: string;
  /** Absolute. Journal, kubeconfig, logs. */
  readonly stateDir: string;
  /** Absolute path of the file it was read from. */
  readonly file: string | undefined;
  /** Absolute path of the app directory, where there is one. */
  readonly appDir?: string | undefined;
}

/** What is checked on the live stack, and how strictly. */
export interface VerifyConfig {
  /** Ids or patterns; empty: all. */
  readonly only: readonly string[];
  /** From an id or pattern to the reason. */
  readonly skip: Readonly<Record<string, string>>;
  /** Once more before the teardown. */
  readonly atEnd: boolean;
  /** Alerts that may fire. */
  readonly expectAlerts: readonly string[];
  readonly maxSeries: number;
  /** Of one dashboard; undefined: what the baseline says. */
  readonly maxDeadPanels: number | undefined;
  /** Absolute path of a file that need not exist. */
  readonly dashboardBaseline: string;
  readonly updateBaseline: boolean;
  /** Absolute: an archive of a backup, or a folder of them. */
  readonly backups: string | undefined;
  readonly backupMaxAgeMs: number;
  /** The production checklist may send an alert to the real receivers. */
  readonly sendTestNotification: boolean;
}

interface ToolConfig {
  /** An exact version (`v1.36.3+k3s1`), or a name that moves: `stable`, a minor (`v1.36`), helm's majors (`v3`). */
  readonly version: string;
  /** A local executable instead of a download. */
  readonly path: string | undefined;
}

/** A chart repository. */
export interface Repo {
  readonly url: string;
  /** Shown to the repository's own host only. */
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
}

/** Image registries by host and port (`docker.io`, `registry.example:5000`), a mirror's by its own. */
export type Registries = Readonly<Record<string, RegistryAccess>>;

/** How an image registry is accessed. */
export interface RegistryAccess {
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  /** Absolute path of the certificate authority's certificate that it is known by. */
  readonly ca?: string | undefined;
  /** Its certificate is not verified. */
  readonly insecure?: boolean | undefined;
}

/** What an app is made of. */
export type AppSource =
  | { readonly kind: "chart"; readonly chart: string; readonly version: string | undefined }
  /** Files of Kubernetes objects, absolute. */
  | { readonly kind: "manifests"; readonly paths: readonly string[] }
  /** A folder with a kustomization, absolute. */
  | { readonly kind: "kustomize"; readonly path: string };

export type AppValues =
  | { readonly file: string }
  | { readonly inline: Record<string, unknown> }
  | { readonly set: readonly SetValue[] };

export interface AppConfig {
  readonly source: AppSource;
  readonly enabled: boolean;
  readonly namespace: string | undefined;
  readonly release: string;
  /** Later wins. Files are absolute paths. */
  readonly values: readonly AppValues[];
  /** For helm's record of the release, and for every object of an app without a chart. */
  readonly labels: Readonly<Record<string, string>>;
  /** For every object of an app without a chart. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly dependsOn: readonly { readonly app: string; readonly until: "applied" | "ready" }[];
  readonly timeoutMs: number | undefined;
}
