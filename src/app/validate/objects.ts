import { buffer } from "node:stream/consumers";
import { isMapping } from "../../lib/object.ts";
import { operatorGroup, type PlacedObject } from "../../monitors/monitors.ts";
import { listScrapeParts, type ScrapePart } from "../../monitors/scrape-config.ts";
import { createRuleFile, judgeRuleTexts, locateFault, type RuleOptions } from "../../rules/rule-errors.ts";
import { judgeScrapes } from "../../rules/scrape-configs.ts";
import {
  createObjectJudge,
  type Definition,
  type ObjectJudge,
  readSchemas,
  routeProblems,
  schemasFile,
} from "../../schemas/operator.ts";
import type { Judge } from "../../upstream/protocol.ts";
import { formatPath, type Mistake } from "../../yaml/mistakes.ts";
import type { Session } from "../session/session.ts";

type Path = readonly (string | number)[];
type Mapping = Readonly<Record<string, unknown>>;

/** What objects are judged with; the schemas are read when the first one comes. */
export interface ObjectMeans {
  readonly judge: Judge;
  schemas(): Promise<ObjectJudge>;
}

/** @param definitions those of the operator that is deployed, as far as they are at hand */
export function createObjectMeans(
  { context, judge, program }: Pick<Session, "context" | "judge" | "program">,
  definitions: () => Promise<readonly Definition[]>,
): ObjectMeans {
  const read = async () => {
    const [bundled, own] = await Promise.all([readProgramFile(context, program.folder), definitions()]);
    return createObjectJudge(readSchemas(bundled), own);
  };
  let schemas: Promise<ObjectJudge> | undefined;
  return {
    judge,
    schemas: () => {
      schemas ??= read();
      return schemas;
    },
  };
}

async function readProgramFile({ host }: Session["context"], folder: string): Promise<Uint8Array> {
  return await buffer(host.files.stream(`${folder}/${schemasFile}`));
}

/** Something wrong with a part of an object, or of some values. */
export interface Fault {
  readonly path: Path;
  readonly on: "key" | "value";
  readonly problem: string;
  readonly character?: number;
}

type Judged = Pick<PlacedObject, "object" | "where">;

export interface ObjectOptions {
  /** Prometheus' settings for all jobs. */
  readonly global: Mapping;
  readonly rules?: RuleOptions;
}

/** What the API server, the operator, Prometheus or Alertmanager would refuse of objects of the operator's kinds. */
export async function judgeObjects(
  means: ObjectMeans,
  objects: readonly Judged[],
  options: ObjectOptions,
): Promise<Mistake[]> {
  const own = objects.filter(({ object }) => String(object["apiVersion"]).split("/")[0] === operatorGroup);
  if (own.length === 0) return [];
  const schemas = await means.schemas();
  const refused = await Promise.all(
    own.map(async ({ object }): Promise<readonly Fault[]> => schemas.judge(object)),
  );
  const rest = own.map(({ object, where }, index) => ({
    object: withoutRefused(object, refused[index] ?? []),
    where,
  }));
  const rules = await judgeRuleObjects(means, rest, refused, options);
  const scrapes = await judgeScrapeObjects(means, rest, refused, options);
  return own.flatMap(({ object, where }, index) => {
    const faults: readonly Fault[] = [
      ...(refused[index] ?? []),
      ...(rules[index] ?? []),
      ...(scrapes[index] ?? []),
      ...routeProblems(object),
    ];
    return faults.map(({ path, on, problem, character }) => ({
      where: where(path, on, character),
      path: [nameOf(object), formatPath(path)].filter((part) => part !== "").join(", "),
      problem,
    }));
  });
}

/** `ServiceMonitor shop` */
export function nameOf(object: Mapping): string {
  const { kind, metadata } = object;
  const name = isMapping(metadata) && typeof metadata["name"] === "string" ? ` ${metadata["name"]}` : "";
  return `${String(kind)}${name}`;
}

async function judgeRuleObjects(
  { judge }: ObjectMeans,
  objects: readonly Judged[],
  refused: readonly (readonly Fault[])[],
  { rules = {} }: ObjectOptions,
): Promise<Fault[][]> {
  const files = objects.map(({ object }) =>
    object["kind"] === "PrometheusRule" && isMapping(object["spec"])
      ? createRuleFile(object["spec"])
      : undefined,
  );
  const asked = files.filter((file) => file !== undefined);
  const judged = asked.length === 0 ? [] : await judgeRuleTexts(judge, asked, rules);
  return files.map((file, index) => {
    const found = file === undefined ? [] : (judged[asked.indexOf(file)] ?? []);
    const faults = found.map((one): Fault => ({ ...one, path: ["spec", ...one.path], on: locateFault(one) }));
    return removeKnownFaults(refused[index] ?? [], faults);
  });
}

async function judgeScrapeObjects(
  { judge }: ObjectMeans,
  objects: readonly Judged[],
  refused: readonly (readonly Fault[])[],
  { global }: ObjectOptions,
): Promise<Fault[][]> {
  const parts = objects.flatMap(({ object }, index) =>
    // Of something that has the wrong type there is no job to judge.
    listScrapeParts(String(object["kind"]), object["spec"]).map((part) => ({ index, part })),
  );
  const judged = await judgeParts(
    judge,
    parts.map(({ part }) => part),
    global,
  );
  return objects.map((_, index) => {
    const faults = parts.flatMap((one, at) =>
      one.index === index
        ? (judged[at] ?? []).map((fault) => ({ ...fault, path: ["spec", ...fault.path] }))
        : [],
    );
    return removeKnownFaults(refused[index] ?? [], faults);
  });
}

/** Without what the API server refuses, so that Prometheus' code gets as far as the next mistake. */
function withoutRefused(object: Mapping, refused: readonly Fault[]): Mapping {
  if (refused.length === 0) return object;
  const rest = structuredClone(object);
  for (const { path, on } of refused) {
    const [, groups, , rules] = path;
    const isRule = groups === "groups" && rules === "rules" && path.length > 4;
    // What a rule without one of its keys is missing has been said.
    const at = isRule && on === "key" ? path.slice(0, 5) : path;
    const parent = at
      .slice(0, -1)
      .reduce<unknown>((node, step) => (node as Record<string | number, unknown> | undefined)?.[step], rest);
    const last = at.at(-1) ?? "";
    if (Array.isArray(parent) && isRule) parent[Number(last)] = { record: "left_out", expr: "1" };
    else if (isMapping(parent) && at.length > 1) delete (parent as Record<string, unknown>)[last];
  }
  return rest;
}

/** The same for parts that are not in an object; paths are those of the parts. */
export async function judgeParts(
  judge: Pick<Judge, "ask">,
  parts: readonly ScrapePart[],
  global: Mapping,
): Promise<Fault[][]> {
  if (parts.length === 0) return [];
  const judged = await judgeScrapes(
    judge,
    parts.map(({ job }) => ({ job, global })),
  );
  return parts.map(({ pathOf }, index) =>
    (judged[index] ?? []).map(({ path, on, problem }) => ({
      path: pathOf(path),
      on,
      problem: problem.replace(/ for scrape config with job name "monitor"$/, ""),
    })),
  );
}

/** Removes faults at, above or below a place that another judge has refused: each is reported once. */
export function removeKnownFaults(known: readonly Fault[], faults: readonly Fault[]): Fault[] {
  return faults.filter(
    ({ path }) =>
      !known.some((one) => {
        const shared = Math.min(one.path.length, path.length);
        return shared > 1 && one.path.slice(0, shared).every((step, index) => step === path[index]);
      }),
  );
}
