import type { MatchedFailure } from "../../failures/failure.ts";
import { matchScrapeError, scrapeFailures } from "../../failures/scrape.ts";
import type { Pod } from "../../kube/objects.ts";
import { listNotPassed } from "../checks.ts";
import type { Evidence, EvidenceTarget } from "../evidence.ts";
import { shorten } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";

const mostNamed = 3;

/** A rule for each way in which a scrape fails. */
export const targetRules: readonly DiagnosisRule[] = scrapeFailures.map((failure) => ({
  ...failure,
  evidence: "the last error of Prometheus' targets",
  find: (evidence) =>
    [...groupByFailure(evidence, failure.id).values()].map((same) => describeTargets(evidence, same)),
}));

interface FailedTarget {
  readonly target: EvidenceTarget;
  readonly failure: MatchedFailure;
}

/** Groups the targets that are down with this failure by what exactly was reported. */
function groupByFailure(evidence: Evidence, id: string): Map<string, FailedTarget[]> {
  const failed = listDownTargets(evidence)
    .filter((target) => !isWrongPort(evidence, target))
    .map((target) => ({ target, failure: matchScrapeError(target.lastError, target.url) }))
    .filter(({ failure }) => failure.id === id);
  return Map.groupBy(failed, ({ failure }) => failure.variant);
}

export const targetWrongPort: DiagnosisRule = {
  id: "target-wrong-port",
  layer: "targets",
  title: "A target is scraped at a port that its pod does not have",
  evidence: "the last error of Prometheus' targets; the container ports of the pod behind it",
  find: (evidence) =>
    listDownTargets(evidence).flatMap((target) => {
      const wrong = findWrongPort(evidence, target);
      if (wrong === undefined || !/connection refused|i\/o timeout|deadline/.test(target.lastError))
        return [];
      const { port, declared, right } = wrong;
      return [
        {
          what: `Target ${target.url} (${nameOf(target)}) is scraped at port ${port}, which its pod does not declare: ${right === undefined ? "it has" : "right is probably"} ${right ?? declared}`,
          how: [
            `Prometheus, on target ${target.url}: ${shorten(target.lastError)}`,
            `its pod declares the ports ${declared}`,
          ],
          fix: `Set prometheus.io/port (or the port of that job) to ${right ?? "the one with the metrics"}.`,
          sureness: "likely" as const,
          explains: listExplainedChecks(evidence, [target]),
          keys: ["prometheus.io/port"],
          values: [port],
        },
      ];
    }),
};

function listDownTargets(evidence: Evidence): readonly EvidenceTarget[] {
  return listSeenTargets(evidence).filter(({ health }) => health === "down");
}

function describeTargets(evidence: Evidence, failed: readonly FailedTarget[]): Finding {
  const targets = failed.map(({ target }) => target);
  const [{ target: first, failure }] = failed as [FailedTarget];
  const more = targets.length - 1;
  const others = more > 0 ? `, and ${more} more like it` : "";
  return {
    what: `Target ${first.url} (${nameOf(first)}): ${failure.explanation}${getTimeout(failure, first)}${others}`,
    how: targets
      .slice(0, mostNamed)
      .map(({ url, lastError }) => `Prometheus, on target ${url}: ${shorten(lastError) || "down"}`),
    fix: failure.fix,
    sureness: failure.sureness ?? "certain",
    explains: listExplainedChecks(evidence, targets),
    // A key like `scheme` may belong to any job: only the address identifies the job.
    keys: failure.keys ?? [],
    values: targets.slice(0, mostNamed).flatMap(({ url, job }) => [getHost(url), job]),
  };
}

function listExplainedChecks(evidence: Evidence, targets: readonly EvidenceTarget[]): readonly string[] {
  return listNotPassed(evidence).filter((id) => needsTargets(id, targets));
}

function getTimeout({ variant }: MatchedFailure, { discovered }: EvidenceTarget): string {
  const timeout = discovered["__scrape_timeout__"];
  return variant === "target-timeout/0" && timeout !== undefined
    ? ` within its scrape_timeout of ${timeout}`
    : "";
}

/** `service monitoring/my-app` or `job my-app`. */
function nameOf({ discovered, job }: EvidenceTarget): string {
  const namespace = discovered["__meta_kubernetes_namespace"];
  const service = discovered["__meta_kubernetes_service_name"];
  const pod = discovered["__meta_kubernetes_pod_name"];
  if (service !== undefined) return `service ${namespace}/${service}`;
  return pod === undefined ? `job ${job}` : `pod ${namespace}/${pod}`;
}

function getHost(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

function isWrongPort(evidence: Evidence, target: EvidenceTarget): boolean {
  return (
    /connection refused|i\/o timeout|deadline/.test(target.lastError) &&
    findWrongPort(evidence, target) !== undefined
  );
}

/** Undefined when its pod isn't known, declares no port, or declares this one. */
function findWrongPort(evidence: Evidence, target: EvidenceTarget) {
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
  const shown = ports.map(({ name, containerPort }) => `${containerPort}${name ? ` (${name})` : ""}`);
  const metrics =
    ports.find(({ name }) => /metric|prom/i.test(name ?? "")) ?? (ports.length === 1 ? ports[0] : undefined);
  return { port, declared: shown.join(", "), right: metrics && `${metrics.containerPort}` };
}

function listPorts(pod: Pod) {
  return (pod.spec?.containers ?? []).flatMap(({ ports }) => ports ?? []);
}

/** Prometheus' active targets as they were gathered; else as a check saw them, without what they were discovered by. */
export function listSeenTargets({ prometheus, findings }: Evidence): readonly EvidenceTarget[] {
  return prometheus?.targets ?? (findings.targets ?? []).map((target) => ({ ...target, discovered: {} }));
}

/** Which checks need the metrics of a target, by what it is. */
const dependents: readonly { readonly match: RegExp; readonly checks: RegExp }[] = [
  { match: /kube-state-metrics/, checks: /^kube-|^query-pod-status$|^scraped-once$/ },
  { match: /node-exporter|:9100\//, checks: /^node-exporter-|^query-node-cpu$/ },
  { match: /cadvisor/, checks: /^cadvisor-|^query-(cpu|memory)$/ },
];

/** Whether a check can't pass as long as one of these targets is down. */
function needsTargets(check: string, targets: readonly EvidenceTarget[]): boolean {
  if (/^(targets-|target-|own\/)/.test(check)) return true;
  return targets.some(({ url, job, discovered }) => {
    const words = [
      url,
      job,
      discovered["__meta_kubernetes_service_name"],
      discovered["__meta_kubernetes_pod_name"],
    ];
    return dependents.some(({ match, checks }) => match.test(words.join(" ")) && checks.test(check));
  });
}
