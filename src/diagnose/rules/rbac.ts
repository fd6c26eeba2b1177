import { ownValue } from "../../lib/object.ts";
import { formatList } from "../../lib/text.ts";
import { parsePrometheusConfig } from "../../model/prometheus-config.ts";
import { listNotPassed } from "../checks.ts";
import type { AccessReview, Evidence } from "../evidence.ts";
import { canExplain, type LogLine, quote, readAllLines } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";
import { listSeenTargets } from "./targets.ts";

/** What the discovery of a role lists and watches. */
const needsOfRole: Readonly<Record<string, readonly string[]>> = {
  node: ["nodes"],
  service: ["services"],
  pod: ["pods"],
  endpoints: ["endpoints", "services", "pods"],
  endpointslice: ["endpointslices.discovery.k8s.io", "services", "pods"],
};
/** Whatever the chart: those that every discovery in the cluster uses some of. */
const usual: readonly string[] = ["nodes", "services", "pods"];

/** What is found in the cluster, and what rests on it. */
const needDiscovery = /^(?!prometheus-(ready|retention)$|grafana-|alertmanager-|workloads-|values-)/;

export const rbacDenied: DiagnosisRule = {
  id: "rbac-denied",
  layer: "cluster",
  title: "Prometheus, or another part of the stack, may not read what it has to",
  evidence: "SubjectAccessReviews for Prometheus' service account; `forbidden` in the logs",
  find: (evidence) => {
    const denied = (evidence.cluster?.access ?? []).filter(
      (review) => !review.allowed && isNeeded(evidence, review),
    );
    const complaints = groupComplaints(evidence);
    const user = denied[0]?.user;
    const others = [...complaints.keys()].filter((name) => name !== user);
    return [
      ...(user === undefined ? [] : [describePrometheusDenied(evidence, user, denied, complaints.get(user))]),
      ...others.map((name) => describeOtherDenied(evidence, name, complaints.get(name) ?? [])),
    ];
  },
};

/** What its configuration does not use it may be denied: charts differ, and a Prometheus can be kept to namespaces. */
function isNeeded(evidence: Evidence, { resource }: AccessReview): boolean {
  if (resource === "nodes/metrics" || resource === "/metrics")
    return listSeenTargets(evidence).some(({ lastError }) => /HTTP status 403/.test(lastError));
  return listNeededResources(evidence).includes(resource);
}

function listNeededResources({ prometheus }: Evidence): readonly string[] {
  const config = parsePrometheusConfig(prometheus?.config ?? "");
  if (config === undefined) return usual;
  return (config.scrape_configs ?? [])
    .flatMap((job) => job.kubernetes_sd_configs ?? [])
    .filter(({ namespaces }) => !namespaces?.own_namespace && !namespaces?.names?.length)
    .flatMap(({ role }) => ownValue(needsOfRole, role) ?? []);
}

function describePrometheusDenied(
  evidence: Evidence,
  user: string,
  denied: readonly AccessReview[],
  lines: readonly LogLine[] | undefined,
): Finding {
  const missing = formatList([...new Set(denied.map(({ verb, resource }) => `${verb} ${resource}`))], 6);
  const last = lines?.at(-1);
  return {
    what: `RBAC: ${user} may not ${missing}`,
    how: [
      `the API server (SubjectAccessReview): ${user} is denied ${missing}`,
      ...(last ? [quote(last)] : []),
    ],
    fix: "Give it back its ClusterRole and ClusterRoleBinding (both are called prometheus-server in the default stack): `rbac.create: true` in the values, and deploy again.",
    sureness: evidence.prometheus?.config === undefined && last === undefined ? "likely" : "certain",
    explains: listNotPassed(evidence, needDiscovery),
    keys: ["rbac.create", "rbac", "serviceAccounts.server.create"],
  };
}

function describeOtherDenied(evidence: Evidence, user: string, lines: readonly LogLine[]): Finding {
  const things = [...new Set(lines.map(({ text }) => parseForbidden(text)?.what ?? ""))];
  return {
    what: `RBAC: ${user} may not ${formatList(things, 6)}`,
    how: lines.slice(-2).map(quote),
    fix: "Give this service account its Role or ClusterRole and the binding to it (rbac.create in the chart's values), and deploy again.",
    sureness: "likely",
    explains: listNotPassed(evidence, matchChecks(user)),
    keys: ["rbac.create", "rbac", "serviceAccount.create"],
  };
}

/** Milliseconds in which a program may be faster than the rights that come with it. */
const startMs = 5_000;

function matchChecks(user: string): RegExp {
  return /state-metrics/.test(user) ? /^(kube-|query-pod|rule)/ : needDiscovery;
}

/** Groups complaints by the denied user. Leaves out what is allowed by now: a program may start before its rights exist. */
function groupComplaints(evidence: Evidence): Map<string, LogLine[]> {
  const allowed = (evidence.cluster?.access ?? [])
    .filter((review) => review.allowed)
    .map(({ user, verb, resource }) => `${user} ${verb} ${resource.split(".")[0]}`);
  const all = readAllLines(evidence);
  const lines = all.flatMap((line) => {
    const denial = parseForbidden(line.text);
    if (denial === undefined || allowed.includes(`${denial.user} ${denial.what}`)) return [];
    const checks = listNotPassed(evidence, matchChecks(denial.user));
    // Whoever has no rights asks again and again, more and more seldom.
    const first = all.find(({ source, at }) => source === line.source && at !== undefined)?.at ?? 0;
    const isLater = line.at !== undefined && line.at - first > startMs && checks.length > 0;
    return isLater || canExplain(evidence, line, checks) ? [{ ...denial, line }] : [];
  });
  const groups = Map.groupBy(lines, ({ user }) => user);
  return new Map([...groups].map(([user, all]) => [user, all.map(({ line }) => line)]));
}

/** `nodes is forbidden: User "system:serviceaccount:monitoring:x" cannot list resource "nodes" in API group ""`. */
function parseForbidden(text: string): { user: string; what: string } | undefined {
  const found =
    /is forbidden: User \\*"(system:serviceaccount:[^"\\]+)\\*" cannot (\w+) (?:resource \\*"([^"\\]+)|path \\*"([^"\\]+))/.exec(
      text,
    );
  if (found === null) return undefined;
  const [, user = "", verb, resource, path] = found;
  return { user, what: `${verb} ${resource ?? path}` };
}
