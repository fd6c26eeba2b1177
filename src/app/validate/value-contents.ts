import { parseDuration } from "../../lib/duration.ts";
import { isMapping } from "../../lib/object.ts";
import { listPartsOf, pickPart, type ScrapePart } from "../../monitors/scrape-config.ts";
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

export interface ContentOptions {
  readonly rules: RuleOptions;
  readonly alertmanager: {
    readonly features: readonly string[];
    /** The release that the values name; undefined: the chart's own. */
    readonly version: string | undefined;
  };
  /** Names of the jobs that the chart has itself. */
  readonly jobNames?: readonly string[];
  readonly where: Locate;
}

/** What is wrong with the contents of an app's values. */
export async function judgeContents(
  means: ObjectMeans,
  contents: readonly ValueContent[],
  options: ContentOptions,
): Promise<Mistake[]> {
  const of = <K extends ValueContent["kind"]>(kind: K) =>
    contents.filter((one): one is ContentOf<K> => one.kind === kind);
  return [
    ...contents.flatMap((content) => readContentDocuments(content, options.where).flatMap(findYamlMistakes)),
    ...(await judgeRuleContents(means, of("rules"), options)),
    ...(await judgeAlertmanagers(means, of("alertmanager"), options)),
    ...(await judgeScrapeConfigs(means, of("scrape"), options)),
    ...(await judgeContentObjects(means, of("object"), options)),
    ...(await judgeScrapeParts(means, of("part"), options)),
  ];
}

function findYamlMistakes({ content, error }: ContentDocument): Mistake[] {
  return error === undefined
    ? []
    : [{ where: error.where, path: formatPath(content.path), problem: error.problem }];
}

function toMistake({ content, where }: ContentDocument, { path, on, character, problem }: Fault): Mistake {
  return { where: where(path, on, character), path: formatPath([...content.path, ...path]), problem };
}

function listReadableDocuments(contents: readonly ValueContent[], where: Locate): ContentDocument[] {
  return contents
    .flatMap((content) => readContentDocuments(content, where))
    .filter(({ error }) => error === undefined);
}

async function judgeRuleContents(
  { judge }: ObjectMeans,
  contents: readonly ContentOf<"rules">[],
  { rules, where }: ContentOptions,
): Promise<Mistake[]> {
  const spots = listReadableDocuments(contents, where);
  if (spots.length === 0) return [];
  const judged = await judgeRuleTexts(
    judge,
    spots.map(({ data }) => createRuleFile(data)),
    rules,
  );
  return spots.flatMap((spot, index) =>
    (judged[index] ?? []).map((one) => {
      const path = one.path.length > 0 ? one.path : (findQuotedText(one.problem, spot.data) ?? []);
      return toMistake(spot, { ...one, path, on: locateFault(one) });
    }),
  );
}

/** Returns the path of the only text in the data that a message quotes: upstream reports no place for some values. */
function findQuotedText(message: string, data: unknown): Path | undefined {
  const found: Path[] = [];
  const walk = (node: unknown, path: Path): void => {
    if (typeof node === "string" && node.length > 1 && message.includes(JSON.stringify(node)))
      found.push(path);
    if (typeof node !== "object" || node === null) return;
    for (const [key, inner] of Object.entries(node))
      walk(inner, [...path, Array.isArray(node) ? Number(key) : key]);
  };
  walk(data, []);
  return found.length === 1 ? found[0] : undefined;
}

async function judgeAlertmanagers(
  { judge }: ObjectMeans,
  contents: readonly ContentOf<"alertmanager">[],
  { alertmanager, where }: ContentOptions,
): Promise<Mistake[]> {
  const judged = await Promise.all(
    listReadableDocuments(contents, where).map(async (spot) => {
      const faults = await judgeAlertmanager(judge, spot.data, alertmanager.features);
      const refused = faults
        // A newer one may know the key.
        .filter(({ isUnknownKey }) => !isUnknownKey || !isNewerThanJudge(alertmanager.version))
        .map(
          ({ path, problem, isUnknownKey }): Fault => ({ path, problem, on: isUnknownKey ? "key" : "value" }),
        );
      const receivers = findUndefinedReceivers(spot.data);
      const others = refused.filter(
        ({ problem }) => !receivers.some((one) => problem.startsWith(one.problem)),
      );
      return [...others, ...receivers].map((fault) => toMistake(spot, fault));
    }),
  );
  return judged.flat();
}

interface PlacedJob {
  readonly spot: ContentDocument;
  /** In the spot's data. */
  readonly at: Path;
  readonly scrape: ScrapeToJudge;
}

async function judgeScrapeConfigs(
  { judge }: ObjectMeans,
  contents: readonly ContentOf<"scrape">[],
  { where, jobNames = [] }: ContentOptions,
): Promise<Mistake[]> {
  const jobs = contents.flatMap((content) =>
    listReadableDocuments([content], where).flatMap((spot) => listPlacedJobs(content, spot)),
  );
  if (jobs.length === 0) return [];
  const first = await judgeScrapes(
    judge,
    jobs.map(({ scrape }) => scrape),
  );
  // What is wrong with the settings for all jobs must not be said of each job.
  const isGlobalWrong = jobs.some(({ scrape }, index) => scrape.job === undefined && first[index]?.length);
  const judged = isGlobalWrong
    ? await judgeScrapes(
        judge,
        jobs.map(({ scrape }) => (scrape.job === undefined ? scrape : { ...scrape, global: {} })),
      )
    : first;
  const twice = findRepeatedNames(
    jobs.map(({ scrape }) => scrape.job),
    jobNames,
  );
  return jobs.flatMap(({ spot, at }, index) => {
    const name = twice.find((one) => one.index === index)?.name;
    const again: Fault[] =
      name === undefined
        ? []
        : [
            {
              path: [...at, "job_name"],
              on: "value",
              problem: `another job is named ${name} too; each needs a name of its own`,
            },
          ];
    const faults = (judged[index] ?? []).map((one): Fault => {
      const fault = asUsers(spot, one);
      return { ...fault, path: [...at, ...fault.path] };
    });
    return [...faults, ...again].map((fault) => toMistake(spot, fault));
  });
}

/** Of a timeout that is the chart's own, the user's interval is what is too short for it. */
function asUsers({ content, data }: ContentDocument, fault: Fault): Fault {
  const isOfChart =
    content.kind === "scrape" && content.isGlobal && isMapping(data) && !("scrape_timeout" in data);
  if (!isOfChart || fault.path[0] !== "scrape_timeout") return fault;
  const own = String(content.global["scrape_timeout"]);
  return {
    ...fault,
    path: ["scrape_interval"],
    problem: `${fault.problem}; scrape_timeout is ${own} unless you set it`,
  };
}

/** Lists the jobs of a scrape configuration. Texts with templates are left out: only helm knows their values. */
function listPlacedJobs(
  { global, jobName, isGlobal }: ContentOf<"scrape">,
  spot: ContentDocument,
): PlacedJob[] {
  if (isGlobal) return isUsualGlobal(global) ? [] : [{ spot, at: [], scrape: { global } }].filter(isPlain);
  if (jobName !== undefined && isMapping(spot.data)) {
    const { enabled: _, ...job } = spot.data;
    return [
      { spot, at: [], scrape: { job: { ...job, job_name: job["job_name"] || jobName }, global } },
    ].filter(isPlain);
  }
  if (!Array.isArray(spot.data)) return [{ spot, at: [], scrape: { job: spot.data, global } }];
  return spot.data
    .map((job: unknown, index) => ({ spot, at: [index], scrape: { job, global } }))
    .filter(isPlain);
}

/** Nothing but intervals that fit: nobody has to be asked, which takes a second. */
function isUsualGlobal(global: Readonly<Record<string, unknown>>): boolean {
  const names = ["scrape_interval", "scrape_timeout", "evaluation_interval"];
  const times = Object.entries(global).map(([name, value]) =>
    names.includes(name) && typeof value === "string" ? parseDuration(value) : undefined,
  );
  const [interval = 0, timeout = 0] = ["scrape_interval", "scrape_timeout"].map(
    (name) => parseDuration(String(global[name])) ?? 0,
  );
  return times.every((ms) => ms !== undefined && ms > 0) && timeout <= interval;
}

function isPlain({ scrape }: PlacedJob): boolean {
  return !JSON.stringify(scrape).includes("{{");
}

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

async function judgeScrapeParts(
  means: ObjectMeans,
  contents: readonly ContentOf<"part">[],
  { where }: ContentOptions,
): Promise<Mistake[]> {
  if (contents.length === 0) return [];
  const schemas = await means.schemas();
  const parts = contents.map((content) => ({ content, scrapes: listScrapeParts(content) }));
  const all = parts.flatMap(({ scrapes }) => scrapes);
  const judged = await judgeParts(means.judge, all, {});
  const each = parts.map(async ({ content, scrapes }) => {
    const { of, at, data, path } = content;
    const [spot] = listReadableDocuments([content], where);
    if (data === undefined || data === null)
      return [
        {
          where: where(path, "key"),
          path: formatPath(path),
          problem: `the key ${String(path.at(-1))} is missing`,
        },
      ];
    if (spot === undefined) return [];
    const refused: readonly Fault[] = (await schemas.judgePart(of, at, data)) ?? [];
    const faults = scrapes.flatMap((one) => judged[all.indexOf(one)] ?? []);
    return [...refused, ...removeKnownFaults(refused, faults)].map((fault) => toMistake(spot, fault));
  });
  return (await Promise.all(each)).flat();
}

function listScrapeParts({ of, at, data }: ContentOf<"part">): ScrapePart[] {
  const last = at.at(-1);
  if (of === "Prometheus") return isMapping(data) ? [pickPart(data, [])] : [];
  if (last === "endpoints" || last === "podMetricsEndpoints") return listPartsOf(data, []);
  if (last !== "relabelings" || !Array.isArray(data)) return [];
  // The path of a relabeling in the list is that in the part, without the list's own name.
  const part = pickPart({ relabelings: data }, []);
  return [{ ...part, pathOf: (inJob) => part.pathOf(inJob).slice(1) }];
}
