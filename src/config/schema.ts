import type { SetValue } from "./apps/set-values.ts";
import type { OwnCheck } from "./checks/own-checks.ts";
import type { AskedDashboard } from "./dashboards.ts";
import type { Federation, RemoteWrite } from "./endpoints.ts";
import type { Resources } from "./resources.ts";
import type { Reporter } from "./settings/access.ts";
import type { AlertmanagerConfig } from "./settings/alerting.ts";
import type { StorageSizes } from "./settings/storage.ts";

/** The whole configuration: validated, with defaults, and with absolute paths. `load/monstack-file.ts` has the form in YAML. */
export interface Config {
  readonly profile: "ci" | "as-is" | "production";
  /** The set of default apps. */
  readonly stack: "plain" | "operator";
  /** Absolute paths of files of the operator's objects: ServiceMonitors and the like. */
  readonly monitors: readonly string[];
  /** The namespace of the stack. An app can have its own. */
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
  /** The lock file that downloads must match. */
  readonly lock: {
    /** Absolute. */
    readonly file: string;
    /** True if the user named the file: then it must exist. */
    readonly isRequired: boolean;
  };
  /** Absolute path of a bundle. If it is set, everything comes from it and nothing from the network. */
  readonly bundle: string | undefined;
  /** Whether downloads are kept between the jobs of a workflow. */
  readonly cache: "auto" | "on" | "off";
  /** `required`: a download whose signature can't be checked is not installed. */
  readonly verifySignatures: boolean | "required";
  /** Chart repositories by name. */
  readonly repos: Readonly<Record<string, Repo>>;
  /** All apps, also the disabled ones. */
  readonly apps: Readonly<Record<string, AppConfig>>;
  /** The names of the apps to deploy with their dependencies; empty: all enabled apps. */
  readonly select: readonly string[];
  /** Dashboards for Grafana. Folders are expanded to their files. */
  readonly dashboards: readonly AskedDashboard[];
  /** True if monstack downloads the dashboards that the values of Grafana's chart name by gnetId. */
  readonly takeOverDashboards: boolean;
  readonly grafana: {
    readonly user: string;
    /** Undefined: a password is generated for the run. */
    readonly password: string | undefined;
  };
  readonly verify: VerifyConfig;
  readonly alerting: {
    /** Undefined: the configuration in the values. */
    readonly config: AlertmanagerConfig | undefined;
    /** `capture`: Alertmanager's receivers lead to monstack. Undefined: only in profile ci, when the values name none. */
    readonly receivers: "as-is" | "capture" | undefined;
    /** Absolute paths of promtool's unit tests of rules. */
    readonly ruleTests: readonly string[];
    /** Undefined: promtool in PATH, if there is one. */
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
    /** Kubernetes quantities as the user wrote them. */
    readonly sizes: StorageSizes;
    /** Undefined: the cluster's default class. */
    readonly storageClass: string | undefined;
  };
  readonly resources: Resources;
  readonly federate: readonly Federation[];
  readonly remoteWrite: readonly RemoteWrite[];
  /** The earlier run with which a run is compared. */
  readonly compare: {
    /** Absolute path of its report folder or its results.json; undefined: none is named. */
    readonly baseline: string | undefined;
    /** On GitHub, without a baseline: the last verified run of the same branch and configuration. */
    readonly lastGreen: boolean;
  };
  /** The data that a teardown keeps. */
  readonly keep: {
    /** True: a backup of the stack is written into the report's folder. */
    readonly metrics: boolean;
    /** Whether the volumes stay. Undefined: as configured in the run that created them. */
    readonly data: boolean | undefined;
  };
  /** Absolute paths of rule files. Folders and patterns are expanded. */
  readonly rules: readonly string[];
  /** The user's own checks. */
  readonly checks: readonly OwnCheck[];
  readonly ports: {
    readonly prometheus: number;
    readonly grafana: number;
    readonly alertmanager: number;
    /** The reaction to a port in use: stop with an error, or use a free port and report it. */
    readonly whenBusy: "fail" | "other";
  };
  readonly timeouts: {
    /** Milliseconds from the first app's deployment to the last workload ready. */
    readonly deployMs: number;
    /** Milliseconds that a check may take until it must pass. */
    readonly verifyMs: number;
    /** Milliseconds from k3s' start to the first response of its API. */
    readonly clusterMs: number;
  };
  /** The forms of the report. results.json is always written. */
  readonly reporters: readonly Reporter[];
  /** Absolute path of the folder for results.json and the files that are rendered from it. */
  readonly reportDir: string;
  /** Absolute path of the folder for the journal, the kubeconfig and the logs. */
  readonly stateDir: string;
  /** Absolute path of the configuration file; undefined: there is none. */
  readonly file: string | undefined;
  /** Absolute path of the app directory, if there is one. */
  readonly appDir?: string | undefined;
}

/** Which checks run on the live stack, and their limits. */
export interface VerifyConfig {
  /** Ids of the checks to run, or patterns; empty: all checks. */
  readonly only: readonly string[];
  /** The reason for each skipped check, by its id or a pattern. */
  readonly skip: Readonly<Record<string, string>>;
  /** True: the checks run once more before the teardown. */
  readonly atEnd: boolean;
  /** Alerts that may fire. */
  readonly expectAlerts: readonly string[];
  readonly maxSeries: number;
  /** Limit for one dashboard; undefined: the limits in the baseline. */
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
  /** Only the repository's own host gets them. */
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
}

/** Image registries by host and port (`docker.io`, `registry.example:5000`). A mirror has an entry with its own host. */
export type Registries = Readonly<Record<string, RegistryAccess>>;

/** How an image registry is accessed. */
export interface RegistryAccess {
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  /** Absolute path of the certificate of its certificate authority. */
  readonly ca?: string | undefined;
  /** True: its certificate is not verified. */
  readonly insecure?: boolean | undefined;
}

/** The origin of an app's objects. */
export type AppSource =
  | { readonly kind: "chart"; readonly chart: string; readonly version: string | undefined }
  /** Files of Kubernetes objects, absolute. */
  | { readonly kind: "manifests"; readonly paths: readonly string[] }
  /** A folder with a kustomization, absolute. */
  | { readonly kind: "kustomize"; readonly path: string };

export type AppValues =
  | { readonly file: string }
  /** `isFromSet`: from the input `set` or a flag `--set`, so no file contains it. */
  | { readonly inline: Record<string, unknown>; readonly isFromSet?: true }
  | { readonly set: readonly SetValue[] };

export interface AppConfig {
  readonly source: AppSource;
  readonly enabled: boolean;
  readonly namespace: string | undefined;
  readonly release: string;
  /** Later values override earlier ones. Files have absolute paths. */
  readonly values: readonly AppValues[];
  /** Labels of helm's record of the release, and of every object of an app without a chart. */
  readonly labels: Readonly<Record<string, string>>;
  /** Annotations of every object of an app without a chart. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly dependsOn: readonly { readonly app: string; readonly until: "applied" | "ready" }[];
  readonly timeoutMs: number | undefined;
}
