import * as z from "zod";
import type { Mistake } from "../../yaml/mistakes.ts";
import type { YamlFile } from "../../yaml/read.ts";
import { at } from "../../yaml/zod-yaml.ts";
import { without } from "./schema.ts";

/** A file of the folder. */
export interface Read {
  readonly path: string;
  readonly shownAs: string;
  readonly yaml: YamlFile;
}

const refusedKeys = {
  phases: "phases are folders of their own: name one of them with --app-dir",
  hooks: "monstack runs nobody's commands: run them in steps of your workflow",
} as const;
/** Known, so that they can be refused in words of their own. */
export const refusedTop = Object.fromEntries(
  Object.keys(refusedKeys).map((key) => [key, z.unknown().optional()]),
);

/** What monstack has no way to follow. */
export function refuseTop({ yaml, shownAs }: Read, mistakes: Mistake[]): void {
  for (const [key, why] of Object.entries(refusedKeys))
    if (!isEmpty(at(yaml.data, [key])))
      mistakes.push({ where: `${shownAs}:${yaml.keyAt([key])}`, path: key, problem: why });
}

const ownCluster =
  "monstack starts a k3s of its own; --kubeconfig and --context deploy into a cluster that is there";

/** What is said outside the settings and changes nothing here. */
export function tellIgnoredTop({ yaml, shownAs }: Read, warnings: string[]): void {
  const why = {
    cluster: ownCluster,
    deps: "other folders are not deployed, and what this one needs of them must be there",
    global_labels: "sbkube sets them nowhere, nor does monstack",
    global_annotations: "sbkube sets them nowhere, nor does monstack",
  };
  for (const [key, text] of Object.entries(why))
    if (!isEmpty(at(yaml.data, [key])))
      warnings.push(`${shownAs}:${yaml.keyAt([key])}: ${key} changes nothing: ${text}`);
}

function isEmpty(given: unknown): boolean {
  return given === undefined || given === null || Object.keys(given).length === 0;
}

/** What is said there and changes nothing here; whose cluster it is above all. */
export function tellIgnored(
  { yaml, shownAs }: Read,
  below: readonly string[],
  settings: Readonly<Record<string, unknown>>,
  warnings: string[],
): void {
  const tell = (key: string, why: string) => {
    const given = settings[key];
    if (given === undefined || given === "" || (typeof given === "object" && isEmpty(given))) return;
    warnings.push(`${shownAs}:${yaml.keyAt([...below, key])}: ${key} changes nothing: ${why}`);
  };
  tell("kubeconfig", "monstack starts a k3s of its own; --kubeconfig deploys into a cluster that is there");
  tell(
    "kubeconfig_context",
    "monstack starts a k3s of its own; --context deploys into a cluster that is there",
  );
  tell("cluster", ownCluster);
  tell("git_repos", "monstack checks nothing out: do so beforehand, and name the folder in an app");
  tell("app_dirs", "one folder is deployed: name one of them with --app-dir");
  for (const [key, why] of Object.entries(without)) tell(key, why);
}
