import type { MatchedFailure } from "../../failures/failure.ts";
import { matchScrapeError, scrapeFailures } from "../../failures/scrape.ts";
import type { Pod } from "../../kube/objects.ts";
import { listUnpassedCheckIds } from "../checks.ts";
import type { Evidence, EvidenceTarget } from "../evidence.ts";
import { shortenToLine } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";

/** Maximum number of targets that a finding names. */
const maxNamedTargets = 3;

/** A rule for each way in which a scrape fails. */
export const targetRules: readonly DiagnosisRule[] = scrapeFailures.map((failure) => ({
  ...failure,
  evidence: "the last error of Prometheus' targets",
  find: (evidence) =>
    [...groupByFailure(evidence, failure.id).values()].map((group) => describeTargets(evidence, group)),
}));

/** A target that is down, with the failure that its last error reports. */
interface FailedTarget {
  readonly target: EvidenceTarget;
  readonly failure: MatchedFailure;
}

/** Returns the targets that are down with this failure, grouped by its variant. */
function groupByFailure(evidence: Evidence, id: string): Map<string, FailedTarget[]> {
  const failedTargets = listDownTargets(evidence)
    .filter((target) => !isWrongPort(evidence, target))
    .map((target) => ({ target, failure: matchScrapeError(target.lastError, target.url) }))
    .filter(({ failure }) => failure.id === id);
  return Map.groupBy(failedTargets, ({ failure }) => failure.variant);
}

export const targetWrongPort: DiagnosisRule = {
  id: "target-wrong-port",
  layer: "targets",
  title: "A target is scraped at a port that its pod does not have",
  evidence: "the last error of Prometheus' targets; the container ports of the pod behind it",
  find: (evidence) =>
    listDownTargets(evidence).flatMap((target) => {
      const mismatch = findWrongPort(evidence, target);
      if (mismatch === undefined || !/connection refused|i\/o timeout|deadline/.test(target.lastError))
        return [];
      const { port, declared, probablePort } = mismatch;
      return [
        {
          what: `Target ${target.url} (${describeSource(target)}) is scraped at port ${port}, which its pod does not declare: ${probablePort === undefined ? "it has" : "right is probably"} ${probablePort ?? declared}`,
          how: [
            `Prometheus, on target ${target.url}: ${shortenToLine(target.lastError)}`,
            `its pod declares the ports ${declared}`,
          ],
          fix: `Set prometheus.io/port (or the port of that job) to ${probablePort ?? "the one with the metrics"}.`,
          sureness: "likely" as const,
          explains: listExplainedChecks(evidence, [target]),
          keys: ["prometheus.io/port"],
          values: [port],
        },
      ];
    }),
};

/** Returns the targets that are down. */
function listDownTargets(evidence: Evidence): readonly EvidenceTarget[] {
  return listSeenTargets(evidence).filter(({ health }) => health === "down");
}

/** Returns the finding for targets with the same failure. */
function describeTargets(evidence: Evidence, failedTargets: readonly FailedTarget[]): Finding {
  const targets = failedTargets.map(({ target }) => target);
  const [{ target: firstTarget, failure }] = failedTargets as [FailedTarget];
  const otherCount = targets.length - 1;
  const otherTargets = otherCount > 0 ? `, and ${otherCount} more like it` : "";
  return {
    what: `Target ${firstTarget.url} (${describeSource(firstTarget)}): ${failure.explanation}${getTimeout(failure, firstTarget)}${otherTargets}`,
    how: targets
      .slice(0, maxNamedTargets)
      .map(({ url, lastError }) => `Prometheus, on target ${url}: ${shortenToLine(lastError) || "down"}`),
    fix: failure.fix,
    sureness: failure.sureness ?? "certain",
    explains: listExplainedChecks(evidence, targets),
    // A key like `scheme` may belong to any job: only the address identifies the job.
    keys: failure.keys ?? [],
    values: targets.slice(0, maxNamedTargets).flatMap(({ url, job }) => [getHost(url), job]),
  };
}

/** Returns the ids of the checks that did not pass and need one of these targets. */
function listExplainedChecks(evidence: Evidence, targets: readonly EvidenceTarget[]): readonly string[] {
  return listUnpassedCheckIds(evidence).filter((id) => needsTargets(id, targets));
}

/** Returns the scrape timeout as the rest of a sentence, for a target that exceeded it; else empty. */
function getTimeout({ variant }: MatchedFailure, { discovered }: EvidenceTarget): string {
  const timeout = discovered["__scrape_timeout__"];
  return variant === "target-timeout/0" && timeout !== undefined
    ? ` within its scrape_timeout of ${timeout}`
    : "";
}

/** Returns the target's service, pod or job, e.g. `service monitoring/my-app` or `job my-app`. */
function describeSource({ discovered, job }: EvidenceTarget): string {
  const namespace = discovered["__meta_kubernetes_namespace"];
  const service = discovered["__meta_kubernetes_service_name"];
  const pod = discovered["__meta_kubernetes_pod_name"];
  if (service !== undefined) return `service ${namespace}/${service}`;
  return pod === undefined ? `job ${job}` : `pod ${namespace}/${pod}`;
}

/** Returns a URL's host and port; any other text unchanged. */
function getHost(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** True if a target is down because of its port. */
function isWrongPort(evidence: Evidence, target: EvidenceTarget): boolean {
  return (
    /connection refused|i\/o timeout|deadline/.test(target.lastError) &&
    findWrongPort(evidence, target) !== undefined
  );
}

/** A scraped port that the pod does not declare. */
interface WrongPort {
  readonly port: string;
  /** The declared ports, for the finding: `9090 (http), 9091`. */
  readonly declared: string;
  /** The declared port that most likely serves the metrics; undefined if none is named for them and there are several. */
  readonly probablePort: string | undefined;
}

/**
 * Returns the scraped port and the pod's declared ports; undefined if the pod is unknown, declares no port, or
 * declares this one.
 */
function findWrongPort(evidence: Evidence, target: EvidenceTarget): WrongPort | undefined {
  const namespace = target.discovered["__meta_kubernetes_namespace"];
  const name = target.discovered["__meta_kubernetes_pod_name"];
  const pod = evidence.cluster?.pods.find(
    ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
  );
  const ports = pod === undefined ? [] : listPorts(pod);
  const port = URL.canParse(target.url) ? new URL(target.url).port : "";
  if (port === "" || ports.length === 0 || ports.some(({ containerPort }) => `${containerPort}` === port)) {
    return undefined;
  }
  const declaredPorts = ports.map(({ name, containerPort }) => `${containerPort}${name ? ` (${name})` : ""}`);
  const metricsPort =
    ports.find(({ name }) => /metric|prom/i.test(name ?? "")) ?? (ports.length === 1 ? ports[0] : undefined);
  return {
    port,
    declared: declaredPorts.join(", "),
    probablePort: metricsPort && `${metricsPort.containerPort}`,
  };
}

/** Returns the ports that the containers of a pod declare. */
function listPorts(pod: Pod) {
  return (pod.spec?.containers ?? []).flatMap(({ ports }) => ports ?? []);
}

/**
 * Returns Prometheus' active targets; if they could not be read, those that a check saw, without the labels of their
 * discovery.
 */
export function listSeenTargets({ prometheus, findings }: Evidence): readonly EvidenceTarget[] {
  return prometheus?.targets ?? (findings.targets ?? []).map((target) => ({ ...target, discovered: {} }));
}

/** The checks that need the metrics of a target. */
const dependentChecks: readonly { readonly match: RegExp; readonly checks: RegExp }[] = [
  { match: /kube-state-metrics/, checks: /^kube-|^query-pod-status$|^scraped-once$/ },
  { match: /node-exporter|:9100\//, checks: /^node-exporter-|^query-node-cpu$/ },
  { match: /cadvisor/, checks: /^cadvisor-|^query-(cpu|memory)$/ },
];

/** True if a check can't pass while one of these targets is down. */
function needsTargets(check: string, targets: readonly EvidenceTarget[]): boolean {
  if (/^(targets-|target-|own\/)/.test(check)) return true;
  return targets.some(({ url, job, discovered }) => {
    const targetTexts = [
      url,
      job,
      discovered["__meta_kubernetes_service_name"],
      discovered["__meta_kubernetes_pod_name"],
    ];
    return dependentChecks.some(
      ({ match, checks }) => match.test(targetTexts.join(" ")) && checks.test(check),
    );
  });
}
