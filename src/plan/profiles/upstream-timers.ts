import { satisfies, valid } from "semver";
import { defaultRepos } from "../../config/defaults.ts";
import { getListAt, getMappingAt, isEmptyValue, type Values } from "../../lib/object.ts";
import { getChartName, stackChart } from "../../model/chart.ts";
import type { ChartRef } from "../../model/plan.ts";
import type { OverlaySetting } from "./overlay.ts";

/** How the names of the metrics begin that only a cluster has. */
const clusterMetrics = "alertmanager_cluster_";

/**
 * Returns the setting that switches Alertmanager's gossip off in the chart prometheus. Without a peer there is nothing to
 * wait for, but Alertmanager polls for peers all the same (`Peer.Settle` in prometheus/alertmanager, cluster/cluster.go).
 * The operator passes the same flag itself where it runs one replica.
 * @param files the user's files: without a cluster, Alertmanager has no metrics of it, which a rule or a dashboard can need
 */
export function listGossipSettings(values: Values, files: readonly string[]): OverlaySetting[] {
  const own = getMappingAt(values, ["alertmanager"]);
  const flags = Object.keys(getMappingAt(own, ["extraArgs"]));
  const { replicaCount = 1, additionalPeers, command } = own;
  const isAlone = replicaCount === 1 && isEmptyValue(additionalPeers) && isEmptyValue(command);
  if (!isAlone || flags.some((name) => name.startsWith("cluster."))) return [];
  if ([JSON.stringify(values), ...files].some((text) => text.includes(clusterMetrics))) return [];
  return [
    {
      path: ["alertmanager", "extraArgs", "cluster.listen-address"],
      value: "",
      why: "Alertmanager sends nothing in its first 10 s, because it waits for peers; a single one has none",
    },
  ];
}

const reloadFlag = "scrape.discovery-reload-interval";
const reloadInterval = "500ms";
const reloadReason =
  "Prometheus makes its first scrape 6 s after its start; with this hidden flag of its own after 1 to 2 s";

/**
 * Versions of Prometheus for which the flag was read at its source. It came with 2.36.0 (prometheus/prometheus#10634), but
 * until 3.12.0 the discovery manager waits 5 s as well, so that the flag gains nothing (prometheus/prometheus#18187). It is
 * a hidden flag, which may go away without notice, and Prometheus does not start with a flag that it does not know.
 */
const knownVersions = ">=3.12.0 <3.15.0";

interface PrometheusImage {
  /** Versions of the chart that deploy a Prometheus of `knownVersions`. */
  readonly charts: string;
  /** Where the chart's values describe the image. */
  readonly path: readonly string[];
  /** The chart's own repository. */
  readonly repository: string;
}

const imagesByChart: Readonly<Record<string, PrometheusImage>> = {
  prometheus: {
    charts: ">=29.9.0 <=29.27.0",
    path: ["server", "image"],
    repository: "quay.io/prometheus/prometheus",
  },
  [stackChart]: {
    charts: ">=86.1.0 <=88.5.3",
    path: ["prometheus", "prometheusSpec", "image"],
    repository: "prometheus/prometheus",
  },
};

/** Returns the setting that shortens the wait for the first scrape, where the deployed Prometheus is known to have it. */
export function listFirstScrapeSettings(chart: ChartRef, values: Values): OverlaySetting[] {
  if (!isKnownPrometheus(chart, values)) return [];
  if (getChartName(chart) === stackChart) {
    const spec = ["prometheus", "prometheusSpec"];
    return [
      {
        path: [...spec, "additionalArgs"],
        value: [{ name: reloadFlag, value: reloadInterval }],
        why: reloadReason,
        // Each can choose another program or version.
        unlessAny: [
          [...spec, "version"],
          [...spec, "containers"],
        ],
      },
    ];
  }
  const ownFlags = getListAt(values, ["server", "extraFlags"]);
  if (ownFlags.some((flag) => typeof flag === "string" && flag.startsWith(reloadFlag))) return [];
  return [
    {
      path: ["server", "extraArgs", reloadFlag],
      value: reloadInterval,
      why: reloadReason,
      unlessAny: [
        ["server", "command"],
        // The chart leaves its other arguments out then.
        ["server", "defaultFlagsOverride"],
      ],
    },
  ];
}

/** True if the version of the deployed Prometheus follows from the chart or from the image's tag, and is a known one. */
function isKnownPrometheus(chart: ChartRef, values: Values): boolean {
  const expected = imagesByChart[getChartName(chart)];
  const chartVersion = findOfficialVersion(chart);
  if (expected === undefined || chartVersion === undefined) return false;
  const { repository, registry, tag, digest, sha } = getMappingAt(values, expected.path);
  const isOwnImage = !isEmptyValue(repository) && repository !== expected.repository;
  const isOwnRegistry =
    !isEmptyValue(registry) || !isEmptyValue(getMappingAt(values, ["global"])["imageRegistry"]);
  // With a digest, the tag says nothing about what is deployed.
  if (isOwnImage || isOwnRegistry || !isEmptyValue(digest) || !isEmptyValue(sha)) return false;
  if (isEmptyValue(tag)) return satisfies(chartVersion, expected.charts);
  return typeof tag === "string" && satisfies(tag.replace(/-distroless$/, ""), knownVersions);
}

const officialRegistry = "oci://ghcr.io/prometheus-community/charts/";

/** Returns the version of a chart of the Prometheus community; undefined for other charts and for the newest version. */
function findOfficialVersion(chart: ChartRef): string | undefined {
  const repository = defaultRepos["prometheus-community"]?.url;
  const isOfficial =
    (chart.kind === "repo" && chart.repoUrl.replace(/\/$/, "") === repository) ||
    (chart.kind === "oci" && chart.url.startsWith(officialRegistry));
  return isOfficial ? (valid(chart.version) ?? undefined) : undefined;
}
