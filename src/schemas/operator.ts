import { zstdDecompressSync } from "node:zlib";
import { isMapping } from "../lib/object.ts";
import { didYouMean } from "../lib/suggest.ts";
import { operatorGroup } from "../monitors/monitors.ts";
import { extractKindSchema, type KindSchema } from "./crd.ts";
import { explainErrors, type Path, type SchemaProblem, type Validate } from "./explain.ts";

/** The file beside the program that scripts/build-operator-schemas.ts makes from the operator's release. */
export const schemasFile = "operator-schemas.json.zst";

export interface OperatorSchemas {
  /** The operator's release from which they are made: `v0.93.1`. */
  readonly operator: string;
  /** The release's Go module, and its license. */
  readonly module: string;
  readonly license: string;
  /** sha256 of the inputs and of the script. */
  readonly made: string;
  readonly kinds: readonly KindSchema[];
}

/** Returns the schemas in the compressed file. */
export function readSchemas(file: Uint8Array): OperatorSchemas {
  return JSON.parse(zstdDecompressSync(file).toString("utf8")) as OperatorSchemas;
}

/**
 * Validates objects of the operator's kinds as the API server does, with the definitions of one release of the
 * operator.
 */
export interface ObjectJudge {
  readonly operator: string;
  judge(object: Readonly<Record<string, unknown>>): Promise<readonly SchemaProblem[]>;
  /** Validates a part of an object, e.g. `["spec", "endpoints"]` of a ServiceMonitor. Undefined: the schema has no such part. */
  judgePart(
    kind: string,
    path: readonly string[],
    data: unknown,
  ): Promise<readonly SchemaProblem[] | undefined>;
}

/** A CustomResourceDefinition that the stack deploys. It is read when the first object of its kind is validated. */
export interface Definition {
  readonly kind: string;
  /** The operator's release: `v0.93.1`. */
  readonly release: string;
  read(): unknown;
}

/**
 * Returns the judge of the operator's objects.
 * @param definitions definitions of the deployed operator; if they are of another release than the schemas, they take
 * precedence
 */
export function createObjectJudge(
  { operator, kinds }: OperatorSchemas,
  definitions: readonly Definition[] = [],
): ObjectJudge {
  const deployedKinds = new Map<string, KindSchema | undefined>();
  const findKind = (kind: unknown): KindSchema | undefined => {
    const name = String(kind);
    const deployedDefinition = definitions.find(
      (definition) => definition.kind === name && definition.release !== operator,
    );
    if (deployedDefinition !== undefined && !deployedKinds.has(name))
      deployedKinds.set(name, extractKindSchema(deployedDefinition.read()));
    return deployedKinds.get(name) ?? kinds.find((definition) => definition.kind === name);
  };
  const validatorsByName = new Map<string, Promise<Validate>>();
  const getValidator = (name: string, schema: object): Promise<Validate> => {
    const validator = validatorsByName.get(name) ?? compileDefinition(schema);
    validatorsByName.set(name, validator);
    return validator;
  };
  return {
    operator,
    async judge(object) {
      const [group, version = ""] = String(object["apiVersion"]).split("/");
      if (group !== operatorGroup) return [];
      const kindSchema = findKind(object["kind"]);
      if (kindSchema === undefined) {
        const names = kinds.map(({ kind }) => kind);
        const problem = `${operatorGroup} has no kind ${String(object["kind"])}; ${didYouMean(String(object["kind"]), names)}`;
        return [{ path: ["kind"], on: "value", problem }];
      }
      const versions = Object.keys(kindSchema.versions);
      const schema = kindSchema.versions[version] ?? kindSchema.versions[versions.at(-1) ?? ""];
      const wrongVersion: SchemaProblem[] = Object.hasOwn(kindSchema.versions, version)
        ? []
        : [
            {
              path: ["apiVersion"],
              on: "value",
              problem: `${kindSchema.kind} has no version ${version || "(none)"}; expected ${versions.map((versionName) => `${group}/${versionName}`).join(" or ")}`,
            },
          ];
      const validate = await getValidator(kindSchema.kind, schema ?? {});
      return [...wrongVersion, ...judgeAsMeant(validate, removeNulls(removeEmptyNamespace(object)))];
    },
    async judgePart(kind, path, data) {
      const kindSchema = findKind(kind);
      const newestVersion = Object.values(kindSchema?.versions ?? {}).at(-1);
      const part = newestVersion && getSchemaAt(newestVersion, path);
      if (part === undefined) return undefined;
      const validate = await getValidator([kind, ...path].join("."), {
        ...part,
        $defs: newestVersion?.["$defs"],
      });
      return judgeAsMeant(validate, removeNulls(data));
    },
  };
}

async function compileDefinition(schema: object): Promise<Validate> {
  const { compileDefinition: compile } = await import("./ajv.ts");
  const validate = compile(schema);
  return (data) => (validate(data) ? [] : explainErrors(validate.errors ?? [], data));
}

/**
 * Returns the problems of the data. The part below a misspelled key is validated as if the key were spelled
 * correctly, so that all problems are reported at once. Their paths contain the key as the user wrote it.
 */
function judgeAsMeant(validate: Validate, data: unknown): readonly SchemaProblem[] {
  const originalProblems = validate(data);
  const misspelled = originalProblems.filter(
    (problem) => problem.meant !== undefined && isMeantKeyUnset(data, problem),
  );
  if (misspelled.length === 0) return originalProblems;
  const corrected = structuredClone(data);
  for (const { path, meant = "" } of misspelled) {
    const parent = getValue(corrected, path.slice(0, -1)) as Record<string, unknown>;
    parent[meant] = parent[String(path.at(-1))];
    delete parent[String(path.at(-1))];
  }
  const restoreWrittenPath = (path: Path): Path =>
    misspelled.reduce<Path>((restoredPath, { path: key, meant }) => {
      const correctedKey = [...key.slice(0, -1), meant];
      return correctedKey.every((step, index) => restoredPath[index] === step)
        ? [...key, ...restoredPath.slice(key.length)]
        : restoredPath;
    }, path);
  return [
    ...misspelled,
    ...validate(corrected).map((problem) => ({ ...problem, path: restoreWrittenPath(problem.path) })),
  ];
}

/** True if the intended key is unset. */
function isMeantKeyUnset(data: unknown, { path, meant = "" }: SchemaProblem): boolean {
  const parent = getValue(data, path.slice(0, -1));
  return isMapping(parent) && !Object.hasOwn(parent, meant);
}

function getValue(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (node, step) => (node as Record<string | number, unknown> | undefined)?.[step],
    data,
  );
}

/** Returns the data without keys that are null or undefined, at every level. The API server treats them as unset. */
function removeNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(removeNulls);
  if (!isMapping(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, removeNulls(inner)]));
}

/** Returns the object without an empty namespace. The API server treats it as unset. */
function removeEmptyNamespace(object: Readonly<Record<string, unknown>>): unknown {
  const { metadata } = object;
  if (!isMapping(metadata) || metadata["namespace"] !== "") return object;
  const { namespace: _, ...rest } = metadata;
  return { ...object, metadata: rest };
}

/**
 * Returns the schema at a path, in which `*` stands for the items of a list; undefined if the schema has no such
 * part. References into `$defs` are followed.
 */
function getSchemaAt(
  root: Record<string, unknown>,
  path: readonly string[],
): Record<string, unknown> | undefined {
  let node: unknown = root;
  for (const step of [...path, undefined]) {
    const ref =
      isMapping(node) && typeof node["$ref"] === "string" ? node["$ref"].split("/").at(-1) : undefined;
    if (ref !== undefined) node = (root["$defs"] as Record<string, unknown> | undefined)?.[ref];
    if (step === undefined || !isMapping(node)) break;
    node = step === "*" ? node["items"] : (node["properties"] as Record<string, unknown> | undefined)?.[step];
  }
  return isMapping(node) ? node : undefined;
}

/**
 * Returns a problem for each route of an AlertmanagerConfig to a receiver that it lacks. The operator refuses the whole
 * object.
 */
export function listRouteProblems({ kind, spec }: Readonly<Record<string, unknown>>): SchemaProblem[] {
  if (kind !== "AlertmanagerConfig") return [];
  return findUndefinedReceivers(spec).map((problem) => ({ ...problem, path: ["spec", ...problem.path] }));
}

/**
 * Returns a problem for each route to an undefined receiver in Alertmanager's own configuration. Alertmanager itself
 * reports only its first error.
 */
export function findUndefinedReceivers(config: unknown): SchemaProblem[] {
  if (!isMapping(config)) return [];
  const receivers = Array.isArray(config["receivers"]) ? config["receivers"].filter(isMapping) : [];
  const names = receivers.map(({ name }) => String(name));
  const findInRoute = (route: unknown, path: Path): SchemaProblem[] => {
    if (!isMapping(route)) return [];
    const { receiver, routes } = route;
    const subroutes = Array.isArray(routes)
      ? routes.flatMap((subroute: unknown, index) => findInRoute(subroute, [...path, "routes", index]))
      : [];
    if (typeof receiver !== "string" || receiver === "" || names.includes(receiver)) return subroutes;
    const problem = `no receiver is called ${receiver}; ${didYouMean(receiver, names)}`;
    return [{ path: [...path, "receiver"], on: "value", problem }, ...subroutes];
  };
  return findInRoute(config["route"], ["route"]);
}
