import type { Pod } from "../../kube/objects.ts";
import { notPassed } from "../failed.ts";
import { shorten } from "../log-lines.ts";
import { needsTargets, targetsSeen } from "../targets-seen.ts";
import type { DiagnosisRule, Evidence, EvidenceTarget, Found } from "../types.ts";
import { type TargetError, targetErrors } from "./target-errors.ts";

const mostNamed = 3;

/** A rule for each way in which a scrape fails. */
export const targetRules: readonly DiagnosisRule[] = [...new Set(targetErrors.map(({ id }) => id))].map(
  (id) => ({
    id,
    layer: "targets",
    title: targetErrors.find((error) => error.id === id)?.title ?? id,
    evidence: "the last error of Prometheus' targets",
    find: (evidence) =>
      targetErrors
        .filter((error) => error.id === id)
        .flatMap((error) => toFound(evidence, error, down(evidence, error))),
  }),
);

export const targetWrongPort: DiagnosisRule = {
  id: "target-wrong-port",
  layer: "targets",
  title: "A target is scraped at a port that its pod does not have",
  evidence: "the last error of Prometheus' targets; the container ports of the pod behind it",
  find: (evidence) =>
    downTargets(evidence).flatMap((target) => {
      const wrong = wrongPort(evidence, target);
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
          explains: explained(evidence, [target]),
          blame: { app: undefined, keys: ["prometheus.io/port"], values: [port] },
        },
      ];
    }),
};

function downTargets(evidence: Evidence): readonly EvidenceTarget[] {
  return targetsSeen(evidence).filter(({ health }) => health === "down");
}

/** Those for which no error before this one in the table has words. */
function down(evidence: Evidence, error: TargetError): readonly EvidenceTarget[] {
  return downTargets(evidence).filter(
    (target) => targetErrors.find((one) => fits(one, target)) === error && !isWrongPort(evidence, target),
  );
}

function fits({ match, url }: TargetError, target: EvidenceTarget): boolean {
  return (
    match.test(target.lastError || "down without an error") && (url === undefined || url.test(target.url))
  );
}

function toFound(evidence: Evidence, error: TargetError, targets: readonly EvidenceTarget[]): Found[] {
  const first = targets[0];
  if (first === undefined) return [];
  const more = targets.length - 1;
  const others = more > 0 ? `, and ${more} more like it` : "";
  return [
    {
      what: `Target ${first.url} (${nameOf(first)}): ${error.why}${timeoutOf(error, first)}${others}`,
      how: targets
        .slice(0, mostNamed)
        .map(({ url, lastError }) => `Prometheus, on target ${url}: ${shorten(lastError) || "down"}`),
      fix: error.fix,
      sureness: error.sureness,
      explains: explained(evidence, targets),
      blame: {
        app: undefined,
        // Its address is what stands in the values for it alone; a key like `scheme` may be any job's.
        keys: error.keys,
        values: targets.slice(0, mostNamed).flatMap(({ url, job }) => [hostOf(url), job]),
      },
    },
  ];
}

function explained(evidence: Evidence, targets: readonly EvidenceTarget[]): readonly string[] {
  return notPassed(evidence).filter((id) => needsTargets(id, targets));
}

function timeoutOf({ id }: TargetError, { discovered }: EvidenceTarget): string {
  const timeout = discovered["__scrape_timeout__"];
  return id === "target-timeout" && timeout !== undefined ? ` within its scrape_timeout of ${timeout}` : "";
}

/** `service monitoring/my-app` or `job my-app`. */
function nameOf({ discovered, job }: EvidenceTarget): string {
  const namespace = discovered["__meta_kubernetes_namespace"];
  const service = discovered["__meta_kubernetes_service_name"];
  const pod = discovered["__meta_kubernetes_pod_name"];
  if (service !== undefined) return `service ${namespace}/${service}`;
  return pod === undefined ? `job ${job}` : `pod ${namespace}/${pod}`;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

function isWrongPort(evidence: Evidence, target: EvidenceTarget): boolean {
  return (
    /connection refused|i\/o timeout|deadline/.test(target.lastError) &&
    wrongPort(evidence, target) !== undefined
  );
}

/** Undefined when its pod isn't known, declares no port, or declares this one. */
function wrongPort(evidence: Evidence, target: EvidenceTarget) {
  const namespace = target.discovered["__meta_kubernetes_namespace"];
  const name = target.discovered["__meta_kubernetes_pod_name"];
  const pod = evidence.cluster?.pods.find(
    ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
  );
  const ports = pod === undefined ? [] : portsOf(pod);
  const port = URL.canParse(target.url) ? new URL(target.url).port : "";
  if (port === "" || ports.length === 0 || ports.some(({ containerPort }) => `${containerPort}` === port)) {
    return undefined;
  }
  const shown = ports.map(({ name, containerPort }) => `${containerPort}${name ? ` (${name})` : ""}`);
  const metrics =
    ports.find(({ name }) => /metric|prom/i.test(name ?? "")) ?? (ports.length === 1 ? ports[0] : undefined);
  return { port, declared: shown.join(", "), right: metrics && `${metrics.containerPort}` };
}

function portsOf(pod: Pod) {
  return (pod.spec?.containers ?? []).flatMap(({ ports }) => ports ?? []);
}
