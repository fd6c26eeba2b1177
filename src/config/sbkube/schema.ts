import * as z from "zod";
import { isMapping } from "../../lib/object.ts";
import { type Base, duration, flag, oneOf, type Parser, path, problem, text } from "../../yaml/parsers.ts";
import { field } from "../../yaml/zod-yaml.ts";
import {
  values as appValues,
  chart,
  dependencies,
  enabled,
  kustomize,
  manifests,
  metadata,
  releaseName,
} from "../apps/app-schema.ts";
import { setValues } from "../apps/set-values.ts";
import type { AppInFile } from "../load/monstack-file.ts";
import { repo } from "../registries/repos.ts";
import type { Repo } from "../schema.ts";
import { settings } from "../settings.ts";
import { ociRegistry } from "./oci-registries.ts";

/** What an app becomes here; `wait` is whether those that depend on it wait until it is ready. */
export interface SbkubeApp {
  readonly app: AppInFile;
  readonly wait: boolean;
  /** Undefined: nothing was said. */
  readonly atomic?: boolean | undefined;
}

const deployed = ["helm", "yaml", "kustomize", "noop"] as const;
export type AppType = (typeof deployed)[number];

/** The types that run something instead of deploying objects, and what does it here. */
const elsewhere: Readonly<Record<string, string>> = {
  action: "list the files under `type: yaml`, manifests; what deletes is a step of its own",
  exec: "run the commands in a step of your workflow, before or after monstack",
  git: "check the repository out beforehand, and name the folder in a helm or yaml app",
  http: "download the file beforehand, and name it in a helm or yaml app",
  hook: "list its files in a yaml app that depends on the others",
  "pull-helm": "type: helm fetches the chart too",
  "install-helm": "type: helm does it",
};

/** A type of sbkube's that monstack has no way to deploy. */
export function isElsewhere(type: unknown): boolean {
  return typeof type === "string" && Object.hasOwn(elsewhere, type);
}

/** The type of an app that is deployed, or why it isn't. */
export const appType: Parser<AppType> = (given, base) => {
  const instead = typeof given === "string" && Object.hasOwn(elsewhere, given) ? elsewhere[given] : undefined;
  if (instead !== undefined)
    return problem(`an app of type ${given} is not deployed: monstack runs nobody's commands; ${instead}`);
  return oneOf("a type of app", deployed)(given, base);
};

const note: Parser<string> = (given) => ({ value: String(given ?? "") });

/** A key that sbkube has and nobody else: it would be a change that nothing here makes. */
function refused(instead: string): Parser<undefined> {
  return (given) =>
    isNothing(given) ? { value: undefined } : problem(`monstack doesn't do this; ${instead}`);
}

function isNothing(given: unknown): boolean {
  if (given === false || isUnset(given)) return true;
  return typeof given === "object" && Object.values(given ?? {}).every(isNothing);
}

/** sbkube takes a key without a value, and an empty text, for one that isn't there. */
function isUnset(given: unknown): boolean {
  return given === undefined || given === null || (typeof given === "string" && given.trim() === "");
}

/** A setting that need not be there. */
export function optional<T>(parse: Parser<T>, base: Base, isNone: (given: unknown) => boolean = isUnset) {
  const parser: Parser<T | undefined> = (given, from) =>
    isNone(given) ? { value: undefined } : parse(given, from);
  return field(parser, base).optional();
}

/** Seconds as a number, or a duration with its unit. */
export const timeout: Parser<number> = (given, base) =>
  typeof given === "number" && given > 0 ? { value: given * 1_000 } : duration(given, base);

/** The schema of one app, by its type. */
export function appSchema(type: AppType, base: Base): z.ZodType<SbkubeApp> {
  const common = {
    type: z.unknown().optional(),
    enabled: optional(enabled, base),
    depends_on: optional(dependencies, base),
    namespace: optional(settings.namespace.fromFile, base),
    notes: optional(note, base),
    labels: optional(metadata, base),
    annotations: optional(metadata, base),
    hooks: optional(refused("run the commands in steps of your workflow"), base),
    context: optional(refused("all apps go to one cluster, which --context names"), base),
  };
  const defined = (app: Record<string, unknown>): AppInFile =>
    Object.fromEntries(Object.entries(app).filter(([, value]) => value !== undefined)) as AppInFile;
  if (type === "noop")
    return z
      .looseObject(common)
      .transform(({ depends_on }) => ({ app: defined({ enabled: false, depends_on }), wait: true }));
  if (type === "yaml") {
    const none = (given: unknown) => isUnset(given) || (Array.isArray(given) && given.length === 0);
    const shape = { manifests: optional(manifests, base, none), files: optional(manifests, base, none) };
    return z.strictObject({ ...common, ...shape }).transform((app, context) => {
      const paths = app.manifests ?? app.files;
      if (paths === undefined)
        context.issues.push({ code: "custom", message: "its manifests are missing", path: [], input: app });
      return { app: defined({ ...commonOf(app), manifests: paths ?? [] }), wait: true };
    });
  }
  if (type === "kustomize")
    return z
      .strictObject({ ...common, path: field(kustomize, base) })
      .transform((app) => ({ app: defined({ ...commonOf(app), kustomize: app.path }), wait: true }));
  return z
    .strictObject({
      ...common,
      chart: field(chart, base),
      version: optional(chartVersion, base),
      values: optional(appValues, base),
      set_values: optional(setValues, base),
      release_name: optional(releaseName, base),
      create_namespace: optional(flag, base),
      wait: optional(flag, base),
      timeout: optional(timeout, base),
      atomic: optional(flag, base),
      helm_label_injection: optional(flag, base),
      force_conflicts: optional(flag, base),
      force_adopt: optional(flag, base),
      overrides: optional(refused("keep a copy of the chart with these files, and name its folder"), base),
      removes: optional(refused("keep a copy of the chart without these files, and name its folder"), base),
    })
    .transform((app) => ({
      app: defined({
        ...commonOf(app),
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

/** YAML takes 29.27 for a number. */
const chartVersion: Parser<string> = (given, base) => text("a chart's version")(given, base);

function commonOf(app: {
  enabled?: boolean | undefined;
  depends_on?: AppInFile["depends_on"];
  namespace?: string | undefined;
  labels?: AppInFile["labels"];
  annotations?: AppInFile["annotations"];
}) {
  const { enabled, depends_on, namespace, labels, annotations } = app;
  return { enabled, depends_on, namespace, labels, annotations };
}

/** Settings that are about how sbkube itself goes about it; each has its own answer here. */
export const without = {
  on_failure: "the first failure ends a run, and everything is taken down again",
  rollback_scope: "the first failure ends a run, and everything is taken down again",
  execution_order: "depends_on says what comes first",
  parallel: "what can be deployed side by side always is",
  parallel_apps: "what can be deployed side by side always is",
  max_workers: "what can be deployed side by side always is",
  helm_label_injection: "monstack adds no labels of its own",
  incompatible_charts: "monstack adds no labels of its own",
  force_label_injection: "monstack adds no labels of its own",
  cleanup_metadata: "helm leaves out what the API server sets",
  wait: "an app is waited for until it is ready",
  atomic: "a failed run is taken down whole",
  dry_run: "`monstack plan` shows what a run would do",
  http_proxy: "HTTP_PROXY in the environment is what counts",
  https_proxy: "HTTPS_PROXY in the environment is what counts",
  no_proxy: "NO_PROXY in the environment is what counts",
} as const;

/** What a repository says of TLS; downloads are always verified. */
const tls = {
  ca_file: refused("name the file in the environment: NODE_EXTRA_CA_CERTS"),
  insecure_skip_tls_verify: refused(
    "name your own certificate authority in the environment: NODE_EXTRA_CA_CERTS",
  ),
  cert_file: refused("a repository is logged in to with username and password"),
  key_file: refused("a repository is logged in to with username and password"),
};

const helmRepo: Parser<Repo> = (given, base) => {
  if (!isMapping(given)) return repo(given, base);
  const problems = Object.entries(tls).flatMap(([key, parse]) => {
    const parsed = parse(given[key] ?? null, base);
    return "problems" in parsed ? parsed.problems.map((one) => ({ ...one, at: [key] })) : [];
  });
  if (problems.length > 0) return { problems };
  return repo(
    Object.fromEntries(Object.entries(given).filter(([key, value]) => !(key in tls) && !isUnset(value))),
    base,
  );
};

const values: Parser<Readonly<Record<string, unknown>>> = (given) =>
  isMapping(given) ? { value: given } : problem("this is not values; right would be a mapping");

/** The settings that both layouts share. */
export function settingsShape(base: Base) {
  const anything = Object.fromEntries(Object.keys(without).map((key) => [key, z.unknown().optional()]));
  return {
    ...anything,
    namespace: optional(settings.namespace.fromFile, base),
    kubeconfig: z.unknown().optional(),
    kubeconfig_context: z.unknown().optional(),
    cluster: z.unknown().optional(),
    timeout: optional(timeout, base),
    helm_repos: z.record(z.string(), field(helmRepo, base)).nullish(),
    oci_registries: z.record(z.string(), field(ociRegistry, base)).nullish(),
    git_repos: z.unknown().optional(),
    app_dirs: z.unknown().optional(),
    cluster_values_file: optional(path, base),
    global_values: optional(values, base),
  };
}
