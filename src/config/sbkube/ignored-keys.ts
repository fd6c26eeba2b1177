import * as z from "zod";
import { type Mistake, readPath } from "../../yaml/mistakes.ts";
import type { YamlFile } from "../../yaml/read.ts";

/** A file of the app directory. */
export interface AppDirFile {
  readonly path: string;
  readonly shownAs: string;
  readonly yaml: YamlFile;
}

/** Top-level keys that monstack cannot follow, and what to do instead. */
const refusedKeys = {
  phases: "phases are folders of their own: name one of them with --app-dir",
  hooks: "monstack runs nobody's commands: run them in steps of your workflow",
} as const;

/**
 * The refused keys as optional keys of a schema, so that reportRefusedKeys can explain them better than the schema.
 */
export const refusedShape = Object.fromEntries(
  Object.keys(refusedKeys).map((key) => [key, z.unknown().optional()]),
);

/** Reports keys that monstack does not support, with what to do instead. */
export function reportRefusedKeys({ yaml, shownAs }: AppDirFile, mistakes: Mistake[]): void {
  for (const [key, problem] of Object.entries(refusedKeys))
    if (!isEmpty(readPath(yaml.data, [key])))
      mistakes.push({ where: `${shownAs}:${yaml.keyAt([key])}`, path: key, problem });
}

const ownCluster = "monstack starts a k3s of its own;";

/** Top-level keys without effect here, and why. */
export const ignoredKeys = {
  cluster: `${ownCluster} --kubeconfig and --context deploy into a cluster that is there`,
  deps: "other folders are not deployed, and what this one needs of them must be there",
  global_labels: "sbkube sets them nowhere, nor does monstack",
  global_annotations: "sbkube sets them nowhere, nor does monstack",
} as const;

const firstFailure = "the first failure ends a run, and everything is taken down again";
const sideBySide = "what can be deployed side by side always is";
const noLabels = "monstack adds no labels of its own";

/** Settings without effect here, and why. */
export const ignoredSettings = {
  kubeconfig: `${ownCluster} --kubeconfig deploys into a cluster that is there`,
  kubeconfig_context: `${ownCluster} --context deploys into a cluster that is there`,
  cluster: ignoredKeys.cluster,
  git_repos: "monstack checks nothing out: do so beforehand, and name the folder in an app",
  app_dirs: "one folder is deployed: name one of them with --app-dir",
  on_failure: firstFailure,
  rollback_scope: firstFailure,
  execution_order: "depends_on says what comes first",
  parallel: sideBySide,
  parallel_apps: sideBySide,
  max_workers: sideBySide,
  helm_label_injection: noLabels,
  incompatible_charts: noLabels,
  force_label_injection: noLabels,
  cleanup_metadata: "helm leaves out what the API server sets",
  wait: "an app is waited for until it is ready",
  atomic: "a failed run is taken down whole",
  dry_run: "`monstack plan` shows what a run would do",
  http_proxy: "HTTP_PROXY in the environment is what counts",
  https_proxy: "HTTPS_PROXY in the environment is what counts",
  no_proxy: "NO_PROXY in the environment is what counts",
} as const;

/** Adds a warning for each key below `section` that is set and has no effect. */
export function warnAboutIgnoredKeys(
  { yaml, shownAs }: AppDirFile,
  section: readonly string[],
  reasons: Readonly<Record<string, string>>,
  warnings: string[],
): void {
  for (const [key, reason] of Object.entries(reasons))
    if (!isEmpty(readPath(yaml.data, [...section, key])))
      warnings.push(`${shownAs}:${yaml.keyAt([...section, key])}: ${key} has no effect: ${reason}`);
}

function isEmpty(given: unknown): boolean {
  if (given === undefined || given === null || given === "") return true;
  return typeof given === "object" && Object.keys(given).length === 0;
}
