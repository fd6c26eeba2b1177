import { join } from "node:path";
import { stringify } from "yaml";
import type { Context } from "../../host/host.ts";
import { describeError, UserError } from "../../lib/errors.ts";
import type { ChartFile, Tool } from "../../lockfile/tools.ts";
import type { ChartRef } from "../../model/plan.ts";
import { type PlacedObject, parseObjects } from "../../monitors/monitors.ts";
import { readDocuments } from "../../yaml/documents.ts";
import { showPath } from "../../yaml/mistakes.ts";
import type { Supply } from "../web/web.ts";
import { findRemoteReferences } from "./kustomize-remotes.ts";

type WithoutChart = Extract<ChartRef, { kind: "objects" | "manifests" | "kustomize" }>;

interface ObjectsChartOptions {
  /** Absolute path; an existing folder is replaced. */
  readonly folder: string;
  /** Only needed to build a kustomization. */
  readonly kubectl: Promise<Tool> | undefined;
  /** With a lock, a kustomization may not fetch anything. */
  readonly supply: Supply;
}

/**
 * Writes a chart for objects without a chart, and returns it. Its only template prints the objects unchanged, so that
 * nothing in them is taken as a template. Custom resource definitions go into the folder crds, which helm installs
 * first.
 * @throws UserError if a file is missing or contains something else than objects, or a kustomization can't be built
 */
export async function createObjectsChart(
  context: Context,
  ref: WithoutChart,
  { folder, kubectl, supply }: ObjectsChartOptions,
): Promise<ChartFile> {
  const { files } = context.host;
  const name = ref.kind === "objects" ? ref.name : ref.kind;
  const documents = await readObjectDocuments(context, ref, kubectl, supply);
  const origin =
    ref.kind === "objects" ? "monstack" : ref.kind === "kustomize" ? ref.path : ref.paths.join(", ");
  await files.remove(folder);
  const chart = { apiVersion: "v2", name, version: "0.0.0", description: `Objects of ${origin}` };
  await files.write(join(folder, "Chart.yaml"), stringify(chart));
  await files.write(join(folder, "templates", "objects.yaml"), template);
  for (const [index, document] of documents.entries()) {
    const fileName = `${String(index).padStart(4, "0")}.yaml`;
    const subfolder = document.kind === "CustomResourceDefinition" ? "crds" : "objects";
    await files.write(join(folder, subfolder, fileName), document.text, 0o600);
  }
  return { path: folder, name, version: "0.0.0", appVersion: "", sha256: undefined, origin };
}

const template = `{{- range $path, $_ := .Files.Glob "objects/*.yaml" }}
---
{{ $.Files.Get $path }}
{{- end }}
`;

interface Document {
  readonly kind: string;
  readonly text: string;
}

/**
 * Returns the objects in the user's manifests with their positions.
 * @param cwd the folder to which paths in messages are relative
 * @throws UserError if a file is missing or contains something else than objects
 */
export async function readManifests(
  context: Context,
  { paths }: Pick<Extract<WithoutChart, { kind: "manifests" }>, "paths">,
  cwd: string,
): Promise<PlacedObject[]> {
  const texts = await Promise.all(paths.map((path) => readManifest(context, path)));
  return texts.flatMap((text, index) => {
    const shownPath = showPath(cwd, paths[index] ?? "");
    return parseObjects(text, shownPath).map((placed) => {
      if (typeof placed.object["kind"] === "string") return placed;
      throw new UserError(`${placed.start}: this document is not a Kubernetes object: it has no kind`);
    });
  });
}

/** Returns the objects for the chart: given ones, those of manifests, or the output of a kustomization. */
async function readObjectDocuments(
  context: Context,
  ref: WithoutChart,
  kubectl: Promise<Tool> | undefined,
  supply: Supply,
): Promise<Document[]> {
  if (ref.kind === "objects")
    // JSON is YAML in which every string remains a string.
    return ref.objects.map((object) => ({ kind: object.kind, text: JSON.stringify(object, null, 2) }));
  if (ref.kind === "kustomize") {
    await refuseRemoteReferences(context, ref.path, supply);
    return splitObjects(await buildKustomization(context, ref.path, await kubectl, supply), ref.path, ref);
  }
  const documents = await Promise.all(
    ref.paths.map(async (path) => splitObjects(await readManifest(context, path), path, ref)),
  );
  return documents.flat();
}

/** Returns the text of a manifest. @throws UserError if it is missing or can't be read */
async function readManifest({ host }: Context, path: string): Promise<string> {
  const text = await host.files.read(path).catch((cause: unknown) => {
    throw new UserError(`the manifest ${path} can't be read: ${describeError(cause)}`, { cause });
  });
  if (text === undefined) throw new UserError(`manifest not found: ${path}`);
  return text;
}

/**
 * Warns if a kustomization fetches from the network.
 * @throws UserError if a lock or bundle forbids it
 */
async function refuseRemoteReferences({ host, log }: Context, path: string, supply: Supply): Promise<void> {
  const isClosed = isClosedBy(supply);
  const references = await findRemoteReferences(host.files, path).catch((error: unknown) => {
    if (isClosed) throw error;
    // kubectl will report the problem.
    return [];
  });
  if (references.length === 0) return;
  const lines = references.map(({ where, key, text }) => `  ${where}: ${key}: ${text}`).join("\n");
  if (!isClosed)
    return log.warn(
      `the kustomization ${path} fetches what no checksum verifies and no lock can name:\n${lines}`,
    );
  throw new UserError(
    `the kustomization ${path} fetches from the network, and ${supply.offline ?? supply.lockedBy} allows only what the lock names:\n${lines}`,
    { fix: "copy these files into the repository and name the copies" },
  );
}

/** True if only the downloads of a lock or bundle are allowed. */
function isClosedBy({ lock, offline }: Supply): boolean {
  return lock !== undefined || offline !== undefined;
}

/** Nothing listens at this address, so that requests through it fail. */
const deadProxy = "http://127.0.0.1:1";

/** Environment that blocks git and all requests, in case kustomize finds a reference that the search has missed. */
const withoutNetwork = {
  GIT_ALLOW_PROTOCOL: "none",
  ...Object.fromEntries(
    ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"].map((name) => [name, deadProxy]),
  ),
  ...{ NO_PROXY: "", no_proxy: "" },
};

/** Returns the output of `kubectl kustomize`. @throws UserError with kubectl's message */
async function buildKustomization(
  { host }: Context,
  path: string,
  kubectl: Tool | undefined,
  supply: Supply,
): Promise<string> {
  if (kubectl === undefined) throw new Error("a kustomization needs kubectl to be built");
  const { exitCode, stdout, stderr } = await host.exec([kubectl.path, "kustomize", path], {
    allowFailure: true,
    timeoutMs: 60_000,
    ...(isClosedBy(supply) && { env: withoutNetwork }),
  });
  if (exitCode === 0) return stdout;
  throw new UserError(`the kustomization ${path} can't be built: ${stderr.trim().replace(/^error: /, "")}`);
}

type Marks = Pick<Extract<ChartRef, { kind: "manifests" }>, "labels" | "annotations">;

interface PlainObject {
  readonly [key: string]: unknown;
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** Returns the object with the app's labels and annotations. The object's own values take precedence. */
function addMarks(object: PlainObject, { labels = {}, annotations = {} }: Marks): PlainObject {
  const mergeMarks = (name: "labels" | "annotations", appValues: Readonly<Record<string, string>>) =>
    Object.keys(appValues).length === 0 ? {} : { [name]: { ...appValues, ...object.metadata?.[name] } };
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...mergeMarks("labels", labels),
      ...mergeMarks("annotations", annotations),
    },
  };
}

/** Returns the objects of a YAML text as separate documents, with the app's labels and annotations. */
function splitObjects(text: string, path: string, marks: Marks): Document[] {
  return parseKubeObjects(text, path).map(({ kind, object }) => ({
    kind,
    text: JSON.stringify(addMarks(object, marks), null, 2),
  }));
}

/**
 * Returns the objects of a YAML text with their kinds; empty documents are left out.
 * @throws UserError with the position if a document is invalid or not an object
 */
function parseKubeObjects(text: string, path: string): { kind: string; object: PlainObject }[] {
  return readDocuments(text).flatMap(({ data: value, error }) => {
    if (error)
      throw new UserError(`${path}:${error.position.line}:${error.position.column}: ${error.problem}`);
    const kind = (value as { kind?: unknown }).kind;
    if (typeof kind !== "string")
      throw new UserError(
        `${path}: ${JSON.stringify(value).slice(0, 80)} is not a Kubernetes object: it has no kind`,
      );
    return [{ kind, object: value as PlainObject }];
  });
}
