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

export interface FixComparison {
  /** The ids of the fixes that must not be written, by file. */
  readonly leaveOut: ReadonlyMap<string, ReadonlySet<string>>;
  readonly notes: readonly string[];
}

/** A fix, and the file that it is for. */
interface FileFix {
  readonly file: string;
  readonly key: FixedKey;
}

/** Everything that the comparison of one app needs. */
interface AppToCompare {
  readonly planned: PlannedApp;
  readonly looked: InspectedChart;
  readonly fixes: readonly FileFix[];
}

/**
 * Renders the charts with the values as they are and as they would be, and finds the fixes after which an object would be
 * missing. Where helm is not to be had, a fix that could switch something off is left out instead.
 */
export async function compareFixed(
  session: Session,
  plan: Plan,
  looked: readonly InspectedChart[],
  files: readonly FileToFix[],
  { offline }: { readonly offline: boolean },
): Promise<FixComparison> {
  const apps = looked.flatMap((one): AppToCompare[] => {
    const planned = plan.apps.find(({ name }) => name === one.app);
    const own = new Set(listValuesFiles(session.loaded, one.app).map(({ file }) => file));
    const fixes = files
      .filter(({ file }) => own.has(file))
      .flatMap(({ file, after }) => after.fixed.map((key) => ({ file, key })));
    return planned && fixes.some(({ key }) => key.how !== "removed") ? [{ planned, looked: one, fixes }] : [];
  });
  if (apps.length === 0) return { leaveOut: new Map(), notes: [] };
  const helm = await findHelm(session, offline);
  if ("why" in helm) return skipComparison(apps, helm.why);
  const all = await Promise.all(apps.map((app) => compareApp(session, helm, app)));
  return {
    leaveOut: groupByFile(all.flatMap(({ unwanted }) => unwanted)),
    notes: all.flatMap(({ notes }) => notes),
  };
}

async function findHelm(
  { context, loaded, supply }: Session,
  offline: boolean,
): Promise<Tool | { why: string }> {
  const own = offline ? { ...supply, offline: supply.offline ?? "--offline" } : supply;
  try {
    return await installTool(context, loaded.config, "helm", { retryPolicy, supply: own });
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof MonstackError)) throw error;
    return { why: describeError(error) };
  }
}

/** Skips the comparison: fixes that could switch something off are left out. */
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

function canRemoveObjects(key: FixedKey): boolean {
  if (key.how === "removed" || key.how === "superseded") return false;
  const own = new Set(findSwitchesOff(key).map((path) => JSON.stringify(path)));
  const isHarmless = (value: unknown, path: readonly string[]): boolean => {
    if (isMapping(value))
      return Object.entries(value).every(([name, inner]) => isHarmless(inner, [...path, name]));
    if (value === false || value === null || value === 0 || value === "")
      return own.has(JSON.stringify(path));
    return !/name|kind|namespace|mode$/i.test(path.at(-1) ?? "");
  };
  return !isHarmless(key.value, key.to ?? []);
}

/**
 * The switches that the user's own words turn off: the key has the same words as the chart's, or a wrapper was taken away
 * from above it, so that it stands for the same part of the chart.
 */
function findSwitchesOff({ path, to, value, how, fix }: FixedKey): string[][] {
  const isRenamed =
    JSON.stringify(path.slice(0, -1)) === JSON.stringify(to?.slice(0, -1)) &&
    hasSameWords(path.at(-1) ?? "", to?.at(-1) ?? "");
  if (to === undefined || how === "removed" || how === "superseded") return [];
  if (fix.to.kind !== "unwrap" && !isRenamed) return [];
  const below = (node: unknown, at: readonly string[]): string[][] => {
    if (isMapping(node)) return Object.entries(node).flatMap(([name, inner]) => below(inner, [...at, name]));
    return node === false && at.length > to.length && isSwitch(at.at(-1) ?? "") ? [[...at]] : [];
  };
  return below(value, to);
}

function groupByFile(fixes: readonly FileFix[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { file, key } of fixes) found.set(file, (found.get(file) ?? new Set()).add(key.id));
  return found;
}

/** Enough for several mistakes among many; each takes about a second. */
const maximumRenderings = 20;

/** The names of the objects, or why helm renders none. */
type RenderedNames = ReadonlySet<string> | { readonly why: string };

interface Verdict {
  readonly unwanted: readonly FileFix[];
  readonly notes: readonly string[];
}

async function compareApp(session: Session, helm: Tool, app: AppToCompare): Promise<Verdict> {
  const { context, loaded } = session;
  const { planned, looked, fixes } = app;
  const { name } = planned;
  if (planned.chart.kind === "path") await refuseChartLinks(context.host, planned.chart.path, loaded);
  const render = async (values: Values): Promise<RenderedNames> => {
    try {
      const one = await renderApp(context, helm, { ...planned, values }, looked.chart);
      return new Set([...one.objects, ...(one.hooks ?? []), ...(one.tests ?? [])].map(nameObject));
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof MonstackError)) throw error;
      return { why: describeError(error) };
    }
  };
  // In their own order, whatever order they are looked at in: a later one can stand in what an earlier one moved.
  const renderWith = (some: readonly FileFix[]) => {
    const ordered = fixes.filter((one) => some.includes(one));
    return render(applyFixes(loaded, name, ordered, "fix"));
  };
  const off = fixes.flatMap(({ key }) => (key.app === name ? findSwitchesOff(key) : []));
  const unfixed = applyFixes(loaded, name, fixes, "remove");
  const [before, whole] = await Promise.all([
    render(off.reduce((values, path) => withValue(values, path, false), unfixed)),
    renderWith(fixes),
  ]);
  // What renders nothing can lose nothing.
  if ("why" in before && !("why" in whole)) return { unwanted: [], notes: [] };
  if ("why" in before && "why" in whole && before.why === whole.why) {
    const risky = fixes.filter(({ key }) => canRemoveObjects(key));
    const note = `${name}: nothing was compared, because the chart could not be rendered as it is: ${joinHelmReason(before.why)}`;
    return { unwanted: risky, notes: [note, ...risky.map(describeSkippedFix)] };
  }
  const { unwanted, notes } = await findUnwanted(fixes, (found) => findProblem(before, found), {
    whole,
    renderWith,
  });
  const rest = fixes.filter((one) => !unwanted.includes(one));
  const problem = findProblem(before, unwanted.length > 0 ? await renderWith(rest) : whole);
  if (problem === undefined || rest.length === 0) return { unwanted, notes };
  const note = `${name}: nothing is corrected: with all fixes together ${problem}`;
  return { unwanted: fixes, notes: [...notes, note] };
}

function findProblem(before: RenderedNames, found: RenderedNames): string | undefined {
  if ("why" in found) return `the chart could not be rendered: ${joinHelmReason(found.why)}`;
  const lost = "why" in before ? [] : [...before].filter((one) => !found.has(one));
  return lost.length === 0 ? undefined : `these objects would be missing: ${formatList(lost)}`;
}

/** Joins helm's message to one line, without its advice to use --debug. */
function joinHelmReason(why: string): string {
  const lines = why.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("Use --debug")).join(" ");
}

/** Finds those that cause a problem by halves. */
async function findUnwanted(
  fixes: readonly FileFix[],
  problemIn: (found: RenderedNames) => string | undefined,
  {
    whole,
    renderWith,
  }: {
    readonly whole: RenderedNames;
    readonly renderWith: (some: readonly FileFix[]) => Promise<RenderedNames>;
  },
): Promise<Verdict> {
  const notes: string[] = [];
  let left = maximumRenderings;
  const search = async (some: readonly FileFix[], found: RenderedNames): Promise<readonly FileFix[]> => {
    const problem = problemIn(found);
    if (problem === undefined) return [];
    const [only, second] = some;
    if (only !== undefined && second === undefined) {
      const { app, path } = only.key;
      notes.push(`${app}: ${formatKeyPath(path)} is left as it is: with its fix ${problem}`);
      return some;
    }
    const half = Math.ceil(some.length / 2);
    const halves: (readonly FileFix[])[] = [];
    for (const part of [some.slice(0, half), some.slice(half)]) {
      left -= 1;
      halves.push(await search(part, left > 0 ? await renderWith(part) : { why: "too many to compare" }));
    }
    return halves.flat();
  };
  const byRisk = [...fixes].sort((a, b) => Number(canRemoveObjects(b.key)) - Number(canRemoveObjects(a.key)));
  return { unwanted: await search(byRisk, whole), notes };
}

function nameObject({
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
  what: "fix" | "remove",
): Values {
  const config = loaded.config.apps[app];
  if (config === undefined) return {};
  // Both from the last on: what the default apps bring stands in no file.
  const spots = [...listValuesFiles(loaded, app)];
  const values = [...config.values].reverse().map((source): AppValues => {
    const [spot] = spots;
    if ("set" in source || spot === undefined) return source;
    if (spot.file !== ("file" in source ? source.file : loaded.config.file)) return source;
    spots.shift();
    const data = "inline" in source ? source.inline : loaded.valuesFiles[source.file];
    const own = fixes.filter(({ file, key }) => file === spot.file && hasPrefix(key.fix.from, spot.at));
    const changed = own.reduce<unknown>(
      (node, { key }) => changeData(node, key.fix, spot.at.length, what),
      data,
    );
    return { inline: isMapping(changed) ? changed : {} };
  });
  return mergeUserValues(app, { values: values.reverse() }, loaded.valuesFiles);
}

function changeData(data: unknown, { from, to }: Fix, depth: number, what: "fix" | "remove"): unknown {
  const own = from.slice(depth);
  if (what === "remove") return removeAt(data, own);
  const target = to.kind === "path" ? { ...to, path: to.path.slice(depth) } : to;
  const asText = (list: unknown, there: unknown) =>
    `${typeof there === "string" ? `${there}\n` : ""}${stringify(list)}`;
  return applyFix(data, { from: own, to: target }, asText);
}

function hasPrefix(path: readonly (string | number)[], start: readonly (string | number)[]): boolean {
  return start.every((part, index) => path[index] === part);
}
