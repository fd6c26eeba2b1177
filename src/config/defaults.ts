import { dirname, join, resolve } from "node:path";
import { lockFileName } from "../lockfile/lock.ts";
import type { ToolName } from "../lockfile/tools.ts";
import type { AppConfig, Config, Repo } from "./schema.ts";
import type { Settings } from "./settings.ts";

function createPublicRepo(url: string): Repo {
  return { url, credentials: undefined };
}

/** The chart repositories that every configuration knows. */
export const defaultRepos: Readonly<Record<string, Repo>> = {
  "prometheus-community": createPublicRepo("https://prometheus-community.github.io/helm-charts"),
  "grafana-community": createPublicRepo("https://grafana-community.github.io/helm-charts"),
  grafana: createPublicRepo("https://grafana.github.io/helm-charts"),
};

/** The stack without any configuration. An app of the same name in the file is laid over it. */
export const defaultApps: Readonly<Record<string, AppConfig>> = {
  prometheus: {
    source: { kind: "chart", chart: "prometheus-community/prometheus", version: "29.27.0" },
    enabled: true,
    namespace: undefined,
    release: "prometheus",
    // Nothing in this stack pushes metrics.
    values: [{ inline: { "prometheus-pushgateway": { enabled: false } } }],
    labels: {},
    annotations: {},
    dependsOn: [],
    timeoutMs: undefined,
  },
  grafana: {
    source: { kind: "chart", chart: "grafana-community/grafana", version: "12.11.1" },
    enabled: true,
    namespace: undefined,
    release: "grafana",
    // Its data source is added by the plan, which knows Prometheus' release, namespace and scrape interval.
    values: [],
    labels: {},
    annotations: {},
    // Grafana needs Prometheus' name, not its answers, until somebody asks it something.
    dependsOn: [{ app: "prometheus", until: "applied" }],
    timeoutMs: undefined,
  },
};

/** Returns the apps of a flavour of the stack. */
export function getDefaultApps(stack: Config["stack"] | undefined): Readonly<Record<string, AppConfig>> {
  return stack === "operator" ? operatorApps : defaultApps;
}

/**
 * Returns the configuration with the given settings and defaults for all others.
 * @param from the absolute working folder and the environment, for default paths
 */
export function applyDefaults(
  set: Settings,
  from: { cwd: string; env: Readonly<Record<string, string | undefined>> },
  rest: Pick<
    Config,
    | "repos"
    | "registries"
    | "apps"
    | "file"
    | "checks"
    | "dashboards"
    | "resources"
    | "federate"
    | "remoteWrite"
  >,
): Config {
  return {
    profile: set.profile ?? "ci",
    stack: set.stack ?? "plain",
    monitors: set.monitors ?? [],
    namespace: set.namespace ?? "monitoring",
    cluster: resolveCluster(set, from),
    k3s: {
      version: set["k3s-version"] ?? defaultVersions.k3s,
      path: set["k3s-path"],
      args: set["k3s-args"] ?? [],
      images: set["k3s-images"] ?? [],
    },
    helm: { version: set["helm-version"] ?? defaultVersions.helm, path: set["helm-path"] },
    kubectl: { version: set["kubectl-version"] ?? defaultVersions.kubectl, path: set["kubectl-path"] },
    mirrors: set.mirrors ?? {},
    lock: {
      file: set["lock-file"] ?? join(rest.file === undefined ? from.cwd : dirname(rest.file), lockFileName),
      isRequired: set["lock-file"] !== undefined,
    },
    bundle: set.bundle,
    cache: set.cache ?? "auto",
    verifySignatures: set["verify-signatures"] ?? false,
    select: set.apps ?? [],
    grafana: { user: set["grafana-user"] ?? "admin", password: set["grafana-password"] },
    verify: {
      only: set.checks ?? [],
      skip: set.skip ?? {},
      atEnd: set["verify-at-end"] ?? false,
      expectAlerts: set["expect-alerts"] ?? ["Watchdog", "InfoInhibitor"],
      maxSeries: set["max-series"] ?? 1_000_000,
      maxDeadPanels: set["max-dead-panels"],
      dashboardBaseline:
        set["dashboard-baseline"] ??
        join(rest.file === undefined ? from.cwd : dirname(rest.file), "monstack-dashboards.json"),
      updateBaseline: set["update-baseline"] ?? false,
      backups: set.backups,
      backupMaxAgeMs: set["backup-max-age"] ?? 7 * 24 * 3_600_000,
      sendTestNotification: set["send-test-notification"] ?? false,
    },
    alerting: {
      config: set["alertmanager-config"],
      receivers: set["alert-receivers"],
      ruleTests: set["rule-tests"] ?? [],
      promtool: set["promtool-path"],
    },
    prometheus: {
      retention: set.retention,
      retentionSize: set["retention-size"],
      scrapeInterval: set["scrape-interval"],
      scrapeTimeout: set["scrape-timeout"],
      evaluationInterval: set["evaluation-interval"],
    },
    storage: { sizes: set.storage ?? {}, storageClass: set["storage-class"] },
    takeOverDashboards: set["take-over-dashboards"] ?? (set.profile ?? "ci") === "ci",
    keep: { metrics: set["keep-metrics"] ?? false, data: set["keep-data"] },
    rules: set.rules ?? [],
    ports: {
      prometheus: set["prometheus-port"] ?? 9090,
      grafana: set["grafana-port"] ?? 3000,
      alertmanager: set["alertmanager-port"] ?? 9093,
      whenBusy: set["busy-port"] ?? "fail",
    },
    timeouts: {
      deployMs: set["deploy-timeout"] ?? 300_000,
      verifyMs: set["verify-timeout"] ?? 120_000,
      clusterMs: set["cluster-timeout"] ?? 120_000,
    },
    reportDir: set["report-dir"] ?? `${from.cwd}/monstack-report`,
    stateDir: set["state-dir"] ?? resolveDefaultStateDir(from),
    appDir: set["app-dir"],
    ...rest,
  };
}

/**
 * Returns the existing cluster if a kubeconfig or a context is set, else k3s. A kubeconfig that is not set is found
 * as kubectl finds it.
 */
function resolveCluster(set: Settings, { cwd, env }: Parameters<typeof applyDefaults>[1]): Config["cluster"] {
  if (set.kubeconfig === undefined && set.context === undefined) return { kind: "k3s" };
  const fromEnv = env.KUBECONFIG?.split(":").find((path) => path !== "");
  const kubeconfig = resolve(cwd, set.kubeconfig ?? fromEnv ?? `${env.HOME ?? cwd}/.kube/config`);
  return { kind: "existing", kubeconfig, context: set.context };
}

/**
 * Returns the default state folder by the XDG base directory specification, which ignores a relative XDG_STATE_HOME.
 */
function resolveDefaultStateDir({ cwd, env }: Parameters<typeof applyDefaults>[1]): string {
  if (env.XDG_STATE_HOME?.startsWith("/")) return join(env.XDG_STATE_HOME, "monstack");
  return env.HOME ? resolve(cwd, env.HOME, ".local/state/monstack") : join(cwd, ".monstack");
}

/** The versions that are installed by default, and if a channel can't be resolved. */
export const defaultVersions: Readonly<Record<ToolName, string>> = {
  k3s: "v1.36.3+k3s1",
  helm: "v4.2.3",
  kubectl: "v1.36.3",
};

/** The apps of `stack: operator`. One chart holds all of it, Grafana too. */
const operatorApps: Readonly<Record<string, AppConfig>> = {
  "kube-prometheus-stack": {
    source: { kind: "chart", chart: "prometheus-community/kube-prometheus-stack", version: "88.5.3" },
    enabled: true,
    namespace: undefined,
    // The chart takes a release of its own name as the base of all names: kube-prometheus-stack-prometheus.
    release: "kube-prometheus-stack",
    values: [],
    labels: {},
    annotations: {},
    dependsOn: [],
    timeoutMs: undefined,
  },
};
