import { buffer } from "node:stream/consumers";
import { isMapping } from "../../lib/object.ts";
import { operatorGroup, type PlacedObject } from "../../monitors/monitors.ts";
import { listScrapeParts, type ScrapePart } from "../../monitors/scrape-config.ts";
import { createRuleFile, judgeRuleTexts, locateFault, type RuleOptions } from "../../rules/rule-errors.ts";
import { judgeScrapes } from "../../rules/scrape-configs.ts";
import {
  createObjectJudge,
  type Definition,
  listRouteProblems,
  type ObjectJudge,
  readSchemas,
  schemasFile,
} from "../../schemas/operator.ts";
import type { Judge } from "../../upstream/protocol.ts";
import { formatPath, type Mistake } from "../../yaml/mistakes.ts";
import type { Session } from "../session/session.ts";

type Path = readonly (string | number)[];
type Mapping = Readonly<Record<string, unknown>>;

/** The judges of objects. The operator's schemas are read at their first use. */
export interface ObjectMeans {
  readonly judge: Judge;
  schemas(): Promise<ObjectJudge>;
}

/**
 * Returns the means to judge objects.
 * @param definitions reads the available definitions of the operator that is deployed
 */
export function createObjectMeans(
  { context, judge, program }: Pick<Session, "context" | "judge" | "program">,
  definitions: () => Promise<readonly Definition[]>,
): ObjectMeans {
  const createSchemas = async () => {
    const [bundled, operatorDefinitions] = await Promise.all([
      readProgramFile(context, program.folder),
      definitions(),
    ]);
    return createObjectJudge(readSchemas(bundled), operatorDefinitions);
  };
  let schemas: Promise<ObjectJudge> | undefined;
  return {
    judge,
    schemas: () => {
      schemas ??= createSchemas();
      return schemas;
    },
  };
}

/** Returns the bundled schemas of the operator's objects. */
async function readProgramFile({ host }: Session["context"], folder: string): Promise<Uint8Array> {
  return await buffer(host.files.stream(`${folder}/${schemasFile}`));
}

/** A mistake in a part of an object or of values. */
export interface Fault {
  readonly path: Path;
  readonly on: "key" | "value";
  readonly problem: string;
  readonly character?: number;
}

type JudgedObject = Pick<PlacedObject, "object" | "where">;

interface ObjectOptions {
  /** Prometheus' settings for all jobs. */
  readonly global: Mapping;
  readonly rules?: RuleOptions;
}

/**
 * Returns the mistakes for which the API server, the operator, Prometheus or Alertmanager would refuse objects of the
 * operator's kinds. Each part is reported once, with the API server's mistake before those of the programs.
 */
export async function judgeObjects(
  means: ObjectMeans,
  objects: readonly JudgedObject[],
  options: ObjectOptions,
): Promise<Mistake[]> {
  const operatorObjects = objects.filter(
    ({ object }) => String(object["apiVersion"]).split("/")[0] === operatorGroup,
  );
  if (operatorObjects.length === 0) return [];
  const schemas = await means.schemas();
  const refusedFaults = await Promise.all(
    operatorObjects.map(async ({ object }): Promise<readonly Fault[]> => schemas.judge(object)),
  );
  const remainingObjects = operatorObjects.map(({ object, where }, index) => ({
    object: removeRefusedParts(object, refusedFaults[index] ?? []),
    where,
  }));
  const ruleFaults = await judgeRuleObjects(means, remainingObjects, refusedFaults, options);
  const scrapeFaults = await judgeScrapeObjects(means, remainingObjects, refusedFaults, options);
  return operatorObjects.flatMap(({ object, where }, index) => {
    const faults: readonly Fault[] = [
      ...(refusedFaults[index] ?? []),
      ...(ruleFaults[index] ?? []),
      ...(scrapeFaults[index] ?? []),
      ...listRouteProblems(object),
    ];
    return faults.map(({ path, on, problem, character }) => ({
      where: where(path, on, character),
      path: [formatObjectName(object), formatPath(path)].filter((part) => part !== "").join(", "),
      problem,
    }));
  });
}

/** Returns an object's kind and name: `ServiceMonitor shop`. */
export function formatObjectName(object: Mapping): string {
  const { kind, metadata } = object;
  const name = isMapping(metadata) && typeof metadata["name"] === "string" ? ` ${metadata["name"]}` : "";
  return `${String(kind)}${name}`;
}

/**
 * Returns for each object the mistakes for which Prometheus would refuse its rules, without those that the API server
 * reports.
 */
async function judgeRuleObjects(
  { judge }: ObjectMeans,
  objects: readonly JudgedObject[],
  refusedFaults: readonly (readonly Fault[])[],
  { rules = {} }: ObjectOptions,
): Promise<Fault[][]> {
  const files = objects.map(({ object }) =>
    object["kind"] === "PrometheusRule" && isMapping(object["spec"])
      ? createRuleFile(object["spec"])
      : undefined,
  );
  const ruleFiles = files.filter((file) => file !== undefined);
  const faultsByFile = ruleFiles.length === 0 ? [] : await judgeRuleTexts(judge, ruleFiles, rules);
  return files.map((file, index) => {
    const fileFaults = file === undefined ? [] : (faultsByFile[ruleFiles.indexOf(file)] ?? []);
    const faults = fileFaults.map(
      (fault): Fault => ({ ...fault, path: ["spec", ...fault.path], on: locateFault(fault) }),
    );
    return removeKnownFaults(refusedFaults[index] ?? [], faults);
  });
}

/**
 * Returns for each object the mistakes for which Prometheus would refuse its scrape jobs, without those that the API
 * server reports.
 */
async function judgeScrapeObjects(
  { judge }: ObjectMeans,
  objects: readonly JudgedObject[],
  refusedFaults: readonly (readonly Fault[])[],
  { global }: ObjectOptions,
): Promise<Fault[][]> {
  const parts = objects.flatMap(({ object }, index) =>
    // A spec of the wrong type has no parts.
    listScrapeParts(String(object["kind"]), object["spec"]).map((part) => ({ index, part })),
  );
  const faultsByPart = await judgeParts(
    judge,
    parts.map(({ part }) => part),
    global,
  );
  return objects.map((_, index) => {
    const faults = parts.flatMap((placedPart, partIndex) =>
      placedPart.index === index
        ? (faultsByPart[partIndex] ?? []).map((fault) => ({ ...fault, path: ["spec", ...fault.path] }))
        : [],
    );
    return removeKnownFaults(refusedFaults[index] ?? [], faults);
  });
}

/**
 * Returns an object without the parts that the API server refuses, so that Prometheus' code finds the next mistake. A
 * refused rule is replaced by a valid one, so that the indexes of the others stay.
 */
function removeRefusedParts(object: Mapping, refusedFaults: readonly Fault[]): Mapping {
  if (refusedFaults.length === 0) return object;
  const copy = structuredClone(object);
  for (const { path, on } of refusedFaults) {
    const [, groups, , rules] = path;
    const isRule = groups === "groups" && rules === "rules" && path.length > 4;
    // A missing key of a rule is already reported, so the whole rule is removed.
    // A rule's path is spec, groups, INDEX, rules, INDEX.
    const removedPath = isRule && on === "key" ? path.slice(0, 5) : path;
    const parent = removedPath
      .slice(0, -1)
      .reduce<unknown>((node, step) => (node as Record<string | number, unknown> | undefined)?.[step], copy);
    const lastStep = removedPath.at(-1) ?? "";
    if (Array.isArray(parent) && isRule) parent[Number(lastStep)] = { record: "left_out", expr: "1" };
    else if (isMapping(parent) && removedPath.length > 1)
      delete (parent as Record<string, unknown>)[lastStep];
  }
  return copy;
}

/** Returns for each scrape part what Prometheus would refuse. Paths begin at the part. */
export async function judgeParts(
  judge: Pick<Judge, "ask">,
  parts: readonly ScrapePart[],
  global: Mapping,
): Promise<Fault[][]> {
  if (parts.length === 0) return [];
  const faultsByPart = await judgeScrapes(
    judge,
    parts.map(({ job }) => ({ job, global })),
  );
  return parts.map(({ pathOf }, index) =>
    (faultsByPart[index] ?? []).map(({ path, on, problem }) => ({
      path: pathOf(path),
      on,
      problem: problem.replace(/ for scrape config with job name "monitor"$/, ""),
    })),
  );
}

/**
 * Returns the faults without those that are at, above or below a known one, so that each mistake is reported once.
 */
export function removeKnownFaults(known: readonly Fault[], faults: readonly Fault[]): Fault[] {
  return faults.filter(
    ({ path }) =>
      !known.some((knownFault) => {
        const sharedLength = Math.min(knownFault.path.length, path.length);
        return (
          sharedLength > 1 &&
          knownFault.path.slice(0, sharedLength).every((step, index) => step === path[index])
        );
      }),
  );
}
