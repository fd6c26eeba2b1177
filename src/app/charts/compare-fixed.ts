import { stringify } from "yaml";
import type { LoadedConfig } from "../../config/load.ts";
import { listValuesFiles } from "../../config/locate.ts";
import type { AppValues } from "../../config/schema.ts";
import { renderApp } from "../../deploy/render.ts";
import { describeError, MonstackError } from "../../lib/errors.ts";
import { formatKeyPath, isMapping, type Values, withValue } from "../../lib/object.ts";
import { formatList } from "../../lib/text.ts";
import type { Tool } from "../../lockfile/tools.ts";
import type { Plan, PlannedApp } from "../../model/plan.ts";
import { applyFix, type Fix, type FixedKey, removeAt } from "../../plan/fix/fix-values.ts";
import { mergeUserValues } from "../../plan/make-plan.ts";
import { hasSameWords, isSwitch } from "../../plan/values/suggest-key.ts";
import { installTool } from "../../sources/tools/install.ts";
import type { Session } from "../session/session.ts";
import type { FileToFix } from "./fix-files.ts";
import { type InspectedChart, retryPolicy } from "./inspect.ts";
import { refuseChartLinks } from "./render.ts";

interface FixComparison {
  /** The ids of the fixes that must not be written, by file. */
  readonly leaveOut: ReadonlyMap<string, ReadonlySet<string>>;
  readonly notes: readonly string[];
}

/** A fix, and the file that it is for. */
interface FileFix {
  readonly file: string;
  readonly key: FixedKey;
}

/** An app whose charts are rendered before and after its fixes. */
interface AppToCompare {
  readonly planned: PlannedApp;
  readonly inspected: InspectedChart;
  readonly fixes: readonly FileFix[];
}

/**
 * Returns the fixes that must not be written. Renders the charts with the current and the corrected values, and finds
 * the fixes after which an object would be missing. Without helm, each fix that could switch something off is left
 * out instead.
 */
export async function compareFixed(
  session: Session,
  plan: Plan,
  inspected: readonly InspectedChart[],
  files: readonly FileToFix[],
  { offline }: { readonly offline: boolean },
): Promise<FixComparison> {
  const apps = inspected.flatMap((chart): AppToCompare[] => {
    const planned = plan.apps.find(({ name }) => name === chart.app);
    const appFiles = new Set(listValuesFiles(session.loaded, chart.app).map(({ file }) => file));
    const fixes = files
      .filter(({ file }) => appFiles.has(file))
      .flatMap(({ file, after }) => after.fixed.map((key) => ({ file, key })));
    return planned && fixes.some(({ key }) => key.how !== "removed")
      ? [{ planned, inspected: chart, fixes }]
      : [];
  });
  if (apps.length === 0) return { leaveOut: new Map(), notes: [] };
  const helm = await findHelm(session, offline);
  if ("why" in helm) return skipComparison(apps, helm.why);
  const comparisons = await Promise.all(apps.map((app) => compareApp(session, helm, app)));
  return {
    leaveOut: groupByFile(comparisons.flatMap(({ unwanted }) => unwanted)),
    notes: comparisons.flatMap(({ notes }) => notes),
  };
}

/** Returns helm, installed if necessary; or why it is not available. */
async function findHelm(
  { context, loaded, supply }: Session,
  offline: boolean,
): Promise<Tool | { why: string }> {
  const helmSupply = offline ? { ...supply, offline: supply.offline ?? "--offline" } : supply;
  try {
    return await installTool(context, loaded.config, "helm", { retryPolicy, supply: helmSupply });
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof MonstackError)) throw error;
    return { why: describeError(error) };
  }
}

/** Returns the result without a comparison: fixes that could switch something off are left out. */
function skipComparison(apps: readonly AppToCompare[], why: string): FixComparison {
  const risky = apps.flatMap(({ fixes }) => fixes).filter(({ key }) => canRemoveObjects(key));
  return {
    leaveOut: groupByFile(risky),
    notes: [`nothing was compared, because helm is not available: ${why}`, ...risky.map(describeSkippedFix)],
  };
}

function describeSkippedFix({ key }: FileFix): string {
  return `${key.app}: ${formatKeyPath(key.path)} is left as it is: its fix could switch something off`;
}

/** True if a fix could switch something off or rename an object. */
function canRemoveObjects(key: FixedKey): boolean {
  if (key.how === "removed" || key.how === "superseded") return false;
  const intendedPaths = new Set(findSwitchesOff(key).map((path) => JSON.stringify(path)));
  const isHarmless = (value: unknown, path: readonly string[]): boolean => {
    if (isMapping(value))
      return Object.entries(value).every(([name, child]) => isHarmless(child, [...path, name]));
    if (value === false || value === null || value === 0 || value === "")
      return intendedPaths.has(JSON.stringify(path));
    return !/name|kind|namespace|mode$/i.test(path.at(-1) ?? "");
  };
  return !isHarmless(key.value, key.to ?? []);
}

/**
 * Returns the paths of the switches that the user clearly meant to turn off: the corrected key has the same words as
 * the user's, or only a wrapper above it was removed.
 */
function findSwitchesOff({ path, to, value, how, fix }: FixedKey): string[][] {
  const isRenamed =
    JSON.stringify(path.slice(0, -1)) === JSON.stringify(to?.slice(0, -1)) &&
    hasSameWords(path.at(-1) ?? "", to?.at(-1) ?? "");
  if (to === undefined || how === "removed" || how === "superseded") return [];
  if (fix.to.kind !== "unwrap" && !isRenamed) return [];
  const listSwitches = (node: unknown, switchPath: readonly string[]): string[][] => {
    if (isMapping(node))
      return Object.entries(node).flatMap(([name, child]) => listSwitches(child, [...switchPath, name]));
    return node === false && switchPath.length > to.length && isSwitch(switchPath.at(-1) ?? "")
      ? [[...switchPath]]
      : [];
  };
  return listSwitches(value, to);
}

/** Returns the ids of the fixes by their file. */
function groupByFile(fixes: readonly FileFix[]): Map<string, Set<string>> {
  const idsByFile = new Map<string, Set<string>>();
  for (const { file, key } of fixes) idsByFile.set(file, (idsByFile.get(file) ?? new Set()).add(key.id));
  return idsByFile;
}

/** Limit of renderings to find the unwanted fixes. Each takes about a second. */
const maximumRenderings = 20;

/** The names of the rendered objects, or why helm could not render them. */
type RenderedNames = ReadonlySet<string> | { readonly why: string };

/** The fixes of one app that must not be written, and notes with the reasons. */
interface Verdict {
  readonly unwanted: readonly FileFix[];
  readonly notes: readonly string[];
}

/** Returns the fixes of one app that must not be written, and notes that say why. */
async function compareApp(session: Session, helm: Tool, app: AppToCompare): Promise<Verdict> {
  const { context, loaded } = session;
  const { planned, inspected, fixes } = app;
  const { name } = planned;
  if (planned.chart.kind === "path") await refuseChartLinks(context.host, planned.chart.path, loaded);
  const render = async (values: Values): Promise<RenderedNames> => {
    try {
      const result = await renderApp(context, helm, { ...planned, values }, inspected.chart);
      return new Set(
        [...result.objects, ...(result.hooks ?? []), ...(result.tests ?? [])].map(formatObjectName),
      );
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof MonstackError)) throw error;
      return { why: describeError(error) };
    }
  };
  // Fixes are applied in their original order, because a later one can be below a key that an earlier one moved.
  const renderWith = (someFixes: readonly FileFix[]) => {
    const orderedFixes = fixes.filter((fix) => someFixes.includes(fix));
    return render(applyFixes(loaded, name, orderedFixes, "fix"));
  };
  const switchesOff = fixes.flatMap(({ key }) => (key.app === name ? findSwitchesOff(key) : []));
  const unfixed = applyFixes(loaded, name, fixes, "remove");
  const [beforeFixes, afterFixes] = await Promise.all([
    render(switchesOff.reduce((values, path) => withValue(values, path, false), unfixed)),
    renderWith(fixes),
  ]);
  // If the chart could not be rendered before, no object can be lost.
  if ("why" in beforeFixes && !("why" in afterFixes)) return { unwanted: [], notes: [] };
  if ("why" in beforeFixes && "why" in afterFixes && beforeFixes.why === afterFixes.why) {
    const risky = fixes.filter(({ key }) => canRemoveObjects(key));
    const note = `${name}: nothing was compared, because the chart could not be rendered as it is: ${joinHelmReason(beforeFixes.why)}`;
    return { unwanted: risky, notes: [note, ...risky.map(describeSkippedFix)] };
  }
  const { unwanted, notes } = await findUnwantedFixes(
    fixes,
    (rendered) => describeRenderProblem(beforeFixes, rendered),
    {
      afterFixes,
      renderWith,
    },
  );
  const remainingFixes = fixes.filter((fix) => !unwanted.includes(fix));
  const problem = describeRenderProblem(
    beforeFixes,
    unwanted.length > 0 ? await renderWith(remainingFixes) : afterFixes,
  );
  if (problem === undefined || remainingFixes.length === 0) return { unwanted, notes };
  const note = `${name}: nothing is corrected: with all fixes together ${problem}`;
  return { unwanted: fixes, notes: [...notes, note] };
}

/** Returns the problem of a rendering with fixes: it failed, or objects are missing; undefined if there is none. */
function describeRenderProblem(before: RenderedNames, rendered: RenderedNames): string | undefined {
  if ("why" in rendered) return `the chart could not be rendered: ${joinHelmReason(rendered.why)}`;
  const lostNames = "why" in before ? [] : [...before].filter((name) => !rendered.has(name));
  return lostNames.length === 0 ? undefined : `these objects would be missing: ${formatList(lostNames)}`;
}

/** Returns helm's message on one line, without its advice to use --debug. */
function joinHelmReason(why: string): string {
  const lines = why.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("Use --debug")).join(" ");
}

/**
 * Returns the fixes that cause a problem. Renders the chart with one half of the fixes and then with the other, and
 * divides a half with a problem again. Fixes that could remove objects come first, so that they share a half.
 */
async function findUnwantedFixes(
  fixes: readonly FileFix[],
  describeProblem: (rendered: RenderedNames) => string | undefined,
  {
    afterFixes,
    renderWith,
  }: {
    readonly afterFixes: RenderedNames;
    readonly renderWith: (someFixes: readonly FileFix[]) => Promise<RenderedNames>;
  },
): Promise<Verdict> {
  const notes: string[] = [];
  let renderingsLeft = maximumRenderings;
  const search = async (
    someFixes: readonly FileFix[],
    rendered: RenderedNames,
  ): Promise<readonly FileFix[]> => {
    const problem = describeProblem(rendered);
    if (problem === undefined) return [];
    const [onlyFix, secondFix] = someFixes;
    if (onlyFix !== undefined && secondFix === undefined) {
      const { app, path } = onlyFix.key;
      notes.push(`${app}: ${formatKeyPath(path)} is left as it is: with its fix ${problem}`);
      return someFixes;
    }
    const half = Math.ceil(someFixes.length / 2);
    const halves: (readonly FileFix[])[] = [];
    for (const halfOfFixes of [someFixes.slice(0, half), someFixes.slice(half)]) {
      renderingsLeft -= 1;
      halves.push(
        await search(
          halfOfFixes,
          renderingsLeft > 0 ? await renderWith(halfOfFixes) : { why: "too many to compare" },
        ),
      );
    }
    return halves.flat();
  };
  const byRisk = [...fixes].sort((a, b) => Number(canRemoveObjects(b.key)) - Number(canRemoveObjects(a.key)));
  return { unwanted: await search(byRisk, afterFixes), notes };
}

function formatObjectName({
  kind,
  metadata,
}: {
  kind: string;
  metadata: { name: string; namespace?: string | undefined };
}): string {
  return `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`;
}

/** Returns an app's values with fixes applied, or with only their keys removed, which has no effect. */
function applyFixes(
  loaded: LoadedConfig,
  app: string,
  fixes: readonly FileFix[],
  mode: "fix" | "remove",
): Values {
  const config = loaded.config.apps[app];
  if (config === undefined) return {};
  // Both lists are read from the last source to the first: the first ones are values of default apps, which are in no file.
  const spots = [...listValuesFiles(loaded, app)];
  const values = [...config.values].reverse().map((source): AppValues => {
    const [spot] = spots;
    if ("set" in source || spot === undefined) return source;
    if (spot.file !== ("file" in source ? source.file : loaded.config.file)) return source;
    spots.shift();
    const data = "inline" in source ? source.inline : loaded.valuesFiles[source.file];
    const fileFixes = fixes.filter(({ file, key }) => file === spot.file && hasPrefix(key.fix.from, spot.at));
    const changed = fileFixes.reduce<unknown>(
      (node, { key }) => changeValuesData(node, key.fix, spot.at.length, mode),
      data,
    );
    return { inline: isMapping(changed) ? changed : {} };
  });
  return mergeUserValues(app, { values: values.reverse() }, loaded.valuesFiles);
}

/**
 * Returns the data of one file with a fix applied, or with only its key removed.
 * @param depth length of the key path at which the data begins
 */
function changeValuesData(data: unknown, { from, to }: Fix, depth: number, mode: "fix" | "remove"): unknown {
  const relativePath = from.slice(depth);
  if (mode === "remove") return removeAt(data, relativePath);
  const target = to.kind === "path" ? { ...to, path: to.path.slice(depth) } : to;
  const appendAsText = (list: unknown, existing: unknown) =>
    `${typeof existing === "string" ? `${existing}\n` : ""}${stringify(list)}`;
  return applyFix(data, { from: relativePath, to: target }, appendAsText);
}

function hasPrefix(path: readonly (string | number)[], start: readonly (string | number)[]): boolean {
  return start.every((part, index) => path[index] === part);
}
