import type { Failure } from "./failure.ts";

/** Failures of helm 3 or 4 to render or install a release. Each explanation is a clause after `App NAME: `. */
export const helmFailures: readonly Failure[] = [
  {
    id: "crd-missing",
    layer: "configuration",
    title: "A release has objects of a kind that the cluster doesn't know",
    matches: /no matches for kind "(\w+)" in version "([^"]+)"/,
    explanation: ([, kind, version]) =>
      `the cluster doesn't know the kind ${kind} (${version}): its CustomResourceDefinition is not installed`,
    fix: "Install the CRDs first: deploy what defines them before this app (depends_on; ServiceMonitor and PrometheusRule come with the prometheus-operator or the chart kube-prometheus-stack), or take the object out of the values.",
    keys: ["extraManifests", "serviceMonitor", "prometheusRule", "extraObjects"],
    values: ([, kind = ""]) => [kind],
  },
  {
    id: "helm-values",
    layer: "configuration",
    title: "The chart's schema refuses the values",
    // The second one is monstack's own message, which comes before helm's where the schema is one that it can judge.
    matches: /values don't meet the specifications of the schema|\(values\.schema\.json of the chart /,
    explanation: "the chart refuses the values, which don't fit its schema",
    fix: "Correct the keys that the message names: the chart's values.schema.json defines what it accepts.",
    isUserError: true,
  },
  {
    id: "helm-kube-version",
    layer: "configuration",
    title: "A chart is not for this version of Kubernetes",
    matches: /chart requires kubeVersion: (.{1,200}?) which is incompatible with Kubernetes (\S{1,300})/,
    explanation: ([, required, actual]) =>
      `its chart wants Kubernetes ${required}, and the cluster has ${actual}`,
    fix: "Choose another version of the chart (version), or of k3s (k3s.version).",
    keys: ["version", "k3s.version"],
    isUserError: true,
  },
  {
    id: "helm-dependency",
    layer: "configuration",
    title: "A chart lacks the charts that it depends on",
    matches: /found in Chart\.(?:yaml|lock), but missing in charts\/ directory: ([^\n]{1,1500})/,
    explanation: ([, names]) => `its chart lacks the charts that it depends on: ${names}`,
    fix: "Run `helm dependency build` in the chart's folder, or use its packaged archive.",
    isUserError: true,
  },
  {
    id: "helm-pending",
    layer: "cluster",
    title: "A release is stuck in an operation that never ended",
    matches: /another operation \(install\/upgrade\/rollback\) is in progress/,
    explanation: "its release is stuck: an earlier helm was killed while it installed or upgraded it",
    fix: "`helm rollback RELEASE` to its last good revision, or `helm uninstall RELEASE`, and run again.",
  },
  {
    id: "release-foreign",
    layer: "cluster",
    title: "A release of that name is in the cluster already",
    matches: /release (\S{1,100}) is in namespace (\S{1,100}) already \(([^)]{0,100})\)/,
    explanation: ([, name, namespace, standing]) =>
      `release ${namespace}/${name} is in the cluster already (${standing}), and it is not this run's`,
    fix: "Choose another release name or namespace; or, if nobody needs it any more, uninstall it.",
    hasOwnFix: true,
    keys: ["release", "namespace"],
    values: ([, name = "", namespace = ""]) => [name, namespace],
  },
  {
    id: "helm-ownership",
    layer: "cluster",
    title: "An object of the release is there already and belongs to somebody else",
    matches:
      /(\w{1,63} "[^"]{1,300}" in namespace "[^"]{0,100}") exists and cannot be imported|invalid ownership metadata/,
    explanation: ([, object = "an object of its release"]) =>
      `${object} is there already, and does not belong to this release`,
    fix: "The object belongs to something else (its annotation meta.helm.sh/release-name may name the release): remove it, or use another release name or namespace.",
  },
  {
    id: "helm-immutable",
    layer: "cluster",
    title: "A release changes a field that can't be changed",
    matches:
      /(?:(\w{1,63})(?:\.[\w.]{0,200})? "([^"]{1,300})" is invalid: [^\n]{0,1000})?(?:field is immutable|updates to statefulset spec for fields other than)/,
    explanation: ([, kind, name]) =>
      `its release changes a field of ${kind === undefined ? "an existing object" : `${kind} ${name}`} that can't be changed`,
    fix: "Delete the object that the message names (a StatefulSet with --cascade=orphan), and run again.",
  },
  {
    id: "helm-conflict",
    layer: "cluster",
    title: "Somebody else changed the release's objects",
    matches:
      /(?:Apply failed with \d{1,9} conflicts?: )?conflicts? with "([^"]{1,300})"|Apply failed with \d{1,9} conflict/,
    explanation: ([, manager]) =>
      `${manager === undefined ? "somebody else" : `"${manager}"`} changed fields of the release's objects`,
    fix: "Somebody else changed these fields of the release's objects: undo that, or uninstall the release first.",
  },
  {
    id: "object-invalid",
    layer: "configuration",
    title: "The API server refuses an object of a release",
    matches: /(\w{1,63})(?:\.[\w.]{0,200})? "([^"]{1,300})" is invalid: ([^\n]{1,1500})/,
    excludes: /is invalid: .{0,1000}(?:field is immutable|updates to statefulset spec)/,
    explanation: ([, kind, name, why]) => `the API server refuses ${kind} ${name}: ${why}`,
    fix: "Correct the values that the named field comes from.",
    keys: [],
    values: ([, , , why = ""]) => /Invalid value: "([^"]+)"/.exec(why)?.slice(1) ?? [],
  },
  {
    id: "helm-hook",
    layer: "workload",
    title: "A hook of the chart fails",
    matches: /failed (?:pre|post)-(?:install|upgrade)|(?:pre|post)-(?:install|upgrade) hooks? failed/,
    explanation: "a hook of its chart (a Job that runs before or after the installation) fails",
    fix: "Read the log of the hook's pod in diagnostics/logs, or turn the hook off in the values.",
  },
  {
    id: "helm-template",
    layer: "configuration",
    title: "The chart's templates can't be rendered with these values",
    matches:
      /execution error at \(([^)]{1,300})\): ([^\n]{1,1000})|error calling \w{1,60}: ([^\n]{1,1000})|(wrong type for value[^\n]{0,300})|nil pointer evaluating (\S{1,300})|YAML parse error on ([^\n]{1,1000})/,
    explanation: ([, template, refusal, callError, typeError, pointer, yamlError]) => {
      if (refusal !== undefined) return `its chart refuses the values (${template}): ${refusal}`;
      if (pointer !== undefined) return `its chart expects a value that is not there (${pointer})`;
      const why = callError ?? typeError ?? `the output is not YAML: ${yamlError}`;
      return `its chart's templates can't be rendered with these values: ${why}`;
    },
    fix: "Correct the value that the message of the chart's template names.",
    isUserError: true,
  },
  {
    id: "own-rights",
    layer: "cluster",
    title: "The user of the kubeconfig may not do what the deployment needs",
    matches:
      /is forbidden: User "([^"]{1,300})" cannot (\w{1,60}) resource "([^"]{1,300})"(?:[^\n]{0,300} in the namespace "([^"]{1,300})")?/,
    explanation: ([, user, verb, resource, namespace]) =>
      `the kubeconfig's user ${user} may not ${verb} ${resource}${namespace === undefined ? "" : ` in namespace ${namespace}`}`,
    fix: "Give this user the rights to deploy (a Role in the namespace, a ClusterRole for cluster-wide objects), or use another kubeconfig.",
    keys: ["cluster.kubeconfig", "cluster.context"],
  },
];
