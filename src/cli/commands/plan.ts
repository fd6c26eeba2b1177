import { type FixedFiles, fixFiles } from "../../app/charts/fix-files.ts";
import { type ChartInspection, inspectCharts } from "../../app/charts/inspect.ts";
import { describeDeprecation, describeUnknownValue, refuseCharts } from "../../app/charts/unknown-values.ts";
import { lockPlan } from "../../app/downloads/supply.ts";
import { locateUnknownValues } from "../../app/locate-causes.ts";
import { prepare } from "../../app/prepare.ts";
import type { Session } from "../../app/session/session.ts";
import { checkOnDisk } from "../../app/validate/files-on-disk.ts";
import { describeNamespaces, findMonitorMistakes, readDefinitions } from "../../app/validate/monitors.ts";
import { createObjectMeans } from "../../app/validate/objects.ts";
import { findContentMistakes } from "../../app/validate/values.ts";
import { listSettingNames } from "../../config/settings.ts";
import { type ExitCode, exitCode } from "../../lib/errors.ts";
import { formatKeyPath } from "../../lib/object.ts";
import type { ChartSource } from "../../model/chart.ts";
import { formatPlan } from "../../plan/format.ts";
import { formatPlace } from "../../report/verdict.ts";
import { defineCommand, type Print } from "../command.ts";

interface PlanFlags {
  readonly fix?: boolean;
  readonly offline?: boolean;
  readonly strict?: boolean;
  readonly verbose?: boolean;
}

export const planCommand = defineCommand({
  name: "plan",
  summary: "print what a run would do, and change nothing",
  flags: [
    {
      term: "--fix",
      help: "Write a corrected FILE.fixed.yaml beside each file with values that change nothing",
    },
    {
      term: "--offline",
      help: "Fetch no charts: values that change nothing are not looked for",
    },
    { term: "--strict", help: "2 if a value changes nothing" },
  ],
  settings: listSettingNames(),
  examples: [
    ["monstack plan", "apps, versions, the settings of the profile, mistakes in values"],
    ["monstack plan --offline --verbose", "without the network, with every value in full"],
  ],
  read: (flags: PlanFlags) => flags,
  run: ({ withSession, print }, flags) => withSession((session) => printPlan(session, flags, print)),
});

/** Prints what a run would do, and the user's values that have no effect. */
async function printPlan(
  session: Session,
  { fix = false, offline = false, strict = false, verbose = false }: PlanFlags,
  print: Print,
): Promise<ExitCode> {
  for (const warning of session.loaded.warnings) session.context.log.warn(warning);
  const plan = await lockPlan(session, (await prepare(session)).plan);
  print(formatPlan(plan, { cwd: session.loaded.cwd, areValuesWhole: verbose }));
  const charts = await inspectCharts(session, plan, { offline });
  print(formatCharts(session, charts));
  print(
    formatSection(
      "Monitors without a namespace go to that of their release:",
      describeNamespaces(session),
    ).join(""),
  );
  if (fix) print(formatFixes(await fixFiles(session, plan, charts.inspected, { offline })));
  const chartFiles = charts.inspected.map(({ chart }) => chart);
  const means = createObjectMeans(session, () => readDefinitions(session, chartFiles));
  const mistakes = [
    ...charts.inspected.flatMap((chart) => chart.mistakes),
    ...(await findContentMistakes(means, session.loaded, plan, { sources: collectSources(charts) })),
    ...(await findMonitorMistakes(means, session, plan)),
  ];
  refuseCharts([...charts.refused, ...mistakes.map((mistake) => ({ mistake, fix: undefined }))]);
  await checkOnDisk(session, plan);
  const hasUnreadValues = charts.inspected.some(({ unknown }) => unknown.length > 0);
  return strict && hasUnreadValues ? exitCode.badConfig : exitCode.verified;
}

/**
 * Formats what was found about the charts: values without effect, deprecated charts, and charts that could not be
 * inspected.
 */
function formatCharts({ loaded }: Session, { inspected, missing }: ChartInspection): string {
  const unknown = locateUnknownValues(
    loaded,
    inspected.flatMap((chart) => chart.unknown),
  );
  return [
    ...formatSection("Values that change nothing:", [
      ...unknown.map(({ value, at }) => `${at ? `${formatPlace(at)}  ` : ""}${describeUnknownValue(value)}`),
    ]),
    ...formatSection(
      "Deprecated charts:",
      inspected.flatMap(({ app, chart }) => describeDeprecation(app, chart)),
    ),
    ...formatSection(
      "Whether these values have an effect is not known:",
      missing.filter(({ hasValues }) => hasValues).map(({ app, why }) => `${app}: ${why}`),
    ),
    ...formatSection(
      "Whether these charts are there is not known:",
      missing.filter(({ hasValues }) => !hasValues).map(({ app, why }) => `${app}: ${why}`),
    ),
  ].join("");
}

/** Formats the corrected files: their changes, and keys that were not corrected. */
function formatFixes({ files, notes }: FixedFiles): string {
  if (files.length === 0 && notes.length === 0) return "\nThere is nothing to correct.\n";
  return files
    .flatMap(({ file, fixed, diff, left, uncertain }) => [
      ...(fixed === undefined ? [] : [`\n${fixed} is ${file} with these changes:\n\n${diff}\n`]),
      ...formatSection(
        `In ${file} only you can move these: an alias, a merge or the way they are written is in the way:`,
        left.map(({ app, path }) => `${app}: ${formatKeyPath(path)}`),
      ),
      ...formatSection(`In ${file} these stay as they are, since it is not certain what was meant:`, [
        ...uncertain.map(({ app, path }) => `${app}: ${formatKeyPath(path)}`),
      ]),
    ])
    .concat(formatSection("The objects that the charts render before and after:", notes))
    .join("");
}

/** Returns the sources of the inspected charts by app. */
function collectSources({ inspected }: ChartInspection): ReadonlyMap<string, ChartSource> {
  return new Map(inspected.map(({ app, source }) => [app, source]));
}

/** Returns a title with its indented lines; empty without lines. */
function formatSection(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`\n${title}\n${lines.map((line) => `  ${line}\n`).join("")}`];
}
