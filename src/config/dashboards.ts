import * as z from "zod";
import { describeMismatch, formatValue } from "../yaml/mistakes.ts";
import {
  addRefusal,
  type Context,
  createListSchema,
  createPathSchema,
  createTextSchema,
  isHttpUrl,
  resolveWrittenPath,
} from "../yaml/primitives.ts";

/** The origin of a dashboard. */
export type DashboardSource =
  /** A dashboard of grafana.com; without a revision, its newest one. */
  | { readonly kind: "id"; readonly id: number; readonly revision: number | undefined }
  /** A JSON file with an absolute path. */
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "url"; readonly url: string; readonly sha256: string | undefined };

/**
 * A folder, absolute. Each file below it is a dashboard; those of a sub-folder go to Grafana's folder of that name.
 */
type DashboardFolder = { readonly kind: "dir"; readonly path: string };

interface DashboardOptions {
  /** The folder in Grafana; undefined: the root. */
  readonly folder: string | undefined;
  /** Values that replace the export's inputs or data sources, by their names: a data source's uid or name, or a constant. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** An item of the setting `dashboards`. A folder is not yet expanded to its files. */
export interface DashboardEntry extends DashboardOptions {
  readonly source: DashboardSource | DashboardFolder;
}

/** A dashboard that the user requests for Grafana. */
export interface AskedDashboard extends DashboardOptions {
  readonly source: DashboardSource;
  /** The index of the item of `dashboards` that requests it. */
  readonly index: number;
  /** The dashboard is one of a folder's: `inputs` may name inputs that only other dashboards have. */
  readonly isOneOfMany: boolean;
}

type Source = DashboardEntry["source"];

/** Returns the schema of the section `dashboards:`. */
export function createDashboardsSchema(context: Context) {
  const entry = z.union([createBareSourceSchema(context), createDashboardSchema(context)], {
    error: ({ input }) => describeNonDashboard(input),
  });
  return z.preprocess(
    (given) => (given === null ? [] : given),
    createListSchema(entry, "a list of dashboards"),
  );
}

function describeNonDashboard(given: unknown): string {
  return describeMismatch(
    given,
    "a dashboard",
    "an ID of grafana.com (1860 or 1860@37), a file.json, a folder, or a URL",
  );
}

/** Returns the schema of a dashboard that is only named: `1860`, `1860@37`, a path or a URL. */
function createBareSourceSchema(context: Context) {
  return z.union([z.string(), z.number()]).transform((given, issues): DashboardEntry => {
    const written = String(given).trim();
    return { source: readSource(written, context, issues), folder: undefined, inputs: {} };
  });
}

/**
 * Returns the source that a text names: an ID of grafana.com, a URL, a file or a folder. Adds an issue if it names
 * none.
 */
function readSource(written: string, context: Context, issues: z.RefinementCtx): Source {
  if (/^\d+(@[^/]*)?$/.test(written)) return { kind: "id", ...readId(written, issues) };
  if (written === "") return addRefusal(issues, describeNonDashboard(written));
  if (/^[a-z]+:\/\//.test(written)) {
    if (!isHttpUrl(written)) return addRefusal(issues, describeNonUrl(written));
    return { kind: "url", url: written, sha256: undefined };
  }
  const absolutePath = resolveWrittenPath(written, context, issues);
  return { kind: written.endsWith(".json") ? "file" : "dir", path: absolutePath };
}

/** Returns the ID and revision in `1860@37`. Adds an issue if either is invalid. */
function readId(written: string, issues: z.RefinementCtx): { id: number; revision: number | undefined } {
  const [, id, , revision] = /^(\d{1,9})(@(.*))?$/.exec(written) ?? [];
  if (id === undefined || Number(id) === 0)
    return addRefusal(
      issues,
      describeMismatch(written, "an ID of a dashboard", "for example 1860 or 1860@37"),
    );
  if (revision !== undefined && !/^0*[1-9]\d{0,5}$/.test(revision))
    return addRefusal(
      issues,
      `invalid revision ${formatValue(revision)} for dashboard ${id}: expected a whole number from 1, for example ${id}@37`,
    );
  return { id: Number(id), revision: revision === undefined ? undefined : Number(revision) };
}

function describeNonUrl(given: unknown): string {
  return describeMismatch(given, "a URL", "https://...");
}

const url = z
  .string({ error: ({ input }) => describeNonUrl(input) })
  .trim()
  .refine(isHttpUrl, { error: ({ input }) => describeNonUrl(input) });

const id = z
  .union([z.string(), z.number()], {
    error: ({ input }) => describeMismatch(input, "an ID of a dashboard", "for example 1860 or 1860@37"),
  })
  .transform((given, issues) => readId(String(given).trim(), issues));

const revisionError = ({ input }: { readonly input?: unknown }) =>
  describeMismatch(input, "a revision", "a whole number from 1");

/** Grafana calls the root `General`, and refuses a folder of that name. */
const folder = createTextSchema("a folder's title (at most 189 characters)", /^[\s\S]{1,189}$/).transform(
  (title) => (title.toLowerCase() === "general" ? undefined : title),
);

const inputs = z.record(
  z.string(),
  z
    .union([z.string(), z.number(), z.boolean()], { error: ({ input }) => describeMismatch(input, "a text") })
    .transform(String),
  { error: ({ input }) => describeMismatch(input, "a mapping", "for example DS_PROMETHEUS: prometheus") },
);

/** Returns the schema of a dashboard that is a mapping, with its source, folder and inputs. */
function createDashboardSchema(context: Context) {
  const fields = z.strictObject({
    id: id.optional(),
    revision: z.int({ error: revisionError }).positive({ error: revisionError }).optional(),
    file: createPathSchema(context).optional(),
    dir: createPathSchema(context).optional(),
    url: url.optional(),
    sha256: createTextSchema("a sha256 (64 hexadecimal digits)", /^[0-9a-fA-F]{64}$/).optional(),
    folder: folder.optional(),
    inputs: inputs.optional(),
  });
  return fields.transform((given, issues): DashboardEntry => {
    const { id, revision, file, dir, url, sha256, folder, inputs = {} } = given;
    const sourceKeys = (["id", "file", "dir", "url"] as const).filter((key) => given[key] !== undefined);
    if (sourceKeys.length !== 1) {
      const message = sourceKeys.length === 0 ? "no source" : `${sourceKeys.join(" and ")} together`;
      return addRefusal(issues, `${message}: expected one of id, file, dir or url`);
    }
    if (revision !== undefined && id === undefined)
      return addRefusal(issues, "only a dashboard with an id has revisions", ["revision"]);
    if (sha256 !== undefined && url === undefined)
      return addRefusal(issues, "only a url has a sha256: a revision of grafana.com doesn't change", [
        "sha256",
      ]);
    let source: Source = { kind: "dir", path: dir ?? "" };
    if (id) source = { kind: "id", id: id.id, revision: revision ?? id.revision };
    else if (url !== undefined) source = { kind: "url", url, sha256: sha256?.toLowerCase() };
    else if (file !== undefined) source = { kind: "file", path: file };
    return { source, folder, inputs };
  });
}
