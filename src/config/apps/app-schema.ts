import * as z from "zod";
import { describeMismatch } from "../../yaml/mistakes.ts";
import {
  addRefusal,
  type Context,
  createChoiceSchema,
  createLooseListSchema,
  createPathListSchema,
  createPathSchema,
  createTextSchema,
  duration,
  resolveWrittenPath,
  trueOrFalse,
} from "../../yaml/primitives.ts";
import type { AppConfig } from "../schema.ts";
import { namespace } from "../settings/stack.ts";
import { setValues } from "./set-values.ts";

type Values = Exclude<AppConfig["values"][number], { set: unknown }>;
type Dependency = AppConfig["dependsOn"][number];

/** An app as monstack.yaml describes it. Every key is optional. */
export type AppInFile = z.infer<ReturnType<typeof createAppSchema>>;

/** Returns the schema of an app in monstack.yaml. */
export function createAppSchema(context: Context) {
  return z.strictObject({
    chart: createChartSchema(context).optional(),
    version: createTextSchema("a chart's version").optional(),
    values: createValuesSchema(context).optional(),
    depends_on: dependencies.optional(),
    enabled: trueOrFalse.optional(),
    namespace: namespace.optional(),
    release: releaseName.optional(),
    timeout: duration.optional(),
    manifests: createManifestsSchema(context).optional(),
    kustomize: createKustomizeSchema(context).optional(),
    set: setValues.optional(),
    labels: metadata.optional(),
    annotations: metadata.optional(),
  });
}

/** A release's name, as helm accepts it. */
export const releaseName = createTextSchema(
  "a release's name (lower-case letters, digits and -, at most 53)",
  /^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$/,
);

/** Returns the schema of a chart: `repo/name`, `oci://...`, or a path, which is made absolute. */
export function createChartSchema(context: Context) {
  const expected = "a chart: repo/name, ./folder or oci://registry/name";
  return createTextSchema(expected).transform((given, issues) => {
    if (/^oci:\/\/[^/]*@/.test(given))
      return addRefusal(
        issues,
        "there is a login in this URL (not shown); expected the registry's username and password under registries",
      );
    if (/^(\.{0,2}\/|~\/)/.test(given)) return resolveWrittenPath(given, context, issues);
    if (/^oci:\/\/[^/]+\/.+$/.test(given) || /^[^/:\s]+\/[^/:\s]+$/.test(given)) return given;
    return addRefusal(issues, describeMismatch(given, expected));
  });
}

/** Returns the schema of a chart's values: a path, a mapping, or a list of either. */
export function createValuesSchema(context: Context) {
  const fileSource = createTextSchema("a path or a mapping").transform(
    (writtenPath, issues): Values => ({ file: resolveWrittenPath(writtenPath, context, issues) }),
  );
  const inlineSource = z.record(z.string(), z.unknown()).transform((given): Values => ({ inline: given }));
  const source = z.union([fileSource, inlineSource], {
    error: ({ input }) => describeMismatch(input, "values for a chart", "a path or a mapping"),
  });
  return createLooseListSchema(source, "a path, a mapping or a list of these");
}

const appName = createTextSchema("an app's name");

/** The schema of dependencies: a name, `{app, until}`, or a list of either. */
export const dependencies = createLooseListSchema(
  z.union(
    [
      appName.transform((app): Dependency => ({ app, until: "ready" })),
      z.strictObject({
        app: appName,
        until: createChoiceSchema("what to wait for", ["applied", "ready"]).default("ready"),
      }),
    ],
    { error: ({ input }) => describeMismatch(input, "an app's name") },
  ),
  "a list of apps' names",
);

/** Returns the schema of files of Kubernetes objects. Their paths are made absolute. */
export function createManifestsSchema(context: Context) {
  return createPathListSchema(context).refine((given) => given.length > 0, {
    error: "an empty list deploys nothing; expected the paths of files with Kubernetes objects",
  });
}

/**
 * Returns the schema of a folder with a kustomization, made absolute. With restricted trust, every kustomization is
 * refused.
 */
export function createKustomizeSchema(context: Context): z.ZodType<string> {
  if (!context.limits?.isRestricted) return createPathSchema(context);
  return z.never({
    error:
      "a kustomization reads files of its own choice, which a file may not do with trust: restricted; build it beforehand and name the result under manifests",
  });
}

const metadataValue = z
  .string({ error: ({ input }) => describeMismatch(input, "a text", "a text, in quotes") })
  .refine((given) => given.trim() !== "", { error: "empty; expected a text" });

/** The schema of labels or annotations: texts by their keys. */
export const metadata = z.preprocess(
  (given) => (given === null ? {} : given),
  z.record(z.string(), metadataValue, {
    error: ({ input }) => describeMismatch(input, "a mapping", "for example team: observability"),
  }),
);
