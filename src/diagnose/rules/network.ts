import { listContainers } from "../../failures/judge-pod.ts";
import type { Pod } from "../../kube/objects.ts";
import { hasWord } from "../../lib/text.ts";
import { matchesSelector } from "../../model/rendered.ts";
import {
  alertmanagerChecks,
  findFailedChecks,
  grafanaChecks,
  listUnpassedCheckIds,
  quoteCheck,
} from "../checks.ts";
import type { ClusterEvidence, Evidence } from "../evidence.ts";
import {
  canExplainChecks,
  findLogLinesOfApp,
  type LogLine,
  quoteLine,
  readAllLogLines,
  shortenToLine,
} from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";
import { listSeenTargets } from "./targets.ts";

/** Maximum number of errors about names that a finding quotes. */
const maxQuotedErrors = 2;

/** Matches errors of programs that can't resolve a name. */
const unresolvedName =
  /no such host|server misbehaving|lookup \S.{0,500}(i\/o timeout|connection refused)|Temporary failure in name resolution|bad address/;

export const dnsDown: DiagnosisRule = {
  id: "dns-down",
  layer: "network",
  title: "The cluster's DNS is down",
  evidence: "CoreDNS' pods, endpoints and log; names that can't be resolved",
  find: (evidence) => {
    const pods = findDnsPods(evidence);
    const problem = pods && describeDnsProblem(evidence, pods);
    if (pods === undefined || problem === undefined || isDnsStarting(evidence, pods)) return [];
    const errors = quoteNameErrors(evidence);
    const line = findLogLinesOfApp(evidence, "kube-dns").findLast(({ text }) =>
      /\[FATAL\]|Loop .{0,300} detected|Error during parsing|plugin\/kubernetes: .{0,500}(forbidden|failed)/i.test(
        text,
      ),
    );
    if (errors.length === 0 && line === undefined && isDeploymentYoung(evidence)) return [];
    const { fix } = dnsFixes.find(({ match }) => match.test(line?.text ?? "")) ?? {
      fix: "Check the CoreDNS pods in kube-system, and bring them back (k3s deploys them itself unless it runs with --disable=coredns).",
    };
    return [
      {
        what: `The cluster's DNS is down: ${problem}`,
        how: [
          ...(line ? [quoteLine(line)] : []),
          ...errors.slice(0, maxQuotedErrors),
          `CoreDNS in kube-system: ${problem}`,
        ],
        fix,
        sureness: errors.length > 0 || line !== undefined ? "certain" : "likely",
        explains: listUnpassedCheckIds(evidence),
        keys: ["k3s.args"],
        values: ["--disable=coredns"],
      },
    ];
  },
};

/** What to do about an error in the log of CoreDNS. */
const dnsFixes = [
  {
    match: /loop/i,
    fix: "CoreDNS forwards to itself: the node's /etc/resolv.conf names a local resolver. Give the kubelet another one (--resolv-conf, with k3s `k3s: {args: [--resolv-conf=FILE]}`).",
  },
  {
    match: /Error during parsing/,
    fix: "Correct the Corefile in the ConfigMap coredns (or coredns-custom).",
  },
  { match: /forbidden/, fix: "Bring back the ClusterRole system:coredns and its binding." },
];

export const nameUnknown: DiagnosisRule = {
  id: "name-unknown",
  layer: "network",
  title: "A name that the cluster's DNS doesn't know",
  evidence: "logs of the stack that say `no such host`; the cluster's services",
  find: (evidence) => {
    if (evidence.cluster === undefined) return [];
    const pods = findDnsPods(evidence);
    if (pods && describeDnsProblem(evidence, pods) !== undefined) return [];
    const names = new Map(
      listUnresolvedLines(evidence)
        .filter((line) => canExplainChecks(evidence, line, listChecksOfApp(evidence, line)))
        .flatMap((line) => {
          const name = /lookup (\S{1,300}?)(?: on \S{1,300})?: (?:no such host|server misbehaving)/.exec(
            line.text,
          )?.[1];
          // Grafana works without grafana.com, which a cluster without internet can't resolve.
          return name === undefined || name.endsWith("grafana.com") ? [] : [[name, line] as const];
        }),
    );
    return [...names].map(([name, line]) => {
      const isInCluster = /\.svc(\.|$)/.test(name) || !name.includes(".");
      return {
        what: isInCluster
          ? `The name ${name} is not known in the cluster: there is no service of that name`
          : `The name ${name} can't be resolved from the cluster: it does not exist, or the cluster has no way out`,
        how: [quoteLine(line)],
        fix: isInCluster
          ? `Correct the name; services are called NAME.NAMESPACE.svc.cluster.local${describeSimilarServices(evidence, name)}.`
          : "Correct the name, or let CoreDNS forward to a resolver that knows it (the node's /etc/resolv.conf).",
        sureness: "possible",
        values: [name],
      };
    });
  },
};

/** Returns the cluster's CoreDNS pods; undefined if kube-system could not be read, or another DNS is used. */
function findDnsPods({ cluster }: Evidence): readonly Pod[] | undefined {
  if (cluster === undefined) return undefined;
  const hasCoreDns =
    cluster.services.some(({ metadata }) => metadata.name === "kube-dns") ||
    cluster.workloads.some(({ metadata }) => metadata.name === "coredns");
  const pods = cluster.pods.filter(
    ({ metadata }) =>
      metadata.namespace === "kube-system" &&
      (metadata.labels?.["k8s-app"] === "kube-dns" || metadata.name.startsWith("coredns-")),
  );
  return hasCoreDns || pods.length > 0 ? pods : undefined;
}

/** Returns the problem of the cluster's DNS; undefined if a pod of it is ready and behind its service. */
function describeDnsProblem({ cluster }: Evidence, pods: readonly Pod[]): string | undefined {
  const readyPods = pods.filter(
    ({ metadata, status }) =>
      !metadata.deletionTimestamp &&
      status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True"),
  );
  if (readyPods.length === 0) {
    if (pods.length === 0) return "no pod of CoreDNS runs";
    const waitingReasons = pods.flatMap(listContainers).map(({ state }) => state?.waiting?.reason);
    const waitingReason = waitingReasons.find((reason) => reason !== undefined);
    return `none of its ${pods.length} pod${pods.length === 1 ? "" : "s"} is ready${waitingReason ? ` (${waitingReason})` : ""}`;
  }
  const slices = (cluster?.endpointSlices ?? []).filter(
    ({ metadata }) =>
      metadata.namespace === "kube-system" && metadata.labels?.["kubernetes.io/service-name"] === "kube-dns",
  );
  const addresses = slices.flatMap(({ endpoints }) => endpoints ?? []);
  const hasNoEndpoint = slices.length > 0 && !addresses.some(({ conditions }) => conditions?.ready !== false);
  return hasNoEndpoint ? "the service kube-system/kube-dns has no endpoint" : undefined;
}

/** Milliseconds in which a new cluster may have no DNS yet. That is not the reason of a failure. */
const dnsStartMs = 45_000;

/** True if the cluster's DNS was created a moment ago and shows no error. */
function isDnsStarting({ cluster, takenAt }: Evidence, pods: readonly Pod[]): boolean {
  const hasError = pods
    .flatMap(listContainers)
    .some(
      ({ restartCount, state }) =>
        restartCount > 0 || /Err|BackOff|Invalid/.test(state?.waiting?.reason ?? ""),
    );
  const deployment = cluster?.workloads.find(({ metadata }) => metadata.name === "coredns");
  if (hasError || deployment?.spec?.replicas === 0) return false;
  const createdObjects = [
    ...pods.map(({ metadata }) => metadata),
    ...(deployment ? [deployment.metadata] : []),
  ];
  const creationTimes = createdObjects
    .map(({ creationTimestamp }) => Date.parse(creationTimestamp ?? ""))
    .filter(Number.isFinite);
  return creationTimes.length > 0 && Date.parse(takenAt) - Math.max(...creationTimes) < dnsStartMs;
}

/**
 * True if the deployment ended in its first seconds, before any check. It has resolved no name yet, so the DNS is not
 * its reason unless a log complains.
 */
function isDeploymentYoung({ checks, deployedAt, takenAt }: Evidence): boolean {
  if (checks.length > 0 || deployedAt === undefined) return false;
  return Date.parse(takenAt) - Date.parse(deployedAt) < dnsStartMs;
}

/** Returns the errors about names: of Prometheus' targets, of Grafana's proxy, and of the logs. */
function quoteNameErrors(evidence: Evidence): readonly string[] {
  const targetErrors = listSeenTargets(evidence)
    .filter(({ lastError }) => unresolvedName.test(lastError))
    .map(({ url, lastError }) => `Prometheus, on target ${url}: ${shortenToLine(lastError)}`);
  const { proxy } = evidence.grafana ?? {};
  const grafanaErrors =
    proxy && unresolvedName.test(proxy.body) ? [`Grafana's proxy: ${shortenToLine(proxy.body)}`] : [];
  return [...targetErrors, ...grafanaErrors, ...listUnresolvedLines(evidence).map(quoteLine)];
}

/** Returns the ids of the checks that need the line's program and did not pass. */
function listChecksOfApp(evidence: Evidence, { app }: LogLine): readonly string[] {
  if (app === "grafana") return listUnpassedCheckIds(evidence, grafanaChecks);
  return listUnpassedCheckIds(evidence, app === "alertmanager" ? alertmanagerChecks : undefined);
}

/** Returns the log lines about a name that can't be resolved. */
function listUnresolvedLines(evidence: Evidence): readonly LogLine[] {
  return readAllLogLines(evidence).filter(({ text }) => unresolvedName.test(text));
}

/** Maximum number of services that a finding suggests instead of a name that does not resolve. */
const maxSimilarServices = 3;

/**
 * Returns the names of similar services in parentheses; empty if there are none. A service is similar if one name
 * contains the other, or if it is in the same namespace.
 */
function describeSimilarServices({ cluster }: Evidence, name: string): string {
  const [firstLabel = "", namespace] = name.split(".");
  const similarServices = (cluster?.services ?? []).filter(
    ({ metadata }) =>
      metadata.name.includes(firstLabel) ||
      firstLabel.includes(metadata.name) ||
      metadata.namespace === namespace,
  );
  const names = similarServices
    .slice(0, maxSimilarServices)
    .map(({ metadata }) => `${metadata.name}.${metadata.namespace}.svc.cluster.local`);
  return names.length > 0 ? ` (there is ${names.join(", ")})` : "";
}

type Service = ClusterEvidence["services"][number];

export const noEndpoints: DiagnosisRule = {
  id: "no-endpoints",
  layer: "network",
  title: "A service leads to no pod",
  evidence: "services of the stack, their endpoint slices, and the pods' labels and ports",
  find: (evidence) => {
    const { services = [], namespaces = [] } = evidence.cluster ?? {};
    return services
      .filter(({ metadata }) => namespaces.includes(metadata.namespace ?? ""))
      .filter((service) => !hasEndpoint(evidence, service))
      .flatMap((service) => describeService(evidence, service));
  },
};

/** True if a service has a ready endpoint. */
function hasEndpoint({ cluster }: Evidence, { metadata }: Service): boolean {
  return (cluster?.endpointSlices ?? [])
    .filter((slice) => slice.metadata.namespace === metadata.namespace)
    .filter((slice) => slice.metadata.labels?.["kubernetes.io/service-name"] === metadata.name)
    .some(
      ({ ports, endpoints }) =>
        (ports?.length ?? 0) > 0 && endpoints?.some(({ conditions }) => conditions?.ready !== false),
    );
}

/**
 * Returns the finding for a service without a ready endpoint; empty if no failed check names the service, if it has no
 * selector, or if its pods exist and have the right port.
 */
function describeService(evidence: Evidence, service: Service): Finding[] {
  const { metadata, spec } = service;
  const name = `Service ${metadata.namespace}/${metadata.name}`;
  const selector = spec?.selector ?? {};
  const pods = (evidence.cluster?.pods ?? []).filter(
    (pod) => pod.metadata.namespace === metadata.namespace && matchesSelector(selector, pod.metadata.labels),
  );
  const explains = listExplainedChecks(evidence, service);
  // A chart may have a service that nobody uses. If the pods are not ready, their own state is a better explanation.
  if (Object.keys(selector).length === 0 || explains.length === 0) return [];
  const reason = pods.length === 0 ? describeUnmatchedSelector(selector) : describeWrongPort(service, pods);
  if (reason === undefined) return [];
  const quotedChecks = findFailedChecks(evidence).filter(({ id }) => explains.includes(id));
  return [
    {
      what: `${name} leads to no pod: ${reason}`,
      how: [
        `the API server: no endpoint slice of ${name} has a ready endpoint`,
        ...quotedChecks.slice(0, 1).map(quoteCheck),
      ],
      fix:
        pods.length === 0
          ? "Correct the service's selector or the pods' labels, or bring back the workload whose pods it is to find."
          : "Give the container a port of that name, or name the service's targetPort by its number.",
      sureness: "likely",
      explains,
      keys: ["selector", "podLabels", "targetPort", "service"],
    },
  ];
}

/** Returns the labels that no pod has, as the rest of a sentence. */
function describeUnmatchedSelector(selector: Readonly<Record<string, string>>): string {
  const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  return `no pod has the labels that it selects (${labels.join(", ")})`;
}

/** Returns which named port no container has; undefined if all ports exist. */
function describeWrongPort({ spec }: Service, pods: ClusterEvidence["pods"]): string | undefined {
  const containerPorts = pods
    .flatMap((pod) => pod.spec?.containers ?? [])
    .flatMap(({ ports }) => ports ?? []);
  const missingPort = (spec?.ports ?? []).find(
    ({ targetPort }) =>
      typeof targetPort === "string" && !containerPorts.some(({ name }) => name === targetPort),
  );
  return (
    missingPort &&
    `its port is called "${missingPort.targetPort}", and no container of its pods has a port of that name`
  );
}

/** Returns the ids of the failed checks whose text names the service. */
function listExplainedChecks(evidence: Evidence, { metadata }: Service): readonly string[] {
  return listUnpassedCheckIds(evidence).filter((id) => {
    const check = evidence.checks.find((candidate) => candidate.id === id);
    if (check === undefined) return false;
    if (check.status === "error") return hasWord(check.error, metadata.name);
    const seen = "seen" in check ? check.seen : "";
    const cause = "cause" in check ? (check.cause ?? "") : "";
    return hasWord(`${seen} ${cause}`, metadata.name);
  });
}
