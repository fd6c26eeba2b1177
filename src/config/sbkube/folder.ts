import { dirname, join } from "node:path";
import * as z from "zod";
import { messageOf, UserError } from "../../lib/errors.ts";
import { formatPath, type Mistake, showPath } from "../../yaml/mistakes.ts";
import { type Base, text } from "../../yaml/parsers.ts";
import { readYaml } from "../../yaml/read.ts";
import { at, parseWith } from "../../yaml/zod-yaml.ts";
import type { AppsFile } from "../apps/build-apps.ts";
import type { AppValues, Registries, Repo } from "../schema.ts";
import type { Settings } from "../settings.ts";
import { appsOf, longestChainMs } from "./apps.ts";
import { besides, type From, type Globals, globalValues, inValuesFolder } from "./files.ts";
import { type Read, refusedTop, refuseTop, tellIgnored, tellIgnoredTop } from "./ignored-keys.ts";
import { loginsOf } from "./oci-registries.ts";
import {
  type AppType,
  appSchema,
  appType,
  isElsewhere,
  optional,
  type SbkubeApp,
  settingsShape,
} from "./schema.ts";

/** What an sbkube folder holds, in the terms of monstack.yaml. */
export interface AppDir extends AppsFile {
  readonly settings: Settings;
  readonly repos: Readonly<Record<string, Repo>>;
  /** The logins of `oci_registries`. */
  readonly registries: Registries;
  /** Values below those of every chart, the later over the earlier. */
  readonly globals: readonly AppValues[];
  /** Absolute; the same for the files. */
  readonly folder: string;
  readonly files: readonly string[];
  /** False: mistakes were found, and nobody knows which apps it would have had. */
  readonly isValid: boolean;
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
        fix: "name a folder that has one with --app-dir, or leave it out to get the default stack",
      },
    );
  const sources = whole
    ? undefined
    : ((await read(join(folder, "sources.yaml"))) ?? (await read(join(dirname(folder), "sources.yaml"))));
  const begun = mistakes.length;
  const found = parse(apps, sources, from.base(folder), mistakes, warnings);
  const globals = await globalValues(found.globals, from, mistakes, warnings);
  const wellKnown = await besides(folder, from, warnings);
  return {
    repos: found.repos,
    registries: found.registries,
    globals,
    folder,
    files: [apps.path, ...(sources ? [sources.path] : [])],
    apps: await inValuesFolder(found.apps, folder, from),
    settings: { ...wellKnown, ...found.settings },
    yaml: apps.yaml,
    shownAs: apps.shownAs,
    words: { kustomize: "path", repos: "helm_repos" },
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

const apiVersion = text("the format's name; right would be sbkube/v1", (name) => name === "sbkube/v1");

const off = { value: "noop" } as const;

function parse(
  file: Read,
  sources: Read | undefined,
  base: Base,
  mistakes: Mistake[],
  warnings: string[],
): Pick<AppDir, "apps" | "repos" | "registries" | "settings"> & { readonly globals: Globals } {
  const isWhole = /sbkube\.ya?ml$/.test(file.path);
  const shape = settingsShape(base);
  const types = typesOf(file, base, mistakes);
  const apps = z.strictObject(
    Object.fromEntries([...types].map(([name, type]) => [name, type ? appSchema(type, base) : z.unknown()])),
  );
  const anything = z.unknown().optional();
  const top = isWhole
    ? {
        apiVersion: optional(apiVersion, base),
        metadata: anything,
        settings: z.strictObject(shape).nullish(),
      }
    : {
        namespace: shape.namespace,
        cluster: anything,
        global_labels: anything,
        global_annotations: anything,
      };
  const data = parseWith(
    z.strictObject({ ...top, apps: apps.nullish(), deps: anything, ...refusedTop }),
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
  const below = isWhole ? ["settings"] : [];
  tellIgnored(sources ?? file, below, known, warnings);
  tellIgnoredTop(file, warnings);
  const charts = known.oci_registries ?? {};
  const logins = loginsOf(charts);
  for (const { name, host } of logins.contradicting) {
    const path = [...below, "oci_registries", name];
    const { shownAs, yaml } = sources ?? file;
    mistakes.push({
      where: `${shownAs}:${yaml.valueAt(path)}`,
      path: formatPath(path),
      problem: `${host} has another login above; a registry is logged in to once`,
    });
  }
  const namespace = (data as { namespace?: string } | undefined)?.namespace ?? known.namespace;
  const built = appsOf({
    apps: (data?.apps ?? {}) as Record<string, SbkubeApp>,
    types,
    registries: new Map(Object.entries(charts).map(([name, { url }]) => [name, url])),
    warn: (path, text) =>
      warnings.push(`${file.shownAs}:${file.yaml.valueAt(path)}: ${formatPath(path)}: ${text}`),
  });
  const timeouts = [known.timeout, longestChainMs(built)].filter((one) => one !== undefined);
  return {
    apps: built,
    repos: known.helm_repos ?? {},
    registries: logins.registries,
    globals: {
      file: known.cluster_values_file,
      at: `${(sources ?? file).shownAs}:${(sources ?? file).yaml.valueAt([...below, "cluster_values_file"])}`,
      inline: known.global_values,
    },
    settings: {
      // sbkube's own default.
      namespace: namespace ?? "default",
      // Never less than without any of them.
      ...(timeouts.length === 0 ? {} : { "deploy-timeout": Math.max(300_000, ...timeouts) }),
    },
  };
}

/** Each app's type; undefined for one that is not deployed, which is a mistake. */
function typesOf(file: Read, base: Base, mistakes: Mistake[]): Map<string, AppType | undefined> {
  const apps = at(file.yaml.data, ["apps"]);
  const types = new Map<string, AppType | undefined>();
  if (typeof apps !== "object" || apps === null || Array.isArray(apps)) return types;
  for (const [name, app] of Object.entries(apps)) {
    const given = at(app, ["type"]) || "helm";
    // What is switched off needs no way to be deployed.
    const parsed = at(app, ["enabled"]) === false && isElsewhere(given) ? off : appType(given, base);
    types.set(name, "value" in parsed ? parsed.value : undefined);
    if ("value" in parsed) continue;
    const where = `${file.shownAs}:${file.yaml.valueAt(["apps", name, "type"])}`;
    mistakes.push({ where, path: `apps.${name}.type`, problem: parsed.problems[0]?.text ?? "" });
  }
  return types;
}
