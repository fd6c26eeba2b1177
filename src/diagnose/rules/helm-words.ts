import type { Layer } from "../../failures/failure.ts";
import type { Blame } from "../types.ts";

/** Something that helm 3 and 4 say when they can't render or install a release. */
export interface HelmWords {
  readonly id: string;
  readonly layer: Layer;
  readonly title: string;
  readonly match: RegExp;
  /** What must not be in the message as well. */
  readonly unless?: RegExp;
  /** What is wrong: goes on after `App NAME: `. */
  what(found: readonly string[]): string;
  readonly fix: string;
  /** monstack says it, not helm: then it brings its own way to fix it, with the setting that is meant. */
  readonly isOwnMessage?: true;
  blame?(found: readonly string[]): Omit<Blame, "app">;
}

export const helmWords: readonly HelmWords[] = [
  {
    id: "crd-missing",
    layer: "configuration",
    title: "A release has objects of a kind that the cluster doesn't know",
    match: /no matches for kind "(\w+)" in version "([^"]+)"/,
    what: ([, kind, version]) =>
      `the cluster doesn't know the kind ${kind} (${version}): its CustomResourceDefinition is not installed`,
    fix: "Install the CRDs first (for ServiceMonitor and PrometheusRule those of the prometheus-operator, or the chart kube-prometheus-stack), or take the object out of the values.",
    blame: ([, kind = ""]) => ({
      keys: ["extraManifests", "serviceMonitor", "prometheusRule", "extraObjects"],
      values: [kind],
    }),
  },
  {
    id: "helm-values",
    layer: "configuration",
    title: "The chart's schema refuses the values",
    match: /values don't meet the specifications of the schema/,
    what: () => "the chart refuses the values, which don't fit its schema",
    fix: "Correct the keys that the message names.",
  },
  {
    id: "helm-kube-version",
    layer: "configuration",
    title: "A chart is not for this version of Kubernetes",
    match: /chart requires kubeVersion: (.{1,200}?) which is incompatible with Kubernetes (\S{1,300})/,
    what: ([, wanted, given]) => `its chart wants Kubernetes ${wanted}, and the cluster has ${given}`,
    fix: "Choose another version of the chart (version), or of k3s (k3s.version).",
    blame: () => ({ keys: ["version", "k3s.version"], values: [] }),
  },
  {
    id: "helm-dependency",
    layer: "configuration",
    title: "A chart lacks the charts that it depends on",
    match: /found in Chart\.(?:yaml|lock), but missing in charts\/ directory: ([^\n]{1,1500})/,
    what: ([, names]) => `its chart lacks the charts that it depends on: ${names}`,
    fix: "Run `helm dependency build` in the chart's folder, or use its packaged archive.",
  },
  {
    id: "helm-pending",
    layer: "cluster",
    title: "A release is stuck in an operation that never ended",
    match: /another operation \(install\/upgrade\/rollback\) is in progress/,
    what: () => "its release is stuck: an earlier helm was killed while it installed or upgraded it",
    fix: "`helm rollback RELEASE` to its last good revision, or `helm uninstall RELEASE`, and run again.",
  },
  {
    id: "release-foreign",
    layer: "cluster",
    title: "A release of that name is in the cluster already",
    match: /release (\S{1,100}) is in namespace (\S{1,100}) already \(([^)]{0,100})\)/,
    what: ([, name, namespace, standing]) =>
      `release ${namespace}/${name} is in the cluster already (${standing}), and it is not this run's`,
    fix: "Choose another release name or namespace; or, if nobody needs it any more, uninstall it.",
    isOwnMessage: true,
    blame: ([, name = "", namespace = ""]) => ({ keys: ["release", "namespace"], values: [name, namespace] }),
  },
  {
    id: "helm-ownership",
    layer: "cluster",
    title: "An object of the release is there already and belongs to somebody else",
    match:
      /(\w{1,63} "[^"]{1,300}" in namespace "[^"]{0,100}") exists and cannot be imported|invalid ownership metadata/,
    what: ([, object = "an object of its release"]) =>
      `${object} is there already, and does not belong to this release`,
    fix: "Remove it, or give the release or the object another name; its label and annotations meta.helm.sh/release-name tell whose it is.",
  },
  {
    id: "helm-immutable",
    layer: "cluster",
    title: "A release changes a field that can't be changed",
    match:
      /(?:(\w{1,63})(?:\.[\w.]{0,200})? "([^"]{1,300})" is invalid: [^\n]{0,1000})?(?:field is immutable|updates to statefulset spec for fields other than)/,
    what: ([, kind, name]) =>
      `its release changes a field of ${kind === undefined ? "an existing object" : `${kind} ${name}`} that can't be changed`,
    fix: "Delete the object that the message names (a StatefulSet with --cascade=orphan), and run again.",
  },
  {
    id: "helm-conflict",
    layer: "cluster",
    title: "Somebody else changed the release's objects",
    match:
      /(?:Apply failed with \d{1,9} conflicts?: )?conflicts? with "([^"]{1,300})"|Apply failed with \d{1,9} conflict/,
    what: ([, manager]) =>
      `${manager === undefined ? "somebody else" : `"${manager}"`} changed fields of the release's objects`,
    fix: "Undo that change, or uninstall the release first.",
  },
  {
    id: "object-invalid",
    layer: "configuration",
    title: "The API server refuses an object of a release",
    match: /(\w{1,63})(?:\.[\w.]{0,200})? "([^"]{1,300})" is invalid: ([^\n]{1,1500})/,
    // It has a rule of its own.
    unless: /is invalid: .{0,1000}(?:field is immutable|updates to statefulset spec)/,
    what: ([, kind, name, why]) => `the API server refuses ${kind} ${name}: ${why}`,
    fix: "Correct the values that the named field comes from.",
    blame: ([, , , why = ""]) => ({
      keys: [],
      values: [/Invalid value: "([^"]+)"/.exec(why)?.[1] ?? ""].filter((value) => value !== ""),
    }),
  },
  {
    id: "helm-hook",
    layer: "workload",
    title: "A hook of the chart fails",
    match: /failed (?:pre|post)-(?:install|upgrade)|(?:pre|post)-(?:install|upgrade) hooks? failed/,
    what: () => "a hook of its chart (a Job that runs before or after the installation) fails",
    fix: "Read the log of the hook's pod in diagnostics/logs, or turn the hook off in the values.",
  },
  {
    id: "helm-template",
    layer: "configuration",
    title: "The chart's templates can't be rendered with these values",
    match:
      /execution error at \(([^)]{1,300})\): ([^\n]{1,1000})|error calling \w{1,60}: ([^\n]{1,1000})|nil pointer evaluating (\S{1,300})|YAML parse error on ([^\n]{1,1000})/,
    what: ([, at, said, called, pointer, yaml]) => {
      if (said !== undefined) return `its chart refuses the values (${at}): ${said}`;
      if (pointer !== undefined) return `its chart expects a value that is not there (${pointer})`;
      const why = called ?? (yaml === undefined ? "" : `what comes out is no YAML: ${yaml}`);
      return `its chart's templates can't be rendered with these values: ${why}`;
    },
    fix: "Correct the value that the message names.",
  },
  {
    id: "own-rights",
    layer: "cluster",
    title: "The user of the kubeconfig may not do what the deployment needs",
    match:
      /is forbidden: User "([^"]{1,300})" cannot (\w{1,60}) resource "([^"]{1,300})"(?:[^\n]{0,300} in the namespace "([^"]{1,300})")?/,
    what: ([, user, verb, resource, namespace]) =>
      `the kubeconfig's user ${user} may not ${verb} ${resource}${namespace === undefined ? "" : ` in namespace ${namespace}`}`,
    fix: "Give this user the rights to deploy (a Role in the namespace, a ClusterRole for cluster-wide objects), or use another kubeconfig.",
    blame: () => ({ keys: ["cluster.kubeconfig", "cluster.context"], values: [] }),
  },
];
