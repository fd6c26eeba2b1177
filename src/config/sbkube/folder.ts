import { dirname, join } from "node:path";
import * as z from "zod";
import { messageOf, UserError } from "../../host/errors.ts";
import type { AppsFile } from "../apps.ts";
import type { AppInFile } from "../file.ts";
import { type Mistake, showPath } from "../mistakes.ts";
import type { Base } from "../parsers.ts";
import type { Repo } from "../schema.ts";
import type { Settings } from "../settings.ts";
import { readYaml, type YamlFile } from "../yaml.ts";
import { at, parseWith } from "../zod-yaml.ts";
import { type AppType, appSchema, appType, type SbkubeApp, settingsShape, without } from "./schema.ts";

/** What an sbkube folder holds, in the terms of monstack.yaml. */
export interface AppDir extends AppsFile {
  readonly settings: Settings;
  readonly repos: Readonly<Record<string, Repo>>;
  /** False: mistakes were found, and nobody knows which apps it would have had. */
  readonly isValid: boolean;
}

interface From {
  readonly cwd: string;
  readonly base: (folder: string) => Base;
  readonly readFile: (path: string) => Promise<string | undefined>;
}

interface Read {
  readonly path: string;
  readonly shownAs: string;
  readonly yaml: YamlFile;
}

/**
 * Reads a folder of sbkube's, format of its 0.11: sbkube.yaml, or the older config.yaml with sources.yaml. What is wrong
 * goes to `mistakes`, what has no meaning here to `warnings`.
 * @throws UserError when there is neither, or one can't be read
 */
export async function readAppDir(
  folder: string,
  from: From,
  mistakes: Mistake[],
  warnings: string[],
): Promise<AppDir> {
  const read = reader(from);
  const whole = (await read(join(folder, "sbkube.yaml"))) ?? (await read(join(folder, "sbkube.yml")));
  const apps = whole ?? (await read(join(folder, "config.yaml"))) ?? (await read(join(folder, "config.yml")));
  if (apps === undefined)
    throw new UserError(
      `${showPath(from.cwd, folder)} is no app directory: it has neither sbkube.yaml nor config.yaml`,
      {
        mend: "name a folder that has one with --app-dir, or leave it out to get the default stack",
      },
    );
  const sources = whole
    ? undefined
    : ((await read(join(folder, "sources.yaml"))) ?? (await read(join(dirname(folder), "sources.yaml"))));
  const begun = mistakes.length;
  const found = parse(apps, sources, from.base(folder), mistakes, warnings);
  const wellKnown = await besides(folder, from, warnings);
  return {
    ...found,
    apps: await inValuesFolder(found.apps, folder, from),
    settings: { ...wellKnown, ...found.settings },
    yaml: apps.yaml,
    shownAs: apps.shownAs,
    isValid: mistakes.length === begun,
  };
}

function reader({ cwd, readFile }: From) {
  return async (path: string): Promise<Read | undefined> => {
    const shownAs = showPath(cwd, path);
    const text = await readFile(path).catch((cause: unknown) => {
      throw new UserError(`${shownAs} can't be read: ${messageOf(cause)}`, { cause });
    });
    return text === undefined ? undefined : { path, shownAs, yaml: readYaml(text) };
  };
}

function parse(
  file: Read,
  sources: Read | undefined,
  base: Base,
  mistakes: Mistake[],
  warnings: string[],
): Pick<AppDir, "apps" | "repos" | "settings"> {
  const isWhole = /sbkube\.ya?ml$/.test(file.path);
  const shape = settingsShape(base);
  const types = typesOf(file, base, mistakes);
  const apps = z.strictObject(
    Object.fromEntries([...types].map(([name, type]) => [name, type ? appSchema(type, base) : z.unknown()])),
  );
  const anything = z.unknown().optional();
  const top = isWhole
    ? { apiVersion: anything, metadata: anything, settings: z.strictObject(shape).nullish() }
    : { namespace: shape.namespace, deps: anything, cluster: anything };
  const data = parseWith(
    z.strictObject({ ...top, apps: apps.nullish(), ...refusedTop }),
    file.yaml,
    file.shownAs,
    mistakes,
  );
  refuseTop(file, mistakes);
  const settings =
    sources === undefined
      ? (data as { settings?: unknown } | undefined)?.settings
      : parseWith(z.strictObject(shape), sources.yaml, sources.shownAs, mistakes);
  const known = (settings ?? {}) as z.infer<z.ZodObject<typeof shape>>;
  tellIgnored(sources ?? file, isWhole ? ["settings"] : [], known, warnings);
  const registries = registriesOf(known.oci_registries ?? {});
  const namespace = (data as { namespace?: string } | undefined)?.namespace ?? known.namespace;
  return {
    apps: appsOf((data?.apps ?? {}) as Record<string, SbkubeApp>, types, registries),
    repos: known.helm_repos ?? {},
    settings: {
      ...(namespace === undefined ? {} : { namespace }),
      ...(known.timeout === undefined ? {} : { "deploy-timeout": known.timeout }),
    },
  };
}

/** Each app's type; undefined for one that is not deployed, which is a mistake. */
function typesOf(file: Read, base: Base, mistakes: Mistake[]): Map<string, AppType | undefined> {
  const apps = at(file.yaml.data, ["apps"]);
  const types = new Map<string, AppType | undefined>();
  if (typeof apps !== "object" || apps === null || Array.isArray(apps)) return types;
  for (const [name, app] of Object.entries(apps)) {
    const given = at(app, ["type"]) ?? "helm";
    const parsed = appType(given, base);
    types.set(name, "value" in parsed ? parsed.value : undefined);
    if ("value" in parsed) continue;
    const where = `${file.shownAs}:${file.yaml.valueAt(["apps", name, "type"])}`;
    mistakes.push({ where, path: `apps.${name}.type`, problem: parsed.problems[0]?.text ?? "" });
  }
  return types;
}

const refusedKeys = {
  phases: "phases are folders of their own: name one of them with --app-dir",
  hooks: "monstack runs nobody's commands: run them in steps of your workflow",
} as const;
const refusedTop = Object.fromEntries(Object.keys(refusedKeys).map((key) => [key, z.unknown().optional()]));

function refuseTop({ yaml, shownAs }: Read, mistakes: Mistake[]): void {
  for (const [key, why] of Object.entries(refusedKeys))
    if (at(yaml.data, [key]) !== undefined)
      mistakes.push({ where: `${shownAs}:${yaml.keyAt([key])}`, path: key, problem: why });
}

/** What is said there and changes nothing here; whose cluster it is above all. */
function tellIgnored(
  { yaml, shownAs }: Read,
  below: readonly string[],
  settings: Readonly<Record<string, unknown>>,
  warnings: string[],
): void {
  const tell = (key: string, why: string) => {
    if (settings[key] === undefined) return;
    warnings.push(`${shownAs}:${yaml.keyAt([...below, key])}: ${key} changes nothing: ${why}`);
  };
  tell("kubeconfig", "monstack starts a k3s of its own; --kubeconfig deploys into a cluster that is there");
  tell(
    "kubeconfig_context",
    "monstack starts a k3s of its own; --context deploys into a cluster that is there",
  );
  for (const [key, why] of Object.entries(without)) tell(key, why);
}

function registriesOf(
  registries: Readonly<Record<string, { registry?: string | undefined; url?: string | undefined }>>,
): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(registries).map(([name, { registry, url }]) => {
      const address = (registry ?? url ?? "").replace(/\/+$/, "");
      return [name, address.startsWith("oci://") ? address : `oci://${address}`];
    }),
  );
}

/** noop apps are nothing, so nobody waits for them; for an app that isn't to be waited for, `applied` is enough. */
function appsOf(
  apps: Readonly<Record<string, SbkubeApp>>,
  types: ReadonlyMap<string, AppType | undefined>,
  registries: ReadonlyMap<string, string>,
): Record<string, AppInFile> {
  const real = Object.entries(apps).filter(([name]) => types.get(name) !== "noop" && types.get(name));
  return Object.fromEntries(
    real.map(([name, { app }]) => {
      const waits = (app.depends_on ?? []).filter(({ app: other }) => types.get(other) !== "noop");
      const depends_on = waits.map((one) =>
        apps[one.app]?.wait === false ? { ...one, until: "applied" as const } : one,
      );
      const [repo = "", ...rest] = (app.chart ?? "").split("/");
      const registry = registries.get(repo);
      const chart = registry === undefined ? app.chart : `${registry}/${rest.join("/")}`;
      return [name, { ...app, ...(chart === undefined ? {} : { chart }), depends_on }];
    }),
  );
}

/** sbkube also looks for values files in the folder `values`. */
async function inValuesFolder(
  apps: AppsFile["apps"],
  folder: string,
  { readFile }: From,
): Promise<AppsFile["apps"]> {
  const isThere = async (path: string) => (await readFile(path).catch(() => undefined)) !== undefined;
  const find = async (path: string) => {
    const inside = join(folder, "values", path.slice(folder.length + 1));
    return path.startsWith(`${folder}/`) && !(await isThere(path)) && (await isThere(inside)) ? inside : path;
  };
  const each = Object.entries(apps).map(async ([name, app]): Promise<[string, AppInFile]> => {
    if (app.values === undefined) return [name, app];
    const values = await Promise.all(
      app.values.map(async (one) => ("file" in one ? { file: await find(one.file) } : one)),
    );
    return [name, { ...app, values }];
  });
  return Object.fromEntries(await Promise.all(each));
}

/** Files that such a folder has by custom, and that no app names. */
async function besides(folder: string, { cwd, readFile }: From, warnings: string[]): Promise<Settings> {
  const there = async (name: string) => {
    const path = join(folder, name);
    return (await readFile(path).catch(() => undefined)) === undefined ? undefined : path;
  };
  const receivers = await there("alertmanager-config.yaml");
  const rules = await there("custom-rules.yaml");
  const tell = (path: string, setting: string) =>
    warnings.push(`${showPath(cwd, path)} is taken as ${setting}: it is there, and no app names it`);
  if (receivers !== undefined) tell(receivers, "alerting.config");
  if (rules !== undefined) tell(rules, "a file of rules");
  return {
    ...(receivers === undefined ? {} : { "alertmanager-config": { file: receivers } }),
    ...(rules === undefined ? {} : { rules: [rules] }),
  } as Settings;
}
