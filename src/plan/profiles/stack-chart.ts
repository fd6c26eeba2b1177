import type { Config } from "../../config/schema.ts";
import { getValueAt, type Values } from "../../lib/object.ts";
import { type OverlaySetting, resourcesReason } from "./overlay.ts";
import { findLongestEndpointTimeout, listScrapeSettings, type ScrapeKeys } from "./scrape-intervals.ts";

const absenceReason =
  "k3s runs it inside its own process, where nothing scrapes it: its targets could never be up";

/** Components of a kubeadm cluster that kube-prometheus-stack expects, and that k3s doesn't have. */
const k3sAbsentComponents: readonly OverlaySetting[] = [
  "kubeControllerManager",
  "kubeScheduler",
  "kubeProxy",
  "kubeEtcd",
].map((part) => ({
  path: [part, "enabled"],
  value: false,
  why: absenceReason,
  // Whoever names addresses has made k3s listen there.
  unlessAny: [[part, "endpoints"]],
}));

const selected = ["serviceMonitor", "podMonitor", "probe", "scrapeConfig", "rule"];

/** Without these settings the operator selects only objects with the release's own label. */
const monitorSelectionSettings: readonly OverlaySetting[] = selected.map((kind) => ({
  path: ["prometheus", "prometheusSpec", `${kind}SelectorNilUsesHelmValues`],
  value: false,
  why: "your monitors and rules are taken in without the chart's label `release`",
}));

/** Returns the settings of a stack with this chart in every profile. The user's own values win. */
export function createStackSettings(config: Config): readonly OverlaySetting[] {
  const wantsMonitors = config.stack === "operator" || config.monitors.length > 0;
  return [
    ...(config.cluster.kind === "k3s" ? k3sAbsentComponents : []),
    ...(wantsMonitors ? monitorSelectionSettings : []),
  ];
}

const readinessReason = "a ready pod is noticed within a second instead of up to fifteen";
const spec = ["prometheus", "prometheusSpec"];
/** Both parts share the certificates: one without the other waits for a Secret that nobody makes. */
const certificates = [
  ["prometheusOperator", "admissionWebhooks"],
  ["prometheusOperator", "tls"],
];

const scrapeKeys: ScrapeKeys = {
  interval: [...spec, "scrapeInterval"],
  timeout: [...spec, "scrapeTimeout"],
  evaluation: [...spec, "evaluationInterval"],
  default: "operator's 30s",
};

/**
 * Returns the settings of profile ci for kube-prometheus-stack.
 * @param grafana the settings for Grafana's own chart
 * @param texts the contents of the user's monitor files
 */
export function createCiStackSettings(
  values: Values,
  texts: readonly string[],
  grafana: readonly OverlaySetting[],
): readonly OverlaySetting[] {
  const scraping = listScrapeSettings(values, scrapeKeys, findLongestEndpointTimeout([values, ...texts]));
  const interval = scraping.find(({ path }) => path === scrapeKeys.interval)?.value;
  return [
    ...scraping,
    {
      path: ["kubelet", "serviceMonitor", "cAdvisorInterval"],
      value: interval ?? getValueAt(values, scrapeKeys.interval),
      why: "containers are measured as often as the rest is scraped; the chart's default is 10s",
    },
    {
      path: ["prometheusOperator", "admissionWebhooks", "enabled"],
      value: false,
      why: "two jobs that make its certificates would run before anything else; monstack looks through the rules itself",
      unlessAny: certificates,
    },
    {
      path: ["prometheusOperator", "tls", "enabled"],
      value: false,
      why: "the operator waits for these certificates too",
      unlessAny: certificates,
    },
    { path: ["prometheusOperator", "readinessProbe", "periodSeconds"], value: 1, why: readinessReason },
    {
      path: [...spec, "containers"],
      value: [
        {
          name: "prometheus",
          startupProbe: { periodSeconds: 1, failureThreshold: 900 },
          readinessProbe: { periodSeconds: 1 },
        },
      ],
      why: "the operator's startup probe asks every 15 s",
    },
    {
      path: ["alertmanager", "alertmanagerSpec", "containers"],
      value: [{ name: "alertmanager", readinessProbe: { initialDelaySeconds: 0, periodSeconds: 1 } }],
      why: readinessReason,
    },
    {
      path: [...spec, "resources", "requests"],
      value: { cpu: "50m", memory: "64Mi" },
      why: resourcesReason,
      unlessAny: [[...spec, "resources"]],
    },
    {
      path: ["alertmanager", "alertmanagerSpec", "resources", "requests"],
      value: { cpu: "10m", memory: "32Mi" },
      why: "the operator requests 200Mi of memory",
      unlessAny: [["alertmanager", "alertmanagerSpec", "resources"]],
    },
    {
      path: [...spec, "terminationGracePeriodSeconds"],
      value: 10,
      why: "the operator lets a shutdown take 10 minutes, and teardown waits for it",
    },
    {
      path: ["kube-state-metrics", "readinessProbe", "initialDelaySeconds"],
      value: 0,
      why: "the chart waits 5 s before the first probe",
    },
    { path: ["kube-state-metrics", "readinessProbe", "periodSeconds"], value: 1, why: readinessReason },
    { path: ["prometheus-node-exporter", "readinessProbe", "periodSeconds"], value: 1, why: readinessReason },
    ...grafana.map((setting) => ({
      ...setting,
      path: ["grafana", ...setting.path],
      ...(setting.unlessAny
        ? { unlessAny: setting.unlessAny.map((alternative) => ["grafana", ...alternative]) }
        : {}),
    })),
  ];
}
