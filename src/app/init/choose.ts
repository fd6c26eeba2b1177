import { posix } from "node:path";
import type { FoundFile, ValuesOf } from "./classify.ts";
import type { Survey } from "./survey.ts";

/** The settings that were chosen from what is in a folder. */
export interface Choice {
  readonly appDir: string | undefined;
  readonly stack: "plain" | "operator";
  readonly values: Readonly<Partial<Record<ValuesOf, string>>>;
  readonly rules: readonly string[];
  readonly dashboards: readonly string[];
  readonly monitors: readonly string[];
  readonly alertmanager: string | undefined;
  /** Environment variables that the alertmanager configuration names. */
  readonly variables: readonly string[];
  /** What each file is used for, or why it is left out. */
  readonly notes: readonly Note[];
}

export interface Note {
  readonly file: string;
  /** What the file is. */
  readonly why: string;
  readonly use:
    | { readonly kind: "used"; readonly as: string }
    | { readonly kind: "left"; readonly because: string };
}

/** What decides about more than one file. */
interface Decisions {
  readonly sbkube: (FoundFile & { readonly kind: "sbkube" }) | undefined;
  /** The folder of sbkube's file. */
  readonly appDir: string | undefined;
  readonly isOperator: boolean;
  /** The values file of each app. */
  readonly values: Readonly<Partial<Record<ValuesOf, string>>>;
  readonly alertmanager: (FoundFile & { readonly kind: "alertmanager" }) | undefined;
}

/** Returns the settings for what was found. A file that could stop a run is left out, with the reason. */
export function chooseSettings({ found, files }: Pick<Survey, "found" | "files">): Choice {
  const decisions = decide(found);
  const { appDir, isOperator, values, alertmanager } = decisions;
  const listFiles = (kind: FoundFile["kind"]) =>
    found.filter((file) => file.kind === kind).map(({ file }) => file);
  return {
    appDir: appDir === undefined || appDir === "." ? appDir : `./${appDir}`,
    stack: isOperator ? "operator" : "plain",
    values,
    rules: joinToFolders(listFiles("rules"), files, /\.ya?ml$/),
    dashboards: joinToFolders(listFiles("dashboard"), files, /\.json$/),
    monitors: isOperator ? listFiles("monitors") : [],
    alertmanager: alertmanager?.file,
    variables: alertmanager?.variables ?? [],
    notes: found.map((file) => ({ file: file.file, why: file.why, use: explainUse(file, decisions) })),
  };
}

/** Returns the decisions about the apps: from sbkube's file if there is one, else from values files and monitors. */
function decide(found: readonly FoundFile[]): Decisions {
  const sorted = sortByDepth(found);
  const sbkube = sorted.find((file) => file.kind === "sbkube");
  const valuesFiles = sorted.filter((file) => file.kind === "values");
  const isPlain = valuesFiles.some(({ of }) => of === "prometheus");
  const isOperator = sbkube
    ? sbkube.charts.some((chart) => chart.endsWith("/kube-prometheus-stack"))
    : valuesFiles.some(({ of }) => of === "kube-prometheus-stack") ||
      (found.some(({ kind }) => kind === "monitors") && !isPlain);
  const values: Partial<Record<ValuesOf, string>> = {};
  for (const { of, file } of sbkube ? [] : valuesFiles)
    if ((of === "kube-prometheus-stack") === isOperator) values[of] ??= file;
  return {
    sbkube,
    appDir: sbkube && posix.dirname(sbkube.file),
    isOperator,
    values,
    alertmanager: sorted.find((file) => file.kind === "alertmanager"),
  };
}

/** Returns what a file is used for, or why it is left out. */
function explainUse(file: FoundFile, decisions: Decisions): Note["use"] {
  const { sbkube, appDir, isOperator, alertmanager } = decisions;
  const use = (as: string) => ({ kind: "used", as }) as const;
  const leave = (because: string) => ({ kind: "left", because }) as const;
  const isNamed = sbkube?.names.some((name) => posix.join(appDir ?? "", name) === file.file);
  if (isNamed) return use(`${sbkube?.file} names it`);
  switch (file.kind) {
    case "sbkube":
      return file === sbkube
        ? use(`app-dir: ${appDir}`)
        : leave(`there is one app-dir only; ${sbkube?.file} is taken`);
    case "values":
      return explainValues(file, decisions);
    case "unclear-values":
      return leave(sbkube ? `${sbkube.file} does not name it` : "name it below apps.NAME.values");
    case "rules":
      return use("rules");
    case "rule-tests":
      return leave("it needs promtool on the runner; name it in alerting.rule-tests");
    case "dashboard":
      return use("dashboards");
    case "monitors":
      return isOperator ? use("monitors") : leave("it needs the operator; see stack and monitors");
    case "alertmanager":
      return file === alertmanager
        ? use("alerting.config")
        : leave(`there is one configuration only; ${alertmanager?.file} is taken`);
    case "manifests":
      return leave(
        sbkube
          ? `${sbkube.file} does not name it`
          : "deploy it with apps.NAME.manifests, if it belongs to the stack",
      );
  }
}

function explainValues(
  { of, file }: FoundFile & { readonly kind: "values" },
  { sbkube, isOperator, values }: Decisions,
): Note["use"] {
  if (values[of] === file) return { kind: "used", as: `apps.${of}.values` };
  if (sbkube) return { kind: "left", because: `${sbkube.file} does not name it` };
  if (values[of] !== undefined)
    return { kind: "left", because: `${values[of]} is taken; add it to apps.${of}.values if both apply` };
  const because = isOperator
    ? "with stack: operator, one chart holds all of it: kube-prometheus-stack"
    : "it belongs to stack: operator, and values of the chart prometheus are here";
  return { kind: "left", because };
}

/** Returns the files, those in the fewest folders first, and shorter names before longer ones. */
function sortByDepth<T extends { readonly file: string }>(files: readonly T[]): T[] {
  const depth = ({ file }: T) => file.split("/").length;
  return [...files].sort(
    (a, b) => depth(a) - depth(b) || a.file.length - b.file.length || a.file.localeCompare(b.file),
  );
}

/**
 * Returns the paths of files of one kind. A folder stands for its files if it has several of them and nothing else of
 * that format, and no sub-folders with such files.
 */
function joinToFolders(ofKind: readonly string[], files: readonly string[], format: RegExp): string[] {
  const wanted = new Set(ofKind);
  const folders = new Set(
    [...wanted]
      .map((file) => posix.dirname(file))
      .filter((folder) => {
        const below = files.filter((file) => file.startsWith(`${folder}/`) && format.test(file));
        return below.length > 1 && below.every((file) => wanted.has(file) && posix.dirname(file) === folder);
      }),
  );
  const others = [...wanted].filter((file) => !folders.has(posix.dirname(file)));
  return [...[...folders].map((folder) => `./${folder}`), ...others].sort();
}
