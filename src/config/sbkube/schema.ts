import * as z from "zod";
import { isMapping } from "../../lib/object.ts";
import { describeMismatch } from "../../yaml/mistakes.ts";
import {
  type Context,
  createChoiceSchema,
  createPathSchema,
  createTextSchema,
  duration,
  trueOrFalse,
} from "../../yaml/primitives.ts";
import {
  type AppInFile,
  createChartSchema,
  createKustomizeSchema,
  createManifestsSchema,
  createValuesSchema,
  dependencies,
  metadata,
  releaseName,
} from "../apps/app-schema.ts";
import { setValues } from "../apps/set-values.ts";
import { createRepoSchema } from "../registries.ts";
import { namespace } from "../settings/stack.ts";
import { ignoredSettings } from "./ignored-keys.ts";
import { createOciRegistrySchema, isUnset } from "./oci-registries.ts";

/** An app in the format of monstack.yaml. If `wait` is false, dependent apps do not wait until it is ready. */
export interface SbkubeApp {
  readonly app: AppInFile;
  readonly wait: boolean;
  readonly atomic?: boolean | undefined;
}

/** The types of apps that monstack deploys. A noop only joins dependencies. */
const deployedTypes = ["helm", "yaml", "kustomize", "noop"] as const;
export type AppType = (typeof deployedTypes)[number];

/** The types that run something instead of deploying objects, and what to use here. */
const refusedTypes: Readonly<Record<string, string>> = {
  action: "list the files under `type: yaml`, manifests; what deletes is a step of its own",
  exec: "run the commands in a step of your workflow, before or after monstack",
  git: "check the repository out beforehand, and name the folder in a helm or yaml app",
  http: "download the file beforehand, and name it in a helm or yaml app",
  hook: "list its files in a yaml app that depends on the others",
  "pull-helm": "type: helm fetches the chart too",
  "install-helm": "type: helm does it",
};

/** True if sbkube has this type of app and monstack can't deploy it. */
export function isRefusedType(type: unknown): boolean {
  return typeof type === "string" && Object.hasOwn(refusedTypes, type);
}

/** The schema of an app's type. Types that run commands are refused with an alternative. */
export const appType = z
  .unknown()
  .refine((given) => !isRefusedType(given), {
    error: ({ input }) =>
      `an app of type ${input} is not deployed: monstack runs nobody's commands; ${refusedTypes[String(input)]}`,
  })
  .pipe(createChoiceSchema("a type of app", deployedTypes));

/**
 * Returns a schema that also accepts a missing or unset key.
 * @param isNone true if a value counts as unset
 */
export function makeOptional<T extends z.ZodType>(schema: T, isNone: (given: unknown) => boolean = isUnset) {
  return z.preprocess((given) => (isNone(given) ? undefined : given), schema.optional()).optional();
}

/** Returns the schema of a key that monstack does not support. A value is refused, unless it has no effect anyway. */
function createUnsupportedKeySchema(instead: string) {
  return z
    .unknown()
    .refine(hasNoEffect, { error: `monstack doesn't do this; ${instead}` })
    .optional();
}

/** True if a value has no effect: false, unset, or a list or mapping of such values. */
function hasNoEffect(given: unknown): boolean {
  if (given === false || isUnset(given)) return true;
  return typeof given === "object" && Object.values(given ?? {}).every(hasNoEffect);
}

function isUnsetOrEmpty(given: unknown): boolean {
  return isUnset(given) || (Array.isArray(given) && given.length === 0);
}

/** Seconds as a number, or a duration with its unit; in milliseconds. */
const timeout = z.union([
  z
    .number()
    .positive()
    .transform((seconds) => seconds * 1_000),
  duration,
]);

/** The keys that all types of apps share. */
const commonKeys = {
  type: z.unknown().optional(),
  enabled: makeOptional(trueOrFalse),
  depends_on: makeOptional(dependencies),
  namespace: makeOptional(namespace),
  notes: z.unknown().optional(),
  labels: makeOptional(metadata),
  annotations: makeOptional(metadata),
  hooks: createUnsupportedKeySchema("run the commands in steps of your workflow"),
  context: createUnsupportedKeySchema("all apps go to one cluster, which --context names"),
};

/** Returns the schema of one app, by its type. */
export function createSbkubeAppSchema(type: AppType, context: Context): z.ZodType<SbkubeApp> {
  if (type === "noop")
    return z
      .looseObject(commonKeys)
      .transform(({ depends_on }) => ({ app: removeUndefined({ enabled: false, depends_on }), wait: true }));
  if (type === "yaml") {
    const files = makeOptional(createManifestsSchema(context), isUnsetOrEmpty);
    return z
      .strictObject({ ...commonKeys, manifests: files, files })
      .refine((app) => (app.manifests ?? app.files) !== undefined, { error: "its manifests are missing" })
      .transform((app) => ({
        app: removeUndefined({ ...pickCommonKeys(app), manifests: app.manifests ?? app.files }),
        wait: true,
      }));
  }
  if (type === "kustomize")
    return z.strictObject({ ...commonKeys, path: createKustomizeSchema(context) }).transform((app) => ({
      app: removeUndefined({ ...pickCommonKeys(app), kustomize: app.path }),
      wait: true,
    }));
  return createHelmAppSchema(context);
}

/** Returns the schema of an app of type helm. */
function createHelmAppSchema(context: Context): z.ZodType<SbkubeApp> {
  const schema = z.strictObject({
    ...commonKeys,
    chart: createChartSchema(context),
    version: makeOptional(createTextSchema("a chart's version")),
    values: makeOptional(createValuesSchema(context)),
    set_values: makeOptional(setValues),
    release_name: makeOptional(releaseName),
    create_namespace: makeOptional(trueOrFalse),
    wait: makeOptional(trueOrFalse),
    timeout: makeOptional(timeout),
    atomic: makeOptional(trueOrFalse),
    helm_label_injection: makeOptional(trueOrFalse),
    force_conflicts: makeOptional(trueOrFalse),
    force_adopt: makeOptional(trueOrFalse),
    overrides: createUnsupportedKeySchema("keep a copy of the chart with these files, and name its folder"),
    removes: createUnsupportedKeySchema("keep a copy of the chart without these files, and name its folder"),
  });
  return schema.transform((app) => ({
    app: removeUndefined({
      ...pickCommonKeys(app),
      chart: app.chart,
      version: app.version,
      values: app.values,
      set: app.set_values,
      release: app.release_name,
      timeout: app.timeout,
    }),
    wait: app.wait ?? true,
    atomic: app.atomic,
  }));
}

function pickCommonKeys({ enabled, depends_on, namespace, labels, annotations }: AppInFile): AppInFile {
  return { enabled, depends_on, namespace, labels, annotations };
}

/** Returns an app without keys that are undefined. */
function removeUndefined(app: AppInFile): AppInFile {
  return Object.fromEntries(Object.entries(app).filter(([, value]) => value !== undefined));
}

/** What to do instead of setting a repository's TLS keys. Downloads are always verified. */
const refusedTlsKeys = {
  ca_file: "name the file in the environment: NODE_EXTRA_CA_CERTS",
  insecure_skip_tls_verify: "name your own certificate authority in the environment: NODE_EXTRA_CA_CERTS",
  cert_file: "a repository is logged in to with username and password",
  key_file: "a repository is logged in to with username and password",
} as const;

/**
 * Returns the schema of a repository. It is as in monstack.yaml, except that keys may be unset, and that TLS keys are
 * refused with an alternative.
 */
function createHelmRepoSchema(context: Context) {
  return z
    .unknown()
    .transform((given, issues) => {
      if (!isMapping(given)) return given;
      for (const [key, instead] of Object.entries(refusedTlsKeys))
        if (!hasNoEffect(given[key]))
          issues.addIssue({ code: "custom", message: `monstack doesn't do this; ${instead}`, path: [key] });
      const isRepoKey = ([key, value]: [string, unknown]) =>
        !Object.hasOwn(refusedTlsKeys, key) && !isUnset(value);
      return Object.fromEntries(Object.entries(given).filter(isRepoKey));
    })
    .pipe(createRepoSchema(context));
}

const values = z.record(z.string(), z.unknown(), {
  error: ({ input }) => describeMismatch(input, "values", "a mapping"),
});

/** Returns the keys of the settings that both layouts share. */
export function createSettingSchemas(context: Context) {
  const ignored = Object.fromEntries(
    Object.keys(ignoredSettings).map((key) => [key, z.unknown().optional()]),
  );
  return {
    ...ignored,
    namespace: makeOptional(namespace),
    timeout: makeOptional(timeout),
    helm_repos: z.record(z.string(), createHelmRepoSchema(context)).nullish(),
    oci_registries: z.record(z.string(), createOciRegistrySchema(context)).nullish(),
    cluster_values_file: makeOptional(createPathSchema(context)),
    global_values: makeOptional(values),
  };
}
