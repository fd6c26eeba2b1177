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

/** Returns the settings for what was found. A file that could stop a run is left out, with the reason. */
export function chooseSettings({ found, files }: Pick<Survey, "found" | "files">): Choice {
  const ofKind = <K extends FoundFile["kind"]>(kind: K) =>
    found.filter((file): file is FoundFile & { readonly kind: K } => file.kind === kind);
  const [sbkube, ...otherSbkube] = sortByDepth(ofKind("sbkube"));
  const appDir = sbkube && posix.dirname(sbkube.file);
  const isInAppDir = (file: string) =>
    appDir !== undefined && (appDir === "." || file.startsWith(`${appDir}/`));
  const valuesFiles = sortByDepth(ofKind("values")).filter(({ file }) => !isInAppDir(file));
  const monitors = ofKind("monitors");
  const hasOperatorValues = valuesFiles.some(({ of }) => of === "kube-prometheus-stack");
  const hasPlainValues = valuesFiles.some(({ of }) => of === "prometheus");
  const isOperator = sbkube
    ? sbkube.charts.some((chart) => chart.endsWith("/kube-prometheus-stack"))
    : hasOperatorValues || (monitors.length > 0 && !hasPlainValues);
  const usableValues = valuesFiles.filter(
    ({ of }) => appDir === undefined && (of === "kube-prometheus-stack") === isOperator,
  );
  const values: Partial<Record<ValuesOf, string>> = {};
  for (const { of, file } of usableValues) values[of] ??= file;
  const [alertmanager, ...otherAlertmanagers] = sortByDepth(ofKind("alertmanager"));
  const use = (file: FoundFile, as: string): Note => ({ ...pick(file), use: { kind: "used", as } });
  const leave = (file: FoundFile, because: string): Note => ({
    ...pick(file),
    use: { kind: "left", because },
  });
  const notes = [
    ...(sbkube ? [use(sbkube, `app-dir: ${appDir}`)] : []),
    ...otherSbkube.map((file) => leave(file, `there is one app-dir only; ${sbkube?.file} is taken`)),
    ...ofKind("values").map((file) => {
      if (isInAppDir(file.file)) return leave(file, "the app directory names its own values files");
      if (values[file.of] === file.file) return use(file, `apps.${file.of}.values`);
      return leave(file, explainUnusedValues(file, { appDir, isOperator, taken: values[file.of] }));
    }),
    ...ofKind("unclear-values").map((file) =>
      leave(
        file,
        isInAppDir(file.file)
          ? "the app directory names its own values files"
          : "name it below apps.NAME.values",
      ),
    ),
    ...ofKind("rules").map((file) => use(file, "rules")),
    ...ofKind("rule-tests").map((file) =>
      leave(file, "it needs promtool on the runner; name it in alerting.rule-tests"),
    ),
    ...ofKind("dashboard").map((file) => use(file, "dashboards")),
    ...monitors.map((file) =>
      isOperator ? use(file, "monitors") : leave(file, "it needs the operator; see stack and monitors"),
    ),
    ...(alertmanager ? [use(alertmanager, "alerting.config")] : []),
    ...otherAlertmanagers.map((file) =>
      leave(file, `there is one configuration only; ${alertmanager?.file} is taken`),
    ),
    ...ofKind("manifests").map((file) =>
      leave(
        file,
        isInAppDir(file.file)
          ? "the app directory names the files that it deploys"
          : "deploy it with apps.NAME.manifests, if it belongs to the stack",
      ),
    ),
  ];
  return {
    appDir: appDir === undefined || appDir === "." ? appDir : `./${appDir}`,
    stack: isOperator ? "operator" : "plain",
    values,
    rules: joinToFolders(ofKind("rules"), files, /\.ya?ml$/),
    dashboards: joinToFolders(ofKind("dashboard"), files, /\.json$/),
    monitors: isOperator ? monitors.map(({ file }) => file) : [],
    alertmanager: alertmanager?.file,
    variables: alertmanager?.variables ?? [],
    notes,
  };
}

function pick({ file, why }: FoundFile): Pick<Note, "file" | "why"> {
  return { file, why };
}

function explainUnusedValues(
  { of }: FoundFile & { readonly kind: "values" },
  {
    appDir,
    isOperator,
    taken,
  }: { appDir: string | undefined; isOperator: boolean; taken: string | undefined },
): string {
  if (appDir !== undefined) return "the apps come from the app directory";
  if (taken !== undefined) return `${taken} is taken; add it to apps.${of}.values if both apply`;
  return isOperator
    ? "with stack: operator, one chart holds all of it: kube-prometheus-stack"
    : "it belongs to stack: operator, and values of the chart prometheus are here";
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
function joinToFolders(ofKind: readonly FoundFile[], files: readonly string[], format: RegExp): string[] {
  const wanted = new Set(ofKind.map(({ file }) => file));
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
