import { listContainers } from "../../failures/judge-pod.ts";
import type { Pod } from "../../kube/objects.ts";
import { hasWord } from "../../lib/text.ts";
import { matchesSelector } from "../../model/rendered.ts";
import { findFailedChecks, listNotPassed, needAlertmanager, needGrafana, quoteCheck } from "../checks.ts";
import type { ClusterEvidence, Evidence } from "../evidence.ts";
import { canExplain, findLinesOfApp, type LogLine, quote, readAllLines, shorten } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";
import { listSeenTargets } from "./targets.ts";

const unresolved =
  /no such host|server misbehaving|lookup \S.{0,500}(i\/o timeout|connection refused)|Temporary failure in name resolution|bad address/;

export const dnsDown: DiagnosisRule = {
  id: "dns-down",
  layer: "network",
  title: "The cluster's DNS is down",
  evidence: "CoreDNS' pods, endpoints and log; names that can't be resolved",
  find: (evidence) => {
    const pods = findDnsPods(evidence);
    const state = pods && describeDnsProblem(evidence, pods);
    if (pods === undefined || state === undefined || isStarting(evidence, pods)) return [];
    const complaints = listUnresolvedNames(evidence);
    const line = findLinesOfApp(evidence, "kube-dns").findLast(({ text }) =>
      /\[FATAL\]|Loop .{0,300} detected|Error during parsing|plugin\/kubernetes: .{0,500}(forbidden|failed)/i.test(
        text,
      ),
    );
    if (complaints.length === 0 && line === undefined && isYoung(evidence)) return [];
    const { fix } = causes.find(({ match }) => match.test(line?.text ?? "")) ?? {
      fix: "Check the CoreDNS pods in kube-system, and bring them back (k3s deploys them itself unless it runs with --disable=coredns).",
    };
    return [
      {
        what: `The cluster's DNS is down: ${state}`,
        how: [...(line ? [quote(line)] : []), ...complaints.slice(0, 2), `CoreDNS in kube-system: ${state}`],
        fix,
        sureness: complaints.length > 0 || line !== undefined ? "certain" : "likely",
        explains: listNotPassed(evidence),
        keys: ["k3s.args"],
        values: ["--disable=coredns"],
      },
    ];
  },
};

const causes = [
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
      logComplaints(evidence)
        .filter((line) => canExplain(evidence, line, listChecksOfApp(evidence, line)))
        .flatMap((line) => {
          const name = /lookup (\S{1,300}?)(?: on \S{1,300})?: (?:no such host|server misbehaving)/.exec(
            line.text,
          )?.[1];
          return name === undefined || name.endsWith("grafana.com") ? [] : [[name, line] as const];
        }),
    );
    return [...names].map(([name, line]) => {
      const inside = /\.svc(\.|$)/.test(name) || !name.includes(".");
      return {
        what: inside
          ? `The name ${name} is not known in the cluster: there is no service of that name`
          : `The name ${name} can't be resolved from the cluster: it does not exist, or the cluster has no way out`,
        how: [quote(line)],
        fix: inside
          ? `Correct the name; services are called NAME.NAMESPACE.svc.cluster.local${describeSimilarServices(evidence, name)}.`
          : "Correct the name, or let CoreDNS forward to a resolver that knows it (the node's /etc/resolv.conf).",
        sureness: "possible",
        values: [name],
      };
    });
  },
};

/** Undefined when kube-system could not be looked at, or its DNS is something else. */
function findDnsPods({ cluster }: Evidence): readonly Pod[] | undefined {
  if (cluster === undefined) return undefined;
  const known =
    cluster.services.some(({ metadata }) => metadata.name === "kube-dns") ||
    cluster.workloads.some(({ metadata }) => metadata.name === "coredns");
  const pods = cluster.pods.filter(
    ({ metadata }) =>
      metadata.namespace === "kube-system" &&
      (metadata.labels?.["k8s-app"] === "kube-dns" || metadata.name.startsWith("coredns-")),
  );
  return known || pods.length > 0 ? pods : undefined;
}

/** Returns the problem of a service's pods; undefined if one of them is ready and behind the service. */
function describeDnsProblem({ cluster }: Evidence, pods: readonly Pod[]): string | undefined {
  const ready = pods.filter(
    ({ metadata, status }) =>
      !metadata.deletionTimestamp &&
      status?.conditions?.some((one) => one.type === "Ready" && one.status === "True"),
  );
  if (ready.length === 0) {
    if (pods.length === 0) return "no pod of CoreDNS runs";
    const waiting = pods.flatMap(listContainers).map(({ state }) => state?.waiting?.reason);
    const why = waiting.find((reason) => reason !== undefined);
    return `none of its ${pods.length} pod${pods.length === 1 ? "" : "s"} is ready${why ? ` (${why})` : ""}`;
  }
  const slices = (cluster?.endpointSlices ?? []).filter(
    ({ metadata }) =>
      metadata.namespace === "kube-system" && metadata.labels?.["kubernetes.io/service-name"] === "kube-dns",
  );
  const addresses = slices.flatMap(({ endpoints }) => endpoints ?? []);
  const empty = slices.length > 0 && !addresses.some(({ conditions }) => conditions?.ready !== false);
  return empty ? "the service kube-system/kube-dns has no endpoint" : undefined;
}

/** A cluster that was just made has no DNS for a while: that is not why it is red. */
const startMs = 45_000;

function isStarting({ cluster, takenAt }: Evidence, pods: readonly Pod[]): boolean {
  const troubled = pods
    .flatMap(listContainers)
    .some(
      ({ restartCount, state }) =>
        restartCount > 0 || /Err|BackOff|Invalid/.test(state?.waiting?.reason ?? ""),
    );
  const deployment = cluster?.workloads.find(({ metadata }) => metadata.name === "coredns");
  if (troubled || deployment?.spec?.replicas === 0) return false;
  const made = [...pods.map(({ metadata }) => metadata), ...(deployment ? [deployment.metadata] : [])];
  const times = made
    .map(({ creationTimestamp }) => Date.parse(creationTimestamp ?? ""))
    .filter(Number.isFinite);
  return times.length > 0 && Date.parse(takenAt) - Math.max(...times) < startMs;
}

/** A deployment that ends in its first seconds, before any check, resolved no name yet: without a complaint the DNS is not why. */
function isYoung({ checks, deployedAt, takenAt }: Evidence): boolean {
  if (checks.length > 0 || deployedAt === undefined) return false;
  return Date.parse(takenAt) - Date.parse(deployedAt) < startMs;
}

/** Finds the log lines and messages of programs that could not resolve a name. */
function listUnresolvedNames(evidence: Evidence): readonly string[] {
  const targets = listSeenTargets(evidence)
    .filter(({ lastError }) => unresolved.test(lastError))
    .map(({ url, lastError }) => `Prometheus, on target ${url}: ${shorten(lastError)}`);
  const { proxy } = evidence.grafana ?? {};
  const grafana = proxy && unresolved.test(proxy.body) ? [`Grafana's proxy: ${shorten(proxy.body)}`] : [];
  return [...targets, ...grafana, ...logComplaints(evidence).map(quote)];
}

/** What did not pass of what needs the program that complains. */
function listChecksOfApp(evidence: Evidence, { app }: LogLine): readonly string[] {
  if (app === "grafana") return listNotPassed(evidence, needGrafana);
  return listNotPassed(evidence, app === "alertmanager" ? needAlertmanager : undefined);
}

function logComplaints(evidence: Evidence) {
  return readAllLines(evidence).filter(({ text }) => unresolved.test(text));
}

function describeSimilarServices({ cluster }: Evidence, name: string): string {
  const [first = "", namespace] = name.split(".");
  const like = (cluster?.services ?? []).filter(
    ({ metadata }) =>
      metadata.name.includes(first) || first.includes(metadata.name) || metadata.namespace === namespace,
  );
  const names = like
    .slice(0, 3)
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

function hasEndpoint({ cluster }: Evidence, { metadata }: Service): boolean {
  return (cluster?.endpointSlices ?? [])
    .filter((slice) => slice.metadata.namespace === metadata.namespace)
    .filter((slice) => slice.metadata.labels?.["kubernetes.io/service-name"] === metadata.name)
    .some(
      ({ ports, endpoints }) =>
        (ports?.length ?? 0) > 0 && endpoints?.some(({ conditions }) => conditions?.ready !== false),
    );
}

function describeService(evidence: Evidence, service: Service): Finding[] {
  const { metadata, spec } = service;
  const name = `Service ${metadata.namespace}/${metadata.name}`;
  const selector = spec?.selector ?? {};
  const pods = (evidence.cluster?.pods ?? []).filter(
    (pod) => pod.metadata.namespace === metadata.namespace && matchesSelector(selector, pod.metadata.labels),
  );
  const explains = listExplainedChecks(evidence, service);
  // A chart may bring a service that nobody needs; and of pods that are not ready their own state tells more.
  if (Object.keys(selector).length === 0 || explains.length === 0) return [];
  const why = pods.length === 0 ? describeNoPod(selector) : describeWrongPort(service, pods);
  if (why === undefined) return [];
  const quoted = findFailedChecks(evidence).filter(({ id }) => explains.includes(id));
  return [
    {
      what: `${name} leads to no pod: ${why}`,
      how: [
        `the API server: no endpoint slice of ${name} has a ready endpoint`,
        ...quoted.slice(0, 1).map(quoteCheck),
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

function describeNoPod(selector: Readonly<Record<string, string>>): string {
  const wanted = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  return `no pod has the labels that it selects (${wanted.join(", ")})`;
}

function describeWrongPort({ spec }: Service, pods: ClusterEvidence["pods"]): string | undefined {
  const names = pods.flatMap((pod) => pod.spec?.containers ?? []).flatMap(({ ports }) => ports ?? []);
  const missing = (spec?.ports ?? []).find(
    ({ targetPort }) => typeof targetPort === "string" && !names.some(({ name }) => name === targetPort),
  );
  return (
    missing &&
    `its port is called "${missing.targetPort}", and no container of its pods has a port of that name`
  );
}

/** Returns the checks whose message names the service. */
function listExplainedChecks(evidence: Evidence, { metadata }: Service): readonly string[] {
  return listNotPassed(evidence).filter((id) => {
    const check = evidence.checks.find((one) => one.id === id);
    if (check === undefined) return false;
    const words = check.status === "error" ? check.error : "seen" in check ? check.seen : "";
    const cause = "cause" in check ? (check.cause ?? "") : "";
    return hasWord(`${words} ${cause}`, metadata.name);
  });
}
