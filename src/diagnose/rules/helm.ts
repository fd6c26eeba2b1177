import { shorten } from "../log-lines.ts";
import type { Blame, DiagnosisRule, Layer } from "../types.ts";

interface HelmWords {
  readonly id: string;
  readonly layer: Layer;
  readonly title: string;
  readonly match: RegExp;
  what(found: readonly string[]): string;
  readonly mend: string;
  blame?(found: readonly string[]): Blame;
}

/** What helm 3 and 4 say when they can't install a release. */
const words: readonly HelmWords[] = [
  {
    id: "crd-missing",
    layer: "configuration",
    title: "A release has objects of a kind that the cluster doesn't know",
    match:
      /no matches for kind "(\w+)" in version "([^"]+)"|could not find the requested resource.*?"?(\w+)"?/,
    what: ([, kind = "an object", version = ""]) =>
      `The cluster doesn't know the kind ${kind} (${version}): its CustomResourceDefinition is not installed`,
    mend: "Install the CRDs first (for ServiceMonitor and PrometheusRule those of the prometheus-operator, or the chart kube-prometheus-stack), or take the object out of the values.",
    blame: ([, kind = ""]) => ({
      app: undefined,
      keys: ["extraManifests", "serviceMonitor", "prometheusRule", "extraObjects"],
      values: [kind],
    }),
  },
  {
    id: "helm-values",
    layer: "configuration",
    title: "The chart's schema refuses the values",
    match: /values don't meet the specifications of the schema/,
    what: () => "The chart refuses the values: they don't fit its schema",
    mend: "Correct the keys that the message names.",
  },
  {
    id: "helm-pending",
    layer: "cluster",
    title: "A release is stuck in an operation that never ended",
    match: /another operation \(install\/upgrade\/rollback\) is in progress/,
    what: () => "A release is stuck: an earlier helm was killed while it installed or upgraded it",
    mend: "`helm rollback RELEASE` to its last good revision, or `helm uninstall RELEASE`, and run again.",
  },
  {
    id: "helm-ownership",
    layer: "cluster",
    title: "An object of the release is there already and belongs to somebody else",
    match: /(\w+ "[^"]+" in namespace "[^"]*" exists and cannot be imported|invalid ownership metadata)/,
    what: ([, object = "An object of the release"]) =>
      `${object.replace(/ exists and cannot be imported$/, "")} is there already, and does not belong to this release`,
    mend: "Remove it, or give the release or the object another name; `helm get manifest` of the other release shows whose it is.",
  },
  {
    id: "helm-immutable",
    layer: "cluster",
    title: "A release changes a field that can't be changed",
    match: /field is immutable|updates to statefulset spec for fields other than/,
    what: () => "The release changes a field of an existing object that can't be changed",
    mend: "Delete the object that the message names (for a StatefulSet with --cascade=orphan), and run again.",
  },
  {
    id: "helm-hook",
    layer: "workload",
    title: "A hook of the chart fails",
    match: /failed (?:pre|post)-(?:install|upgrade)|(?:pre|post)-(?:install|upgrade) hooks? failed/,
    what: () => "A hook of the chart (a Job that runs before or after the installation) fails",
    mend: "Read the log of the hook's pod in diagnostics/logs, or turn the hook off in the values.",
  },
  {
    id: "helm-template",
    layer: "configuration",
    title: "The chart's templates can't be rendered with these values",
    match: /execution error at \(([^)]+)\): ([^\n]+)|template: (\S+): executing .*? at <([^>]*)>/,
    what: ([, at, said]) =>
      said === undefined
        ? "The chart's templates can't be rendered with these values"
        : `The chart refuses the values (${at}): ${said}`,
    mend: "Correct the value that the message names.",
  },
  {
    id: "own-rights",
    layer: "cluster",
    title: "The user of the kubeconfig may not do what the deployment needs",
    match: /User "([^"]+)" cannot (\w+) resource "([^"]+)"/,
    what: ([, user, verb, resource]) => `The kubeconfig's user ${user} may not ${verb} ${resource}`,
    mend: "Give this user the rights to deploy (a Role in the namespace, a ClusterRole for cluster-wide objects), or use another kubeconfig.",
  },
];

export const helmRules: readonly DiagnosisRule[] = words.map(
  ({ id, layer, title, match, what, mend, blame }) => ({
    id,
    layer,
    title,
    evidence: "what helm said when the release could not be rendered or installed",
    find: ({ failure }) => {
      const found = match.exec(failure?.message ?? "");
      if (found === null || failure === undefined) return [];
      return [
        {
          what: what(found),
          how: [shorten(failure.message)],
          mend,
          sureness: "certain",
          explains: [],
          blame: blame?.(found) ?? schemaBlame(failure.message),
        },
      ];
    },
  }),
);

/** `at '/server/replicaCount': got string, want integer`, or `- server.replicaCount: Invalid type`. */
function schemaBlame(message: string): Blame | undefined {
  const key =
    /at '\/([^']+)'/.exec(message)?.[1]?.replaceAll("/", ".") ?? /^\s*- ([\w.-]+): /m.exec(message)?.[1];
  return key === undefined ? undefined : { app: undefined, keys: [key], values: [] };
}

export const releasePending: DiagnosisRule = {
  id: "release-pending",
  layer: "cluster",
  title: "A release is in the middle of an operation, or was left there",
  evidence: "the status labels of helm's release Secrets",
  find: ({ cluster, failure }) => {
    if (failure === undefined || /another operation \(install/.test(failure.message)) return [];
    return (cluster?.releases ?? [])
      .filter(
        ({ status, name }) =>
          status.startsWith("pending-") && new RegExp(`\\b${name}\\b`).test(failure.message),
      )
      .map(({ name, namespace, status, revision }) => ({
        what: `Release ${namespace}/${name} is ${status} since revision ${revision}: a helm was killed while it worked on it, or still does`,
        how: [`helm's Secret sh.helm.release.v1.${name}.v${revision} in ${namespace}: status=${status}`],
        mend: `helm -n ${namespace} uninstall ${name} (or rollback to its last good revision), and run again.`,
        sureness: "certain" as const,
        explains: [],
        blame: undefined,
      }));
  },
};
