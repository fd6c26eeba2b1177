import { getOwnValue } from "../../lib/object.ts";
import { formatList } from "../../lib/text.ts";
import { parsePrometheusConfig } from "../../model/prometheus-config.ts";
import { listUnpassedCheckIds } from "../checks.ts";
import type { AccessReview, Evidence } from "../evidence.ts";
import { canExplainChecks, type LogLine, quoteLine, readAllLogLines } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";
import { listSeenTargets } from "./targets.ts";

/** The resources that the discovery of each role lists and watches. */
const needsOfRole: Readonly<Record<string, readonly string[]>> = {
  node: ["nodes"],
  service: ["services"],
  pod: ["pods"],
  endpoints: ["endpoints", "services", "pods"],
  endpointslice: ["endpointslices.discovery.k8s.io", "services", "pods"],
};
/** Maximum number of refused requests that a finding names. */
const maxNamedRequests = 6;
/** Maximum number of log lines that a finding quotes. */
const maxQuotedLines = 2;

/** The resources that count as needed if Prometheus' configuration is unknown. */
const usualResources: readonly string[] = ["nodes", "services", "pods"];

/** Matches the checks that depend on targets found in the cluster. */
const discoveryChecks = /^(?!prometheus-(ready|retention)$|grafana-|alertmanager-|workloads-|values-)/;

export const rbacDenied: DiagnosisRule = {
  id: "rbac-denied",
  layer: "cluster",
  title: "Prometheus, or another part of the stack, may not read what it has to",
  evidence: "SubjectAccessReviews for Prometheus' service account; `forbidden` in the logs",
  find: (evidence) => {
    const deniedReviews = (evidence.cluster?.access ?? []).filter(
      (review) => !review.allowed && isNeeded(evidence, review),
    );
    const linesByUser = groupDenialsByUser(evidence);
    const user = deniedReviews[0]?.user;
    const otherUsers = [...linesByUser.keys()].filter((name) => name !== user);
    return [
      ...(user === undefined
        ? []
        : [describePrometheusDenied(evidence, user, deniedReviews, linesByUser.get(user))]),
      ...otherUsers.map((name) => describeOtherDenied(evidence, name, linesByUser.get(name) ?? [])),
    ];
  },
};

/**
 * True if Prometheus needs a denied request. Charts grant different rights, and a Prometheus can be limited to
 * namespaces, so only requests of its configuration and its failing targets count.
 */
function isNeeded(evidence: Evidence, { resource }: AccessReview): boolean {
  if (resource === "nodes/metrics" || resource === "/metrics")
    return listSeenTargets(evidence).some(({ lastError }) => /HTTP status 403/.test(lastError));
  return listNeededResources(evidence).includes(resource);
}

/** Returns the resources that the discoveries of Prometheus' configuration list in the whole cluster. */
function listNeededResources({ prometheus }: Evidence): readonly string[] {
  const config = parsePrometheusConfig(prometheus?.config ?? "");
  if (config === undefined) return usualResources;
  return (config.scrape_configs ?? [])
    .flatMap((job) => job.kubernetes_sd_configs ?? [])
    .filter(({ namespaces }) => !namespaces?.own_namespace && !namespaces?.names?.length)
    .flatMap(({ role }) => getOwnValue(needsOfRole, role) ?? []);
}

/** Returns the finding for Prometheus' service account. */
function describePrometheusDenied(
  evidence: Evidence,
  user: string,
  deniedReviews: readonly AccessReview[],
  lines: readonly LogLine[] | undefined,
): Finding {
  const missingRights = formatList(
    [...new Set(deniedReviews.map(({ verb, resource }) => `${verb} ${resource}`))],
    maxNamedRequests,
  );
  const lastLine = lines?.at(-1);
  return {
    what: `RBAC: ${user} may not ${missingRights}`,
    how: [
      `the API server (SubjectAccessReview): ${user} is denied ${missingRights}`,
      ...(lastLine ? [quoteLine(lastLine)] : []),
    ],
    fix: "Give it back its ClusterRole and ClusterRoleBinding (both are called prometheus-server in the default stack): `rbac.create: true` in the values, and deploy again.",
    sureness: evidence.prometheus?.config === undefined && lastLine === undefined ? "likely" : "certain",
    explains: listUnpassedCheckIds(evidence, discoveryChecks),
    keys: ["rbac.create", "rbac", "serviceAccounts.server.create"],
  };
}

/** Returns the finding for another service account that the logs name. */
function describeOtherDenied(evidence: Evidence, user: string, lines: readonly LogLine[]): Finding {
  const deniedRequests = [...new Set(lines.map(({ text }) => parseForbidden(text)?.what ?? ""))];
  return {
    what: `RBAC: ${user} may not ${formatList(deniedRequests, maxNamedRequests)}`,
    how: lines.slice(-maxQuotedLines).map(quoteLine),
    fix: "Give this service account its Role or ClusterRole and the binding to it (rbac.create in the chart's values), and deploy again.",
    sureness: "likely",
    explains: listUnpassedCheckIds(evidence, matchChecks(user)),
    keys: ["rbac.create", "rbac", "serviceAccount.create"],
  };
}

/** Milliseconds in which a program may start before its rights exist. */
const rightsDelayMs = 5_000;

/** Returns a pattern for the checks that need the rights of a user. */
function matchChecks(user: string): RegExp {
  return /state-metrics/.test(user) ? /^(kube-|query-pod|rule)/ : discoveryChecks;
}

/**
 * Returns the lines about denied requests, grouped by user. Leaves out requests that are allowed by now, since a
 * program may start before its rights exist.
 */
function groupDenialsByUser(evidence: Evidence): Map<string, LogLine[]> {
  const allowedRequests = (evidence.cluster?.access ?? [])
    .filter((review) => review.allowed)
    .map(({ user, verb, resource }) => `${user} ${verb} ${resource.split(".")[0]}`);
  const allLines = readAllLogLines(evidence);
  const denials = allLines.flatMap((line) => {
    const denial = parseForbidden(line.text);
    if (denial === undefined || allowedRequests.includes(`${denial.user} ${denial.what}`)) return [];
    const checks = listUnpassedCheckIds(evidence, matchChecks(denial.user));
    // A program without rights repeats its request, at growing intervals.
    const firstTime = allLines.find(({ source, at }) => source === line.source && at !== undefined)?.at ?? 0;
    const isLater = line.at !== undefined && line.at - firstTime > rightsDelayMs && checks.length > 0;
    return isLater || canExplainChecks(evidence, line, checks) ? [{ ...denial, line }] : [];
  });
  const groups = Map.groupBy(denials, ({ user }) => user);
  return new Map([...groups].map(([user, userDenials]) => [user, userDenials.map(({ line }) => line)]));
}

/** A request that the API server denied. */
interface DeniedRequest {
  /** `system:serviceaccount:monitoring:prometheus-server`. */
  readonly user: string;
  /** The verb with the resource or path: `list nodes`. */
  readonly what: string;
}

/**
 * Returns the user and the denied request, e.g. of `nodes is forbidden: User "system:serviceaccount:monitoring:x"
 * cannot list resource "nodes" in API group ""`; undefined for any other text.
 */
function parseForbidden(text: string): DeniedRequest | undefined {
  const match =
    /is forbidden: User \\*"(system:serviceaccount:[^"\\]+)\\*" cannot (\w+) (?:resource \\*"([^"\\]+)|path \\*"([^"\\]+))/.exec(
      text,
    );
  if (match === null) return undefined;
  const [, user = "", verb, resource, path] = match;
  return { user, what: `${verb} ${resource ?? path}` };
}
