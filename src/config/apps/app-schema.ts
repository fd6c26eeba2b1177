import * as z from "zod";
import { describeMismatch } from "../../yaml/mistakes.ts";
import {
  type Context,
  duration,
  looseListOf,
  oneOf,
  path,
  paths,
  refuse,
  text,
  toPath,
  trueOrFalse,
} from "../../yaml/primitives.ts";
import type { AppConfig } from "../schema.ts";
import { namespace } from "../settings/stack.ts";
import { setValues } from "./set-values.ts";

type Values = Exclude<AppConfig["values"][number], { set: unknown }>;
type Dependency = AppConfig["dependsOn"][number];

/** An app as monstack.yaml describes it; every key may be left out. */
export type AppInFile = z.infer<ReturnType<typeof appSchema>>;

export function appSchema(context: Context) {
  return z.strictObject({
    chart: chart(context).optional(),
    version: text("a chart's version").optional(),
    values: appValues(context).optional(),
    depends_on: dependencies.optional(),
    enabled: trueOrFalse.optional(),
    namespace: namespace.optional(),
    release: releaseName.optional(),
    timeout: duration.optional(),
    manifests: manifests(context).optional(),
    kustomize: kustomize(context).optional(),
    set: setValues.optional(),
    labels: metadata.optional(),
    annotations: metadata.optional(),
  });
}

/** A release's name, as helm accepts it. */
export const releaseName = text(
  "a release's name (lower-case letters, digits and -, at most 53)",
  /^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$/,
);

/** `repo/name`, `oci://...`, or a path, which is made absolute. */
export function chart(context: Context) {
  const expected = "a chart: repo/name, ./folder or oci://registry/name";
  return text(expected).transform((given, issues) => {
    if (/^oci:\/\/[^/]*@/.test(given))
      return refuse(
        issues,
        "there is a login in this URL (not shown); expected the registry's username and password under registries",
      );
    if (/^(\.{0,2}\/|~\/)/.test(given)) return toPath(given, context, issues);
    if (/^oci:\/\/[^/]+\/.+$/.test(given) || /^[^/:\s]+\/[^/:\s]+$/.test(given)) return given;
    return refuse(issues, describeMismatch(given, expected));
  });
}

/** A path, a mapping, or a list of either. */
export function appValues(context: Context) {
  const file = text("a path or a mapping").transform(
    (written, issues): Values => ({ file: toPath(written, context, issues) }),
  );
  const inline = z.record(z.string(), z.unknown()).transform((given): Values => ({ inline: given }));
  const one = z.union([file, inline], {
    error: ({ input }) => describeMismatch(input, "values for a chart", "a path or a mapping"),
  });
  return looseListOf(one, "a path, a mapping or a list of these");
}

const appName = text("an app's name");

/** A name, `{app, until}`, or a list of either. */
export const dependencies = looseListOf(
  z.union(
    [
      appName.transform((app): Dependency => ({ app, until: "ready" })),
      z.strictObject({
        app: appName,
        until: oneOf("what to wait for", ["applied", "ready"]).default("ready"),
      }),
    ],
    { error: ({ input }) => describeMismatch(input, "an app's name") },
  ),
  "a list of apps' names",
);

/** Files of Kubernetes objects, made absolute. */
export function manifests(context: Context) {
  return paths(context).refine((given) => given.length > 0, {
    error: "an empty list deploys nothing; expected the paths of files with Kubernetes objects",
  });
}

/** A folder with a kustomization, made absolute. */
export function kustomize(context: Context): z.ZodType<string> {
  if (!context.limits?.isRestricted) return path(context);
  return z.never({
    error:
      "a kustomization reads files of its own choice, which a file may not do with trust: restricted; build it beforehand and name the result under manifests",
  });
}

const metadataValue = z
  .string({ error: ({ input }) => describeMismatch(input, "a text", "a text, in quotes") })
  .refine((given) => given.trim() !== "", { error: "empty; expected a text" });

/** Labels or annotations: texts by their keys. */
export const metadata = z.preprocess(
  (given) => (given === null ? {} : given),
  z.record(z.string(), metadataValue, {
    error: ({ input }) => describeMismatch(input, "a mapping", "for example team: observability"),
  }),
);
