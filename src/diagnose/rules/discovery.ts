import type { Meta } from "../../kube/objects.ts";
import { findChecksWithFault, findFailedChecks, quoteCheck } from "../checks.ts";
import type { Evidence, EvidenceTarget } from "../evidence.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";
import { listSeenTargets } from "./targets.ts";

const scrapeAnnotation = "prometheus.io/scrape";

export const scrapeAnnotationWrong: DiagnosisRule = {
  id: "scrape-annotation-wrong",
  layer: "targets",
  title: "A scrape annotation that has no effect",
  evidence: "the annotations of services and pods",
  find: (evidence) => {
    const checks = findFailedChecks(evidence).filter(({ id }) => /^targets-up$|^own\/|^query-/.test(id));
    return listAnnotatableObjects(evidence).flatMap(({ kind, metadata }) =>
      findAnnotationErrors(kind, metadata, checks),
    );
  },
};

/**
 * Returns the findings for an object's scrape annotations. Does not look for misspelt keys, since any annotation may
 * belong to another program.
 */
function findAnnotationErrors(
  kind: string,
  metadata: Meta,
  checks: ReturnType<typeof findFailedChecks>,
): readonly Finding[] {
  const name = `${kind} ${metadata.namespace}/${metadata.name}`;
  const value = metadata.annotations?.[scrapeAnnotation];
  const port = metadata.annotations?.["prometheus.io/port"];
  const relatedChecks = checks.filter(({ expected, seen }) => `${expected} ${seen}`.includes(metadata.name));
  const createFinding = (what: string, how: string, fix: string, values: readonly string[]): Finding => ({
    what,
    how: [how, ...relatedChecks.map(quoteCheck)],
    fix,
    sureness: relatedChecks.length > 0 ? "likely" : "possible",
    explains: relatedChecks.map(({ id }) => id),
    keys: [scrapeAnnotation, "prometheus.io/port"],
    values,
  });
  if (value !== undefined && !["true", "false"].includes(value)) {
    const what = `${name} is not scraped: its annotation ${scrapeAnnotation} is "${value}", and only "true" counts`;
    return [
      createFinding(
        what,
        `${name} has the annotation ${scrapeAnnotation}: "${value}"`,
        `Set ${scrapeAnnotation}: "true", in quotes.`,
        [value],
      ),
    ];
  }
  if (value === "true" && port !== undefined && !/^\d+$/.test(port)) {
    const what = `${name} is not scraped at the intended port: its annotation prometheus.io/port is "${port}", which is not a number`;
    return [
      createFinding(
        what,
        `${name} has the annotation prometheus.io/port: "${port}"`,
        "Write the port's number: names of ports don't work there.",
        [port],
      ),
    ];
  }
  return [];
}

/** Returns the services and pods, which can have scrape annotations. */
function listAnnotatableObjects({ cluster }: Evidence) {
  return [
    ...(cluster?.services ?? []).map(({ metadata }) => ({ kind: "Service", metadata })),
    ...(cluster?.pods ?? []).map(({ metadata }) => ({ kind: "Pod", metadata })),
  ];
}

export const targetsMissing: DiagnosisRule = {
  id: "targets-missing",
  layer: "targets",
  title: "Prometheus doesn't find what it is to scrape",
  evidence: "the targets that manifests and the live cluster let expect, against those that Prometheus has",
  find: (evidence) =>
    findChecksWithFault(evidence, "targets-missing").map((check) => {
      const unloadedJobs = findJobsNotInForce(evidence, check.seen);
      const deniedReviews = (evidence.cluster?.access ?? []).filter(({ allowed }) => !allowed);
      return {
        what:
          unloadedJobs.length > 0
            ? `Prometheus does not have the job ${unloadedJobs.join(", ")} in the configuration that is in force`
            : `Prometheus does not find all that it is to scrape: ${check.seen}`,
        how: [
          quoteCheck(check),
          ...deniedReviews.map(({ user, verb, resource }) => `${user} may not ${verb} ${resource}`),
        ],
        fix:
          unloadedJobs.length > 0
            ? "Let Prometheus load its configuration again, and read its log if it refuses."
            : "Compare the job's relabelling with the labels, annotations and port names of what it is to find; what has no ready pod is found by nobody.",
        sureness: unloadedJobs.length > 0 ? "certain" : "likely",
        explains: [check.id],
        keys: [scrapeAnnotation, "relabel_configs"],
      };
    }),
};

/** Returns the jobs that a check misses and that Prometheus' current configuration does not have. */
function findJobsNotInForce({ prometheus }: Evidence, seen: string): readonly string[] {
  const { config } = prometheus ?? {};
  if (config === undefined) return [];
  const jobs = [...seen.matchAll(/job (\S+) has /g)].map(([, job = ""]) => job);
  return [...new Set(jobs)].filter(
    (job) => !config.includes(`job_name: ${job}`) && !config.includes(`job_name: "${job}"`),
  );
}

export const kubeStateMetricsTwice: DiagnosisRule = {
  id: "kube-state-metrics-twice",
  layer: "targets",
  title: "kube-state-metrics is scraped twice, or another cluster's is",
  evidence: "the checks scraped-once and kube-node-info; Prometheus' targets",
  find: (evidence) => {
    const checks = findFailedChecks(evidence).filter(({ id }) =>
      ["scraped-once", "kube-node-info"].includes(id),
    );
    const targets = listDiscoveredTargets(evidence);
    if (checks.length === 0 || targets.length < 2) return [];
    const sources = targets.map(describeTarget);
    const foreignTargets = targets.filter((target) => isConfiguredAddress(target));
    const services = new Set(targets.map(getTargetServiceName));
    return [
      {
        what:
          foreignTargets.length > 0
            ? `kube-state-metrics of somebody else is scraped too: ${foreignTargets.map(describeTarget).join(", ")}`
            : `kube-state-metrics is scraped ${targets.length} times, ${services.size > 1 ? "because more than one of it runs" : "because more than one job or port finds it"}: sums over its metrics come out too high`,
        how: [`Prometheus' targets: ${sources.join("; ")}`, ...checks.map(quoteCheck)],
        fix:
          services.size > 1
            ? "Turn one of them off (kube-state-metrics.enabled: false), or let Prometheus keep only its own (a relabelling by service and namespace)."
            : "Take away one way to find it: the annotation prometheus.io/scrape, or the job or ServiceMonitor of its own.",
        explains: checks.map(({ id }) => id),
        keys: ["kube-state-metrics.enabled", "kube-state-metrics"],
      },
    ];
  },
};

/** Returns the targets of kube-state-metrics, without those for its own telemetry, which are at port 8081. */
function listDiscoveredTargets(evidence: Evidence): readonly EvidenceTarget[] {
  return listSeenTargets(evidence).filter((target) => {
    const isTelemetry = /:8081\//.test(target.url);
    return (
      !isTelemetry &&
      /kube-state-metrics/.test(`${getTargetServiceName(target)} ${getTargetPodName(target)} ${target.job}`)
    );
  });
}

/** Returns a target's service as `namespace/name`; both may be empty. */
function getTargetServiceName({ discovered, labels }: EvidenceTarget): string {
  const namespace = discovered["__meta_kubernetes_namespace"] ?? labels["namespace"] ?? "";
  return `${namespace}/${discovered["__meta_kubernetes_service_name"] ?? labels["service"] ?? ""}`;
}

/** Returns the name of a target's pod; empty if the discovery found no pod. */
function getTargetPodName({ discovered }: EvidenceTarget): string {
  return discovered["__meta_kubernetes_pod_name"] ?? "";
}

/**
 * True if a target is an address in the configuration, so that it may be in another cluster. The targets that the
 * discovery found through this cluster's API have a namespace.
 */
function isConfiguredAddress({ discovered }: EvidenceTarget): boolean {
  return discovered["__meta_kubernetes_namespace"] === undefined;
}

/** Returns a target's URL, job and service. */
function describeTarget(target: EvidenceTarget): string {
  const service = getTargetServiceName(target);
  return `${target.url} (job ${target.job}${service.length > 1 ? `, service ${service}` : ""})`;
}
