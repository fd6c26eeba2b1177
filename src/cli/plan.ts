import { holdToLock } from "../app/bytes/supply.ts";
import { definitionsIn } from "../app/charts/definitions.ts";
import { type FixedFiles, fixFiles } from "../app/charts/fix-files.ts";
import { contentMistakes } from "../app/charts/judge-values.ts";
import { type ChartsLooked, lookAtCharts } from "../app/charts/look-at.ts";
import { refuseCharts } from "../app/charts/refused.ts";
import { deprecationOf, describeUnknown } from "../app/charts/tell.ts";
import { checkOnDisk } from "../app/check-on-disk.ts";
import { monitorMistakes, namespaceLines } from "../app/judge-monitors.ts";
import { objectMeans } from "../app/judge-objects.ts";
import { locateUnknownValues } from "../app/locate-causes.ts";
import { prepare } from "../app/prepare.ts";
import type { Session } from "../app/session/session.ts";
import { type ExitCode, exitCode } from "../lib/errors.ts";
import { formatKeyPath } from "../lib/values.ts";
import type { ChartSource } from "../model/chart.ts";
import { formatPlan } from "../plan/format.ts";
import { formatPlace } from "../report/verdict.ts";
import type { PlanFlags } from "./args.ts";

/** Prints what a run would do, and which of the user's values would do nothing. Changes nothing, but for `--fix`. */
export async function plan(
  session: Session,
  flags: PlanFlags & { readonly verbose?: boolean },
  print: (text: string) => void,
): Promise<ExitCode> {
  for (const warning of session.loaded.warnings) session.context.log.warn(warning);
  const plan = await holdToLock(session, (await prepare(session)).plan);
  print(formatPlan(plan, { cwd: session.loaded.cwd, whole: flags.verbose === true }));
  const charts = await lookAtCharts(session, plan, flags);
  print(chartLines(session, charts));
  print(
    section("Monitors without a namespace go to that of their release:", namespaceLines(session)).join(""),
  );
  if (flags.fix) print(fixLines(await fixFiles(session, plan, charts.looked, flags)));
  const files = charts.looked.map(({ chart }) => chart);
  const means = objectMeans(session, () => definitionsIn(session, files));
  const mistakes = [
    ...charts.looked.flatMap((one) => one.mistakes),
    ...(await contentMistakes(means, session.loaded, plan, { sources: sourcesOf(charts) })),
    ...(await monitorMistakes(means, session, plan)),
  ];
  refuseCharts([...charts.refused, ...mistakes.map((mistake) => ({ mistake, fix: undefined }))]);
  await checkOnDisk(session, plan);
  const isDead = charts.looked.some(({ unknown }) => unknown.length > 0);
  return flags.strict && isDead ? exitCode.badConfig : exitCode.verified;
}

function chartLines({ loaded }: Session, { looked, missed }: ChartsLooked): string {
  const unknown = locateUnknownValues(
    loaded,
    looked.flatMap((one) => one.unknown),
  );
  return [
    ...section("Values that change nothing:", [
      ...unknown.map(({ value, at }) => `${at ? `${formatPlace(at)}  ` : ""}${describeUnknown(value)}`),
    ]),
    ...section(
      "Deprecated charts:",
      looked.flatMap(({ app, chart }) => deprecationOf(app, chart)),
    ),
    ...section(
      "Whether these values have an effect is not known:",
      missed.filter(({ hasValues }) => hasValues).map(({ app, why }) => `${app}: ${why}`),
    ),
    ...section(
      "Whether these charts are there is not known:",
      missed.filter(({ hasValues }) => !hasValues).map(({ app, why }) => `${app}: ${why}`),
    ),
  ].join("");
}

function fixLines({ files, notes }: FixedFiles): string {
  if (files.length === 0 && notes.length === 0) return "\nThere is nothing to correct.\n";
  return files
    .flatMap(({ file, fixed, diff, left, uncertain }) => [
      ...(fixed === undefined ? [] : [`\n${fixed} is ${file} with these changes:\n\n${diff}\n`]),
      ...section(
        `In ${file} only you can move these: an alias, a merge or the way they are written is in the way:`,
        left.map(({ app, path }) => `${app}: ${formatKeyPath(path)}`),
      ),
      ...section(`In ${file} these stay as they are, since it is not certain what was meant:`, [
        ...uncertain.map(({ app, path }) => `${app}: ${formatKeyPath(path)}`),
      ]),
    ])
    .concat(section("The objects that the charts render before and after:", notes))
    .join("");
}

function sourcesOf({ looked }: ChartsLooked): ReadonlyMap<string, ChartSource> {
  return new Map(looked.map(({ app, source }) => [app, source]));
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`\n${title}\n${lines.map((line) => `  ${line}\n`).join("")}`];
}
