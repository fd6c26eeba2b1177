import { parseDuration } from "../../lib/duration.ts";
import { isMapping } from "../../lib/object.ts";
import { listEndpointParts, pickPart, type ScrapePart } from "../../monitors/scrape-config.ts";
import {
  type ContentDocument,
  type Locate,
  readContentDocuments,
  type ValueContent,
} from "../../plan/values/value-contents.ts";
import { isNewerThanJudge, judgeAlertmanager } from "../../rules/alertmanager.ts";
import { createRuleFile, judgeRuleTexts, locateFault, type RuleOptions } from "../../rules/rule-errors.ts";
import { findRepeatedNames, judgeScrapes, type ScrapeToJudge } from "../../rules/scrape-configs.ts";
import { findUndefinedReceivers } from "../../schemas/operator.ts";
import { formatPath, type Mistake } from "../../yaml/mistakes.ts";
import { type Fault, judgeObjects, judgeParts, type ObjectMeans, removeKnownFaults } from "./objects.ts";

type Path = readonly (string | number)[];
type ContentOf<K extends ValueContent["kind"]> = Extract<ValueContent, { kind: K }>;

interface ContentOptions {
  readonly rules: RuleOptions;
  readonly alertmanager: {
    readonly features: readonly string[];
    /** Alertmanager's version in the values; undefined: the chart's own. */
    readonly version: string | undefined;
  };
  /** Names of the chart's own jobs. */
  readonly jobNames?: readonly string[];
  readonly where: Locate;
}

/**
 * Returns the mistakes in the contents of an app's values: rules, configurations and objects that upstream would
 * refuse.
 */
export async function judgeContents(
  means: ObjectMeans,
  contents: readonly ValueContent[],
  options: ContentOptions,
): Promise<Mistake[]> {
  const selectKind = <K extends ValueContent["kind"]>(kind: K) =>
    contents.filter((content): content is ContentOf<K> => content.kind === kind);
  return [
    ...contents.flatMap((content) => readContentDocuments(content, options.where).flatMap(findYamlMistakes)),
    ...(await judgeRuleContents(means, selectKind("rules"), options)),
    ...(await judgeAlertmanagers(means, selectKind("alertmanager"), options)),
    ...(await judgeScrapeConfigs(means, selectKind("scrape"), options)),
    ...(await judgeContentObjects(means, selectKind("object"), options)),
    ...(await judgeScrapeParts(means, selectKind("part"), options)),
  ];
}

/** Returns the YAML error of a document as a mistake, if it has one. */
function findYamlMistakes({ content, error }: ContentDocument): Mistake[] {
  return error === undefined
    ? []
    : [{ where: error.where, path: formatPath(content.path), problem: error.problem }];
}

/** Returns a fault in a document as a mistake with its place in the user's file. */
function createMistake(
  { content, where }: ContentDocument,
  { path, on, character, problem }: Fault,
): Mistake {
  return { where: where(path, on, character), path: formatPath([...content.path, ...path]), problem };
}

/** Returns the documents of some contents that are valid YAML. */
function listReadableDocuments(contents: readonly ValueContent[], where: Locate): ContentDocument[] {
  return contents
    .flatMap((content) => readContentDocuments(content, where))
    .filter(({ error }) => error === undefined);
}

/** Returns what Prometheus would refuse in rules in values. */
async function judgeRuleContents(
  { judge }: ObjectMeans,
  contents: readonly ContentOf<"rules">[],
  { rules, where }: ContentOptions,
): Promise<Mistake[]> {
  const documents = listReadableDocuments(contents, where);
  if (documents.length === 0) return [];
  const faults = await judgeRuleTexts(
    judge,
    documents.map(({ data }) => createRuleFile(data)),
    rules,
  );
  return documents.flatMap((document, index) =>
    (faults[index] ?? []).map((fault) => {
      const path = fault.path.length > 0 ? fault.path : (findQuotedText(fault.problem, document.data) ?? []);
      return createMistake(document, { ...fault, path, on: locateFault(fault) });
    }),
  );
}

/** Returns the path of the only text in the data that a message quotes: upstream reports no place for some values. */
function findQuotedText(message: string, data: unknown): Path | undefined {
  const matchingPaths: Path[] = [];
  const collectMatches = (node: unknown, path: Path): void => {
    if (typeof node === "string" && node.length > 1 && message.includes(JSON.stringify(node)))
      matchingPaths.push(path);
    if (typeof node !== "object" || node === null) return;
    for (const [key, child] of Object.entries(node))
      collectMatches(child, [...path, Array.isArray(node) ? Number(key) : key]);
  };
  collectMatches(data, []);
  return matchingPaths.length === 1 ? matchingPaths[0] : undefined;
}

/** Returns what Alertmanager would refuse in configurations in values. */
async function judgeAlertmanagers(
  { judge }: ObjectMeans,
  contents: readonly ContentOf<"alertmanager">[],
  { alertmanager, where }: ContentOptions,
): Promise<Mistake[]> {
  const mistakesByDocument = await Promise.all(
    listReadableDocuments(contents, where).map(async (document) => {
      const faults = await judgeAlertmanager(judge, document.data, alertmanager.features);
      const refusedFaults = faults
        // A newer Alertmanager may know the key.
        .filter(({ isUnknownKey }) => !isUnknownKey || !isNewerThanJudge(alertmanager.version))
        .map(
          ({ path, problem, isUnknownKey }): Fault => ({ path, problem, on: isUnknownKey ? "key" : "value" }),
        );
      const receiverFaults = findUndefinedReceivers(document.data);
      const otherFaults = refusedFaults.filter(
        ({ problem }) => !receiverFaults.some((receiverFault) => problem.startsWith(receiverFault.problem)),
      );
      return [...otherFaults, ...receiverFaults].map((fault) => createMistake(document, fault));
    }),
  );
  return mistakesByDocument.flat();
}

/** A scrape job and its place in a document. */
interface PlacedJob {
  readonly document: ContentDocument;
  /** Key path of the job in the document. */
  readonly at: Path;
  readonly scrape: ScrapeToJudge;
}

/** Returns what Prometheus would refuse in scrape configurations in values, and job names that are used twice. */
async function judgeScrapeConfigs(
  { judge }: ObjectMeans,
  contents: readonly ContentOf<"scrape">[],
  { where, jobNames = [] }: ContentOptions,
): Promise<Mistake[]> {
  const jobs = contents.flatMap((content) =>
    listReadableDocuments([content], where).flatMap((document) => listPlacedJobs(content, document)),
  );
  if (jobs.length === 0) return [];
  const firstFaults = await judgeScrapes(
    judge,
    jobs.map(({ scrape }) => scrape),
  );
  // A fault in the settings for all jobs must not be reported for each job.
  const hasGlobalFault = jobs.some(
    ({ scrape }, index) => scrape.job === undefined && firstFaults[index]?.length,
  );
  const faultsByJob = hasGlobalFault
    ? await judgeScrapes(
        judge,
        jobs.map(({ scrape }) => (scrape.job === undefined ? scrape : { ...scrape, global: {} })),
      )
    : firstFaults;
  const repeatedNames = findRepeatedNames(
    jobs.map(({ scrape }) => scrape.job),
    jobNames,
  );
  return jobs.flatMap(({ document, at: jobPath }, index) => {
    const name = repeatedNames.find((repeatedName) => repeatedName.index === index)?.name;
    const nameFaults: Fault[] =
      name === undefined
        ? []
        : [
            {
              path: [...jobPath, "job_name"],
              on: "value",
              problem: `another job is named ${name} too; each needs a name of its own`,
            },
          ];
    const faults = (faultsByJob[index] ?? []).map((jobFault): Fault => {
      const fault = blameUserInterval(document, jobFault);
      return { ...fault, path: [...jobPath, ...fault.path] };
    });
    return [...faults, ...nameFaults].map((fault) => createMistake(document, fault));
  });
}

/**
 * Returns the fault with the user's scrape interval as its place, if it is about the chart's own timeout: the user
 * set only the interval, and the timeout is too long for it. Any other fault is returned unchanged.
 */
function blameUserInterval({ content, data }: ContentDocument, fault: Fault): Fault {
  const isChartTimeout =
    content.kind === "scrape" && content.isGlobal && isMapping(data) && !("scrape_timeout" in data);
  if (!isChartTimeout || fault.path[0] !== "scrape_timeout") return fault;
  const chartTimeout = String(content.global["scrape_timeout"]);
  return {
    ...fault,
    path: ["scrape_interval"],
    problem: `${fault.problem}; scrape_timeout is ${chartTimeout} unless you set it`,
  };
}

/**
 * Returns the jobs of a scrape configuration: the global settings alone, one job of the chart's mapping, or the jobs
 * of a list. Jobs with templates are left out, because only helm knows their values.
 */
function listPlacedJobs(
  { global, jobName, isGlobal }: ContentOf<"scrape">,
  document: ContentDocument,
): PlacedJob[] {
  if (isGlobal)
    return hasFittingIntervals(global)
      ? []
      : [{ document, at: [], scrape: { global } }].filter(hasNoTemplate);
  if (jobName !== undefined && isMapping(document.data)) {
    const { enabled: _, ...job } = document.data;
    return [
      { document, at: [], scrape: { job: { ...job, job_name: job["job_name"] || jobName }, global } },
    ].filter(hasNoTemplate);
  }
  if (!Array.isArray(document.data)) return [{ document, at: [], scrape: { job: document.data, global } }];
  return document.data
    .map((job: unknown, index) => ({ document, at: [index], scrape: { job, global } }))
    .filter(hasNoTemplate);
}

/**
 * True if global settings are only intervals that fit together. They need no judgement of upstream's code, which
 * takes a second.
 */
function hasFittingIntervals(global: Readonly<Record<string, unknown>>): boolean {
  const names = ["scrape_interval", "scrape_timeout", "evaluation_interval"];
  const times = Object.entries(global).map(([name, value]) =>
    names.includes(name) && typeof value === "string" ? parseDuration(value) : undefined,
  );
  const [interval = 0, timeout = 0] = ["scrape_interval", "scrape_timeout"].map(
    (name) => parseDuration(String(global[name])) ?? 0,
  );
  return times.every((ms) => ms !== undefined && ms > 0) && timeout <= interval;
}

/** True if a job has no template. */
function hasNoTemplate({ scrape }: PlacedJob): boolean {
  return !JSON.stringify(scrape).includes("{{");
}

/**
 * Returns what the API server or the operator would refuse in objects in values. Names with templates are left out.
 */
async function judgeContentObjects(
  means: ObjectMeans,
  contents: readonly ContentOf<"object">[],
  options: ContentOptions,
): Promise<Mistake[]> {
  const objects = listReadableDocuments(contents, options.where).flatMap(({ data, where }) =>
    isMapping(data) && !JSON.stringify(data["metadata"] ?? null).includes("{{")
      ? [{ object: data, where }]
      : [],
  );
  return await judgeObjects(means, objects, { global: {}, rules: options.rules });
}

/**
 * Returns what the operator or Prometheus would refuse in parts of monitors in values, and required parts that are
 * missing.
 */
async function judgeScrapeParts(
  means: ObjectMeans,
  contents: readonly ContentOf<"part">[],
  { where }: ContentOptions,
): Promise<Mistake[]> {
  if (contents.length === 0) return [];
  const schemas = await means.schemas();
  const parts = contents.map((content) => ({ content, scrapes: listScrapeParts(content) }));
  const allScrapes = parts.flatMap(({ scrapes }) => scrapes);
  const faultsByScrape = await judgeParts(means.judge, allScrapes, {});
  const mistakes = parts.map(async ({ content, scrapes }) => {
    const { of: objectKind, at: partPath, data, path } = content;
    const [document] = listReadableDocuments([content], where);
    if (data === undefined || data === null)
      return [
        {
          where: where(path, "key"),
          path: formatPath(path),
          problem: `the key ${String(path.at(-1))} is missing`,
        },
      ];
    if (document === undefined) return [];
    const refusedFaults: readonly Fault[] = (await schemas.judgePart(objectKind, partPath, data)) ?? [];
    const faults = scrapes.flatMap((scrape) => faultsByScrape[allScrapes.indexOf(scrape)] ?? []);
    return [...refusedFaults, ...removeKnownFaults(refusedFaults, faults)].map((fault) =>
      createMistake(document, fault),
    );
  });
  return (await Promise.all(mistakes)).flat();
}

/** Returns the parts of a content that make a scrape job. */
function listScrapeParts({ of: objectKind, at: partPath, data }: ContentOf<"part">): ScrapePart[] {
  const lastKey = partPath.at(-1);
  if (objectKind === "Prometheus") return isMapping(data) ? [pickPart(data, [])] : [];
  if (lastKey === "endpoints" || lastKey === "podMetricsEndpoints") return listEndpointParts(data, []);
  if (lastKey !== "relabelings" || !Array.isArray(data)) return [];
  // The path of a relabeling in the list is that in the part, without the list's own name.
  const part = pickPart({ relabelings: data }, []);
  return [{ ...part, pathOf: (inJob) => part.pathOf(inJob).slice(1) }];
}
