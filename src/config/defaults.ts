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

/** The apps of `stack: plain`. An app of the same name in the file is merged over a default app. */
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
    // The plan adds Grafana's data source, because it knows Prometheus' release, namespace and scrape interval.
    values: [],
    labels: {},
    annotations: {},
    // Grafana starts without a reachable Prometheus: it sends its first query when somebody opens a dashboard.
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
 * @param source the absolute working folder and the environment, for default paths
 * @param sections the parts of the configuration that are not settings
 */
export function applyDefaults(
  settings: Settings,
  source: { cwd: string; env: Readonly<Record<string, string | undefined>> },
  sections: Pick<
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
    profile: settings.profile ?? "ci",
    stack: settings.stack ?? "plain",
    monitors: settings.monitors ?? [],
    namespace: settings.namespace ?? "monitoring",
    cluster: resolveCluster(settings, source),
    k3s: {
      version: settings["k3s-version"] ?? defaultVersions.k3s,
      path: settings["k3s-path"],
      args: settings["k3s-args"] ?? [],
      images: settings["k3s-images"] ?? [],
    },
    helm: { version: settings["helm-version"] ?? defaultVersions.helm, path: settings["helm-path"] },
    kubectl: {
      version: settings["kubectl-version"] ?? defaultVersions.kubectl,
      path: settings["kubectl-path"],
    },
    mirrors: settings.mirrors ?? {},
    lock: {
      file:
        settings["lock-file"] ??
        join(sections.file === undefined ? source.cwd : dirname(sections.file), lockFileName),
      isRequired: settings["lock-file"] !== undefined,
    },
    bundle: settings.bundle,
    cache: settings.cache ?? "auto",
    verifySignatures: settings["verify-signatures"] ?? false,
    select: settings.apps ?? [],
    grafana: { user: settings["grafana-user"] ?? "admin", password: settings["grafana-password"] },
    verify: {
      only: settings.checks ?? [],
      skip: settings.skip ?? {},
      atEnd: settings["verify-at-end"] ?? false,
      expectAlerts: settings["expect-alerts"] ?? ["Watchdog", "InfoInhibitor"],
      maxSeries: settings["max-series"] ?? 1_000_000,
      maxDeadPanels: settings["max-dead-panels"],
      dashboardBaseline:
        settings["dashboard-baseline"] ??
        join(sections.file === undefined ? source.cwd : dirname(sections.file), "monstack-dashboards.json"),
      updateBaseline: settings["update-baseline"] ?? false,
      backups: settings.backups,
      backupMaxAgeMs: settings["backup-max-age"] ?? 7 * 24 * 3_600_000,
      sendTestNotification: settings["send-test-notification"] ?? false,
    },
    alerting: {
      config: settings["alertmanager-config"],
      receivers: settings["alert-receivers"],
      ruleTests: settings["rule-tests"] ?? [],
      promtool: settings["promtool-path"],
    },
    prometheus: {
      retention: settings.retention,
      retentionSize: settings["retention-size"],
      scrapeInterval: settings["scrape-interval"],
      scrapeTimeout: settings["scrape-timeout"],
      evaluationInterval: settings["evaluation-interval"],
    },
    storage: { sizes: settings.storage ?? {}, storageClass: settings["storage-class"] },
    takeOverDashboards: settings["take-over-dashboards"] ?? (settings.profile ?? "ci") === "ci",
    compare: { baseline: settings.baseline, lastGreen: settings.compare ?? true },
    keep: { metrics: settings["keep-metrics"] ?? false, data: settings["keep-data"] },
    rules: settings.rules ?? [],
    ports: {
      prometheus: settings["prometheus-port"] ?? 9090,
      grafana: settings["grafana-port"] ?? 3000,
      alertmanager: settings["alertmanager-port"] ?? 9093,
      whenBusy: settings["busy-port"] ?? "fail",
    },
    timeouts: {
      deployMs: settings["deploy-timeout"] ?? 300_000,
      verifyMs: settings["verify-timeout"] ?? 120_000,
      clusterMs: settings["cluster-timeout"] ?? 120_000,
    },
    reporters: settings.reporter ?? [
      "json",
      "junit",
      "html",
      ...(source.env["GITHUB_ACTIONS"] === "true" ? (["github"] as const) : []),
    ],
    reportDir: settings["report-dir"] ?? `${source.cwd}/monstack-report`,
    stateDir: settings["state-dir"] ?? resolveDefaultStateDir(source),
    appDir: settings["app-dir"],
    ...sections,
  };
}

/**
 * Returns the existing cluster if a kubeconfig or a context is set, else k3s. A kubeconfig that is not set is found
 * as kubectl finds it.
 */
function resolveCluster(
  settings: Settings,
  { cwd, env }: Parameters<typeof applyDefaults>[1],
): Config["cluster"] {
  if (settings.kubeconfig === undefined && settings.context === undefined) return { kind: "k3s" };
  const pathInEnv = env.KUBECONFIG?.split(":").find((path) => path !== "");
  const kubeconfig = resolve(cwd, settings.kubeconfig ?? pathInEnv ?? `${env.HOME ?? cwd}/.kube/config`);
  return { kind: "existing", kubeconfig, context: settings.context };
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
    // With a release of the chart's own name, no name contains it twice: kube-prometheus-stack-prometheus.
    release: "kube-prometheus-stack",
    values: [],
    labels: {},
    annotations: {},
    dependsOn: [],
    timeoutMs: undefined,
  },
};
